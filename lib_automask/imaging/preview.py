"""Pictures of a result for people, drawn from ``MaskResult`` alone. All pictures are uint8[H, W, 3] RGB."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np

from lib_automask.types import Image, Mask, MaskResult

REPAINTED = (255, 40, 140)
"""A pink that few pictures have."""
WHITE = (255, 255, 255)
PAPER = 236
"""The lighter grey of the checkerboard; the darker one is 30 less."""


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


def draw_candidates(image: Image, result: MaskResult) -> Image:
    """The picture in grey with every segment in a colour of its own, and the selected ones outlined in white."""
    grey = image.mean(2, keepdims=True).repeat(3, 2).astype(np.uint8)
    canvas = (grey // 2 + 90).astype(np.uint8)
    order = sorted(range(len(result.candidates)), key=lambda i: -result.candidates[i].segment.area)
    for i in order:
        hue = (i * 0.618) % 1
        color = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.7, 0.95))
        canvas = tint_region(canvas, result.candidates[i].segment.mask, color, 0.5)
    for candidate in result.candidates:
        if candidate.selected:
            canvas = draw_outline(canvas, candidate.segment.mask, WHITE, 2)
    return canvas


def draw_kept(image: Image, result: MaskResult) -> Image:
    """The picture with a checkerboard in place of what will be repainted."""
    height, width = image.shape[:2]
    square = max(4, min(height, width) // 24)
    rows, cols = np.indices((height, width)) // square
    board = (PAPER - 30 * ((rows + cols) % 2)).astype(np.uint8)
    return np.where(result.mask[..., None], board[..., None], image)


def draw_mask(mask: Mask) -> Image:
    """The mask as a picture: white is repainted, black stays."""
    return (mask[..., None].repeat(3, 2) * 255).astype(np.uint8)


def tint_region(image: Image, mask: Mask, color: tuple[int, ...], strength: float) -> Image:
    """The picture with ``color`` (RGB, 0–255) over the mask at ``strength`` (0–1), and its outline."""
    mixed = (image * (1 - strength) + np.array(color) * strength).astype(np.uint8)
    return draw_outline(np.where(mask[..., None], mixed, image), mask, color, 1)


def draw_outline(image: Image, mask: Mask, color: tuple[int, ...], width: int) -> Image:
    """The picture with the mask's outline in ``color``, ``width`` pixels wide where the shorter side is 512."""
    thickness = max(1, round(width * min(image.shape[:2]) / 512))
    contours, _tree = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    canvas = np.ascontiguousarray(image)
    return np.asarray(cv2.drawContours(canvas, contours, -1, color, thickness, cv2.LINE_AA), np.uint8)
