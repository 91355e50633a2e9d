"""Room for a thing that is not in the picture yet, from an anchor and a relation. Masks are ``bool[H, W]``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib_automask.imaging import masks
from lib_automask.locate import geometry
from lib_automask.types import Box, Mask, bounding_box

WAYS = {
    "left of": "left",
    "right of": "right",
    "on the left of": "left",
    "on the right of": "right",
    "to the left of": "left",
    "to the right of": "right",
    "on the left side of": "left",
    "on the right side of": "right",
    "above": "above",
    "over": "above",
    "high above": "above",
    "hanging from": "under",
    "below": "below",
    "under": "under",
    "beneath": "under",
    "underneath": "under",
    "at the foot of": "foot",
    "at the base of": "foot",
    "on": "on",
    "onto": "on",
    "upon": "on",
    "atop": "on",
    "on top of": "on",
    "at the top of": "on",
    "topped with": "on",
    "in": "in",
    "into": "in",
    "inside": "in",
    "within": "in",
    "filled with": "in",
    "full of": "in",
    "in the middle of": "in",
    "in the center of": "in",
    "in front of": "front",
    "before": "front",
    "behind": "behind",
    "holding": "hands",
    "carrying": "hands",
    "eating": "hands",
    "drinking": "hands",
    "reading": "hands",
    "in the hands of": "hands",
    "wearing": "crown",
    "riding": "ridden",
}
"""What a relation means here; any other, such as "next to", "beside" or "near", means the nearest room."""

COVERING = {
    "on": (0, 0.35),
    "in": (0, 0.85),
    "front": (0, 1.1),
    "foot": (0.6, 1.05),
    "ridden": (0, 1.15),
}
"""Ways to cover a part of the anchor: where the foot of the new thing stands, in half widths of the anchor from its
middle, and in heights of the anchor from its top."""

LEAST, MOST = 0.1, 0.6
"""How large a new thing is at least and at most, in shorter sides of the picture."""


@dataclass(frozen=True)
class WantedSize:
    """How large something new should be: ``share`` is its longer side in longer sides of the anchor, ``shape`` its
    width over its height."""

    share: float = 0.8
    shape: float = 1.0

    def pixels(self, longer: float, shape: tuple[int, int]) -> tuple[float, float]:
        """(width, height) beside an anchor whose longer side is ``longer``, in a picture of ``shape`` (H, W)."""
        side = float(np.clip(self.share * longer, LEAST * min(shape), MOST * min(shape)))
        return (side, side / self.shape) if self.shape > 1 else (side * self.shape, side)


def placement_of(relation: str) -> str:
    """A value of ``WAYS``, or "near": "sitting on top of" → "on"."""
    endings = [known for known in WAYS if relation == known or relation.endswith(f" {known}")]
    return WAYS[max(endings, key=len)] if endings else "near"


def place_beside(anchor: Mask, relation: str, taken: Mask, wanted: WantedSize | None = None) -> Mask:
    """A box for something that stands in ``relation`` to ``anchor``; empty where there is no room.

    It is clear of what is ``taken``; of the anchor too, unless the relation says that one covers the other.
    """
    box = bounding_box(anchor)
    if box is None:
        return np.zeros_like(anchor)
    size = (wanted or WantedSize()).pixels(max(box.width, box.height), (anchor.shape[0], anchor.shape[1]))
    others = masks.grow_mask(taken & ~anchor, 1)
    free = ~others & ~masks.grow_mask(anchor, 1)
    found = placement_of(relation)
    if found in COVERING:
        return _place_standing(box, COVERING[found], size, anchor) & ~others
    if found in geometry.BANDS:
        return geometry.box_at(geometry.body_point(anchor, found), size, _shape_of(anchor)) & ~others
    if found == "behind":
        return _place_behind(box, size, free)
    if found == "under":
        between_legs = geometry.fit_box(free & _lower_half(box, _shape_of(anchor)), size, (box.center[0], box.bottom))
        return (
            between_legs
            if between_legs.any()
            else geometry.fit_box(_free_side(box, "below", free), size, _point_near(box, "below", size))
        )
    if found == "near":
        return _place_nearest(box, size, free)
    return geometry.fit_box(_free_side(box, found, free), size, _point_near(box, found, size))


def place_between(first: Mask, second: Mask, taken: Mask, wanted: WantedSize | None = None) -> Mask:
    """A box in the middle between two things, clear of both and of what is ``taken``; empty where there is no room."""
    one, other = bounding_box(first), bounding_box(second)
    if one is None or other is None:
        return np.zeros_like(first)
    middle = (one.center[0] + other.center[0]) / 2, (one.center[1] + other.center[1]) / 2
    longer = max(one.width, one.height, other.width, other.height)
    return geometry.fit_box(
        ~masks.grow_mask(taken | first | second, 1), (wanted or WantedSize()).pixels(longer, _shape_of(first)), middle
    )


def place_at_foot(anchor: Mask, taken: Mask, wanted: WantedSize) -> Mask:
    """A box on the ground beside the feet of a figure, clear of it and of what is ``taken``."""
    box = bounding_box(anchor)
    assert box is not None, "a figure is never empty"
    size = wanted.pixels(max(box.width, box.height), _shape_of(anchor))
    free = ~masks.grow_mask(taken | anchor, 1)
    feet = Box(box.left, box.bottom - max(1, box.height // 12), box.right, box.bottom)
    return _place_nearest(feet, size, free)


def _place_standing(box: Box, foot: tuple[float, float], size: tuple[float, float], anchor: Mask) -> Mask:
    """A box whose foot stands on a point of the anchor."""
    x = box.center[0] + foot[0] * box.width / 2
    return geometry.box_at((x, box.top + foot[1] * box.height - size[1] / 2), size, _shape_of(anchor))


def _place_behind(box: Box, size: tuple[float, float], free: Mask) -> Mask:
    """What is seen of a thing behind another: above it where it is larger, else at the side with more room."""
    foot = box.bottom - 0.15 * box.height - size[1] / 2
    if size[0] > box.width or size[1] > box.height:
        return geometry.box_at((box.center[0], foot), size, _shape_of(free)) & free
    sides = [geometry.box_at((x, foot), size, _shape_of(free)) & free for x in (box.left, box.right)]
    return max(sides, key=lambda side: int(side.sum()))


def _place_nearest(box: Box, size: tuple[float, float], free: Mask) -> Mask:
    """Beside the anchor on its ground, on the side where there is more room; anywhere near it where there is none."""
    foot = box.bottom - size[1] / 2
    gap = 2 + size[0] / 2
    wanted = [(box.left - gap, foot), (box.right + gap, foot)]
    found = [geometry.fit_box(free, size, near) for near in wanted]

    def worth(index: int) -> tuple[float, float]:
        made = bounding_box(found[index])
        if made is None:
            return (0.0, 0.0)
        x, y = made.center
        return (
            round(made.width * made.height / (size[0] * size[1]), 1),
            -np.hypot(x - wanted[index][0], y - wanted[index][1]),
        )

    return found[max((0, 1), key=worth)]


def _point_near(box: Box, side: str, size: tuple[float, float]) -> tuple[float, float]:
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


def _lower_half(box: Box, shape: tuple[int, int]) -> Mask:
    """The lower half of a box, where the legs of a table or a bench are."""
    return masks.mask_from_box(Box(box.left, round(box.center[1]), box.right, box.bottom), shape)


def _shape_of(mask: Mask) -> tuple[int, int]:
    return mask.shape[0], mask.shape[1]
