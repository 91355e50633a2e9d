"""Each edit of a plan has its place, in order; a background is what the named things leave."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_street import HOUSE, SHAPE, WOMAN, drawn, view

from lib_automask.imaging.masks import grow_mask, mask_from_box
from lib_automask.locate import locate_edits
from lib_automask.locate.extent import locate_background, protect_subjects
from lib_automask.types import Box, Edit, EditPlan, Segment, Size, bounding_box


def test_each_edit_has_its_place_in_the_order_of_the_plan():
    plan = EditPlan(
        (
            Edit("restyle", ""),
            Edit("background", "", "snow"),
            Edit("replace", "house", "barn"),
            Edit("remove", "woman"),
            Edit("modify", "lamp", "red lamp"),
            Edit("add", "", "dog"),
        )
    )
    places = locate_edits(plan, view(woman=WOMAN, house=HOUSE))
    everywhere, background, house, woman, lamp, dog = (place.mask for place in places)
    assert everywhere.all()
    assert np.array_equal(background, ~(grow_mask(WOMAN, 1) | grow_mask(HOUSE, 2)))
    assert np.array_equal(house, HOUSE)
    assert np.array_equal(woman, WOMAN)
    assert lamp.shape == SHAPE
    assert not lamp.any()
    assert bounding_box(dog) == Box(123, 146, 156, 176)
    assert [place.score for place in places] == pytest.approx([1, 1, 1, 1, 0, 0.7])
    assert [place.segments for place in places] == [(), (0, 1), (1,), (0,), (), ()]


def test_each_new_thing_spares_the_ones_before_it():
    plan = EditPlan((Edit("add", "", "dog"), Edit("add", "", "dog"), Edit("add", "", "dog")))
    masks = [place.mask for place in locate_edits(plan, view(woman=WOMAN, house=HOUSE))]
    assert [int((masks[one] & masks[other]).sum()) for one, other in ((0, 1), (0, 2), (1, 2))] == [0, 0, 0]
    assert len({bounding_box(mask) for mask in masks}) == 3


def painted(ground: int, *things: tuple[Box, int]):
    """A street of one grey, with boxes of other greys."""
    seen = view(woman=WOMAN, house=HOUSE)
    seen.image[:] = ground
    for box, grey in things:
        seen.image[drawn(box)] = grey
    return seen


def test_a_thing_takes_the_outline_that_the_picture_shows_and_its_shadow_only_if_it_is_removed():
    """In the picture the house is two pixels wider than its segment; four pixels are taken round its shadow."""
    seen = painted(160, (Box(180, 200, 290, 215), 80), (Box(178, 90, 282, 200), 250))
    replaced, removed = (
        locate_edits(EditPlan((Edit(kind, "house", "barn"),)), seen)[0] for kind in ("replace", "remove")
    )
    assert bounding_box(replaced.mask) == Box(178, 90, 282, 200)
    box = bounding_box(removed.mask)
    assert box is not None
    assert (box.left, box.top, box.bottom) == (176, 90, 219)
    assert replaced.segments == removed.segments == (1,)


def test_a_ground_that_is_the_thing_keeps_its_outline():
    lawn = drawn(Box(0, 150, 320, 240))
    seen = view(lawn=lawn)
    seen.image[:] = 160
    seen.image[148:] = 250
    assert np.array_equal(locate_edits(EditPlan((Edit("replace", "lawn", "lake"),)), seen)[0].mask, lawn)


def test_without_a_named_thing_there_is_no_background():
    found = locate_background(view())
    assert (found.mask.shape, found.mask.dtype, found.mask.any()) == (SHAPE, np.bool_, False)
    assert (found.score, found.segments) == (0, ())


def test_a_background_is_as_sure_as_the_least_sure_of_the_things_that_stay():
    seen = view(woman=WOMAN, house=HOUSE)
    seen.scores.values[:] = [[0.75, 0.1, 0, 0, 0], [0.625, 0.875, 0, 0, 0]]
    found = locate_background(seen)
    assert (found.score, found.segments) == (0.75, (0, 1))


def test_a_flaw_of_a_two_hundredth_of_a_thing_is_closed_and_a_larger_hole_is_seen_through():
    body = mask_from_box(Box(60, 40, 140, 140), Size(200, 200))
    for side, closed in ((6, True), (9, False)):
        hole = mask_from_box(Box(90, 90, 90 + side, 90 + side), Size(200, 200))
        assert protect_subjects(Segment(body & ~hole, 0.9, 1.0))[90 + side // 2, 90 + side // 2] == closed


def test_stray_spots_of_a_thing_that_stays_are_not_kept():
    stray = drawn(Box(10, 10, 20, 20))
    kept = protect_subjects(Segment(WOMAN | stray, 0.9, 1.0))
    assert not (kept & stray).any()
    assert np.array_equal(kept, grow_mask(WOMAN, 1))
