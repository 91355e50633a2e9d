"""Arithmetic on masks. All masks are ``bool[H, W]``; boxes are XYXY; distances are in pixels."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from lib_automask.errors import InputError
from lib_automask.types import Box, Image, Mask, Size


def unite_masks(masks: Iterable[Mask], size: Size) -> Mask:
    """Every pixel that any of ``masks`` covers; an empty mask of ``size`` where there are none."""
    result = np.zeros(size, np.bool_)
    for mask in masks:
        result |= mask
    return result


def grow_mask(mask: Mask, distance: int) -> Mask:
    """Every pixel within ``distance`` of the mask; a negative distance shrinks it.

    Measured with the Euclidean distance transform, so the time does not depend on the distance. Beyond the
    picture's edge a mask goes on as it is at the edge: shrinking does not eat into it there.
    """
    if distance == 0 or not mask.any():
        return mask.copy()
    if distance < 0:
        return ~grow_mask(~mask, -distance)
    distances = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distances <= distance)


def shrink_both(image: Image, mask: Mask, longest_side: int) -> tuple[Image, Mask]:
    """A picture and a mask with no more than so many pixels on the longer side; as they are where that is so."""
    size = Size.of(mask)
    if size.longer <= longest_side:
        return image, mask
    small = size.scaled(longest_side / size.longer)[::-1]
    colors = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
    return colors, cv2.resize(mask.astype(np.float32), small, interpolation=cv2.INTER_AREA) > 0.5


def fill_holes(mask: Mask) -> Mask:
    """The mask with every region that it wholly surrounds; the background is taken as 4-connected."""
    padded = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    _count, labels = cv2.connectedComponents(padded, connectivity=4)
    return np.asarray(labels[1:-1, 1:-1] != labels[0, 0])


def drop_islands(mask: Mask, smallest: float) -> Mask:
    """The mask without 8-connected spots of fewer than ``smallest`` pixels; the largest spot always stays."""
    count, labels, stats, _centers = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count <= 2:
        return mask.copy()
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= smallest
    kept[0] = False
    kept[int(areas.argmax())] = True
    return np.asarray(kept[labels])


def combine_masks(found: Mask, user: Mask | None, how: str) -> Mask:
    """The found mask with the user's own.

    Args:
        found: bool[H, W].
        user: bool[H, W] of the same shape, or None where nothing was painted.
        how: "add" (either), "within" (both), "except" (found without the user's) or "ignore".

    Raises:
        InputError: ``how`` is none of these.
    """
    if user is None or how == "ignore":
        return found.copy()
    if how == "add":
        return found | user
    if how == "within":
        return found & user
    if how == "except":
        return found & ~user
    raise InputError(f"unknown way to combine masks {how!r}; use add, within, except or ignore")


def mask_from_box(box: Box, size: Size) -> Mask:
    """The box as a mask of a picture of ``size``, clipped to it."""
    mask = np.zeros(size, np.bool_)
    mask[max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)] = True
    return mask


def count_sides_touched(mask: Mask) -> int:
    """How many of the picture's four sides the mask reaches."""
    return sum(bool(side.any()) for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))


def mask_iou(one: Mask, other: Mask) -> float:
    """Intersection over union, 0–1; two empty masks agree (1)."""
    either = int((one | other).sum())
    return float((one & other).sum() / either) if either else 1.0


def is_in_pieces(mask: Mask, min_share: float = 0.25) -> bool:
    """Whether two 8-connected pieces or more have each at least ``min_share`` of the mask (the default is a guess)."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return bool((stats[1:, cv2.CC_STAT_AREA] >= min_share * mask.sum()).sum() > 1)


def nested_share(one: Mask, other: Mask) -> float:
    """How far one of two masks lies in the other: the share of the smaller one that does, 0–1."""
    return max(share_inside(one, other), share_inside(other, one))


def share_inside(inner: Mask, outer: Mask) -> float:
    """Share of ``inner`` that lies in ``outer``, 0–1; 0 where ``inner`` is empty."""
    area = int(inner.sum())
    return float((inner & outer).sum() / area) if area else 0.0
