"""The cells of the demo's contact sheet, each by its pixels."""

from __future__ import annotations

import numpy as np
import pytest

from examples import demo
from lib_automask import EditPlan, MaskResult, ScoredSegment
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


def test_kept_shows_the_picture_outside_and_a_grey_board_inside(image, result):
    shown = demo.draw_kept(image, result)
    assert np.array_equal(shown[~SQUARE], image[~SQUARE])
    inside = shown[SQUARE]
    assert (inside == inside[:, :1]).all()
    assert len(np.unique(inside)) == 2


def test_mask_picture_is_white_inside_and_black_outside(result):
    shown = demo.draw_mask(result.mask)
    assert shown[INSIDE].tolist() == [255] * 3
    assert shown[OUTSIDE].tolist() == [0] * 3


def test_candidates_are_coloured_on_grey_and_the_chosen_one_is_outlined_in_white(image, result):
    shown = demo.draw_candidates(image, result).astype(int)
    assert np.ptp(shown[OUTSIDE]) == 0
    assert np.ptp(shown[INSIDE]) > 20
    assert shown[20, 20:40].min() > 200 > shown[30, 20:40].min()
