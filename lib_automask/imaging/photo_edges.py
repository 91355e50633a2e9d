"""The edge of a thing in a photograph: found in a narrow band round a mask's outline, and taken only where it is sure.

SAM's masks have 256 pixels on their longer side, so a right mask is wrong by a part of one of those, and what is
farther from the outline is not looked at. In that band the opacity is found by closed-form matting (Levin, Lischinski
and Weiss, 2008): in every small window opacity is linear in the colour. Two measures say whether it is believed:

- how far the new outline is from the old one: what moves farther than SAM is inaccurate is another edge, or the mask is
  loose on purpose;
- for how much of its length it parts colours that differ by more than those on either side differ among themselves.

The less of it is clear, the less it may move. Else the mask is left as it is, as most are whose outline is not the
picture's own. ``python -m benchmarks.photo_edges`` measures it. The numbers were chosen on 16 photographs, and on
things cut out of them and laid on the others.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from lib_automask.imaging import masks
from lib_automask.types import Image, Mask, Size

Values = npt.NDArray[np.float64]
"""float64[H, W], or [H, W, C]: what the matting computes with."""

SAM_SIDE = 256
"""Pixels of the longer side of SAM's masks."""
BAND = 1.5
"""Half the width of the band, in pixels of SAM's masks: with 1 a quarter less is gained, with 2.5 nothing more."""
LONGEST_SIDE = 1024
"""Pixels of the longer side of what is worked on, so that the time stays bounded: a guess."""
FARTHEST_SHIFT = 0.54
"""Root of the mean square of the outline's shift, in pixels of SAM's masks, that is believed where all of it is clear:
the roughness that the benchmark gives to masks. With the root of the clear share it has to do with, things cut out of
photographs have .36 to .60, 39 of 40 of them up to .54; masks that follow no edge have .55 or more."""
ROUNDING = 3.0
"""Squared steps of 255 that even flat colours are given as their variance: one for each channel; a guess."""
SHARPENING = 2.0
"""Matting takes texture for half transparent, so contrast is raised by this: with 1 the error at hard edges is 1.27 of
the mask's, with 2 .71; at soft ones .65 and .69, and with 4 .75."""
REGULARIZATION = 1e-5
"""Of the variance of colours in 0–1, shared among the pixels of a window: a guess."""
STEPS = 60
"""Of the solver, by when nothing that was measured changes: a guess."""


def find_photo_edge(image: Image, mask: Mask) -> npt.NDArray[np.float32] | None:
    """The opacity float32[H, W] in 0–1 of the thing that ``mask`` bool[H, W] covers; None where the mask should stay.

    ``image`` uint8[H, W, 3] RGB is the whole picture. Outside the band the opacity is that of the mask.
    """
    accuracy = measure_accuracy(Size.of(mask))
    margin = round(8 * BAND * accuracy)
    rows, columns = (_extent(mask.any(axis), margin) for axis in (1, 0))
    size = Size.of(mask[rows, columns])
    colors, rough = masks.shrink_both(image[rows, columns], mask[rows, columns], LONGEST_SIDE)
    scale = Size.of(rough).longer / size.longer
    found = _solve_band(colors, rough, max(1.0, accuracy * scale))
    if found is None:
        return None
    opacity = mask.astype(np.float32)
    opacity[rows, columns] = found if scale == 1 else cv2.resize(found, size[::-1], interpolation=cv2.INTER_LINEAR)
    return ((opacity - 0.5) * SHARPENING + 0.5).clip(0, 1)


def measure_accuracy(picture: Size) -> float:
    """How many pixels of a picture one of SAM's masks for it has, along a line; at least 1."""
    return max(1.0, picture.longer / SAM_SIDE)


def _extent(present: npt.NDArray[np.bool_], margin: int) -> slice:
    """From the first to the last True, with a margin."""
    where = np.flatnonzero(present)
    return slice(max(0, int(where[0]) - margin), int(where[-1]) + 1 + margin)


def _solve_band(image: Image, mask: Mask, accuracy: float) -> npt.NDArray[np.float32] | None:
    band = max(2, round(BAND * accuracy))
    inside, outside = masks.grow_mask(mask, -band), ~masks.grow_mask(mask, band)
    if not inside.any() or not outside.any():
        return None
    blurred = cv2.GaussianBlur(mask.astype(np.float64), (0, 0), band / 2)
    unknown = ~inside & ~outside
    matte = solve_matte(image, np.where(unknown, blurred, mask), unknown).astype(np.float32)
    return matte if _is_believable(image, mask, matte, band, accuracy) else None


def _is_believable(image: Image, mask: Mask, matte: npt.NDArray[np.float32], band: int, accuracy: float) -> bool:
    """Whether the outline of the matte is near the mask's and runs along edges of the picture."""
    found = matte > 0.5
    depth = _distance_inside(mask)
    edge = found & ~masks.grow_mask(found, -1) & (np.abs(depth) <= band + 1)
    if not edge.any():
        return False
    shift = float(np.sqrt((depth[edge] ** 2).mean())) / accuracy
    return shift <= FARTHEST_SHIFT * _share_clear(image, found, edge, band) ** 0.5


def _distance_inside(mask: Mask) -> npt.NDArray[np.float32]:
    """How far each pixel lies inside the outermost pixels of the mask, float32[H, W]; negative outside."""
    inside, outside = (
        cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for part in (mask, ~mask)
    )
    return np.asarray(inside - outside - np.where(mask, 1.0, 0.0), np.float32)


def _share_clear(image: Image, found: Mask, edge: Mask, band: int) -> float:
    """Share of the pixels of ``edge`` near which the colours in ``found`` and around it differ by their deviation."""
    colors = image.astype(np.float32)
    sides = found & masks.grow_mask(~found, 2 * band), ~found & masks.grow_mask(found, 2 * band)
    means = [average_locally(colors, side, band)[0][edge] for side in sides]
    squares = [average_locally(colors**2, side, band)[0][edge] for side in sides]
    variance = sum(np.maximum(square - mean**2, 0).sum(-1) for mean, square in zip(means, squares)) / 2
    difference = ((means[0] - means[1]) ** 2).sum(-1)
    return float((difference > variance + ROUNDING).mean())


def average_locally(
    values: npt.NDArray[np.float32], where: Mask, sigma: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The mean of ``values`` float32[H, W, C] over the pixels of ``where`` close by, and their weight float32[H, W]."""
    share = where.astype(np.float32)
    weight = cv2.GaussianBlur(share, (0, 0), sigma)
    mean = cv2.GaussianBlur(values * share[..., None], (0, 0), sigma) / np.maximum(weight, 1e-6)[..., None]
    return np.asarray(mean, np.float32), np.where(weight > 1e-4, weight, 0).astype(np.float32)


def solve_matte(image: Image, opacity: Values, unknown: Mask) -> Values:
    """The opacity float64[H, W] in 0–1 that is linear in the colour in every window of 3 × 3 pixels.

    Args:
        image: uint8[H, W, 3] RGB.
        opacity: float64[H, W] in 0–1: given outside ``unknown``, and where the search begins inside.
        unknown: bool[H, W].

    The matting Laplacian is never built: its product with a vector takes a few box filters (He, Sun and Tang, "Fast
    matting using large kernel matting Laplacian matrices", 2010), and conjugate gradients need no more than that.
    """
    apply = _Laplacian(image, unknown)
    solved = opacity.astype(np.float64)
    residual = -apply(solved) * unknown
    direction, energy = residual, float((residual**2).sum())
    for _step in range(STEPS):
        if energy <= 1e-12:
            break
        product = apply(direction) * unknown
        length = energy / float((direction * product).sum())
        solved = solved + length * direction
        residual = residual - length * product
        energy, before = float((residual**2).sum()), energy
        direction = residual + energy / before * direction
    return solved.clip(0, 1)


class _Laplacian:
    """The matting Laplacian of a picture, as a function of an opacity; right in the ``unknown`` pixels alone."""

    def __init__(self, image: Image, unknown: Mask) -> None:
        self.colors = image.astype(np.float64) / 255
        self.near = cv2.dilate(unknown.astype(np.uint8), np.ones((3, 3))) > 0
        count = _sum_windows(np.ones(image.shape[:2]))
        self.total = count
        self.count = count[self.near][:, None]
        self.mean = self._mean(self.colors)
        products = (self.colors[..., :, None] * self.colors[..., None, :]).reshape(*image.shape[:2], 9)
        squares = self._mean(products).reshape(-1, 3, 3)
        covariance = squares - self.mean[:, :, None] * self.mean[:, None, :]
        self.inverse = np.linalg.inv(covariance + REGULARIZATION / self.count[..., None] * np.eye(3))

    def __call__(self, opacity: Values) -> Values:
        mean = self._mean(opacity[..., None])
        shared = self._mean(self.colors * opacity[..., None]) - self.mean * mean
        slope = np.einsum("nij,nj->ni", self.inverse, shared)
        line = np.zeros((*opacity.shape, 4))
        line[self.near] = np.hstack([slope, mean - (slope * self.mean).sum(1, keepdims=True)])
        line = _sum_windows(line)
        return self.total * opacity - np.einsum("hwc,hwc->hw", line[..., :3], self.colors) - line[..., 3]

    def _mean(self, values: Values) -> Values:
        """Of the windows round the pixels that count: float64[N, C]."""
        sums = _sum_windows(values).reshape(*values.shape)
        return np.asarray(sums[self.near] / self.count)


def _sum_windows(values: Values) -> Values:
    """The sum over the 3 × 3 pixels round each, as far as they lie in the picture."""
    return np.asarray(cv2.boxFilter(values, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT))
