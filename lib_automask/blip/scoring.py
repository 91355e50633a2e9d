"""Ways to tell which segment a phrase means, from the slowest and surest to the cheapest.

Each takes the reader, the picture uint8[H, W, 3], segments and phrases, and returns float32[S, P] in 0–1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lib_automask.blip.crops import crop_segment
from lib_automask.blip.heat import heat_maps
from lib_automask.blip.reader import Phrases, Reader
from lib_automask.structures import Image, Segment

if TYPE_CHECKING:
    import torch

Scores = npt.NDArray[np.float32]
CHECKED = 16
"""Segments that are looked at closely; with no more than these, all are."""


def score_segments(reader: Reader, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> Scores:
    """The probability of a match for the most promising segments; 0 for those that no phrase's heat makes promising."""
    if len(segments) <= CHECKED:
        return by_crops(reader, image, segments, phrases)
    promising = best_few(by_heat(reader, image, segments, phrases), CHECKED)
    scores = np.zeros((len(segments), len(phrases)), dtype=np.float32)
    scores[promising] = by_crops(reader, image, [segments[index] for index in promising], phrases)
    return scores


def by_crops(reader: Reader, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> Scores:
    """Probability that the segment, cut out on grey, matches the phrase: a vision pass for every segment."""
    import torch

    rows = reader.read(phrases)
    scores = []
    for some in batches(reader, segments):
        with torch.inference_mode():
            seen = reader.look_at([crop_segment(image, segment) for segment in some])
            scores.append(match_all(reader, seen, rows))
    return np.concatenate(scores)


def by_patches(reader: Reader, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> Scores:
    """Probability of a match when the phrase sees the segment's patches only: one vision pass for all segments."""
    import torch

    rows, seen = reader.read(phrases), reader.look(image)
    scores = []
    for some in batches(reader, segments):
        with torch.inference_mode():
            patches = torch.stack([segment_patches(segment, reader.grid) for segment in some]).to(reader.device)
            scores.append(match_all(reader, seen.expand(len(some), -1, -1), rows, patches))
    return np.concatenate(scores)


def by_heat(reader: Reader, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> Scores:
    """Likeness of the segment and the phrase's heat, as the cosine between mask and heat: one pass for all segments.

    A part of the heated thing, and a region that reaches beyond it, both score lower than the thing itself.
    """
    heat = heat_maps(reader, image, phrases).reshape(len(phrases), -1)
    unit = heat / np.maximum(np.linalg.norm(heat, axis=1, keepdims=True), 1e-12)
    scores = [unit[:, segment.mask.ravel()].sum(1) / np.sqrt(segment.area) for segment in segments]
    likeness: Scores = np.stack(scores).astype(np.float32)
    return likeness


def best_few(scores: Scores, count: int) -> list[int]:
    """``count`` rows that lead for any phrase: the best of each phrase in turn, then the second best, and so on."""
    ranked = np.argsort(-scores, axis=0, kind="stable")
    chosen: dict[int, None] = {}
    for index in ranked.ravel():
        if len(chosen) == count:
            break
        chosen[int(index)] = None
    return sorted(chosen)


def match_all(reader: Reader, seen: torch.Tensor, rows: Phrases, patches: torch.Tensor | None = None) -> Scores:
    """float32[B, P]: probability that each of what was seen, [B, 1 + grid², C], matches each phrase."""
    import torch

    count = len(rows)
    every = Phrases(rows.ids.repeat(len(seen), 1), rows.mask.repeat(len(seen), 1))
    where = None if patches is None else patches.repeat_interleave(count, 0)
    output = reader.compare(seen.repeat_interleave(count, 0), every, where)
    scores: Scores = torch.softmax(reader.logits(output), 1)[:, 1].reshape(-1, count).cpu().numpy()
    return scores


def segment_patches(segment: Segment, grid: int) -> torch.Tensor:
    """int64[1 + grid²]: 1 for patches that the segment covers by half, or the one it covers most; class token 0."""
    import torch

    mask = torch.from_numpy(segment.mask).float()[None, None]
    share = torch.nn.functional.adaptive_avg_pool2d(mask, grid).flatten()
    covered = (share >= min(0.5, float(share.max()))).long()
    return torch.cat([covered.new_zeros(1), covered])


def batches(reader: Reader, segments: Sequence[Segment]) -> Iterator[Sequence[Segment]]:
    """The segments in runs that go through the networks together; the progress is told before each."""
    for start in range(0, len(segments), reader.batch):
        reader.progress(start / len(segments))
        yield segments[start : start + reader.batch]
