"""A mask beside the true region, in figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lib_automask import MaskResult, Models
from lib_automask.locate.selection import plain_name
from lib_automask.types import Image, Mask, Outcome

POINTED = ("replace", "modify", "remove")
"""Kinds of edit whose target is a thing that one can point at."""


@dataclass(frozen=True)
class Judged:
    """One mask beside the true region.

    Args:
        kind: what it is counted under.
        outcome: of the run; only "mask" repaints anything.
        both, either: pixels that mask and true region share, and that either of them covers.
        middle: whether the mask's innermost pixel lies in the true region, False where there is no mask; None where
            nothing changes.
        hottest: whether the place where BLIP looks first for the target lies in the true region (the pointing game of
            Zhang et al., arXiv 1608.00507); None where the plan names no thing to point at, or nothing changes.
        kept: share of the picture outside the true region that the mask leaves alone; None where all of it changes.
    """

    kind: str
    outcome: Outcome
    both: int
    either: int
    middle: bool | None
    hottest: bool | None
    kept: float | None

    @property
    def iou(self) -> float:
        """Intersection over union, 0–1; two empty regions agree."""
        return self.both / self.either if self.either else 1.0


def judge_place(kind: str, image: Image, truth: Mask, result: MaskResult, models: Models) -> Judged:
    """Compare the mask of ``result`` with ``truth`` bool[H, W]."""
    mask = result.mask
    outside = int((~truth).sum())
    return Judged(
        kind,
        result.outcome,
        both=int((mask & truth).sum()),
        either=int((mask | truth).sum()),
        middle=points_at(innermost(mask), truth) if truth.any() else None,
        hottest=_hottest(image, truth, result, models),
        kept=1 - float((mask & ~truth).sum()) / outside if outside else None,
    )


def innermost(mask: Mask) -> tuple[int, int] | None:
    """(row, column) of the pixel of a mask that lies furthest from its edge; None where it is empty."""
    if not mask.any():
        return None
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(column)


def points_at(place: tuple[int, int] | None, truth: Mask) -> bool:
    """Whether a place (row, column) lies in the true region."""
    return place is not None and bool(truth[place])


def _hottest(image: Image, truth: Mask, result: MaskResult, models: Models) -> bool | None:
    targets = [edit.target for edit in result.plan.edits if edit.kind in POINTED]
    if not targets or not truth.any():
        return None
    heat = models.matcher.heat(image, [plain_name(targets[0])])[0]
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    return points_at((int(row), int(column)), truth)


def places_summary(rows: Sequence[Judged]) -> dict[str, float | int | None]:
    """The means over ``rows``; None where there is nothing to take the mean of.

    ``iou`` is the mean of each picture's, ``overall_iou`` all pixels shared beside all pixels covered (also called
    oIoU or cIoU). A run without a mask counts as 0 in both.
    """
    either = sum(row.either for row in rows)
    return {
        "count": len(rows),
        "masks": mean(row.outcome == "mask" for row in rows),
        "iou": mean(row.iou for row in rows),
        "overall_iou": round(sum(row.both for row in rows) / either, 4) if either else None,
        "middle": mean(row.middle for row in rows if row.middle is not None),
        "hottest": mean(row.hottest for row in rows if row.hottest is not None),
        "kept": mean(row.kept for row in rows if row.kept is not None),
    }


def mean(values: Iterable[float]) -> float | None:
    """The mean to four places; None of nothing."""
    listed = [float(value) for value in values]
    return round(sum(listed) / len(listed), 4) if listed else None


def cell(value: object) -> str:
    """A figure as it stands in a table."""
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def table(rows: dict[str, dict[str, object]], columns: dict[str, str], first: str) -> str:
    """``rows`` by name under ``columns`` (key of a figure: its heading), with the names under ``first``."""
    width = max(len(name) for name in [first, *rows]) + 2
    heading = first.ljust(width) + "".join(title.rjust(len(title) + 3) for title in columns.values())
    lines = [
        name.ljust(width) + "".join(cell(figures.get(key)).rjust(len(title) + 3) for key, title in columns.items())
        for name, figures in rows.items()
    ]
    return "\n".join([heading, *lines])
