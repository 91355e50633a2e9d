"""What the pipeline needs of its models, and how they report progress.

A test, or another program, may put any object with these methods in a model's place. ``Models`` bundles the three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from lib_automask.types import Heat, Image, Mask, Probabilities, Progress, Segment


class Captioner(Protocol):
    """Describes a picture."""

    def caption(self, image: Image) -> str:
        """One lower-case sentence about ``image`` uint8[H, W, 3] RGB."""


class Matcher(Protocol):
    """Compares phrases with a picture, or with regions of it."""

    def match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        """Probability, 0–1, that each phrase describes something in the picture."""

    def score_segments(
        self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """float32[S, P]: probability, 0–1, that a segment shows a phrase."""

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        """float32[P, H, W] in 0–1: where in the picture each phrase is looked for."""


class Segmenter(Protocol):
    """Finds regions in a picture."""

    def segments(self, image: Image, heat: Heat | None = None) -> tuple[Segment, ...]:
        """Every region of the picture; or, where ``heat`` float32[P, H, W] is given, those where it is and some others.

        Best predicted quality first.
        """


@runtime_checkable
class SoftSegmenter(Protocol):
    """A segmenter that also knows how a region fades out at its edge."""

    def chances(self, image: Image, mask: Mask) -> Probabilities | None:
        """How likely each pixel belongs to the region ``mask``; None where the model finds another region there."""


@runtime_checkable
class PointSegmenter(Protocol):
    """A segmenter that can be asked for the region at a point."""

    def segment_at(self, image: Image, x: int, y: int) -> Segment:
        """The region of ``image`` uint8[H, W, 3] that holds the point (x, y) in pixels."""


class MattingModel(Protocol):
    """Finds how opaque each pixel of a thing is."""

    def refine_opacity(self, image: Image, mask: Mask) -> npt.NDArray[np.float32] | None:
        """float32[H, W] in 0–1 of what ``mask`` covers roughly; None where the model has no better answer."""


def ignore_progress(_stage: str, _share: float) -> None:
    """The ``Progress`` of callers who want none."""


def scale_progress(progress: Progress, begin: float, end: float, stage: str | None = None) -> Progress:
    """The ``Progress`` of one part of some work: its shares 0–1 become ``begin``–``end`` of the whole.

    Args:
        progress: of the whole work.
        stage: reported in place of the part's own stages.
    """
    return lambda part_stage, share: progress(stage or part_stage, begin + share * (end - begin))


@dataclass(frozen=True)
class Models:
    """The three models that a run needs; the caller of the pipeline makes them.

    ``matting`` is for the edges of cutouts; without it they are found by colour.
    ``progress`` receives every stage of a run, and may raise ``Interrupted`` to end it. Call ``clear`` when a run is
    over: models leave a device on which they shall not stay, and use their full batch sizes again.
    """

    captioner: Captioner
    matcher: Matcher
    segmenter: Segmenter
    progress: Progress = ignore_progress
    clear: Callable[[], None] = lambda: None
    matting: MattingModel | None = None
