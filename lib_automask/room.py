"""Free room in a picture: the place for a box of a wanted size. All masks are ``bool[H, W]``, all sizes pixels."""

from __future__ import annotations

import cv2
import numpy as np

from lib_automask import masks
from lib_automask.structures import Box, Mask

LEAST_SIDE = 2
"""Pixels; in a smaller place nothing can be painted."""
SHRINK = 0.85

REGIONS: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "sky": ((0, 0, 1, 0.45),),
    "background": ((0, 0.15, 1, 0.6),),
    "ground": ((0, 0.35, 1, 1),),
    "foreground": ((0, 0.55, 1, 1),),
    "left": ((0, 0, 0.4, 1),),
    "right": ((0.6, 0, 1, 1),),
    "top": ((0, 0, 1, 0.4),),
    "bottom": ((0, 0.6, 1, 1),),
    "middle": ((0.25, 0.25, 0.75, 0.75),),
    "top left": ((0, 0, 0.4, 0.4),),
    "top right": ((0.6, 0, 1, 0.4),),
    "bottom left": ((0, 0.6, 0.4, 1),),
    "bottom right": ((0.6, 0.6, 1, 1),),
    "corner": ((0, 0, 0.4, 0.4), (0.6, 0, 1, 0.4), (0, 0.6, 0.4, 1), (0.6, 0.6, 1, 1)),
}
"""Parts of the picture by name, each as one box or several in shares of its width and height (XYXY)."""


def region(name: str, shape: tuple[int, int]) -> Mask:
    """A part of a picture of ``shape`` (H, W) that has a name in ``REGIONS``."""
    height, width = shape
    boxes = [
        Box(round(left * width), round(top * height), round(right * width), round(bottom * height))
        for left, top, right, bottom in REGIONS[name]
    ]
    return masks.union((masks.from_box(box, shape) for box in boxes), shape)


def fit(free: Mask, size: tuple[float, float], near: tuple[float, float] | None = None) -> Mask:
    """A box of ``size`` (width, height) in ``free``; smaller where there is less room, empty where there is none.

    It lies as near as can be to the point ``near`` (x, y); without one, where the most room is round it.
    """
    shape = free.shape[0], free.shape[1]
    point = near or _widest(free)
    width, height = min(size[0], shape[1]), min(size[1], shape[0])
    while min(width, height) >= LEAST_SIDE:
        places = _places(free, round(width), round(height))
        if places.any():
            x, y = _nearest(places, point)
            left, top = x - round(width) // 2, y - round(height) // 2
            return masks.from_box(Box(left, top, left + round(width), top + round(height)), shape)
        width, height = width * SHRINK, height * SHRINK
    return np.zeros_like(free)


def box_at(middle: tuple[float, float], size: tuple[float, float], shape: tuple[int, int]) -> Mask:
    """A box of ``size`` (width, height) round a point (x, y), clipped to a picture of ``shape`` (H, W)."""
    left, top = middle[0] - size[0] / 2, middle[1] - size[1] / 2
    return masks.from_box(Box(round(left), round(top), round(left + size[0]), round(top + size[1])), shape)


def _places(free: Mask, width: int, height: int) -> Mask:
    """Where the middle of a box may lie so that all of it is in ``free`` and in the picture."""
    counted = cv2.boxFilter(
        free.astype(np.float32),
        -1,
        (width, height),
        anchor=(width // 2, height // 2),
        normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )
    return np.asarray(counted >= width * height - 0.5)


def _widest(free: Mask) -> tuple[float, float]:
    """The point (x, y) that is furthest from what is not free, and from the picture's edge."""
    padded = np.pad(free, 1).astype(np.uint8)
    away = cv2.distanceTransform(padded, cv2.DIST_C, 3)[1:-1, 1:-1]
    y, x = np.nonzero(away == away.max())
    return _nearest(np.asarray(away == away.max()), (float(x.mean()), float(y.mean())))


def _nearest(mask: Mask, point: tuple[float, float]) -> tuple[int, int]:
    """The (x, y) in a mask that is nearest to a point."""
    y, x = np.nonzero(mask)
    index = int(np.hypot(x - point[0], y - point[1]).argmin())
    return int(x[index]), int(y[index])
