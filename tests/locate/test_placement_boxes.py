"""Exactly where a new thing stands beside its anchor, as boxes XYXY in small drawings.

The anchor is a bench of 24 x 14 pixels in a picture of 90 x 60; a new thing is half as long as its anchor, if not said
otherwise. One pixel stays free between things that do not cover each other.
"""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask.imaging.masks import mask_from_box
from lib_automask.locate.placement import WantedSize, place_at_foot, place_beside, place_between
from lib_automask.types import Box, Mask, Size, bounding_box

PICTURE = Size(60, 90)
BENCH = Box(34, 18, 58, 32)
HALF, TALL, WIDE = WantedSize(0.5), WantedSize(0.5, 0.5), WantedSize(0.5, 2)


def drawn(*boxes: Box) -> Mask:
    mask = np.zeros(PICTURE, bool)
    for box in boxes:
        mask |= mask_from_box(box, PICTURE)
    return mask


def beside(relation: str, wanted: WantedSize, taken: Mask | None = None, anchor: Box = BENCH) -> Box | None:
    return bounding_box(place_beside(drawn(anchor), relation, drawn() if taken is None else taken, wanted))


@pytest.mark.parametrize(
    ("relation", "square", "tall", "wide"),
    [
        # On the ground of the anchor, or on its middle line.
        ("left of", Box(21, 20, 33, 32), Box(27, 20, 33, 32), Box(21, 26, 33, 32)),
        ("right of", Box(59, 20, 71, 32), Box(59, 20, 65, 32), Box(59, 26, 71, 32)),
        ("above", Box(40, 5, 52, 17), Box(43, 5, 49, 17), Box(40, 11, 52, 17)),
        ("below", Box(40, 33, 52, 45), Box(43, 33, 49, 45), Box(40, 33, 52, 39)),
        # Covering a part of it: the foot stands on its upper third, in it, or a little in front.
        ("on", Box(40, 11, 52, 23), Box(43, 11, 49, 23), Box(40, 17, 52, 23)),
        ("in", Box(40, 18, 52, 30), Box(43, 18, 49, 30), Box(40, 24, 52, 30)),
        ("in front of", Box(40, 21, 52, 33), Box(43, 21, 49, 33), Box(40, 27, 52, 33)),
        ("at the foot of", Box(47, 21, 59, 33), Box(50, 21, 56, 33), Box(47, 27, 59, 33)),
        # What is behind is seen as far as it looks out at the side.
        ("behind", Box(28, 18, 33, 30), Box(31, 18, 33, 30), Box(28, 24, 33, 30)),
        ("next to", Box(20, 20, 32, 32), Box(26, 20, 32, 32), Box(20, 26, 32, 32)),
    ],
)
def test_each_relation_has_its_place(relation, square, tall, wide):
    assert [beside(relation, wanted) for wanted in (HALF, TALL, WIDE)] == [square, tall, wide]


@pytest.mark.parametrize(
    ("share", "anchor_side", "aspect", "size"),
    [
        (0.5, 40, 1, (20, 20)),
        (0.5, 40, 2, (20, 10)),
        (0.5, 40, 1.5, (20, 20 / 1.5)),
        (0.5, 40, 0.5, (10, 20)),
        (1.0, 90, 1, (36, 36)),
        (0.01, 90, 1, (6, 6)),
    ],
)
def test_the_longer_side_follows_the_anchor_between_a_tenth_and_six_tenths_of_the_picture(
    share, anchor_side, aspect, size
):
    assert WantedSize(share, aspect).to_pixels(anchor_side, PICTURE) == pytest.approx(size)


def test_a_thing_is_four_fifths_of_its_anchor_and_square_if_nothing_is_known_of_it():
    assert WantedSize().to_pixels(20, PICTURE) == (16, 16)
    assert bounding_box(place_beside(drawn(BENCH), "in", drawn())) == Box(36, 11, 56, 30)


def test_an_empty_anchor_has_no_place_beside_it():
    found = place_beside(drawn(), "left of", drawn(), HALF)
    assert found.shape == PICTURE
    assert not found.any()


def test_what_is_larger_than_the_thing_before_it_looks_out_behind_it():
    stool = Box(60, 30, 70, 50)
    wide = place_beside(drawn(stool), "behind", drawn(), WantedSize(1, 2))
    assert np.array_equal(wide, drawn(Box(55, 37, 59, 47), Box(71, 37, 75, 47)))
    tall = place_beside(drawn(stool), "behind", drawn(), WantedSize(1.2, 0.4))
    assert np.array_equal(tall, drawn(Box(60, 23, 70, 29)))


def test_what_is_just_as_wide_or_high_stands_behind_at_the_side():
    assert beside("behind", WantedSize(1, 24 / 14)) == Box(22, 16, 46, 30)
    assert beside("behind", WantedSize(14 / 24)) == Box(27, 16, 41, 30)


@pytest.mark.parametrize(
    ("relation", "side", "large"),
    [
        ("left of", Box(0, 0, 34, 60), Box(12, 14, 34, 36)),
        ("right of", Box(58, 0, 90, 60), Box(56, 14, 78, 36)),
        ("above", Box(0, 0, 90, 18), Box(37, 1, 53, 17)),
        ("below", Box(0, 32, 90, 60), Box(34, 36, 56, 58)),
    ],
)
def test_a_side_is_the_quarter_of_the_picture_beyond_it(relation, side, large):
    """What is too large for it becomes smaller, and where the side is full there is no room elsewhere."""
    assert beside(relation, WantedSize(2), anchor=Box(40, 20, 50, 31)) == large
    assert beside(relation, HALF, drawn(side)) is None


def test_behind_is_seen_at_the_side_with_more_room():
    assert beside("behind", HALF, drawn(Box(0, 0, 34, 60))) == Box(59, 18, 64, 30)


def test_what_is_taken_is_kept_away_from_by_a_pixel():
    assert beside("right of", HALF, drawn(Box(61, 0, 90, 23))) == Box(59, 24, 71, 36)
    lying_over, around = drawn(Box(46, 0, 60, 14)), drawn(Box(45, 0, 61, 14), Box(46, 14, 60, 15))
    found = place_beside(drawn(BENCH), "on", lying_over, HALF)
    assert np.array_equal(found, drawn(Box(40, 11, 52, 23)) & ~around)


def test_next_to_takes_the_other_side_where_one_is_full_or_too_narrow():
    assert beside("next to", HALF, drawn(Box(0, 0, 30, 60))) == Box(60, 20, 72, 32)
    assert beside("next to", HALF, drawn(Box(60, 0, 90, 60))) == Box(20, 20, 32, 32)
    assert beside("next to", HALF, anchor=Box(10, 18, 34, 32)) == Box(36, 20, 48, 32)


def test_under_a_table_stands_on_its_ground_between_the_legs_and_below_it_where_it_has_no_room_there():
    table = drawn(Box(20, 20, 60, 50)) & ~drawn(Box(26, 30, 54, 50))
    square, wide = (place_beside(table, "under", drawn(), WantedSize(0.4, aspect)) for aspect in (1, 2))
    assert bounding_box(square) == Box(33, 36, 47, 50)
    assert bounding_box(wide) == Box(32, 42, 48, 50)
    assert beside("under", HALF) == Box(40, 33, 52, 45)


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (Box(4, 10, 14, 30), Box(60, 36, 84, 44), Box(34, 24, 46, 36)),
        (Box(4, 10, 14, 36), Box(60, 36, 84, 44), Box(34, 25, 47, 38)),
        (Box(4, 10, 14, 14), Box(60, 4, 68, 44), Box(26, 8, 46, 28)),
        (Box(4, 10, 34, 14), Box(60, 4, 68, 20), Box(35, 5, 50, 20)),
        (Box(60, 4, 68, 20), Box(4, 10, 34, 14), Box(35, 5, 50, 20)),
    ],
)
def test_between_is_halfway_and_half_as_long_as_the_longest_side_of_both(first, second, found):
    assert bounding_box(place_between(drawn(first), drawn(second), drawn(), HALF)) == found


def test_between_spares_what_is_taken_and_needs_both_things():
    one, other = drawn(Box(4, 10, 14, 30)), drawn(Box(60, 36, 84, 44))
    assert bounding_box(place_between(one, other, drawn(Box(30, 0, 50, 60)), HALF)) == Box(51, 23, 63, 35)
    assert bounding_box(place_between(one, other, drawn())) == Box(31, 21, 50, 40)
    for pair in ((one, drawn()), (drawn(), one)):
        found = place_between(*pair, drawn(), HALF)
        assert found.shape == PICTURE
        assert not found.any()


def test_between_things_that_touch_lies_beside_both():
    """There is no gap, so the nearest room is taken; neither of them is covered."""
    one, other = drawn(Box(20, 20, 40, 40)), drawn(Box(40, 20, 60, 40))
    found = place_between(one, other, drawn(), HALF)
    assert bounding_box(found) == Box(35, 9, 45, 19)


@pytest.mark.parametrize(("aspect", "left", "top"), [(1, 26, 40), (0.5, 32, 40), (2, 26, 46)])
def test_at_the_feet_is_on_the_ground_beside_them(aspect, left, top):
    figure, wanted = drawn(Box(40, 4, 50, 52)), WantedSize(0.25, aspect)
    assert bounding_box(place_at_foot(figure, drawn(), wanted)) == Box(left, top, 38, 52)
    other_side = place_at_foot(figure, drawn(Box(0, 0, 34, 60)), wanted)
    assert bounding_box(other_side) == Box(52, top, 52 + 38 - left, 52)
