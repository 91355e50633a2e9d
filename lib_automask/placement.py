"""Room for a thing that is not in the picture yet: from an anchor and a relation, or from free space."""

from __future__ import annotations

import cv2
import numpy as np

from lib_automask import masks
from lib_automask.structures import Box, Mask

# Where the middle of the new thing lies from the middle of its anchor, in half sizes of the anchor (x, y), and the
# new thing's size in sizes of the anchor.
RELATIONS: dict[str, tuple[float, float, float]] = {
    "left of": (-2.2, 0, 1.0),
    "right of": (2.2, 0, 1.0),
    "above": (0, -2.2, 1.0),
    "over": (0, -2.2, 1.0),
    "below": (0, 2.2, 1.0),
    "under": (0, 2.2, 1.0),
    "on": (0, -0.9, 0.7),
    "wearing": (0, -0.8, 0.7),
    "holding": (0.6, 0.3, 0.6),
    "in front of": (0, 0.6, 0.8),
    "in": (0, 0, 0.7),
}
SYNONYMS = {
    "to the left of": "left of",
    "on the left of": "left of",
    "to the right of": "right of",
    "on the right of": "right of",
    "on top of": "on",
    "beneath": "below",
    "underneath": "under",
    "inside": "in",
    "in the middle of": "in",
    "with": "holding",
}
COVERING = ("on", "wearing", "holding", "in front of", "in")
LEAST_SHARE = 0.1


def beside(anchor: Mask, relation: str, taken: Mask) -> Mask:
    """A box for something that stands in ``relation`` to ``anchor``, clear of what is ``taken`` but for the anchor.

    Relations that say that the thing covers its anchor ("on", "wearing") may; the others stay clear of it too.
    An unknown relation ("next to", "beside") takes the freest of the four sides.
    """
    box = masks.box_of(anchor)
    if box is None:
        return np.zeros_like(anchor)
    relation = SYNONYMS.get(relation, relation)
    if relation in RELATIONS:
        return _room(box, relation, anchor, taken)
    sides = [_room(box, side, anchor, taken) for side in ("right of", "left of", "above", "below")]
    return max(sides, key=lambda mask: int(mask.sum()))


def free_room(taken: Mask) -> Mask:
    """A box round the middle of the widest free place, at most a third of the shorter side high and wide."""
    height, width = taken.shape
    free = np.pad((~taken).astype(np.uint8), 1)
    away = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    y, x = np.unravel_index(int(away.argmax()), away.shape)
    half = int(min(away[y, x], min(height, width) / 6))
    return masks.from_box(Box(int(x) - half, int(y) - half, int(x) + half + 1, int(y) + half + 1), (height, width))


def _room(box: Box, relation: str, anchor: Mask, taken: Mask) -> Mask:
    """The box of one relation, clipped to the picture and cleared of other things."""
    dx, dy, size = RELATIONS[relation]
    height, width = anchor.shape
    half_width, half_height = box.width / 2, box.height / 2
    # What is told to lie beside its anchor must fit between it and the edge of the picture.
    x = float(np.clip(box.center[0] + dx * half_width, 0, width))
    y = float(np.clip(box.center[1] + dy * half_height, 0, height))
    room = Box(
        round(x - size * half_width),
        round(y - size * half_height),
        round(x + size * half_width),
        round(y + size * half_height),
    )
    blocked = taken & ~anchor if relation in COVERING else taken | anchor
    clear = masks.from_box(room, (height, width)) & ~masks.grow(blocked, 1)
    return clear if clear.mean() * anchor.size >= LEAST_SHARE * box.width * box.height else np.zeros_like(anchor)
