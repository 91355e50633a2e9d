"""Ways to tell which segment a phrase means.

Each takes the reader, the picture uint8[H, W, 3], segments and phrases, and returns float32[S, P] in 0–1. How often
each is right, and what it costs, is what ``python -m benchmarks.scoring`` prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lib_automask.blip.crops import crop_segment
from lib_automask.blip.heat import enlarged, find
from lib_automask.blip.reader import Reader
from lib_automask.blip.shapes import APART, Shapes
from lib_automask.structures import Image, Segment

if TYPE_CHECKING:
    import torch

Scores = npt.NDArray[np.float32]
Column = npt.NDArray[np.float32]
ROWS = 16
"""Segments in one pass of the text network: few enough for Interrupt to come soon."""


def score_segments(reader: Reader, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> Scores:
    """By likeness, with a closer look at rivals: segments apart from each other that are all like the phrase's heat.

    Likeness tells a thing from its parts and its surroundings; a closer look tells which of the rivals are what the
    phrase says. Where there is but one such place, the whole picture has told already whether it shows the phrase.
    """
    shapes = Shapes.of(segments)
    present, likeness = _likeness(reader, image, shapes, phrases)
    rivals = [shapes.rivals(column) for column in likeness.T]
    looked = sorted({index for some in rivals if len(some) > 1 for index in some})
    close = np.zeros_like(likeness)
    if looked:
        close[looked] = by_crops(reader, image, [segments[index] for index in looked], phrases)
    columns = [
        _as_rivals(likeness[:, column], close[:, column], some, shapes)
        if len(some) > 1
        else present[column] * likeness[:, column] / max(likeness[:, column].max(), 1e-12)
        for column, some in enumerate(rivals)
    ]
    return np.stack(columns, 1).astype(np.float32)


def by_crops(reader: Reader, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> Scores:
    """Probability that the segment, cut out on grey, matches the phrase: a vision pass for every segment."""
    scores = []
    for some in batches(reader, segments, reader.batch):
        seen = reader.look_closer([crop_segment(image, segment) for segment in some])
        scores.append(_match_all(reader, seen, phrases))
    return np.concatenate(scores)


def by_patches(reader: Reader, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> Scores:
    """Probability of a match when the phrase sees the segment's patches only: one vision pass for all segments."""
    import torch

    seen, scores = reader.look(image), []
    for some in batches(reader, segments, ROWS):
        patches = torch.stack([segment_patches(segment, reader.grid) for segment in some]).to(reader.device)
        scores.append(_match_all(reader, seen, phrases, patches))
    return np.concatenate(scores)


def by_likeness(reader: Reader, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> Scores:
    """Likeness of the segment and the phrase's heat: one vision pass, and one pass of the phrase, for all segments.

    It is the cosine between mask and heat, the mean of that for attention and for Grad-CAM: a part of the heated thing,
    and a region that reaches beyond it, are both less like the heat than the thing itself.
    """
    return _likeness(reader, image, Shapes.of(segments), phrases)[1]


def _likeness(
    reader: Reader, image: Image, shapes: Shapes, phrases: Sequence[str]
) -> tuple[npt.NDArray[np.float32], Scores]:
    """Probabilities float32[P] that the picture shows each phrase, and float32[S, P] of ``by_likeness``."""
    import torch

    found = find(reader, image, phrases)
    maps = torch.stack([part for one in found for part in (one.attention, one.gradcam)])
    heat = enlarged(maps, shapes.size).flatten(1).numpy()
    cosines = shapes.likeness(heat).reshape(-1, len(phrases), 2)
    return np.array([one.probability for one in found], np.float32), np.asarray(cosines.mean(2), np.float32)


def _as_rivals(likeness: Column, close: Column, rivals: Sequence[int], shapes: Shapes) -> Column:
    """What a segment scores by the rival that it lies in or holds: as the rival, if it is as like the heat."""
    near = shapes.together[:, rivals]
    rival = np.array(rivals)[near.argmax(1)]
    relative = np.minimum(likeness / np.maximum(likeness[rival], 1e-12), 1)
    return np.asarray(np.where(near.max(1) >= APART, close[rival] * relative, 0))


def _match_all(
    reader: Reader, seen: torch.Tensor, phrases: Sequence[str], patches: torch.Tensor | None = None
) -> Scores:
    """float32[B, P]: probability that each picture, or region of a picture, matches each phrase."""
    columns = [reader.match(phrase, seen, patches).cpu().numpy() for phrase in phrases]
    return np.stack(columns, 1).astype(np.float32)


def segment_patches(segment: Segment, grid: int) -> torch.Tensor:
    """bool[1 + grid²]: the patches that the segment covers by half, or the one it covers most; not the class token."""
    import torch

    mask = torch.from_numpy(segment.mask).float()[None, None]
    share = torch.nn.functional.adaptive_avg_pool2d(mask, grid).flatten()
    covered = share >= min(0.5, float(share.max()))
    return torch.cat([covered.new_zeros(1), covered])


def batches(reader: Reader, segments: Sequence[Segment], size: int) -> Iterator[Sequence[Segment]]:
    """The segments in runs that go through the networks together; the progress is told before each."""
    for start in range(0, len(segments), size):
        reader.progress(start / len(segments))
        yield segments[start : start + size]
