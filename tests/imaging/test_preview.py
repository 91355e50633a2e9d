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


def test_stripes_paleness_and_outline_to_the_pixel():
    """On 160 x 120 pixels a stripe is 3 wide and comes every 9; the outline lies on the edge of the mask."""
    image = np.full((120, 160, 3), (100, 160, 60), np.uint8)
    mask = np.zeros((120, 160), bool)
    mask[30:90, 40:120] = True
    shown = preview.draw_overlay(image, MaskResult("mask", mask, "", EditPlan(), (), "", {}))
    pale, tinted, stripe = (160, 190, 140), (138, 130, 80), (255, 40, 140)
    assert (shown.dtype, shown.shape) == (np.uint8, image.shape)
    assert [tuple(pixel) for pixel in shown[60, 42:58].tolist()] == [tinted] * 6 + [stripe] * 3 + [tinted] * 6 + [
        stripe
    ]
    assert [tuple(pixel) for pixel in shown[60, :39].tolist()] == [pale] * 39
    assert [tuple(pixel) for pixel in shown[60, 122:].tolist()] == [pale] * 38
    assert [tuple(pixel) for pixel in shown[42:58, 60].tolist()] == [
        stripe if (row + 60) // 3 % 3 == 0 else tinted for row in range(42, 58)
    ]
    for row, column in ((60, 40), (60, 119), (30, 80), (89, 80)):
        assert np.abs(shown[row, column].astype(int) - stripe).max() < 40, "pink on the edge"
    assert shown[60, 39, 1] < 180, "and a line of white, half a pixel wide, beside it"


def test_stripes_grow_with_the_picture():
    mask = np.ones((200, 280), bool)
    shown = preview.draw_overlay(
        np.zeros((200, 280, 3), np.uint8), MaskResult("mask", mask, "", EditPlan(), (), "", {})
    )
    stripe = (shown[100] == (255, 40, 140)).all(1)
    assert np.flatnonzero(stripe[20:50]).tolist() == [0, 1, 2, 3, 4, 15, 16, 17, 18, 19]


@pytest.mark.parametrize(
    ("side", "width", "solid"), [(256, 5, 3), (512, 2, 3), (512, 3, 5), (512, 5, 7), (1024, 5, 11)]
)
def test_an_outline_is_as_wide_as_its_picture_is_large(side, width, solid):
    """Of a square, from a quarter of the picture's height to three quarters, and of the hole in it."""
    mask = np.zeros((side, side + 40), bool)
    mask[side // 4 : side // 4 * 3, side // 4 : side // 4 * 3] = True
    hole = slice(side // 2 - 20, side // 2 + 20)
    mask[hole, hole] = False
    shown = preview.draw_outline(np.zeros((side, side + 40, 3), np.uint8), mask, (10, 200, 30), width)
    drawn = (shown == (10, 200, 30)).all(2)
    edge = np.flatnonzero(drawn[side // 3])
    first = side // 4 - solid // 2
    assert edge[:solid].tolist() == list(range(first, first + solid))
    assert len(edge) == 2 * solid
    assert drawn[side // 2].sum() == 4 * solid, "the hole has an outline too"
    assert not shown[: side // 8].any()
