"""Draws the mask of a result over its picture, from ``MaskResult`` alone. All pictures are uint8[H, W, 3] RGB."""

from __future__ import annotations

import cv2
import numpy as np

from lib_automask.types import Image, Mask, MaskResult

REPAINTED = (255, 40, 140)
"""A pink that few pictures have."""
WHITE = (255, 255, 255)


def draw_overlay(image: Image, result: MaskResult) -> Image:
    """The picture with what will be repainted tinted, striped and outlined, and the rest pale.

    Stripes and paleness can be seen on any picture, also where the tint is the thing's own colour.
    """
    pale = (image // 2 + 110).astype(np.uint8)
    rows, cols = np.indices(result.mask.shape)
    width = max(3, min(result.mask.shape) // 40)
    stripes = result.mask & ((rows + cols) // width % 3 == 0)
    tint = np.array(REPAINTED, np.uint8)
    marked = np.where(stripes[..., None], tint, image // 4 * 3 + tint // 4)
    canvas = np.where(result.mask[..., None], marked, pale).astype(np.uint8)
    return draw_outline(draw_outline(canvas, result.mask, WHITE, 5), result.mask, REPAINTED, 2)


def draw_outline(image: Image, mask: Mask, color: tuple[int, ...], width: int) -> Image:
    """The picture with the mask's outline in ``color``, ``width`` pixels wide where the shorter side is 512."""
    thickness = max(1, round(width * min(image.shape[:2]) / 512))
    contours, _tree = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    canvas = np.array(image, order="C")
    return np.asarray(cv2.drawContours(canvas, contours, -1, color, thickness, cv2.LINE_AA), np.uint8)
