"""A thing that is removed takes its shadow and its rim along, and nothing else; on drawn pictures."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask.imaging.masks import grow_mask, share_inside
from lib_automask.locate.extent import extend_removal

SHAPE = (120, 160)
NOTHING = np.zeros(SHAPE, bool)
Y, X = np.indices(SHAPE)
BALL = (X - 80) ** 2 + (Y - 50) ** 2 <= 22**2
SHADOW = (((X - 88) / 28) ** 2 + ((Y - 72) / 9) ** 2 <= 1) & ~BALL


def ground(color: tuple[int, int, int] = (150, 170, 120), noise: float = 4.0) -> np.ndarray:
    """A grainy ground that gets lighter towards the bottom."""
    grain = np.random.default_rng(0).normal(0, noise, (*SHAPE, 1))
    return np.clip(np.array(color) + grain + (Y[..., None] - 60) * 0.1, 0, 255)


def picture(shade: float = 1.0) -> np.ndarray:
    """A red ball; ``shade`` is what its shadow leaves of the ground's light."""
    image = ground()
    image[SHADOW] *= shade
    image[BALL] = (200, 40, 40)
    return image.astype(np.uint8)


@pytest.mark.parametrize("shade", [0.5, 0.7, 0.8])
def test_a_contact_shadow_goes_with_its_thing(shade):
    mask = extend_removal(picture(shade), BALL, NOTHING)
    assert share_inside(SHADOW, mask) > 0.95
    assert not (mask & ~grow_mask(BALL | SHADOW, 4)).any()


def test_a_thing_without_a_shadow_is_itself():
    assert np.array_equal(extend_removal(picture(), BALL, NOTHING), BALL)


def test_a_rim_that_the_outline_left_out_is_taken():
    assert np.array_equal(extend_removal(picture(), grow_mask(BALL, -1), NOTHING), BALL)


def test_other_named_things_are_spared():
    other = SHADOW & (X > 95)
    mask = extend_removal(picture(0.6), BALL, other)
    assert not (mask & other).any()
    assert share_inside(SHADOW & ~grow_mask(other, 8), mask) > 0.8


def test_a_dark_thing_at_the_foot_is_no_shadow():
    image = ground()
    image[SHADOW] = (30, 40, 150)
    image[BALL] = (200, 40, 40)
    assert np.array_equal(extend_removal(image.astype(np.uint8), BALL, NOTHING), BALL)


def test_a_darker_ground_is_no_shadow():
    image = ground()
    image[Y > 66] *= 0.6
    image[BALL] = (200, 40, 40)
    mask = extend_removal(image.astype(np.uint8), BALL, NOTHING)
    assert (mask & ~BALL).sum() < 0.1 * BALL.sum()


def test_a_shadow_that_does_not_touch_is_something_else():
    image = picture()
    image[95:110, 70:110] = image[95:110, 70:110] * 0.6
    assert not extend_removal(image, BALL, NOTHING)[90:].any()


def test_a_thing_that_fills_the_picture_has_no_ground():
    assert extend_removal(picture(), ~NOTHING, NOTHING).all()
