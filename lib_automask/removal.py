"""What goes with a thing that is taken away: the rim that its outline left out, and the shadow at its foot.

Both are measured against the ground round the thing, so that a thing without them loses nothing but itself. The
ground is read from a ring that keeps away from the thing; a shadow is what is darker than that, of the ground's own
colour, and joined to the thing's foot.
"""

from __future__ import annotations

import cv2
import numpy as np

from lib_automask import masks
from lib_automask.ground import NOISES, Ground, ground_round, reach
from lib_automask.structures import Image, Mask, box_of

RIM = 0.06
"""The widest rim, in sizes of the thing."""
RIM_SHARE = 0.6
"""Share of the pixels along the outline that must differ from the ground for a rim."""
DARKER = 24
"""Steps of 255 that a shadow is darker than the ground at least; and ``NOISES`` deviations, whichever is more."""
TINT = 0.2
"""A shadow keeps the ground's colour: its channels are dimmed alike up to this share."""
DEEPEST = 0.15
"""No shadow dims the ground below this share of its lightness."""
SMALLEST, LARGEST = 0.03, 1.0
"""Of a shadow, in areas of the thing: smaller is noise, larger is another ground."""


def removed(image: Image, thing: Mask, others: Mask) -> Mask:
    """The thing (bool[H, W]) with its rim and its shadow, never what is in ``others``.

    Args:
        image: uint8[H, W, 3] RGB.
        others: bool[H, W], the other things that are named.
    """
    spared = others & ~thing
    ground = ground_round(image, thing, spared)
    if ground is None:
        return thing.copy()
    whole = thing | (_rim(image, thing, spared, ground) & ~spared)
    return whole | (shadow(image, whole, spared, ground) & ~spared)


def shadow(image: Image, thing: Mask, others: Mask, ground: Ground) -> Mask:
    """The contact shadow of a thing; empty where none is measured."""
    dim = image / np.maximum(ground.color, 1)
    darker = ground.lightness - image.mean(2) > max(DARKER, NOISES * ground.deviation)
    dark = darker & (np.ptp(dim, axis=2) <= TINT) & (dim.min(2) >= DEEPEST)
    dark &= _at_foot(thing) & ~thing & ~masks.grow(others, 1)
    # A shadow is thicker than the drawn line, or the soft edge, of an outline.
    radius = max(1, round(0.02 * np.sqrt(thing.sum())))
    dark = masks.grow(masks.grow(dark, -radius), radius) & dark
    _count, labels = cv2.connectedComponents(dark.astype(np.uint8), connectivity=8)
    touching = set(np.unique(labels[masks.grow(thing, 2 * radius + 1) & dark]).tolist()) - {0}
    joined = np.isin(labels, list(touching))
    if not SMALLEST * thing.sum() <= joined.sum() <= LARGEST * thing.sum():
        return np.zeros_like(thing)
    return masks.grow(joined, 2 * radius) & ~others


def _rim(image: Image, thing: Mask, others: Mask, ground: Ground) -> Mask:
    """The thing grown as far as the pixels along its outline differ from the ground for the most part."""
    different = ground.unlike(image)
    away = np.ceil(cv2.distanceTransform((~thing).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE))
    width = 0
    for distance in range(1, round(RIM * np.sqrt(thing.sum())) + 1):
        if masks.share_inside((away == distance) & ~others, different) < RIM_SHARE:
            break
        width = distance
    return np.asarray(away <= width)


def _at_foot(thing: Mask) -> Mask:
    """Round the lower half of a thing, and below it."""
    near = masks.grow(thing, reach(thing))
    box = box_of(thing)
    if box is not None:
        near[: box.top + box.height // 2] = False
    return near
