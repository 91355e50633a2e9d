"""Room for a thing that is not in the picture yet: from an anchor and a relation, or from free space."""

from __future__ import annotations

import cv2
import numpy as np

from lib_automask import masks
from lib_automask.structures import Box, Mask, box_of

SIDES = {
    "left of": "left",
    "to the left of": "left",
    "on the left of": "left",
    "right of": "right",
    "to the right of": "right",
    "on the right of": "right",
    "above": "above",
    "over": "above",
    "below": "below",
    "under": "below",
    "beneath": "below",
    "underneath": "below",
}
"""Relations that mean one side of the anchor; any other that does not cover it ("next to") means the nearest room."""

COVERING: dict[str, tuple[float, float, float]] = {
    "on": (0, -0.9, 0.7),
    "on top of": (0, -0.9, 0.7),
    "wearing": (0, -0.8, 0.7),
    "holding": (0.6, 0.3, 0.6),
    "with": (0.6, 0.3, 0.6),
    "in front of": (0, 0.6, 0.8),
    "in": (0, 0, 0.7),
    "inside": (0, 0, 0.7),
    "in the middle of": (0, 0, 0.5),
}
"""Relations whose thing covers its anchor: its middle from the anchor's, in half sizes of the anchor (x, y), and its
size in sizes of the anchor."""

LEAST_SIDE = 2
"""Pixels; in a smaller place nothing can be painted."""


def beside(anchor: Mask, relation: str, taken: Mask) -> Mask:
    """A box for something that stands in ``relation`` to ``anchor``; empty where there is no room.

    It is as large as the anchor at most and clear of what is ``taken``; of the anchor too, unless the relation says
    that it covers it.
    """
    box = box_of(anchor)
    if box is None:
        return np.zeros_like(anchor)
    if relation in COVERING:
        return _over(box, COVERING[relation], anchor.shape[0], anchor.shape[1]) & ~masks.grow(taken & ~anchor, 1)
    free = _side(box, SIDES.get(relation, ""), anchor.shape[0], anchor.shape[1]) & ~masks.grow(taken | anchor, 1)
    return _square(free, (box.width + box.height) / 4, box.center)


def free_room(taken: Mask) -> Mask:
    """A box in the widest free place, at most a third of the shorter side high and wide; empty where there is none."""
    height, width = taken.shape
    away = _room(~taken)
    y, x = np.unravel_index(int(away.argmax()), away.shape)
    return _square(~taken, min(height, width) / 6, (float(x), float(y)))


def _over(box: Box, place: tuple[float, float, float], height: int, width: int) -> Mask:
    dx, dy, size = place
    half_width, half_height = box.width / 2, box.height / 2
    x, y = box.center[0] + dx * half_width, box.center[1] + dy * half_height
    half_width, half_height = size * half_width, size * half_height
    room = Box(round(x - half_width), round(y - half_height), round(x + half_width), round(y + half_height))
    return masks.from_box(room, (height, width))


def _side(box: Box, side: str, height: int, width: int) -> Mask:
    """The quarter of the plane on one side of a box, beyond its edge; everything for an unknown side."""
    y, x = np.indices((height, width))
    dx, dy = x + 0.5 - box.center[0], y + 0.5 - box.center[1]
    beyond = {
        "left": (x < box.left) & (abs(dx) > abs(dy)),
        "right": (x >= box.right) & (abs(dx) > abs(dy)),
        "above": (y < box.top) & (abs(dy) > abs(dx)),
        "below": (y >= box.bottom) & (abs(dy) > abs(dx)),
    }
    return np.asarray(beyond.get(side, np.ones((height, width), np.bool_)))


def _square(free: Mask, half: float, near: tuple[float, float]) -> Mask:
    """A square of ``half`` a side, smaller where there is less room, wholly in ``free`` and near a point (x, y)."""
    away = _room(free)
    reach = min(half, float(away.max()))
    if 2 * reach < LEAST_SIDE:
        return np.zeros_like(free)
    y, x = np.nonzero(away >= reach)
    nearest = int(np.hypot(x - near[0], y - near[1]).argmin())
    side = int(reach)
    middle = int(x[nearest]), int(y[nearest])
    return masks.from_box(
        Box(middle[0] - side + 1, middle[1] - side + 1, middle[0] + side, middle[1] + side),
        (free.shape[0], free.shape[1]),
    )


def _room(free: Mask) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """float32[H, W]: half the side of the square round each pixel that lies wholly in ``free`` and in the picture."""
    padded = np.pad(free, 1).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_C, 3)[1:-1, 1:-1], np.float32)
