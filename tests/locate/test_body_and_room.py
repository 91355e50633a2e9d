"""Bands of a figure and free room in a picture, as boxes XYXY and points (x, y) in drawings of 90 x 60 pixels."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask.imaging.masks import mask_from_box
from lib_automask.locate.geometry import BANDS, body_point, box_at, fit_box, picture_region, worn_region
from lib_automask.types import Box, Mask, Size, bounding_box

PICTURE = Size(60, 90)


def drawn(*boxes: Box) -> Mask:
    mask = np.zeros(PICTURE, bool)
    for box in boxes:
        mask |= mask_from_box(box, PICTURE)
    return mask


STANDING, BUST, HALF_LENGTH = (drawn(Box(40, 10, 60, bottom)) for bottom in (50, 30, 40))
SKIRT = drawn(*(Box(48 - (y - 10) // 4, y, 52 + (y - 10) // 4, y + 1) for y in range(10, 50)))
"""4 pixels wide at the top, 22 at the bottom."""


@pytest.mark.parametrize(
    ("part", "standing", "half_length", "bust"),
    [
        ("crown", Box(37, 7, 63, 13), Box(37, 6, 63, 14), Box(37, 6, 63, 14)),
        ("eyes", Box(39, 12, 61, 14), Box(39, 14, 61, 17), Box(39, 15, 61, 17)),
        ("ears", Box(38, 12, 62, 14), Box(38, 13, 62, 18), Box(38, 13, 62, 18)),
        ("face", Box(39, 12, 61, 15), Box(39, 12, 61, 20), Box(39, 12, 61, 20)),
        ("neck", Box(39, 15, 61, 20), Box(39, 19, 61, 24), Box(39, 20, 61, 24)),
        ("chest", Box(39, 16, 61, 29), Box(39, 21, 61, 32), Box(39, 22, 61, 30)),
        ("back", Box(35, 16, 65, 30), Box(35, 20, 65, 32), Box(35, 20, 65, 30)),
        ("waist", Box(39, 27, 61, 32), Box(39, 28, 61, 33), Box(39, 25, 61, 30)),
        ("body", Box(39, 16, 61, 40), Box(39, 21, 61, 36), Box(39, 22, 61, 30)),
        ("hands", Box(39, 27, 61, 32), Box(39, 27, 61, 32), Box(39, 24, 61, 29)),
        ("legs", Box(39, 30, 61, 47), Box(39, 30, 61, 39), Box(39, 26, 61, 30)),
        ("feet", Box(39, 46, 61, 50), Box(39, 37, 61, 40), Box(39, 28, 61, 30)),
    ],
)
def test_each_band_of_a_figure_that_stands_of_half_of_one_and_of_a_bust(part, standing, half_length, bust):
    found = [bounding_box(worn_region(figure, part)) for figure in (STANDING, HALF_LENGTH, BUST)]
    assert found == [standing, half_length, bust]


def test_a_band_is_as_wide_as_the_figure_there():
    widths = {part: bounding_box(worn_region(SKIRT, part)) for part in ("crown", "neck", "waist", "feet")}
    assert widths == {
        "crown": Box(47, 7, 53, 13),
        "neck": Box(46, 17, 54, 22),
        "waist": Box(42, 28, 58, 34),
        "feet": Box(38, 46, 62, 50),
    }


def test_a_band_is_at_least_two_pixels_high():
    toy = drawn(Box(40, 10, 44, 14))
    assert all(worn_region(toy, part).any(1).sum() == 2 for part in BANDS)
    assert bounding_box(worn_region(toy, "eyes")) == Box(40, 11, 44, 13)


def test_a_gap_in_the_figure_takes_the_width_of_all_of_it():
    without_waist = drawn(Box(40, 10, 60, 20), Box(44, 40, 60, 50))
    assert bounding_box(worn_region(without_waist, "waist")) == Box(39, 27, 61, 32)


@pytest.mark.parametrize(("part", "y"), [("crown", 10), ("eyes", 14), ("chest", 24.5), ("waist", 31), ("feet", 48)])
def test_the_point_of_a_part_is_its_middle(part, y):
    assert body_point(SKIRT, part) == (50, y)


@pytest.mark.parametrize(("arm", "x"), [(Box(54, 27, 62, 32), 62), (Box(38, 27, 46, 32), 38)])
def test_a_hand_is_where_the_figure_reaches_furthest(arm, x):
    """At the side of the arm, at the height of the hands of a figure that stands; other parts stay in the middle."""
    figure = drawn(Box(46, 10, 54, 50), arm)
    assert body_point(figure, "hands") == (x, 29.5)
    assert body_point(figure, "feet") == (50, 48)


ROOM = drawn(Box(10, 10, 50, 40))


@pytest.mark.parametrize(
    ("size", "near", "found"),
    [
        ((10, 6), None, Box(24, 21, 34, 27)),
        ((10, 6), (0, 0), Box(10, 10, 20, 16)),
        ((7, 5), (48, 38), Box(43, 35, 50, 40)),
        ((3, 9), (30, 0), Box(29, 10, 32, 19)),
        ((2, 2), (10, 10), Box(10, 10, 12, 12)),
        ((40, 30), None, Box(10, 10, 50, 40)),
        ((50, 20), None, Box(11, 17, 47, 31)),
        ((100, 100), None, Box(10, 11, 50, 38)),
        ((1.5, 5), None, None),
    ],
)
def test_a_box_fits_into_the_room_near_a_point_and_smaller_where_it_is_too_large(size, near, found):
    assert bounding_box(fit_box(ROOM, size, near)) == found


@pytest.mark.parametrize(
    ("room", "size", "found"),
    [
        (Box(10, 10, 12, 40), (10, 10), Box(10, 23, 12, 25)),
        (Box(10, 10, 11, 40), (10, 10), None),
        (Box(10, 10, 12, 12), (2, 2), Box(10, 10, 12, 12)),
        (Box(0, 0, 90, 60), (100, 20), Box(0, 19, 90, 39)),
        (Box(0, 0, 90, 60), (20, 100), Box(34, 0, 54, 60)),
        (Box(0, 0, 90, 60), (90, 60), Box(0, 0, 90, 60)),
    ],
)
def test_room_of_two_pixels_is_enough_and_the_picture_is_the_limit(room, size, found):
    assert bounding_box(fit_box(drawn(room), size)) == found


def test_a_single_taken_pixel_is_spared():
    room = ROOM & ~drawn(Box(30, 24, 31, 25))
    assert bounding_box(fit_box(room, (10, 6), (30, 24))) == Box(25, 18, 35, 24)


def test_without_a_point_the_widest_room_is_taken():
    assert bounding_box(fit_box(drawn(Box(0, 0, 20, 60), Box(40, 20, 90, 60)), (8, 8))) == Box(60, 35, 68, 43)


def test_where_no_box_fits_the_mask_is_empty():
    found = fit_box(drawn(), (20, 20))
    assert found.shape == PICTURE
    assert not found.any()


@pytest.mark.parametrize(
    ("center", "size", "found"),
    [
        ((20, 30), (7, 11), Box(16, 24, 24, 36)),
        ((20, 30), (8, 4), Box(16, 28, 24, 32)),
        ((2, 3), (10, 10), Box(0, 0, 7, 8)),
    ],
)
def test_a_box_round_a_point_is_clipped_to_the_picture(center, size, found):
    assert bounding_box(box_at(center, size, PICTURE)) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sky", Box(0, 0, 90, 27)),
        ("ground", Box(0, 21, 90, 60)),
        ("right", Box(54, 0, 90, 60)),
        ("bottom left", Box(0, 36, 36, 60)),
        ("middle", Box(22, 15, 68, 45)),
    ],
)
def test_a_part_of_the_picture_by_name(name, found):
    assert np.array_equal(picture_region(name, PICTURE), drawn(found))


def test_the_corners_are_four():
    corners = Box(0, 0, 36, 24), Box(54, 0, 90, 24), Box(0, 36, 36, 60), Box(54, 36, 90, 60)
    assert np.array_equal(picture_region("corner", PICTURE), drawn(*corners))
