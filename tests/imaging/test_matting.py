"""The soft edge of a cutout and the colours in it, number by number, on small drawings."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask.imaging.masks import grow_mask
from lib_automask.imaging.matting import estimate_opacity, refine_outline_by_color, remove_background_color
from lib_automask.types import Image, Mask, Size

RED, GREEN = np.array((220, 30, 30)), np.array((40, 160, 60))


def soft_box(size: Size, left: int, top: int, right: int, bottom: int, ramp: int) -> tuple[Image, np.ndarray]:
    """A red box on green whose edge is a ramp, with a little texture; and its true opacity."""
    y, x = np.indices(size) + 0.5
    distance = np.minimum.reduce([x - left, right - x, y - top, bottom - y])
    opacity = np.clip(distance / ramp + 0.5, 0, 1)
    picture = opacity[..., None] * RED + (1 - opacity[..., None]) * GREEN
    texture = (((x - 0.5) * 7 + (y - 0.5) * 13) % 5 - 2) * 0.3
    return (picture + texture[..., None]).round().clip(0, 255).astype(np.uint8), opacity


IMAGE, TRUTH = soft_box(Size(40, 60), 15, 12, 45, 28, ramp=4)
MASK: Mask = TRUTH > 0.5


def test_the_edge_of_a_small_thing_is_soft_over_three_pixels():
    found = estimate_opacity(IMAGE, MASK)
    assert (found.dtype, found.shape) == (np.float32, (40, 60))
    assert found[20, 10:16].tolist() == pytest.approx([0, 0, 0.193, 0.552, 1, 1], abs=0.005)
    assert found[7:13, 30].tolist() == pytest.approx([0, 0, 0.193, 0.552, 1, 1], abs=0.01)
    assert (found[14:26, 18:42] == 1).all()
    assert not found[:, :11].any()


def test_the_edge_of_a_large_thing_starts_at_the_same_colours():
    image, truth = soft_box(Size(200, 320), 60, 50, 260, 150, ramp=10)
    found = estimate_opacity(image, truth > 0.5)
    assert found[100, 53:59].tolist() == pytest.approx([0, 0, 0.28, 0.55, 1, 1], abs=0.01)
    assert found[43:49, 160].tolist() == pytest.approx([0, 0, 0.28, 0.54, 1, 1], abs=0.01)


def test_with_probabilities_the_softness_follows_them_too():
    chances = np.clip(TRUTH * 0.8 + 0.1, 0, 1).astype(np.float32)
    found = estimate_opacity(IMAGE, MASK, chances)
    assert found.dtype == np.float32
    assert found[20, 10:16].tolist() == pytest.approx([0, 0, 0.16, 0.45, 1, 1], abs=0.01)
    assert found[9:15, 30].tolist() == pytest.approx([0, 0, 0.34, 0.67, 1, 1], abs=0.01)


@pytest.mark.parametrize("off", [-1, 1])
def test_a_rough_outline_gets_the_hard_edge_of_the_picture(off):
    image, truth = soft_box(Size(40, 60), 15, 12, 45, 28, ramp=1)
    found = refine_outline_by_color(image, grow_mask(truth > 0.5, off))
    assert found.dtype == np.bool_
    assert np.array_equal(found, truth > 0.5)


def test_an_outline_that_would_change_too_much_stays():
    """Two pixels all round are more than a quarter of so small a box."""
    image, truth = soft_box(Size(40, 60), 15, 12, 45, 28, ramp=1)
    rough = grow_mask(truth > 0.5, 2)
    assert np.array_equal(refine_outline_by_color(image, rough), rough)


def test_the_outline_of_a_thing_of_more_than_512_pixels_is_looked_for_in_a_smaller_picture():
    image, truth = soft_box(Size(700, 900), 100, 100, 800, 600, ramp=1)
    found = refine_outline_by_color(image, grow_mask(truth > 0.5, 6))
    wrong = found != (truth > 0.5)
    assert wrong.sum() <= 4 * 2500, "at most a pixel or two along the edge"
    assert not (wrong & ~(grow_mask(truth > 0.5, 3) & ~grow_mask(truth > 0.5, -3))).any()


def test_nothing_is_found_of_nothing():
    assert not estimate_opacity(IMAGE, np.zeros_like(MASK)).any()
    found = refine_outline_by_color(IMAGE, np.zeros_like(MASK))
    assert found.shape == MASK.shape
    assert not found.any()


def two_dots(gap: int) -> list[int]:
    """The red along a line between two opaque pixels, of 200 and of 10, with all between them transparent."""
    picture = np.full((9, gap + 1, 3), 90, np.uint8)
    opacity = np.zeros((9, gap + 1), np.float32)
    picture[4, 0], picture[4, gap] = 200, 10
    opacity[4, [0, gap]] = 1
    clean = remove_background_color(picture, opacity)
    assert clean.dtype == np.uint8
    return clean[4, :, 0].tolist()


@pytest.mark.parametrize(
    ("gap", "line"),
    [
        (4, [200, 197, 105, 13, 10]),
        (6, [200, 200, 200, 105, 10, 10, 10]),
        (8, [200, 200, 200, 200, 105, 10, 10, 10, 10]),
        (10, [200, 200, 200, 200, 186, 105, 24, 10, 10, 10, 10]),
        (12, [200, 200, 200, 200, 200, 191, 105, 19, 10, 10, 10, 10, 10]),
        (16, [200, 200, 200, 200, 200, 200, 177, 149, 105, 61, 33, 10, 10, 10, 10, 10, 10]),
        (20, [200, 200, 200, 200, 200, 200, 199, 196, 186, 158, 105, 52, 24, 14, 11, 10, 10, 10, 10, 10, 10]),
        (
            30,
            [
                200,
                200,
                200,
                200,
                200,
                200,
                200,
                200,
                200,
                200,
                183,
                175,
                163,
                147,
                127,
                105,
                83,
                63,
                47,
                35,
                27,
                10,
                10,
                10,
                10,
                10,
                10,
                10,
                10,
                10,
                10,
            ],
        ),
    ],
)
def test_a_transparent_pixel_takes_the_mean_of_the_opaque_ones_nearest_to_it(gap, line):
    assert two_dots(gap) == line


def test_colours_spread_only_so_far_and_only_from_opaque_pixels():
    picture = np.full((9, 140, 3), 90, np.uint8)
    opacity = np.zeros((9, 140), np.float32)
    picture[4, 30], opacity[4, 30] = 200, 0.96
    reached = np.flatnonzero(remove_background_color(picture, opacity)[4, :, 0] == 200)
    assert (reached[0], reached[-1]) == (0, 54)
    opacity[4, 30] = 0.95
    np.testing.assert_array_equal(remove_background_color(picture, opacity), picture)
