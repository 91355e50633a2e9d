"""The picture of what will be repainted shows it on any picture, and leaves that unchanged."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask import EditPlan, MaskResult, ScoredSegment
from lib_automask.imaging import preview
from lib_automask.types import Segment

SQUARE = np.zeros((64, 64), bool)
SQUARE[20:40, 20:40] = True
OUTSIDE = (5, 50)


@pytest.fixture
def result() -> MaskResult:
    chosen = ScoredSegment(Segment(SQUARE, 0.9, 0.9), {}, selected=True)
    return MaskResult("mask", SQUARE, "", EditPlan(), (chosen,), "", {})


def test_the_overlay_shows_the_mask_whatever_the_colours_of_the_picture(result):
    for color in ((255, 40, 140), (0, 0, 0), (255, 255, 255), (60, 160, 80)):
        image = np.full((64, 64, 3), color, np.uint8)
        shown = preview.draw_overlay(image, result).astype(int)
        pale = shown[OUTSIDE]
        assert (shown[:16] == pale).all(), "outside, the picture is evenly pale"
        differs = np.abs(shown[22:38, 22:38] - pale).max(2) > 40
        assert differs.mean() > 0.3
        assert (image == np.array(color)).all(), "the picture itself stays as it was"
