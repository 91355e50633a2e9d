"""Exactly where a new thing goes in a drawn street, how sure that is, and by which segments; boxes are XYXY.

A woman of 40 x 140 pixels, taken as 1.7 m, stands left of a house of 100 x 110.
"""

from __future__ import annotations

import numpy as np
import pytest
from drawn_street import HOUSE, NOTHING, SHAPE, STREET, WOMAN, drawn, located, spots, view

from lib_automask.locate.insertion import find_hot_spot
from lib_automask.locate.scene_view import SceneView
from lib_automask.locate.selection import SegmentScores
from lib_automask.types import Box, Mask, Segment, bounding_box


def box_of(new: str, target: str = "", relation: str | None = None, seen: SceneView = STREET) -> Box | None:
    return bounding_box(located(new, target, relation, seen).mask)


@pytest.mark.parametrize(
    ("new", "target", "box"),
    [
        # Small things are held by a person, larger ones stand beside; a house holds nothing, and carries it.
        ("cup", "woman", Box(88, 136, 112, 160)),
        ("dog", "woman", Box(0, 168, 58, 220)),
        ("tree", "woman", Box(106, 96, 179, 200)),
        ("flag", "house", Box(218, 104, 242, 128)),
        ("tree", "house", Box(204, 55, 256, 128)),
    ],
)
def test_with_means_in_the_hand_beside_or_on_by_the_sizes_of_both(new, target, box):
    assert box_of(new, target, "with") == box


@pytest.mark.parametrize(
    ("new", "target", "relation", "box"),
    [
        ("sword", "hand", "in", Box(88, 107, 112, 189)),
        ("hat", "hand", "in", Box(88, 136, 112, 160)),
        ("glove", "hand", "on", Box(58, 139, 102, 157)),
        ("shoes", "feet", "on", Box(58, 207, 102, 221)),
        ("dog", "feet", "at", Box(0, 168, 58, 220)),
        ("hat", "woman", "under", Box(71, 222, 89, 240)),
        ("hat", "house", "on", Box(218, 104, 242, 128)),
        ("hat", "house", "wearing", Box(218, 79, 242, 103)),
    ],
)
def test_held_worn_or_laid_beside_by_the_part_and_the_thing(new, target, relation, box):
    """A glove is worn on a hand, and a sword held in it; a house wears nothing: a hat stands on its roof."""
    assert box_of(new, target, relation) == box


def test_the_named_owner_wears_it_and_the_largest_figure_where_none_is_named():
    two = view(man=drawn(Box(200, 150, 214, 200)), woman=WOMAN)
    hat, on_man = located("hat", seen=two), located("hat", "man", "wearing", two)
    assert (bounding_box(hat.mask), hat.segments) == (Box(54, 70, 106, 90), (1,))
    assert (bounding_box(on_man.mask), on_man.segments) == (Box(198, 146, 216, 154), (0,))
    assert box_of("sword", "man's hand", "in", two) == Box(210, 160, 218, 189)
    assert box_of("hat", seen=view(woman=WOMAN, man=drawn(Box(200, 150, 214, 200)))) == Box(54, 70, 106, 90)


def test_what_is_worn_spares_the_thing_beside_the_wearer():
    assert box_of("hat", "woman", "wearing", view(woman=WOMAN, bird=drawn(Box(100, 60, 130, 100)))) == Box(
        54, 70, 99, 90
    )


def test_several_are_half_as_large_again():
    assert box_of("cat", "woman", "next to") == Box(17, 179, 58, 220)
    assert box_of("cats", "woman", "next to") == Box(102, 158, 164, 220)


def test_what_is_unknown_is_four_fifths_of_its_anchor():
    assert box_of("xyzzy", "house", "next to") == Box(101, 1, 189, 89)
    assert box_of("hat", "blob", "next to", view(blob=drawn(Box(10, 190, 50, 230)))) == Box(52, 198, 84, 230)


@pytest.mark.parametrize(
    ("new", "by_scale", "by_picture"),
    [
        ("dog", Box(123, 146, 156, 176), Box(119, 125, 199, 198)),
        ("child", Box(126, 133, 152, 190), Box(141, 121, 177, 201)),
        ("tree", Box(111, 121, 167, 201), Box(131, 121, 187, 201)),
        ("xyzzy", Box(105, 127, 173, 195), Box(119, 121, 199, 201)),
    ],
)
def test_what_stands_alone_is_scaled_by_the_things_of_known_size_up_to_a_third_of_the_picture(
    new, by_scale, by_picture
):
    assert box_of(new) == by_scale
    assert box_of(new, seen=view(blob=drawn(Box(10, 10, 40, 40)))) == by_picture


def test_where_the_usual_part_of_the_picture_is_full_it_goes_anywhere_else():
    bird = located("bird", added=drawn(Box(0, 0, 320, 112)))
    assert (bounding_box(bird.mask), bird.score, bird.segments) == (Box(127, 166, 151, 186), 0.7, ())


@pytest.mark.parametrize(
    ("target", "relation", "segments"), [("", None, ()), ("house", "left of", (1,)), ("", "in the sky", ())]
)
def test_where_all_is_taken_there_is_no_place_and_no_certainty(target, relation, segments):
    found = located("bird", target, relation, added=~NOTHING)
    assert found.mask.shape == SHAPE
    assert not found.mask.any()
    assert (found.score, found.segments) == (0, segments)


def test_a_place_at_an_anchor_is_as_sure_as_the_anchor():
    found = located("cat", "house", "next to", view(score=0.75, house=HOUSE))
    assert (bounding_box(found.mask), found.score, found.segments) == (Box(154, 176, 178, 200), 0.75, (0,))


@pytest.mark.parametrize(("new", "relation"), [("lantern", "in the sky"), ("bird", None)])
def test_a_sky_that_was_found_is_the_sky(new, relation):
    found = located(new, "", relation, view(sky=drawn(Box(0, 0, 320, 60)), woman=WOMAN))
    box = bounding_box(found.mask)
    assert box is not None
    assert box.bottom <= 60
    assert (found.score, found.segments) == (0.7, (0,))


def test_new_things_keep_one_pixel_apart():
    sky = view(sky=drawn(Box(0, 0, 320, 60)))
    found = located("lantern", "", "in the sky", sky, added=drawn(Box(0, 0, 298, 60)))
    assert bounding_box(found.mask) == Box(299, 8, 320, 50)


@pytest.mark.parametrize("relation", ["on", "in", "next to", "at the foot of", "with"])
def test_a_ground_takes_the_thing_into_itself_and_spares_what_stands_on_it(relation):
    grass = drawn(Box(0, 120, 320, 240)) & ~WOMAN
    assert box_of("dog", "grass", relation, view(grass=grass, woman=WOMAN)) == Box(170, 143, 250, 216)


def test_a_narrow_ground_is_filled_up_to_a_pixel_from_what_stands_on_it():
    wall = drawn(Box(36, 150, 284, 240))
    lawn = drawn(Box(0, 200, 320, 240)) & ~wall
    assert box_of("dog", "lawn", "on", view(lawn=lawn, wall=wall)) == Box(0, 203, 35, 235)


TREES = Box(10, 100, 40, 150), Box(110, 100, 140, 150), Box(250, 100, 280, 150)


def row_of_trees(*boxes: Box) -> SceneView:
    """Segments of one phrase, the first the best."""
    segments = tuple(Segment(drawn(box), 0.95, 0.95) for box in boxes)
    values = np.array([[0.9 - 0.1 * place] for place in range(len(boxes))], np.float32)
    nothing = view()
    return SceneView(nothing.image, SegmentScores(segments, ("trees",), values), nothing.heat, nothing.presence)


@pytest.mark.parametrize(
    ("trees", "box"),
    [
        (TREES[:2], Box(63, 113, 87, 137)),
        (TREES, Box(63, 113, 87, 137)),
        (TREES[::2] + TREES[1:2], Box(141, 113, 165, 137)),
    ],
)
def test_between_several_is_between_the_two_that_are_surest(trees, box):
    assert box_of("ball", "trees", "between", row_of_trees(*trees)) == box


@pytest.mark.parametrize(
    ("things", "box"),
    [
        ({"house": HOUSE}, Box(143, 135, 167, 159)),
        ({"house": HOUSE, "car": drawn(Box(0, 10, 30, 30))}, Box(35, 73, 59, 97)),
        ({"house": HOUSE, "car": drawn(Box(0, 0, 6, 6))}, Box(143, 135, 167, 159)),
        ({"car": drawn(Box(70, 0, 90, 20)), "house": HOUSE}, Box(68, 55, 92, 79)),
        ({}, Box(35, 138, 59, 162)),
    ],
)
def test_between_one_thing_and_nothing_named_is_between_it_and_its_nearest_neighbour(things: dict[str, Mask], box):
    assert box_of("ball", "woman", "between", view(woman=WOMAN, **things)) == box


LAMP = Box(140, 60, 156, 76)


@pytest.mark.parametrize(("shown", "score"), [(0.9, 0.7), (0.6, 0.6), (0.5, 0.5), (0.49, None), (0, None)])
def test_an_anchor_seen_by_heat_alone_is_as_sure_as_the_picture_shows_it_up_to_a_bound(shown, score):
    found = located("cup", "lamp", "next to", view(spots(LAMP), shown, woman=WOMAN))
    assert found.score == (score or 0)
    assert bounding_box(found.mask) == (Box(104, 62, 128, 86) if score else None)


def test_beside_a_hot_spot_named_things_are_spared_and_the_spot_may_be_covered():
    wall = view(spots(LAMP), 0.9, wall=drawn(Box(60, 20, 129, 200)))
    assert box_of("cup", "lamp", "next to", wall) == Box(168, 62, 192, 86)
    around_the_lamp = view(spots(LAMP), 0.9, wall=drawn(Box(131, 51, 165, 85)))
    assert box_of("cup", "lamp", "on", around_the_lamp) == Box(136, 39, 160, 63)
    assert box_of("ball", "lamp", "between", view(spots(LAMP), 0.9, woman=WOMAN)) == Box(101, 87, 159, 145)


def test_what_is_not_shown_is_as_uncertain_as_its_best_segment():
    assert located("cup", "lamp", "next to", view()).score == 0
    faint = view(woman=WOMAN)
    faint.scores.values[0, faint.scores.phrases.index("lamp")] = 0.25
    found = located("cup", "lamp", "next to", faint)
    assert (found.score, found.mask.any(), found.mask.shape, found.mask.dtype) == (0.25, False, SHAPE, np.bool_)


def heat(side: int, peak: int, *values: float) -> np.ndarray:
    """A square with ``peak`` ones in a row, then ``values``, and elsewhere 0."""
    drawn_heat = np.zeros(side * side, np.float32)
    drawn_heat[: peak + len(values)] = [*[1.0] * peak, *values]
    return drawn_heat.reshape(side, side)


def test_a_spot_is_at_most_a_twentieth_of_the_picture():
    assert find_hot_spot(heat(10, 6)) is None
    spot = find_hot_spot(heat(10, 5))
    assert spot is not None
    assert np.argwhere(spot).tolist() == [[0, x] for x in range(5)]


def test_heat_counts_from_half_of_its_peak():
    spot = find_hot_spot(heat(10, 2, 0.5, 0.49) * 0.5)
    assert spot is not None
    assert spot.sum() == 3


@pytest.mark.parametrize(("gathered", "decided"), [(19, True), (18, False)])
def test_nineteen_of_twenty_hot_pixels_lie_in_one_spot(gathered, decided):
    spots_of_heat = heat(20, gathered)
    spots_of_heat[10, 10] = 1
    assert (find_hot_spot(spots_of_heat) is not None) is decided
