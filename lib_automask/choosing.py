"""The one of several things that a phrase means, by where they lie in the picture and how large they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lib_automask.referring import Referent
from lib_automask.structures import Box, Segment

WRONG_SIDE = 10.0
"""A thing on the wrong side of another is as far off as one on the right side that lies so many times as far away."""


def choose(candidates: Sequence[Segment], referent: Referent, anchors: Sequence[Segment]) -> list[int]:
    """Which of the ``candidates`` (indices) are meant, the best first; as many as the phrase says.

    ``anchors`` are the things that the phrase tells them by, none where it does not, or where they were not found.
    """
    ranked = list(range(len(candidates)))
    if referent.size:
        sign = -1 if referent.size == "large" else 1
        ranked.sort(key=lambda index: sign * candidates[index].area)
    if referent.side:
        ranked.sort(key=_from_side(candidates, referent.side))
    if anchors:
        boxes = [anchor.box for anchor in anchors]
        ranked.sort(key=lambda index: min(misfit(candidates[index].box, box, referent.relation) for box in boxes))
    if referent.count is None:
        return _that_side(ranked, candidates, referent.side)
    return ranked[referent.order - 1 : referent.order - 1 + referent.count]


def misfit(box: Box, anchor: Box, relation: str) -> float:
    """How far a thing is from lying to another as ``relation`` says (``referring.RELATIONS``, or "of"), in pixels."""
    dx, dy = (one - other for one, other in zip(box.center, anchor.center))
    apart_x = max(box.left - anchor.right, anchor.left - box.right, 0)
    apart_y = max(box.top - anchor.bottom, anchor.top - box.bottom, 0)
    distance: float = (dx**2 + dy**2) ** 0.5
    along = {"left of": (-dx, dy), "right of": (dx, dy), "above": (-dy, dx), "below": (dy, dx)}
    if relation in along:
        ahead, aside = along[relation]
        return distance + WRONG_SIDE * max(0, abs(aside) - ahead)
    if relation == "on":  # what stands on a thing ends within its height
        return apart_x + max(anchor.top - box.bottom, box.bottom - anchor.bottom, 0) + distance / 10
    return apart_x + apart_y + distance / 10


def _from_side(candidates: Sequence[Segment], side: str) -> Callable[[int], float]:
    """Sorts candidates from a side of the picture; "middle" from the middle one of a row, or of the picture."""
    centers = [segment.box.center for segment in candidates]
    height, width = candidates[0].mask.shape
    x, y = width / 2, height / 2
    if len(centers) > 2:
        x, y = (sorted(axis)[len(centers) // 2] for axis in zip(*centers))
    if side == "middle":
        return lambda index: abs(centers[index][0] - x) + abs(centers[index][1] - y)
    return lambda index: _away(centers[index], side)


def _that_side(ranked: list[int], candidates: Sequence[Segment], side: str) -> list[int]:
    """Of "the dogs on the left" those in the left half; all, where there is none or no side was said."""
    if side in ("", "middle"):
        return ranked
    height, width = candidates[0].mask.shape
    border = _away((width / 2, height / 2), side)
    return [index for index in ranked if _away(candidates[index].box.center, side) < border] or ranked


def _away(point: tuple[float, float], side: str) -> float:
    """How far a point (x, y) is from a side, from a zero of its own for each side."""
    x, y = point
    return {"left": x, "right": -x, "top": y, "bottom": -y}[side]
