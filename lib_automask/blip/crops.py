"""A segment cut out for a closer look."""

from __future__ import annotations

import numpy as np

from lib_automask.structures import Image, Segment

GREY = 127
MARGIN = 0.1


def crop_segment(image: Image, segment: Segment, margin: float = MARGIN) -> Image:
    """The segment in the middle of a grey square, nothing of its surroundings, its proportions kept.

    Args:
        image: uint8[H, W, 3] RGB.
        margin: grey left round the segment, as a share of its longer side.

    Returns:
        uint8[S, S, 3] RGB.
    """
    box = segment.box
    cut = (slice(box.top, box.bottom), slice(box.left, box.right))
    longer = max(box.width, box.height)
    side = longer + 2 * round(longer * margin)
    square: Image = np.full((side, side, 3), GREY, dtype=np.uint8)
    top, left = (side - box.height) // 2, (side - box.width) // 2
    inside = square[top : top + box.height, left : left + box.width]
    inside[segment.mask[cut]] = image[cut][segment.mask[cut]]
    return square
