"""Parts of a body, parts of a picture, and free room in it, from outlines alone.

Masks are ``bool[H, W]``, boxes XYXY, points (x, y), sizes of new things (width, height), all in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lib_automask.imaging import masks
from lib_automask.types import Box, Mask, Size, bounding_box

STANDING_ASPECT, BUST_ASPECT = 1.9, 1.1
"""Height over width of a figure that stands, and of a head or a bust (guesses); between them the bands are mixed."""
SMALLEST_SIDE = 2
"""Pixels; a smaller box is no room (a guess)."""
SHRINK = 0.85
"""A box that does not fit is tried again at this share of its size: a guess."""

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
"""Parts of the picture by name, each as one box or several in shares of its width and height (XYXY): guesses."""


@dataclass(frozen=True)
class BodyBand:
    """Rows of a figure where something is worn or held.

    Args:
        standing: (top, bottom) in shares of the height of a figure that stands.
        bust: the same of a figure of which only head and shoulders are seen.
        width: of what is worn there, in widths of the figure within the band.
        at_side: whether it is held at the side where the figure reaches furthest.
    """

    standing: tuple[float, float]
    bust: tuple[float, float]
    width: float = 1.1
    at_side: bool = False


BANDS: dict[str, BodyBand] = {
    "crown": BodyBand((-0.07, 0.07), (-0.18, 0.2), width=1.3),
    "eyes": BodyBand((0.05, 0.09), (0.24, 0.36)),
    "ears": BodyBand((0.04, 0.1), (0.15, 0.4), width=1.2),
    "face": BodyBand((0.04, 0.13), (0.1, 0.52)),
    "neck": BodyBand((0.13, 0.24), (0.5, 0.72)),
    "chest": BodyBand((0.16, 0.48), (0.6, 1.0)),
    "back": BodyBand((0.14, 0.5), (0.5, 1.0), width=1.5),
    "waist": BodyBand((0.42, 0.56), (0.75, 1.0)),
    "body": BodyBand((0.16, 0.75), (0.6, 1.0)),
    "hands": BodyBand((0.42, 0.55), (0.7, 0.95), at_side=True),
    "legs": BodyBand((0.5, 0.93), (0.8, 1.0)),
    "feet": BodyBand((0.91, 1.01), (0.9, 1.02)),
}
"""After the proportions that drawing is taught with: seven and a half heads to a standing figure, two to a bust."""


def worn_region(figure: Mask, part: str) -> Mask:
    """The band of ``figure`` (bool[H, W]) where something is worn, as a box that follows its width there."""
    rows, columns = _band_of(figure, part)
    middle, half = (columns[0] + columns[1]) / 2, BANDS[part].width * (columns[1] - columns[0]) / 2
    box = Box(round(middle - half), rows[0], round(middle + half), max(rows[1], rows[0] + 2))
    return masks.mask_from_box(box, Size.of(figure))


def body_point(figure: Mask, part: str) -> tuple[float, float]:
    """(x, y) of a part; for hands, at the side where the figure reaches furthest from its middle."""
    rows, columns = _band_of(figure, part)
    x = (columns[0] + columns[1]) / 2
    box = bounding_box(figure)
    if BANDS[part].at_side and box is not None:
        x = float(max(columns, key=lambda column: abs(column - _middle_column(figure))))
    return x, (rows[0] + rows[1]) / 2


def _band_of(figure: Mask, part: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows (from, to) of a part, and the columns (from, to) that the figure covers there."""
    box = bounding_box(figure)
    assert box is not None, "a figure is never empty"
    standing = float(np.clip((box.height / box.width - BUST_ASPECT) / (STANDING_ASPECT - BUST_ASPECT), 0, 1))
    band = BANDS[part]
    shares = [standing * tall + (1 - standing) * bust for tall, bust in zip(band.standing, band.bust)]
    top, bottom = (round(box.top + share * box.height) for share in shares)
    rows = figure[max(top, box.top) : max(bottom, box.top + 1)]
    columns = np.flatnonzero(rows.any(0))
    if not columns.size:
        return (top, bottom), (box.left, box.right)
    return (top, bottom), (int(columns[0]), int(columns[-1]) + 1)


def _middle_column(figure: Mask) -> float:
    """The column that halves the figure."""
    return float(np.nonzero(figure)[1].mean())


def picture_region(name: str, picture: Size) -> Mask:
    """bool[H, W]: a part of a picture that has a name in ``REGIONS``."""
    height, width = picture
    boxes = [
        Box(round(left * width), round(top * height), round(right * width), round(bottom * height))
        for left, top, right, bottom in REGIONS[name]
    ]
    return masks.unite_masks((masks.mask_from_box(box, picture) for box in boxes), picture)


def fit_box(free: Mask, size: tuple[float, float], near: tuple[float, float] | None = None) -> Mask:
    """A box of ``size`` (width, height) in ``free``; smaller where there is less room, empty where there is none.

    It lies as near as can be to the point ``near`` (x, y); without one, where the most room is round it.
    """
    picture = Size.of(free)
    point = near or _widest_point(free)
    width, height = min(size[0], picture.width), min(size[1], picture.height)
    while min(width, height) >= SMALLEST_SIDE:
        centers = _box_centers(free, round(width), round(height))
        if centers.any():
            x, y = _nearest_pixel(centers, point)
            left, top = x - round(width) // 2, y - round(height) // 2
            return masks.mask_from_box(Box(left, top, left + round(width), top + round(height)), picture)
        width, height = width * SHRINK, height * SHRINK
    return np.zeros_like(free)


def box_at(center: tuple[float, float], size: tuple[float, float], picture: Size) -> Mask:
    """A box of ``size`` (width, height) round a point (x, y), clipped to the picture."""
    left, top = center[0] - size[0] / 2, center[1] - size[1] / 2
    return masks.mask_from_box(Box(round(left), round(top), round(left + size[0]), round(top + size[1])), picture)


def _box_centers(free: Mask, width: int, height: int) -> Mask:
    """Where the middle of a box may lie so that all of it is in ``free`` and in the picture."""
    free_pixels = cv2.boxFilter(
        free.astype(np.float32),
        -1,
        (width, height),
        anchor=(width // 2, height // 2),
        normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )
    return np.asarray(free_pixels >= width * height - 0.5)


def _widest_point(free: Mask) -> tuple[float, float]:
    """The point (x, y) that is furthest from what is not free, and from the picture's edge."""
    padded = np.pad(free, 1).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_C, 3)[1:-1, 1:-1]
    farthest = np.asarray(distance == distance.max())
    y, x = np.nonzero(farthest)
    return _nearest_pixel(farthest, (float(x.mean()), float(y.mean())))


def _nearest_pixel(mask: Mask, point: tuple[float, float]) -> tuple[int, int]:
    """The (x, y) in a mask that is nearest to a point."""
    y, x = np.nonzero(mask)
    index = int(np.hypot(x - point[0], y - point[1]).argmin())
    return int(x[index]), int(y[index])
