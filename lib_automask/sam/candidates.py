"""Chooses the best of SAM's masks, and enlarges only those that are needed for that.

SAM enlarges its logits twice, bilinearly: from the decoder's grid to the square that the encoder saw, and, its padding
cut off, to the picture. Both work along rows and along columns, so together they are one matrix from each side. A mask
is kept as a crop of the grid until it is needed.

Which masks stay follows segment-anything's rule: from the best predicted quality down, a mask stays if it is stable
enough and its box overlaps no box that stays by more than a threshold. A suppressed mask suppresses no other. So a mask
need not be drawn if its box, as far as the small logits bound it, overlaps a kept one for certain.

Edges of boxes are float32[..., 4], left, top, right, bottom, as in segment-anything: right and bottom are the last
pixel, not the one after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lib_automask.interfaces import ignore_progress
from lib_automask.types import Mask, Progress, Size

if TYPE_CHECKING:
    import torch

BoxEdges = npt.NDArray[np.float32]
Overlaps = npt.NDArray[np.float64]
KEEP = "keep the best"
"""The stage that is reported while masks are suppressed."""
ROUNDING = 1e-6
"""A bound that exceeds the threshold by less decides nothing: float32's rounding, generously."""


@dataclass(frozen=True, eq=False)
class MaskCrop:
    """A mask before it is drawn: the part of its logits that can rise above the lower threshold.

    Args:
        logits: float32[h, w], on the CPU.
        top, left: where that part lies in the grid.
        outer: edges that the mask in the picture cannot exceed.
        inner: edges that it reaches at least, or None where that is not known.
    """

    logits: torch.Tensor
    top: int
    left: int
    outer: BoxEdges
    inner: BoxEdges | None


@dataclass(frozen=True, eq=False)
class DrawnMask:
    """A mask in the pixels of the picture.

    Args:
        part: bool[h, w], not empty.
        top, left: where that part lies in the picture; the mask has no pixel elsewhere.
        size: of the picture.
        stability: how little it changes when the threshold moves, 0–1.
        edges: of the mask.
    """

    part: Mask
    top: int
    left: int
    size: Size
    stability: np.float32
    edges: BoxEdges

    @property
    def mask(self) -> Mask:
        """bool[H, W]. Made only when needed, since most drawn masks are dropped."""
        whole = np.zeros(self.size, np.bool_)
        whole[self.top : self.top + self.part.shape[0], self.left : self.left + self.part.shape[1]] = self.part
        return whole


class CanvasAxis:
    """The enlargement along one side of the picture; all lengths are in pixels.

    Args:
        grid: of the decoder's masks.
        square: of the encoder's square.
        shown: of the part of that square that shows the picture.
        length: of the picture.
    """

    def __init__(self, grid: int, square: int, shown: int, length: int) -> None:
        import torch
        from torch.nn.functional import interpolate

        enlarged = interpolate(torch.eye(grid)[None], size=square, mode="linear", align_corners=False)
        placed = interpolate(enlarged[..., :shown], size=length, mode="linear", align_corners=False)
        self.weights = placed[0].T.contiguous()
        """float32[length, grid]: the share of each pixel of the grid in each pixel of the picture."""
        has_share = self.weights.numpy() > 0
        self.first = has_share.argmax(1)
        self.last = grid - 1 - has_share[:, ::-1].argmax(1)
        self.used = int(self.last.max()) + 1
        """How many pixels of the grid, from the first, have a share in the picture."""
        self.reach = int((self.last - self.first).max())
        """Largest distance of two pixels of the grid that have a share in the same pixel of the picture."""
        spans = range(max(1, self.used - self.reach))
        self.dense = all(self.within(start, start + self.reach) for start in spans)
        """Whether every ``reach + 1`` pixels of the grid determine some pixel of the picture."""

    def touching(self, low: int, high: int) -> slice | None:
        """The picture's pixels that depend on any of the grid's ``low`` to ``high``, both included."""
        return _slice(self.last.searchsorted(low), self.first.searchsorted(high, "right"))

    def within(self, low: int, high: int) -> slice | None:
        """The picture's pixels that depend on the grid's ``low`` to ``high`` alone, both included."""
        return _slice(self.first.searchsorted(low), self.last.searchsorted(high, "right"))


class Canvas:
    """The picture that masks are drawn on.

    Args:
        grid: side of the decoder's masks.
        square: side of the encoder's square.
        shown: size of the picture within that square.
        size: of the picture.
        offset: by how much the threshold moves when stability is measured.
    """

    def __init__(self, grid: int, square: int, shown: Size, size: Size, offset: float = 1.0) -> None:
        self.size, self.offset = size, offset
        self.rows = CanvasAxis(grid, square, shown.height, size.height)
        self.columns = CanvasAxis(grid, square, shown.width, size.width)

    def crop(self, logits: torch.Tensor) -> MaskCrop | None:
        """The part of one mask's ``logits`` float32[≥ rows.used, grid] that matters; None if it is empty for certain.

        Around the logits above the lower threshold a margin is kept, so that every pixel of the picture that depends
        on them can be drawn.
        """
        logits = logits[: self.rows.used, : self.columns.used]
        by_row, by_column = logits.amax(1).cpu().numpy(), logits.amax(0).cpu().numpy()
        extent = _ends_of(by_row > 0, by_column > 0)
        if extent is None:
            return None
        outer = self._bound_outside(*extent)
        if outer is None:
            return None
        left, top, right, bottom = _ends_of(by_row > -self.offset, by_column > -self.offset) or extent
        left, top = max(0, left - self.columns.reach), max(0, top - self.rows.reach)
        kept = logits[top : bottom + self.rows.reach + 1, left : right + self.columns.reach + 1].cpu().clone()
        return MaskCrop(kept, top, left, outer, self._bound_inside((kept > 0).numpy(), left, top))

    def draw(self, crop: MaskCrop) -> DrawnMask | None:
        """The mask above 0, with its stability when that threshold moves; None if it has no pixel."""
        height, width = crop.logits.shape
        rows = self.rows.within(crop.top, crop.top + height - 1)
        columns = self.columns.within(crop.left, crop.left + width - 1)
        if rows is None or columns is None:
            return None
        from_rows = self.rows.weights[rows, crop.top : crop.top + height]
        from_columns = self.columns.weights[columns, crop.left : crop.left + width]
        values = (from_rows @ crop.logits @ from_columns.T).numpy()
        part = values > 0
        extent = _extent_of(part)
        if extent is None:
            return None
        above, below = np.count_nonzero(values > self.offset), np.count_nonzero(values > -self.offset)
        top, left = rows.start, columns.start
        edges = np.array(extent, np.float32) + np.array([left, top, left, top], np.float32)
        return DrawnMask(part, top, left, self.size, np.float32(above) / np.float32(below), edges)

    def _bound_outside(self, left: int, top: int, right: int, bottom: int) -> BoxEdges | None:
        """Edges in the picture that a mask with these edges in the grid cannot exceed."""
        rows, columns = self.rows.touching(top, bottom), self.columns.touching(left, right)
        if rows is None or columns is None:
            return None
        return np.array([columns.start, rows.start, columns.stop - 1, rows.stop - 1], np.float32)

    def _bound_inside(self, inside: Mask, left: int, top: int) -> BoxEdges | None:
        """Edges that a mask reaches for certain: of pixels that depend only on pixels of the grid ``inside`` it.

        ``inside`` begins at ``left`` and ``top`` of the grid. If both axes are dense, each square of the grid that lies
        wholly inside determines such a pixel.
        """
        if not (self.rows.dense and self.columns.dense):
            return None
        high, wide = self.rows.reach + 1, self.columns.reach + 1
        squares = _extent_of(_full_squares(inside, high, wide))
        if squares is None:
            return None
        rows = self.rows.within(top + squares[1], top + squares[3] + high - 1)
        columns = self.columns.within(left + squares[0], left + squares[2] + wide - 1)
        if rows is None or columns is None:
            return None
        return np.array([columns.start, rows.start, columns.stop - 1, rows.stop - 1], np.float32)


def _full_squares(mask: Mask, high: int, wide: int) -> Mask:
    """The upper left corners of all ``high`` × ``wide`` pixels that are set: bool[H - high + 1, W - wide + 1]."""
    rows, columns = max(0, mask.shape[0] - high + 1), max(0, mask.shape[1] - wide + 1)
    upright = mask[:rows]
    for step in range(1, high):
        upright = upright & mask[step : step + rows]
    full = upright[:, :columns]
    for step in range(1, wide):
        full = full & upright[:, step : step + columns]
    return full


def _slice(start: np.intp, stop: np.intp) -> slice | None:
    """None if it would be empty."""
    return slice(int(start), int(stop)) if start < stop else None


def _extent_of(mask: Mask) -> tuple[int, int, int, int] | None:
    """First and last column and row that are not empty: left, top, right, bottom."""
    return _ends_of(mask.any(1), mask.any(0))


def _ends_of(rows: Mask, columns: Mask) -> tuple[int, int, int, int] | None:
    """First and last of the columns and rows that are set: left, top, right, bottom."""
    if not (rows.any() and columns.any()):
        return None
    left, top = int(columns.argmax()), int(rows.argmax())
    right, bottom = len(columns) - 1 - int(columns[::-1].argmax()), len(rows) - 1 - int(rows[::-1].argmax())
    return left, top, right, bottom


@dataclass(eq=False)
class Candidate:
    """A mask of a prompt, with its predicted IoU.

    It is kept for later choices, so ``rejected`` is set once it was drawn and turned out empty or unstable.
    """

    quality: float
    crop: MaskCrop
    rejected: bool = False


def suppress_candidates(
    candidates: Sequence[Candidate],
    canvas: Canvas,
    least_stability: float,
    most_overlap: float,
    progress: Progress = ignore_progress,
) -> Iterator[tuple[Candidate, DrawnMask]]:
    """The candidates that stay, best first; among equals, the first.

    Args:
        least_stability: a mask needs at least this, the same each time; no mask is tested where it is 0 or less.
        most_overlap: IoU of two boxes that may both stay.
        progress: called before each candidate.
    """
    kept = np.zeros((0, 4), np.float32)
    order = sorted(range(len(candidates)), key=lambda number: -candidates[number].quality)
    for done, number in enumerate(order):
        progress(KEEP, done / len(order))
        candidate = candidates[number]
        if candidate.rejected or (bound_overlap(candidate.crop, kept) > most_overlap + ROUNDING).any():
            continue
        drawn = canvas.draw(candidate.crop)
        if drawn is None or (least_stability > 0 and drawn.stability < np.float32(least_stability)):
            candidate.rejected = True
            continue
        if (box_iou(drawn.edges, kept) > most_overlap).any():
            continue
        kept = np.concatenate([kept, drawn.edges[None]])
        yield candidate, drawn


def bound_overlap(crop: MaskCrop, kept: BoxEdges) -> Overlaps:
    """The least IoU float64[K] that the box of a mask can have with each of the ``kept`` boxes float32[K, 4].

    Each of its edges lies between ``outer`` and ``inner``. The IoU falls as an edge moves away from the other box's,
    in either direction, so the least is found where every edge is at one end of its range.
    """
    if crop.inner is None:
        return np.zeros(len(kept))
    corners = np.array(list(product(*zip(crop.outer, crop.inner))), np.float32)
    return box_iou(corners[:, None], kept).min(0)


def box_iou(one: BoxEdges, others: BoxEdges) -> Overlaps:
    """IoU of boxes float32[..., 4], computed in float32 and then compared in float64, as torchvision does.

    Edges are taken as they are, so a box one pixel wide has no area and overlaps nothing.
    """
    low, high = np.maximum(one[..., :2], others[..., :2]), np.minimum(one[..., 2:], others[..., 2:])
    overlap = np.clip(high - low, 0, None).prod(-1)
    union = _area(one) + _area(others) - overlap
    return np.divide(overlap, union, out=np.zeros_like(union), where=union > 0).astype(np.float64)


def _area(boxes: BoxEdges) -> BoxEdges:
    return (boxes[..., 2:] - boxes[..., :2]).prod(-1)
