"""Pictures for people: each shows what it says, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask import EditPlan, MaskResult, ScoredSegment
from lib_automask.imaging import preview
from lib_automask.types import Segment

SQUARE = np.zeros((64, 64), bool)
SQUARE[20:40, 20:40] = True
INSIDE, OUTSIDE = (30, 30), (5, 50)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)


@pytest.fixture
def result() -> MaskResult:
    chosen = ScoredSegment(Segment(SQUARE, 0.9, 0.9), {}, selected=True)
    return MaskResult("mask", SQUARE, "", EditPlan(), (chosen,), "", {})


def test_overlay_shows_the_mask_whatever_the_picture_s_colours(result):
    for color in ((255, 40, 140), (0, 0, 0), (255, 255, 255), (60, 160, 80)):
        image = np.full((64, 64, 3), color, np.uint8)
        shown = preview.draw_overlay(image, result).astype(int)
        pale = shown[OUTSIDE]
        assert (shown[:16] == pale).all(), "outside, the picture is evenly pale"
        differs = np.abs(shown[22:38, 22:38] - pale).max(2) > 40
        assert differs.mean() > 0.3
        assert (image == np.array(color)).all(), "the picture itself stays as it was"


def test_kept_shows_the_picture_outside_and_a_grey_board_inside(image, result):
    shown = preview.draw_kept(image, result)
    assert np.array_equal(shown[~SQUARE], image[~SQUARE])
    inside = shown[SQUARE]
    assert (inside == inside[:, :1]).all()
    assert len(np.unique(inside)) == 2


def test_mask_picture_is_white_inside_and_black_outside(result):
    shown = preview.draw_mask(result.mask)
    assert shown[INSIDE].tolist() == [255] * 3
    assert shown[OUTSIDE].tolist() == [0] * 3


def test_candidates_are_coloured_on_grey_and_the_chosen_one_is_outlined_in_white(image, result):
    shown = preview.draw_candidates(image, result).astype(int)
    assert np.ptp(shown[OUTSIDE]) == 0
    assert np.ptp(shown[INSIDE]) > 20
    assert shown[20, 20:40].min() > 200 > shown[30, 20:40].min()
