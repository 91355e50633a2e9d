"""A soft edge for a hard mask, and colours without the old ground: what a cutout is made of.

Pictures are ``uint8[H, W, 3]`` RGB, masks ``bool[H, W]``, opacity ``float32[H, W]`` in 0–1.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from lib_automask.imaging import masks
from lib_automask.types import Box, Image, Mask, Probabilities, bounding_box

Opacity = npt.NDArray[np.float32]

BAND = 0.1
"""Half the width of the strip round the outline in which the edge is looked for, as a share of the thing's size."""
WIDEST = 24
"""Pixels that this strip has at most on either side: of a large thing SAM's outline is not proportionally worse."""
LONGEST = 512
"""Longer side, in pixels, of what ``refine_outline_by_color`` looks at, so that its time stays bounded."""
AGREES = 0.75
"""A sharper outline is believed if its IoU with the given one is at least this; else the given one stays."""
OPAQUE = 0.95
"""Pixels of more opacity show the thing's own colour."""
LEAST_CONTRAST = 24.0
"""A line is unlike the ground from this distance of colours on, of 442 between black and white."""
SURE = 0.98
"""From this chance on a pixel is taken for the thing's, and where as little is left to 0, for the ground's."""
FARTHEST = 3
"""So many half strips from the outline a chance is listened to: beyond, holes and islands may be meant."""
SAID = 0.3
"""The weight of the chances in a soft edge, beside the outline by colour."""
SHARPNESS = 1e-5
"""The regularization of the guided filter: edges whose variance (of colours in 0–1) is larger are followed."""


def estimate_opacity(image: Image, mask: Mask, chances: Probabilities | None = None) -> Opacity:
    """How much of each pixel belongs to what ``mask`` covers roughly; 0 everywhere for an empty mask.

    In a strip round the outline the edge is found anew by colour (GrabCut: Rother, Kolmogorov and Blake, 2004), and
    made soft by a guided filter with the picture as its guide (He, Sun and Tang, 2010). Beyond the strip the mask is
    taken at its word.

    Where ``chances`` tell of each pixel how likely it belongs to the thing, those that are in doubt are decided by
    colour too, even beyond the strip, and the edge is as soft as colours and chances together make it.
    """
    box = bounding_box(mask)
    opacity = np.zeros(mask.shape, np.float32)
    if box is not None:
        reach = _reach(box)
        part = _around(box, 4 * reach, mask.shape)
        likely = None if chances is None else _near_by(mask, chances, reach)[part]
        sharp = _sharp(image[part], mask[part], likely, reach)
        opacity[part] = _soft(image[part], sharp, likely, reach)
    return opacity


def refine_outline_by_color(image: Image, mask: Mask) -> Mask:
    """``mask`` bool[H, W] with its outline found anew by colour, as ``estimate_opacity`` does, but hard.

    Of a thing that is larger than ``LONGEST`` pixels the outline is looked for in a smaller picture.
    """
    box = bounding_box(mask)
    found = mask.copy()
    if box is None:
        return found
    part = _around(box, 4 * _reach(box), mask.shape)
    seen, rough = image[part], mask[part]
    height, width = rough.shape
    scale = min(1.0, LONGEST / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        seen = np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA), np.uint8)
        rough = cv2.resize(rough.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    small = bounding_box(rough)
    if small is not None:
        sharp = _sharp(seen, rough, None, _reach(small)).astype(np.float32)
        found[part] = cv2.resize(sharp, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
    return found


def remove_background_color(image: Image, opacity: Opacity) -> Image:
    """The picture with the thing's own colours carried out over its edge, where the old ground shone through.

    The colour of a half transparent pixel becomes the mean of the opaque ones nearest to it; those stay as they are.
    Taking the ground's share out of the mixture instead left more than twice the error in drawn scenes: an opacity
    that is a little wrong makes a colour that is very wrong.
    """
    colors, reached = _carried_out(image.astype(np.float32), opacity > OPAQUE)
    return np.asarray(np.where(reached[..., None], colors, image).round().clip(0, 255), np.uint8)


def _reach(box: Box) -> int:
    """Half the width of the strip, in pixels."""
    return round(min(WIDEST, max(4.0, BAND * (box.width * box.height) ** 0.5)))


def _around(box: Box, margin: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the box with a margin: all that the edge can depend on."""
    return (
        slice(max(box.top - margin, 0), min(box.bottom + margin, shape[0])),
        slice(max(box.left - margin, 0), min(box.right + margin, shape[1])),
    )


def _near_by(mask: Mask, chances: Probabilities, reach: int) -> Probabilities:
    """The chances near the outline; elsewhere the mask is sure."""
    near = masks.grow_mask(mask, FARTHEST * reach) & ~masks.grow_mask(mask, -FARTHEST * reach)
    return np.where(near, chances, mask).astype(np.float32)


def _sharp(image: Image, mask: Mask, likely: Probabilities | None, reach: int) -> Mask:
    """The mask with its edge found anew in the strip, and wherever else it is in doubt."""
    inside, outside = masks.grow_mask(mask, -reach), ~masks.grow_mask(mask, reach)
    if likely is not None:
        inside, outside = inside & (likely > SURE), outside & (likely < 1 - SURE)
    if not inside.any():  # a thin thing: its middle line at least is sure
        away = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
        inside = away >= 0.7 * away.max()
    return _with_its_line(image, _by_colour(image, mask, inside, outside), outside, reach)


def _soft(image: Image, sharp: Mask, likely: Probabilities | None, reach: int) -> Opacity:
    """A sharp edge made as soft as the picture's own."""
    hard = sharp.astype(np.float32)
    wanted = hard if likely is None else (1 - SAID) * hard + SAID * likely
    soft = _guided(image, wanted, radius=max(4, reach // 2))
    width = max(1, reach // 12)
    soft[masks.grow_mask(sharp, -width)] = 1
    soft[~masks.grow_mask(sharp, width)] = 0
    return soft


def _by_colour(image: Image, mask: Mask, inside: Mask, outside: Mask) -> Mask:
    """The outline where the colours change most between what is surely inside and surely outside."""
    if not outside.any():
        return mask
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[inside], labels[outside] = cv2.GC_FGD, cv2.GC_BGD
    bgr = np.ascontiguousarray(image[..., ::-1])
    cv2.setRNGSeed(0)  # the colour models start from random means; the same picture shall give the same edge
    cv2.grabCut(bgr, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    found = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    return found if masks.mask_iou(found, mask) >= AGREES else mask


def _with_its_line(image: Image, sharp: Mask, outside: Mask, reach: int) -> Mask:
    """The mask with the line that a drawn thing is edged with: next to it, and unlike the ground close by.

    Colour models of a whole region take a dark line for a shade of a dark ground; the ground's own mean and spread
    near the line do not.
    """
    mean, weight = _nearby(image.astype(np.float32), outside, reach)
    square, _weight = _nearby(image.astype(np.float32) ** 2, outside, reach)
    spread = np.sqrt(np.maximum(square - mean**2, 0).sum(-1))
    unlike = np.linalg.norm(image - mean, axis=-1) > np.maximum(LEAST_CONTRAST, 3 * spread)
    line = masks.grow_mask(sharp, max(1, reach // 2)) & ~outside & unlike & (weight > 0)
    _count, labels = cv2.connectedComponents((line | sharp).astype(np.uint8), connectivity=4)
    return np.asarray(np.isin(labels, np.unique(labels[sharp & (labels > 0)])))


def _nearby(values: npt.NDArray[np.float32], where: Mask, sigma: float) -> tuple[Opacity, Opacity]:
    """The mean of ``values`` float32[H, W, 3] over the pixels of ``where`` close by, and their weight."""
    share = where.astype(np.float32)
    weight = cv2.GaussianBlur(share, (0, 0), sigma)
    mean = cv2.GaussianBlur(values * share[..., None], (0, 0), sigma) / np.maximum(weight, 1e-6)[..., None]
    return np.asarray(mean, np.float32), np.where(weight > 1e-4, weight, 0).astype(np.float32)


def _guided(image: Image, wanted: Opacity, radius: int) -> Opacity:
    """The guided filter with a guide of three colours: in every window opacity is linear in the colour."""
    guide = image.astype(np.float64) / 255
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(cv2.blur(values, size, borderType=cv2.BORDER_REFLECT_101))

    middle, level = mean(guide), mean(wanted.astype(np.float64))
    spread = np.empty((*wanted.shape, 3, 3))
    for one in range(3):
        for other in range(3):
            products = guide[..., one] * guide[..., other]
            spread[..., one, other] = mean(products) - middle[..., one] * middle[..., other]
    spread += SHARPNESS * np.eye(3)
    shared = mean(guide * wanted[..., None]) - middle * level[..., None]
    slope = np.linalg.solve(spread, shared[..., None])[..., 0]
    offset = level - (slope * middle).sum(-1)
    return np.asarray(((mean(slope) * guide).sum(-1) + mean(offset)).clip(0, 1), np.float32)


def _carried_out(colors: npt.NDArray[np.float32], known: Mask) -> tuple[npt.NDArray[np.float32], Mask]:
    """Colours float32[H, W, 3] of the known pixels spread to those around, and where they reach.

    An unknown pixel takes the mean of the known ones near it (normalized convolution: Knutsson and Westin, 1993), of
    as narrow a neighbourhood as has any.
    """
    filled, reached = np.where(known[..., None], colors, 0), known.copy()
    share = known.astype(np.float32)
    for sigma in (1, 2, 4, 8, 16):
        near = cv2.GaussianBlur(share, (0, 0), sigma)
        new = (near > 1e-3) & ~reached
        filled[new] = cv2.GaussianBlur(colors * share[..., None], (0, 0), sigma)[new] / near[new][:, None]
        reached |= new
    return filled, reached
