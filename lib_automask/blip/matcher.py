"""Which segments of a picture show what a phrase names, by BLIP.

``BlipMatcher`` is what the pipeline calls. ``score_segments`` is the way of scoring that the product uses; others are
compared with it by ``python -m benchmarks.scoring``, which prints how often each is right and what it costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

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
from lib_automask.blip.model import SCORES, MatchingModel
from lib_automask.runtime.device import Device
from lib_automask.types import Heat, Image, Segment

if TYPE_CHECKING:
    import torch

ScoreTable = npt.NDArray[np.float32]
"""[S, P] in 0–1: segments by phrases."""
Column = npt.NDArray[np.float32]
"""[S]: one phrase's column of such a table."""


class BlipMatcher:
    """Compares phrases with a picture and its regions (BLIP, Li et al. 2022).

    Args:
        model: on the CPU.
        device: as torch names it, or one that is shared with other models.
    """

    def __init__(self, model: MatchingModel, device: str | Device = "cpu") -> None:
        self.model = model
        self.device = Device.of(device)

    def match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        """Probability, 0–1, that each phrase describes something in ``image`` uint8[H, W, 3] RGB."""
        if not phrases:
            return []
        return self.device.run(self, lambda: self._match(image, phrases))

    def score_segments(
        self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """float32[S, P]: probability, 0–1, that a segment shows a phrase."""
        if not segments or not phrases:
            return np.zeros((len(segments), len(phrases)), dtype=np.float32)
        return self.device.run(self, lambda: score_segments(self.model, image, segments, phrases))

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        """float32[P, H, W] in 0–1: where in the picture each phrase is looked for; its hottest place is 1."""
        if not phrases:
            return np.zeros((0, *image.shape[:2]), dtype=np.float32)
        return self.device.run(self, lambda: self._heat(image, phrases))

    @property
    def nbytes(self) -> int:
        """See ``Movable``."""
        return self.model.nbytes

    def to(self, device: str) -> None:
        """See ``Movable``."""
        self.model.to(device)

    def reduce_batch(self) -> bool:
        """See ``Movable``."""
        return self.model.reduce_batch()

    def restore_batch(self) -> None:
        """See ``Movable``."""
        self.model.restore_batch()

    def _match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        self.model.progress(SCORES, 0.0)
        features = self.model.encode_picture(image)
        return [float(self.model.match(phrase, features)[0]) for phrase in phrases]

    def _heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        self.model.progress(SCORES, 0.0)
        return make_heat_maps(self.model, image, phrases)


def score_segments(
    model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
) -> ScoreTable:
    """Score by likeness to the phrase's heat, and by crops of rivals: distant segments that are all like that heat.

    Likeness tells a thing from its parts and its surroundings; crops tell which of the rivals are what the phrase
    names. A phrase with one such place needs no crop: whether the picture shows it is known from the whole picture.
    """
    shapes = SegmentShapes.of(segments)
    present, likeness = measure_likeness(model, image, shapes, phrases)
    rivals = [shapes.find_rivals(column) for column in likeness.T]
    cropped = sorted({index for group in rivals if len(group) > 1 for index in group})
    by_crop = np.zeros_like(likeness)
    if cropped:
        by_crop[cropped] = score_by_crops(model, image, [segments[index] for index in cropped], phrases)
    columns = [
        _score_as_rivals(likeness[:, column], by_crop[:, column], group, shapes)
        if len(group) > 1
        else present[column] * likeness[:, column] / max(likeness[:, column].max(), 1e-12)
        for column, group in enumerate(rivals)
    ]
    return np.stack(columns, 1).astype(np.float32)


def score_by_crops(
    model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
) -> ScoreTable:
    """Probability that the segment, cut out on grey, matches the phrase: a vision pass for every segment."""
    scores = []
    for batch in split_batches(model, segments, model.batch):
        features = model.encode_crops([crop_segment(image, segment) for segment in batch])
        scores.append(match_phrases(model, features, phrases))
    return np.concatenate(scores)


def measure_likeness(
    model: MatchingModel, image: Image, shapes: SegmentShapes, phrases: Sequence[str]
) -> tuple[npt.NDArray[np.float32], ScoreTable]:
    """Probability float32[P] that the picture shows each phrase; likeness float32[S, P] of segments and its heat."""
    import torch

    found = compute_gradcam(model, image, phrases)
    maps = torch.stack([part for heat in found for part in (heat.attention, heat.gradcam)])
    full = enlarge_maps(maps, shapes.size).flatten(1).numpy()
    cosines = shapes.compare_with_heat(full).reshape(-1, len(phrases), 2)
    return np.array([heat.probability for heat in found], np.float32), np.asarray(cosines.mean(2), np.float32)


def _score_as_rivals(likeness: Column, by_crop: Column, rivals: Sequence[int], shapes: SegmentShapes) -> Column:
    """A segment that lies in a rival, or holds it, scores as the rival's crop; less if it is less like the heat."""
    containment = shapes.containment[:, rivals]
    rival = np.array(rivals)[containment.argmax(1)]
    relative = np.minimum(likeness / np.maximum(likeness[rival], 1e-12), 1)
    return np.asarray(np.where(containment.max(1) >= APART, by_crop[rival] * relative, 0))


def match_phrases(
    model: MatchingModel, features: torch.Tensor, phrases: Sequence[str], allowed: torch.Tensor | None = None
) -> ScoreTable:
    """float32[B, P]: probability that each picture, or region ``allowed`` of a picture, matches each phrase."""
    columns = [model.match(phrase, features, allowed).cpu().numpy() for phrase in phrases]
    return np.stack(columns, 1).astype(np.float32)


def split_batches(model: MatchingModel, segments: Sequence[Segment], size: int) -> Iterator[Sequence[Segment]]:
    """The segments in batches that go through the networks together; reports progress before each."""
    for start in range(0, len(segments), size):
        model.progress(SCORES, start / len(segments))
        yield segments[start : start + size]
