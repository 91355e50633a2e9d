"""A box for a new thing, from its anchor and its relation to it.

``SPATIAL_RELATIONS`` (``lib_automask.referring_expressions``) says where the box goes; here is its geometry. Masks are
``bool[H, W]``, boxes XYXY and points (x, y) in pixels, sizes of new things (width, height) in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib_automask.imaging import masks
from lib_automask.locate import geometry
from lib_automask.referring_expressions import find_relation
from lib_automask.types import Box, Mask, Size, bounding_box

SMALLEST, LARGEST = 0.1, 0.6
"""How large a new thing is at least and at most, in shorter sides of the picture: a guess."""
PointXY = tuple[float, float]


@dataclass(frozen=True)
class WantedSize:
    """How large a new thing should be.

    Args:
        share: its longer side in longer sides of the anchor; the default is a guess.
        aspect: its width over its height.
    """

    share: float = 0.8
    aspect: float = 1.0

    def to_pixels(self, anchor_side: float, picture: Size) -> tuple[float, float]:
        """(width, height) beside an anchor whose longer side is ``anchor_side``, in pixels."""
        side = float(np.clip(self.share * anchor_side, SMALLEST * picture.shorter, LARGEST * picture.shorter))
        return (side, side / self.aspect) if self.aspect > 1 else (side * self.aspect, side)


def place_beside(anchor: Mask, relation: str, taken: Mask, wanted: WantedSize | None = None) -> Mask:
    """A box for something that stands in ``relation`` to ``anchor``; empty where there is no room.

    It is clear of what is ``taken``; of the anchor too, unless the relation says that one covers the other.
    """
    box = bounding_box(anchor)
    if box is None:
        return np.zeros_like(anchor)
    picture = Size.of(anchor)
    size = (wanted or WantedSize()).to_pixels(max(box.width, box.height), picture)
    others = masks.grow_mask(taken & ~anchor, 1)
    free = ~others & ~masks.grow_mask(anchor, 1)
    row = find_relation(relation)
    if row.foot is not None:
        return _place_standing(box, row.foot, size, picture) & ~others
    if row.placed in geometry.BANDS:
        return geometry.box_at(geometry.body_point(anchor, row.placed), size, picture) & ~others
    if row.placed == "behind":
        return _place_behind(box, size, free)
    if row.placed == "under":
        return _place_under(box, size, free)
    if row.direction is not None:
        return _place_at_side(box, row.placed, size, free)
    return _place_nearest(box, size, free)


def place_between(first: Mask, second: Mask, taken: Mask, wanted: WantedSize | None = None) -> Mask:
    """A box in the middle between two things, clear of both and of what is ``taken``; empty where there is no room."""
    one, other = bounding_box(first), bounding_box(second)
    if one is None or other is None:
        return np.zeros_like(first)
    middle = (one.center[0] + other.center[0]) / 2, (one.center[1] + other.center[1]) / 2
    longer = max(one.width, one.height, other.width, other.height)
    size = (wanted or WantedSize()).to_pixels(longer, Size.of(first))
    return geometry.fit_box(~masks.grow_mask(taken | first | second, 1), size, middle)


def place_at_foot(anchor: Mask, taken: Mask, wanted: WantedSize) -> Mask:
    """A box on the ground beside the feet of a figure, clear of it and of what is ``taken``."""
    box = bounding_box(anchor)
    assert box is not None, "a figure is never empty"
    size = wanted.to_pixels(max(box.width, box.height), Size.of(anchor))
    return _place_nearest(box, size, ~masks.grow_mask(taken | anchor, 1))


def _place_standing(box: Box, foot: PointXY, size: tuple[float, float], picture: Size) -> Mask:
    """A box whose foot stands on a point of the anchor; ``foot`` as in ``SpatialRelation``."""
    x = box.center[0] + foot[0] * box.width / 2
    return geometry.box_at((x, box.top + foot[1] * box.height - size[1] / 2), size, picture)


def _place_at_side(box: Box, side: str, size: tuple[float, float], free: Mask) -> Mask:
    """A box close to one side of the anchor ("left", "right", "above", "below")."""
    return geometry.fit_box(_free_side(box, side, free), size, _point_near(box, side, size))


def _place_under(box: Box, size: tuple[float, float], free: Mask) -> Mask:
    """Between the legs of a table or a bench, in the lower half of its box; below it where there is no room."""
    lower_half = Box(box.left, round(box.center[1]), box.right, box.bottom)
    between_legs = free & masks.mask_from_box(lower_half, Size.of(free))
    found = geometry.fit_box(between_legs, size, (box.center[0], box.bottom))
    return found if found.any() else _place_at_side(box, "below", size, free)


def _place_behind(box: Box, size: tuple[float, float], free: Mask) -> Mask:
    """What is seen of a thing behind another: above it where it is larger, else at the side with more room."""
    foot = box.bottom - 0.15 * box.height - size[1] / 2
    if size[0] > box.width or size[1] > box.height:
        return geometry.box_at((box.center[0], foot), size, Size.of(free)) & free
    sides = [geometry.box_at((x, foot), size, Size.of(free)) & free for x in (box.left, box.right)]
    return max(sides, key=lambda side: int(side.sum()))


def _place_nearest(box: Box, size: tuple[float, float], free: Mask) -> Mask:
    """Beside the anchor on its ground, on the side where there is room nearer by; anywhere near it where none has."""
    foot = box.bottom - size[1] / 2
    gap = 2 + size[0] / 2
    points = [(box.left - gap, foot), (box.right + gap, foot)]
    options = [geometry.fit_box(free, size, point) for point in points]
    # Both are of one size, as that depends on the free room alone.
    distances = [_distance_to(option, point) for option, point in zip(options, points)]
    return options[distances.index(min(distances))]


def _distance_to(option: Mask, point: PointXY) -> float:
    """From the middle of a box to a point; 0 where there is no box."""
    box = bounding_box(option)
    return float(np.hypot(box.center[0] - point[0], box.center[1] - point[1])) if box is not None else 0.0


def _point_near(box: Box, side: str, size: tuple[float, float]) -> PointXY:
    """The middle (x, y) of a thing that stands close to one side of a box, on its ground or on its axis."""
    width, height = size
    return {
        "left": (box.left - width / 2, box.bottom - height / 2),
        "right": (box.right + width / 2, box.bottom - height / 2),
        "above": (box.center[0], box.top - height / 2),
        "below": (box.center[0], box.bottom + height / 2),
    }[side]


def _free_side(box: Box, side: str, free: Mask) -> Mask:
    """What is ``free`` in the quarter of the plane on one side of a box, beyond its edge."""
    y, x = np.indices(free.shape)
    dx, dy = x + 0.5 - box.center[0], y + 0.5 - box.center[1]
    beyond = {
        "left": (x < box.left) & (abs(dx) > abs(dy)),
        "right": (x >= box.right) & (abs(dx) > abs(dy)),
        "above": (y < box.top) & (abs(dy) > abs(dx)),
        "below": (y >= box.bottom) & (abs(dy) > abs(dx)),
    }
    return np.asarray(beyond[side] & free)
