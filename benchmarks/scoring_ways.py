"""Ways to score segments that the product does not use, for comparison by ``benchmarks.scoring``.

Each takes the model, the picture uint8[H, W, 3], segments and phrases, and returns float32[S, P] in 0–1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lib_automask.blip.localization import SegmentShapes
from lib_automask.blip.matcher import ScoreTable, match_phrases, measure_likeness, split_batches
from lib_automask.blip.model import MatchingModel
from lib_automask.types import Image, Segment

if TYPE_CHECKING:
    import torch

ROWS = 16
"""Segments in one pass of the text network; a guess."""


def score_by_patches(
    model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
) -> ScoreTable:
    """Probability of a match when the phrase sees the segment's patches only: one vision pass for all segments."""
    import torch

    features, scores = model.encode_picture(image), []
    for batch in split_batches(model, segments, ROWS):
        patches = torch.stack([segment_patches(segment, model.grid) for segment in batch]).to(model.device)
        scores.append(match_phrases(model, features, phrases, patches))
    return np.concatenate(scores)


def score_by_likeness(
    model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
) -> ScoreTable:
    """Likeness of the segment and the phrase's heat: one vision pass, and one pass of the phrase, for all segments.

    It is the cosine between mask and heat, the mean of that for attention and for Grad-CAM. A part of the thing, and a
    region that reaches beyond it, are both less like the heat than the thing itself.
    """
    return measure_likeness(model, image, SegmentShapes.of(segments), phrases)[1]


def segment_patches(segment: Segment, grid: int) -> torch.Tensor:
    """bool[1 + grid²]: the patches that the segment covers by half, or the one it covers most; not the class token."""
    import torch

    mask = torch.from_numpy(segment.mask).float()[None, None]
    share = torch.nn.functional.adaptive_avg_pool2d(mask, grid).flatten()
    covered = share >= min(0.5, float(share.max()))
    return torch.cat([covered.new_zeros(1), covered])
