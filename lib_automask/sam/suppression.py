"""Which of many masks stay, when each box may be found once only: drawn only where that decides.

The rule is that of segment-anything: from the best predicted quality down, a mask stays if it is stable enough and its
box overlaps no box that stays by more than a threshold. Who is suppressed can suppress nobody. So a mask whose box, as
far as it is known from the small logits, overlaps a kept one for certain need not be drawn at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from lib_automask.sam.canvas import Canvas, Crop, Drawn, Edges

Overlaps = npt.NDArray[np.float64]
ROUNDING = 1e-6
"""A bound that exceeds the threshold by less decides nothing."""


@dataclass(eq=False)
class Candidate:
    """A mask that was asked for, with its predicted IoU.

    Answers serve several choices, of other prompts too: ``unfit`` is set once it was drawn and stays for none of them.
    """

    quality: float
    crop: Crop
    unfit: bool = False


def keep_best(
    candidates: Sequence[Candidate],
    canvas: Canvas,
    least_stability: float,
    most_overlap: float,
    progress: Callable[[float], None] = lambda _share: None,
) -> Iterator[tuple[Candidate, Drawn]]:
    """The candidates that stay, best first; among equals, the first.

    Args:
        least_stability: a mask needs at least this, the same each time; no mask is tested where it is 0 or less.
        most_overlap: IoU of two boxes that may both stay.
        progress: told the share that is done before each candidate; it may raise to end the run.
    """
    kept = np.zeros((0, 4), np.float32)
    order = sorted(range(len(candidates)), key=lambda number: -candidates[number].quality)
    for done, number in enumerate(order):
        progress(done / len(order))
        candidate = candidates[number]
        if candidate.unfit or (least_overlap(candidate.crop, kept) > most_overlap + ROUNDING).any():
            continue
        drawn = canvas.draw(candidate.crop)
        if drawn is None or (least_stability > 0 and drawn.stability < np.float32(least_stability)):
            candidate.unfit = True
            continue
        if (box_iou(drawn.edges, kept) > most_overlap).any():
            continue
        kept = np.concatenate([kept, drawn.edges[None]])
        yield candidate, drawn


def least_overlap(crop: Crop, kept: Edges) -> Overlaps:
    """The IoU float64[K] that the box of a mask has at least with each of the ``kept`` boxes float32[K, 4].

    Each of its edges lies between ``outer`` and ``inner``. The IoU falls as an edge moves away from the other box's,
    in either direction, so the least is found where every edge is at one end of its range.
    """
    if crop.inner is None:
        return np.zeros(len(kept))
    corners = np.array(list(product(*zip(crop.outer, crop.inner))), np.float32)
    least: Overlaps = box_iou(corners[:, None], kept).min(0)
    return least


def box_iou(one: Edges, others: Edges) -> Overlaps:
    """IoU of boxes float32[..., 4], computed in float32 and then compared in float64, as torchvision does.

    Edges are taken as they are, so a box one pixel wide has no area and overlaps nothing.
    """
    low, high = np.maximum(one[..., :2], others[..., :2]), np.minimum(one[..., 2:], others[..., 2:])
    overlap = np.clip(high - low, 0, None).prod(-1)
    union = _area(one) + _area(others) - overlap
    found: Overlaps = np.divide(overlap, union, out=np.zeros_like(union), where=union > 0).astype(np.float64)
    return found


def _area(boxes: Edges) -> Edges:
    area: Edges = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
    return area
