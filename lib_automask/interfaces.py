"""The seams for models: what the pipeline asks of a captioner, a matcher and a segmenter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from lib_automask.types import Heat, Image, Mask, Probabilities, Segment


class Captioner(Protocol):
    """Says what a picture shows."""

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
    """A segmenter that can say more of a region than where it is."""

    def chances(self, image: Image, mask: Mask) -> Probabilities | None:
        """How likely each pixel belongs to the region that ``mask`` shows; None where it means another region there."""


@dataclass(frozen=True)
class Models:
    """The three models that a run needs, made by whoever calls the pipeline.

    ``progress`` is told (stage, share done 0–1); it may raise ``Interrupted`` to end the run. ``clear`` is for when a
    run is over: it has the models leave a device on which they shall not stay.
    """

    captioner: Captioner
    matcher: Matcher
    segmenter: Segmenter
    progress: Callable[[str, float], None] = lambda _stage, _share: None
    clear: Callable[[], None] = lambda: None
