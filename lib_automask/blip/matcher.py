"""Phrases against pictures by BLIP.

Ways to tell which segment a phrase means.

Each takes the reader, the picture uint8[H, W, 3], segments and phrases, and returns float32[S, P] in 0–1. How often
each is right, and what it costs, is what ``python -m benchmarks.scoring`` prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lib_automask.blip.localization import (
    APART,
    SegmentShapes,
    compute_gradcam,
    crop_segment,
    enlarge_maps,
    make_heat_maps,
)
from lib_automask.blip.model import MatchingModel
from lib_automask.blip.networks import Progress
from lib_automask.runtime.cache import ByteCache
from lib_automask.runtime.device import Device
from lib_automask.types import Heat, Image, Segment

if TYPE_CHECKING:
    import torch

ScoreTable = npt.NDArray[np.float32]
Column = npt.NDArray[np.float32]
ROWS = 16
"""Segments in one pass of the text network: few enough for Interrupt to come soon."""


class BlipMatcher:
    """Compares phrases with a picture and its regions (BLIP, Li et al. 2022; ``BlipForImageTextRetrieval``).

    Args:
        folder: the model in Hugging Face's layout; its ``automask.json`` may set "gradcam_block", the cross-attention
            block that localises best, which differs between models, and "first_token", see ``Reader``.
        device: as torch names it, or one that is shared with other models.
        cache: where vision passes, and what phrases found, are kept; its own, of 64 MB, if none is given.
        progress: see ``Progress``; the share is that of the segments that are scored.
        loading: the same for the files that are read.

    Raises:
        ModelMissing: a file is not there.
        ModelCorrupt: the files are not those of a matching model.
    """

    def __init__(
        self,
        folder: str | Path,
        device: str | Device = "cpu",
        cache: ByteCache[Any] | None = None,
        progress: Progress = lambda _share: None,
        loading: Progress = lambda _share: None,
    ) -> None:
        self.reader = MatchingModel(folder, "cpu", cache, progress, loading=loading)
        self.device = Device.of(device)

    def match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        """Probability, 0–1, that each phrase describes something in ``image`` uint8[H, W, 3] RGB."""
        if not phrases:
            return []
        return self.device.run(self, lambda: self._match(image, phrases))

    def score_segments(
        self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """float32[S, P]: how sure it is, 0–1, that a segment shows a phrase."""
        if not segments or not phrases:
            return np.zeros((len(segments), len(phrases)), dtype=np.float32)
        return self.device.run(self, lambda: score_segments(self.reader, image, segments, phrases))

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        """float32[P, H, W] in 0–1: where in the picture each phrase is looked for; its hottest place is 1."""
        if not phrases:
            return np.zeros((0, *image.shape[:2]), dtype=np.float32)
        return self.device.run(self, lambda: self._heat(image, phrases))

    @property
    def nbytes(self) -> int:
        """See ``Movable``."""
        return self.reader.nbytes

    def to(self, device: str) -> None:
        """See ``Movable``."""
        self.reader.to(device)

    def smaller(self) -> bool:
        """See ``Movable``."""
        return self.reader.smaller()

    def _match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        self.reader.progress(0.0)
        seen = self.reader.look(image)
        return [float(self.reader.match(phrase, seen)[0]) for phrase in phrases]

    def _heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        self.reader.progress(0.0)
        return make_heat_maps(self.reader, image, phrases)


def score_segments(
    reader: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
) -> ScoreTable:
    """By likeness, with a closer look at rivals: segments apart from each other that are all like the phrase's heat.

    Likeness tells a thing from its parts and its surroundings; a closer look tells which of the rivals are what the
    phrase says. Where there is but one such place, the whole picture has told already whether it shows the phrase.
    """
    shapes = SegmentShapes.of(segments)
    present, likeness = measure_likeness(reader, image, shapes, phrases)
    rivals = [shapes.rivals(column) for column in likeness.T]
    looked = sorted({index for some in rivals if len(some) > 1 for index in some})
    close = np.zeros_like(likeness)
    if looked:
        close[looked] = score_by_crops(reader, image, [segments[index] for index in looked], phrases)
    columns = [
        _score_as_rivals(likeness[:, column], close[:, column], some, shapes)
        if len(some) > 1
        else present[column] * likeness[:, column] / max(likeness[:, column].max(), 1e-12)
        for column, some in enumerate(rivals)
    ]
    return np.stack(columns, 1).astype(np.float32)


def score_by_crops(
    reader: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
) -> ScoreTable:
    """Probability that the segment, cut out on grey, matches the phrase: a vision pass for every segment."""
    scores = []
    for some in split_batches(reader, segments, reader.batch):
        seen = reader.look_closer([crop_segment(image, segment) for segment in some])
        scores.append(match_all(reader, seen, phrases))
    return np.concatenate(scores)


def measure_likeness(
    reader: MatchingModel, image: Image, shapes: SegmentShapes, phrases: Sequence[str]
) -> tuple[npt.NDArray[np.float32], ScoreTable]:
    """Probability float32[P] that the picture shows each phrase; likeness float32[S, P] of segments and its heat."""
    import torch

    found = compute_gradcam(reader, image, phrases)
    maps = torch.stack([part for one in found for part in (one.attention, one.gradcam)])
    heat = enlarge_maps(maps, shapes.size).flatten(1).numpy()
    cosines = shapes.likeness(heat).reshape(-1, len(phrases), 2)
    return np.array([one.probability for one in found], np.float32), np.asarray(cosines.mean(2), np.float32)


def _score_as_rivals(likeness: Column, close: Column, rivals: Sequence[int], shapes: SegmentShapes) -> Column:
    """What a segment scores by the rival that it lies in or holds: as the rival, if it is as like the heat."""
    near = shapes.together[:, rivals]
    rival = np.array(rivals)[near.argmax(1)]
    relative = np.minimum(likeness / np.maximum(likeness[rival], 1e-12), 1)
    return np.asarray(np.where(near.max(1) >= APART, close[rival] * relative, 0))


def match_all(
    reader: MatchingModel, seen: torch.Tensor, phrases: Sequence[str], patches: torch.Tensor | None = None
) -> ScoreTable:
    """float32[B, P]: probability that each picture, or region of a picture, matches each phrase."""
    columns = [reader.match(phrase, seen, patches).cpu().numpy() for phrase in phrases]
    return np.stack(columns, 1).astype(np.float32)


def split_batches(reader: MatchingModel, segments: Sequence[Segment], size: int) -> Iterator[Sequence[Segment]]:
    """The segments in runs that go through the networks together; the progress is told before each."""
    for start in range(0, len(segments), size):
        reader.progress(start / len(segments))
        yield segments[start : start + size]
