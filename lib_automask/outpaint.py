"""A larger picture round the old one: how far it is extended, in which steps, and what the new border starts from.

Pictures are ``uint8[H, W, 3]`` RGB, masks ``bool[H, W]``, lengths in pixels.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from lib_automask.structures import Image, Mask

LATENT = 8
"""Samplers work on blocks of this many pixels; a picture of another size would be resized, and so changed."""


class Border(NamedTuple):
    """New pixels on each side of a picture."""

    left: int = 0
    right: int = 0
    up: int = 0
    down: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{side} {getattr(self, side)}" for side in self._fields if getattr(self, side))


def to_ratio(size: tuple[int, int], ratio: str) -> Border:
    """The border, alike on both sides, that brings a picture of ``size`` (H, W) to ``ratio``, such as "16:9"."""
    height, width = size
    across, along = (int(part) for part in ratio.split(":"))
    wider = math.ceil(height * across / along) - width
    if wider >= 0:
        return Border(left=wider // 2, right=wider - wider // 2)
    higher = math.ceil(width * along / across) - height
    return Border(up=higher // 2, down=higher - higher // 2)


def whole_blocks(size: tuple[int, int], border: Border) -> Border:
    """The border made larger, at most by seven pixels a direction, so that the new picture is of whole blocks."""
    height, width = size
    across = -(width + border.left + border.right) % LATENT
    along = -(height + border.up + border.down) % LATENT
    wider = (
        border._replace(left=border.left + across)
        if border.left > border.right
        else border._replace(right=border.right + across)
    )
    return wider._replace(up=wider.up + along) if wider.up > wider.down else wider._replace(down=wider.down + along)


def in_steps(border: Border, step: int) -> list[Border]:
    """The border in parts of at most ``step`` pixels a side, inner ones first."""
    count = max(1, math.ceil(max(border) / step))
    parts = []
    for number in range(count):
        done = [min(side, number * step) for side in border]
        parts.append(Border(*(min(side - before, step) for side, before in zip(border, done))))
    return parts


def extended(image: Image, border: Border, fill: str, seed: int = 0) -> tuple[Image, Mask]:
    """The larger picture, and the mask of what is new in it.

    Args:
        border: how far it is extended.
        fill: "edge" mirrors the picture's edge into the border, blurred; "noise" fills it with noise of the
            picture's colours.
        seed: of the noise.
    """
    sides = border.up, border.down, border.left, border.right
    larger = np.asarray(cv2.copyMakeBorder(image, *sides, cv2.BORDER_REPLICATE), np.uint8)
    mask = np.ones(larger.shape[:2], np.bool_)
    inside = slice(border.up, border.up + image.shape[0]), slice(border.left, border.left + image.shape[1])
    mask[inside] = False
    start = _noise(image, larger.shape[:2], seed) if fill == "noise" else _mirrored(image, border)
    return np.where(mask[..., None], start, larger), mask


def _mirrored(image: Image, border: Border) -> Image:
    """The picture mirrored at its edges as often as needed, blurred more than a sampler would take for a drawing."""
    rows = _mirror(image.shape[0], border.up, border.down)
    columns = _mirror(image.shape[1], border.left, border.right)
    return np.asarray(cv2.GaussianBlur(image[rows][:, columns], (0, 0), max(2.0, max(border) / 32)), np.uint8)


def _mirror(length: int, before: int, after: int) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Indices 0 … length-1 going to and fro, from ``before`` in front of the first to ``after`` behind the last."""
    place = np.arange(-before, length + after) % (2 * length)
    return np.where(place < length, place, 2 * length - 1 - place)


def _noise(image: Image, size: tuple[int, ...], seed: int) -> Image:
    pixels = image.reshape(-1, 3)
    chosen = np.random.default_rng(seed).integers(len(pixels), size=size)
    return np.asarray(pixels[chosen], np.uint8)
