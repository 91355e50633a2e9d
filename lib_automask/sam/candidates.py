"""From the decoder's small masks to the picture's size, and only where there is something.

SAM enlarges its logits twice, bilinearly: from the decoder's grid to the square that the encoder saw, and, its padding
cut off, to the picture. Both work along rows and along columns, so together they are one matrix from each side.
A mask is kept as a crop of the grid until it is known to be wanted.

Edges of boxes are float32[..., 4], left, top, right, bottom, as segment-anything has them: the last pixel, not the one
after it.

Which of many masks stay, when each box may be found once only: drawn only where that decides.

The rule is that of segment-anything: from the best predicted quality down, a mask stays if it is stable enough and its
box overlaps no box that stays by more than a threshold. Who is suppressed can suppress nobody. So a mask whose box, as
far as it is known from the small logits, overlaps a kept one for certain need not be drawn at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lib_automask.types import Mask

if TYPE_CHECKING:
    import torch

BoxEdges = npt.NDArray[np.float32]

Overlaps = npt.NDArray[np.float64]
ROUNDING = 1e-6
"""A bound that exceeds the threshold by less decides nothing."""


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
        top, left: where that part lies in the picture; there is nothing beside it.
        size: (height, width) of the picture.
        stability: how little it changes when the threshold moves, 0–1.
        edges: of the mask.
    """

    part: Mask
    top: int
    left: int
    size: tuple[int, int]
    stability: np.float32
    edges: BoxEdges

    @property
    def mask(self) -> Mask:
        """bool[H, W]. Made only when asked for, since most of what is drawn is then dropped."""
        whole = np.zeros(self.size, np.bool_)
        whole[self.top : self.top + self.part.shape[0], self.left : self.left + self.part.shape[1]] = self.part
        return whole


class CanvasAxis:
    """One side of the picture.

    Args:
        grid: pixels of the decoder's masks.
        square: pixels of the encoder's square.
        shown: how many of these show the picture.
        length: pixels of the picture.
    """

    def __init__(self, grid: int, square: int, shown: int, length: int) -> None:
        import torch
        from torch.nn.functional import interpolate

        enlarged = interpolate(torch.eye(grid)[None], size=square, mode="linear", align_corners=False)
        placed = interpolate(enlarged[..., :shown], size=length, mode="linear", align_corners=False)
        self.weights = placed[0].T.contiguous()
        """float32[length, grid]: what each pixel of the picture takes from each of the grid."""
        taken = self.weights.numpy() > 0
        self.first = taken.argmax(1)
        self.last = grid - 1 - taken[:, ::-1].argmax(1)
        self.used = int(self.last.max()) + 1
        """How many pixels of the grid have a say, from the first."""
        self.reach = int((self.last - self.first).max())
        """How far apart two pixels of the grid can be that one pixel of the picture takes from."""
        spans = range(max(1, self.used - self.reach))
        self.dense = all(self.within(start, start + self.reach) for start in spans)
        """Whether every ``reach + 1`` pixels of the grid hold all that some pixel of the picture takes."""

    def touching(self, low: int, high: int) -> slice | None:
        """The picture's pixels that take anything from the grid's ``low`` to ``high``, both included."""
        return _slice(self.last.searchsorted(low), self.first.searchsorted(high, "right"))

    def within(self, low: int, high: int) -> slice | None:
        """The picture's pixels that take nothing but from the grid's ``low`` to ``high``, both included."""
        return _slice(self.first.searchsorted(low), self.last.searchsorted(high, "right"))


class Canvas:
    """The picture that masks are drawn on.

    Args:
        grid: side of the decoder's masks.
        square: side of the encoder's square.
        shown: (height, width) of the picture within that square.
        size: (height, width) of the picture.
        offset: by how much the threshold moves when stability is measured.
    """

    def __init__(
        self, grid: int, square: int, shown: tuple[int, int], size: tuple[int, int], offset: float = 1.0
    ) -> None:
        self.size, self.offset = size, offset
        self.rows = CanvasAxis(grid, square, shown[0], size[0])
        self.columns = CanvasAxis(grid, square, shown[1], size[1])

    def crop(self, logits: torch.Tensor) -> MaskCrop | None:
        """What of one mask's ``logits`` float32[≥ rows.used, grid] can matter; None where it is empty for certain.

        Round what is above the lower threshold a margin is kept, so that every pixel of the picture that mixes with it
        finds all it takes.
        """
        logits = logits[: self.rows.used, : self.columns.used]
        by_row, by_column = logits.amax(1).cpu().numpy(), logits.amax(0).cpu().numpy()
        found = _ends_of(by_row > 0, by_column > 0)
        if found is None:
            return None
        outer = self._outer(*found)
        if outer is None:
            return None
        left, top, right, bottom = _ends_of(by_row > -self.offset, by_column > -self.offset) or found
        left, top = max(0, left - self.columns.reach), max(0, top - self.rows.reach)
        kept = logits[top : bottom + self.rows.reach + 1, left : right + self.columns.reach + 1].cpu().clone()
        return MaskCrop(kept, top, left, outer, self._inner((kept > 0).numpy(), left, top))

    def draw(self, crop: MaskCrop) -> DrawnMask | None:
        """The mask above 0, and how stable it is when that threshold moves; None where it has no pixel."""
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

    def _outer(self, left: int, top: int, right: int, bottom: int) -> BoxEdges | None:
        """What a mask can cover at most that in the grid covers these edges."""
        rows, columns = self.rows.touching(top, bottom), self.columns.touching(left, right)
        if rows is None or columns is None:
            return None
        return np.array([columns.start, rows.start, columns.stop - 1, rows.stop - 1], np.float32)

    def _inner(self, inside: Mask, left: int, top: int) -> BoxEdges | None:
        """What a mask covers for certain: pixels of the picture that take only from pixels ``inside`` the mask.

        ``inside`` begins at ``left`` and ``top`` of the grid. Where squares of the grid lie wholly inside, each of them
        holds such a pixel if both sides are dense.
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
    found = upright[:, :columns]
    for step in range(1, wide):
        found = found & upright[:, step : step + columns]
    return found


def _slice(start: np.intp, stop: np.intp) -> slice | None:
    """None where it would be empty."""
    return slice(int(start), int(stop)) if start < stop else None


def _extent_of(mask: Mask) -> tuple[int, int, int, int] | None:
    """First and last column and row with something in them: left, top, right, bottom."""
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
    """A mask that was asked for, with its predicted IoU.

    Answers serve several choices, of other prompts too: ``unfit`` is set once it was drawn and stays for none of them.
    """

    quality: float
    crop: MaskCrop
    unfit: bool = False


def suppress_candidates(
    candidates: Sequence[Candidate],
    canvas: Canvas,
    least_stability: float,
    most_overlap: float,
    progress: Callable[[float], None] = lambda _share: None,
) -> Iterator[tuple[Candidate, DrawnMask]]:
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


def least_overlap(crop: MaskCrop, kept: BoxEdges) -> Overlaps:
    """The IoU float64[K] that the box of a mask has at least with each of the ``kept`` boxes float32[K, 4].

    Each of its edges lies between ``outer`` and ``inner``. The IoU falls as an edge moves away from the other box's,
    in either direction, so the least is found where every edge is at one end of its range.
    """
    if crop.inner is None:
        return np.zeros(len(kept))
    corners = np.array(list(product(*zip(crop.outer, crop.inner))), np.float32)
    least: Overlaps = box_iou(corners[:, None], kept).min(0)
    return least


def box_iou(one: BoxEdges, others: BoxEdges) -> Overlaps:
    """IoU of boxes float32[..., 4], computed in float32 and then compared in float64, as torchvision does.

    Edges are taken as they are, so a box one pixel wide has no area and overlaps nothing.
    """
    low, high = np.maximum(one[..., :2], others[..., :2]), np.minimum(one[..., 2:], others[..., 2:])
    overlap = np.clip(high - low, 0, None).prod(-1)
    union = _area(one) + _area(others) - overlap
    found: Overlaps = np.divide(overlap, union, out=np.zeros_like(union), where=union > 0).astype(np.float64)
    return found


def _area(boxes: BoxEdges) -> BoxEdges:
    area: BoxEdges = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
    return area
