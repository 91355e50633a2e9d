"""A soft edge for a hard mask, and the thing's own colours in it: what a cutout is made of.

``refine_outline_by_color`` gives a hard edge instead, for masks (``locate.extent.refine_outline``). In a drawn picture
the edge is looked for in a wide strip, by colour; in a photograph in a narrow band, and only where it is sure
(``imaging.photo_edges``). Pictures are ``uint8[H, W, 3]`` RGB, masks ``bool[H, W]``, opacity ``float32[H, W]`` in 0–1.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from lib_automask.imaging import masks
from lib_automask.imaging.photo_edges import average_locally, find_photo_edge, measure_accuracy
from lib_automask.types import Box, Image, Mask, Probabilities, Size, bounding_box

Opacity = npt.NDArray[np.float32]

MOST_TEXTURE, FLAT_SHARE = 0.8, 0.2
"""A fifth of the surface on either side of a drawn outline deviates from its neighbours by less than so many steps of
255: in icons by up to .64, in the photographs of ``python -m benchmarks.photo_edges`` by 1.16 or more."""
BAND = 0.1
"""Half the width of the strip round the outline in which the edge is looked for, in sizes of the thing: a guess."""
WIDEST_BAND = 24
"""Pixels that this is at most, because SAM's outline of a large thing is not proportionally worse: a guess."""
LONGEST_SIDE = 512
"""Pixels of the longer side of what ``refine_drawn_outline`` and ``is_drawn`` work on: a guess, for bounded time."""
LEAST_AGREEMENT = 0.75
"""A sharper outline is taken if its IoU with the given one is at least this; else the given one stays: a guess."""
OPAQUE = 0.95
"""Pixels of more opacity show the thing's own colour: a guess."""
LEAST_CONTRAST = 24.0
"""A line is unlike the ground from this distance of colours on, of 442 between black and white: a guess."""
SURE = 0.98
"""From this probability on a pixel counts as the thing's, and below 1 minus this as the ground's: a guess."""
FARTHEST = 3
"""So many half strips from the outline the probabilities count: beyond, holes and islands may be intended (a guess)."""
PROBABILITY_WEIGHT = 0.3
"""Of SAM's probabilities in a soft edge, beside the outline by colour: a guess."""
SMOOTHING = 1e-5
"""The regularization of the guided filter: edges with a larger variance (of colours in 0–1) are followed; a guess."""


def estimate_opacity(image: Image, mask: Mask, chances: Probabilities | None = None) -> Opacity:
    """How much of each pixel belongs to what ``mask`` covers roughly; 0 everywhere for an empty mask.

    In a photograph the edge is what ``find_photo_edge`` finds, or that of the mask, hard, where it finds none.

    In a drawn picture the edge is found anew by colour in a strip round the outline (GrabCut: Rother, Kolmogorov and
    Blake, 2004), and made soft by a guided filter with the picture as its guide (He, Sun and Tang, 2010). Beyond the
    strip the mask stays.

    ``chances`` float32[H, W] are the probabilities that each pixel belongs to the thing, or None. With them, pixels
    that are in doubt are decided by colour too, even beyond the strip, and the softness follows both.
    """
    box = bounding_box(mask)
    if box is not None and not is_drawn(image, mask):
        found = find_photo_edge(image, mask)
        return mask.astype(np.float32) if found is None else found
    opacity = np.zeros(mask.shape, np.float32)
    if box is not None:
        band = _band_width(box)
        part = _slices_around(box, 4 * band, Size.of(mask))
        likely = None if chances is None else _near_outline(mask, chances, band)[part]
        sharp = _sharpen(image[part], mask[part], likely, band)
        opacity[part] = _soften(image[part], sharp, likely, band)
    return opacity


def refine_outline_by_color(image: Image, mask: Mask) -> Mask:
    """``mask`` bool[H, W] with its outline found anew by colour, as ``estimate_opacity`` does, but hard."""
    return refine_drawn_outline(image, mask) if is_drawn(image, mask) else refine_photo_outline(image, mask)


def refine_photo_outline(image: Image, mask: Mask) -> Mask:
    """``refine_outline_by_color`` in a photograph."""
    found = find_photo_edge(image, mask) if mask.any() else None
    return mask.copy() if found is None else found > 0.5


def refine_drawn_outline(image: Image, mask: Mask) -> Mask:
    """``refine_outline_by_color`` in a drawn picture; a thing larger than ``LONGEST_SIDE`` pixels is made smaller."""
    box = bounding_box(mask)
    refined = mask.copy()
    if box is None:
        return refined
    part = _slices_around(box, 4 * _band_width(box), Size.of(mask))
    size = Size.of(mask[part])
    colors, rough = masks.shrink_both(image[part], mask[part], LONGEST_SIDE)
    rough_box = bounding_box(rough)
    if rough_box is not None:
        sharp = _sharpen(colors, rough, None, _band_width(rough_box)).astype(np.float32)
        refined[part] = cv2.resize(sharp, size[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
    return refined


def is_drawn(image: Image, mask: Mask) -> bool:
    """Whether the picture has flat colours, as drawings do, on both sides of the outline of ``mask``.

    There colours tell where a thing ends however wrong the mask is; in a photograph they tell it near the edge alone.
    False for a mask without an outline.
    """
    colors, rough = masks.shrink_both(image, mask, LONGEST_SIDE)
    box = bounding_box(rough)
    if box is None:
        return False
    near, far = round(3 * measure_accuracy(Size.of(rough))), 4 * _band_width(box)
    part = _slices_around(box, far, Size.of(rough))
    texture, rough = _measure_texture(colors[part]), rough[part]
    core = masks.grow_mask(rough, -near)
    inside = (core if core.any() else rough) & ~masks.grow_mask(rough, -far)
    around = masks.grow_mask(rough, far) & ~masks.grow_mask(rough, near)
    return all(side.any() and bool(np.quantile(texture[side], FLAT_SHARE) <= MOST_TEXTURE) for side in (inside, around))


def _measure_texture(image: Image) -> Opacity:
    """float32[H, W]: the standard deviation of the 3 × 3 pixels round each, mean of the channels."""
    colors = image.astype(np.float32)
    variance = cv2.blur(colors**2, (3, 3)) - cv2.blur(colors, (3, 3)) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0)).mean(2))


def remove_background_color(image: Image, opacity: Opacity) -> Image:
    """The picture with the thing's own colours spread over its edge, where the old ground shines through.

    The colour of a half transparent pixel becomes the mean of the opaque ones nearest to it; those stay as they are.
    Taking the ground's share out of the mixture instead leaves more than twice the error in drawn scenes: an opacity
    that is a little wrong makes a colour that is very wrong.
    """
    colors, reached = _spread_colors(image.astype(np.float32), opacity > OPAQUE)
    return np.asarray(np.where(reached[..., None], colors, image).round().clip(0, 255), np.uint8)


def _band_width(box: Box) -> int:
    """Half the width of the strip round the outline, in pixels."""
    return round(min(WIDEST_BAND, max(4.0, BAND * (box.width * box.height) ** 0.5)))


def _slices_around(box: Box, margin: int, picture: Size) -> tuple[slice, slice]:
    """Rows and columns of the box with a margin: all that the edge can depend on."""
    return (
        slice(max(box.top - margin, 0), min(box.bottom + margin, picture.height)),
        slice(max(box.left - margin, 0), min(box.right + margin, picture.width)),
    )


def _near_outline(mask: Mask, chances: Probabilities, band: int) -> Probabilities:
    """The probabilities near the outline; elsewhere those of the mask, 0 and 1."""
    near = masks.grow_mask(mask, FARTHEST * band) & ~masks.grow_mask(mask, -FARTHEST * band)
    return np.where(near, chances, mask).astype(np.float32)


def _sharpen(image: Image, mask: Mask, likely: Probabilities | None, band: int) -> Mask:
    """The mask with its edge found anew in the strip, and wherever else it is in doubt."""
    inside, outside = masks.grow_mask(mask, -band), ~masks.grow_mask(mask, band)
    if likely is not None:
        inside, outside = inside & (likely > SURE), outside & (likely < 1 - SURE)
    if not inside.any():  # a thin thing: its middle line at least is sure
        depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
        inside = depth >= 0.7 * depth.max()
    return _add_drawn_line(image, _segment_by_color(image, mask, inside, outside), outside, band)


def _soften(image: Image, sharp: Mask, likely: Probabilities | None, band: int) -> Opacity:
    """A sharp edge made as soft as the picture's own."""
    hard = sharp.astype(np.float32)
    target = hard if likely is None else (1 - PROBABILITY_WEIGHT) * hard + PROBABILITY_WEIGHT * likely
    soft = _filter_guided(image, target, radius=max(4, band // 2))
    width = max(1, band // 12)
    soft[masks.grow_mask(sharp, -width)] = 1
    soft[~masks.grow_mask(sharp, width)] = 0
    return soft


def _segment_by_color(image: Image, mask: Mask, inside: Mask, outside: Mask) -> Mask:
    """The outline where the colours change most between what is surely inside and surely outside."""
    if not outside.any():
        return mask
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[inside], labels[outside] = cv2.GC_FGD, cv2.GC_BGD
    bgr = np.ascontiguousarray(image[..., ::-1])
    cv2.setRNGSeed(0)  # the colour models start from random means; equal pictures must give equal edges
    cv2.grabCut(bgr, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    found = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    return found if masks.mask_iou(found, mask) >= LEAST_AGREEMENT else mask


def _add_drawn_line(image: Image, sharp: Mask, outside: Mask, band: int) -> Mask:
    """The mask with the line that a drawn thing is edged with: next to it, and unlike the ground close by.

    Colour models of a whole region take a dark line for a shade of a dark ground; the ground's own mean and spread
    near the line do not.
    """
    mean, weight = average_locally(image.astype(np.float32), outside, band)
    square, _weight = average_locally(image.astype(np.float32) ** 2, outside, band)
    spread = np.sqrt(np.maximum(square - mean**2, 0).sum(-1))
    unlike = np.linalg.norm(image - mean, axis=-1) > np.maximum(LEAST_CONTRAST, 3 * spread)
    line = masks.grow_mask(sharp, max(1, band // 2)) & ~outside & unlike & (weight > 0)
    _count, labels = cv2.connectedComponents((line | sharp).astype(np.uint8), connectivity=4)
    return np.asarray(np.isin(labels, np.unique(labels[sharp & (labels > 0)])))


def _filter_guided(image: Image, target: Opacity, radius: int) -> Opacity:
    """The guided filter with a guide of three colours: in every window opacity is linear in the colour."""
    guide = image.astype(np.float64) / 255
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(cv2.blur(values, size, borderType=cv2.BORDER_REFLECT_101))

    guide_mean, target_mean = mean(guide), mean(target.astype(np.float64))
    covariance = np.empty((*target.shape, 3, 3))
    for row in range(3):
        for column in range(3):
            products = guide[..., row] * guide[..., column]
            covariance[..., row, column] = mean(products) - guide_mean[..., row] * guide_mean[..., column]
    covariance += SMOOTHING * np.eye(3)
    shared = mean(guide * target[..., None]) - guide_mean * target_mean[..., None]
    slope = np.linalg.solve(covariance, shared[..., None])[..., 0]
    offset = target_mean - (slope * guide_mean).sum(-1)
    return np.asarray(((mean(slope) * guide).sum(-1) + mean(offset)).clip(0, 1), np.float32)


def _spread_colors(colors: npt.NDArray[np.float32], known: Mask) -> tuple[npt.NDArray[np.float32], Mask]:
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
