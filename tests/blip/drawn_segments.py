"""Rectangular segments of the picture of 40 × 24 pixels that BLIP's tests use."""

from __future__ import annotations

import numpy as np

from lib_automask.types import Segment


def segment(top: int, left: int, bottom: int, right: int) -> Segment:
    mask = np.zeros((24, 40), dtype=bool)
    mask[top:bottom, left:right] = True
    return Segment(mask, 0.9, 0.9)


def many_segments(count: int) -> list[Segment]:
    return [segment(row, left, row + 3, left + 3) for row in range(0, 20, 4) for left in range(0, 36, 4)][:count]
