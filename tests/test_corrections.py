"""A found mask corrected by a person: the options picked, left_out, strokes, edits, avoid and corrected."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from fake_models import Drawing, two_things

from lib_automask import InputError, MaskRequest, Options, build_mask
from lib_automask.corrections import digest_request, parse_edit
from lib_automask.locate import spare_location
from lib_automask.locate.selection import Location
from lib_automask.report import describe_view
from lib_automask.types import Edit, Segment

REPLACE_BALL = "a blue star left of an orange cat, on the grass"
SAME = "a red ball left of an orange cat, on the grass"


@pytest.fixture
def drawing() -> Drawing:
    return two_things()


def run(drawing: Drawing, prompt: str = REPLACE_BALL, **options: object):
    return build_mask(MaskRequest(drawing.image, prompt, None, Options(**options)), drawing.models())


def point_in(mask: np.ndarray) -> str:
    """A point of the region, as the options write it."""
    rows, columns = np.nonzero(mask)
    middle = len(rows) // 2
    return f"{columns[middle]},{rows[middle]}"


def test_a_region_that_was_taken_joins_the_mask(drawing):
    result = run(drawing, picked=point_in(drawing.masks["c"]))
    assert np.array_equal(result.mask, drawing.masks["b"] | drawing.masks["c"])
    assert "by hand: 1 taken" in result.why


def test_a_wrong_guess_is_put_right_by_two_points(drawing):
    result = run(drawing, left_out=point_in(drawing.masks["b"]), picked=point_in(drawing.masks["c"]))
    assert np.array_equal(result.mask, drawing.masks["c"])


def test_what_is_left_out_leaves_no_ring_where_the_mask_grows(drawing):
    result = run(drawing, left_out=point_in(drawing.masks["b"]), grow=3)
    assert result.outcome == "nothing"
    assert not result.mask.any()


def test_nothing_is_left_of_a_place_whose_region_is_left_out():
    """The place of a removal goes beyond its region: shadow and rim."""
    segment = np.zeros((20, 20), np.bool_)
    segment[5:10, 5:10] = True
    wider = np.zeros_like(segment)
    wider[4:12, 4:12] = True
    location = Location(wider, 1.0, (0,))
    assert not spare_location(location, [Segment(segment, 1, 1)], segment).mask.any()
    half = segment.copy()
    half[5:7] = False
    assert np.array_equal(spare_location(location, [Segment(segment, 1, 1)], half).mask, wider & ~half)


def test_what_is_left_out_is_stronger_than_the_brush(drawing):
    where = point_in(drawing.masks["c"])
    result = run(drawing, left_out=where, strokes=f"+9:{where}")
    assert not result.mask[drawing.masks["c"]].any()


def test_brush_and_eraser_are_applied_in_their_order(drawing):
    where = point_in(drawing.masks["c"])
    assert run(drawing, strokes=f"+3:{where}").mask[drawing.masks["c"]].any()
    assert not run(drawing, strokes=f"+3:{where}; -4:{where}").mask[drawing.masks["c"]].any()
    x, y = map(int, where.split(","))
    painted = run(drawing, strokes=f"+2:{x},{y} {x + 4},{y}").mask
    assert painted[y, x : x + 5].all()


def test_what_was_picked_needs_no_edit_of_the_prompt(drawing):
    assert run(drawing, SAME).outcome == "nothing"
    where = point_in(drawing.masks["c"])
    models = drawing.models()
    models.segmenter.segment_at = lambda _image, _x, _y: Segment(drawing.masks["c"], 1.0, 1.0)
    options = Options(picked=where)
    result = build_mask(MaskRequest(drawing.image, SAME, None, options), models)
    assert result.outcome == "mask"
    assert np.array_equal(result.mask, drawing.masks["c"])


def test_where_no_region_is_a_segmenter_without_points_says_so(drawing):
    with pytest.raises(InputError, match="cannot be asked"):
        run(drawing, SAME, picked="1,1")


def test_edits_by_hand_take_the_place_of_the_plan(drawing):
    result = run(drawing, edits="replace: orange cat -> blue star")
    assert np.array_equal(result.mask, drawing.masks["c"])
    assert result.witness == "by hand"
    assert result.caption == ""


def test_a_background_by_hand_goes_round_what_the_picture_shows(drawing):
    result = run(drawing, edits="background: beach")
    assert result.outcome == "mask", result.why
    assert not result.mask[drawing.masks["c"] | drawing.masks["b"]].any()
    assert result.mask.mean() > 0.3


def test_what_is_to_be_avoided_is_never_repainted(drawing):
    result = run(drawing, target="red ball, orange cat", avoid="orange cat")
    assert result.mask[drawing.masks["b"]].all()
    assert not result.mask[drawing.masks["c"]].any()


def test_what_is_to_be_avoided_is_spared_by_a_change_of_the_whole_picture(drawing):
    result = run(drawing, edits="restyle: oil painting", avoid="orange cat")
    assert result.outcome == "mask"
    assert not result.mask[drawing.masks["c"]].any()


def test_what_is_to_be_avoided_and_is_not_found_leaves_the_picture_alone(drawing):
    models = drawing.models()
    models.matcher.score_segments = lambda _image, segments, phrases: np.zeros((len(segments), len(phrases)))
    request = MaskRequest(drawing.image, SAME, None, Options(edits="restyle: oil painting", avoid="orange cat"))
    result = build_mask(request, models)
    assert result.outcome == "unsure"
    assert not result.mask.any()
    assert "orange cat is to be kept, but was not found" in result.why


def test_strokes_that_no_picture_has_are_refused(drawing):
    with pytest.raises(InputError, match="number above 16000"):
        run(drawing, strokes="+5:99999999999,3")


def test_corrections_of_another_picture_or_prompt_are_not_used(drawing):
    where = point_in(drawing.masks["c"])
    request = MaskRequest(drawing.image, REPLACE_BALL)
    made = digest_request(request)
    assert run(drawing, picked=where, corrected=made).mask[drawing.masks["c"]].any()
    other = run(drawing, picked=where, corrected=digest_request(dataclasses.replace(request, prompt=SAME)))
    assert np.array_equal(other.mask, drawing.masks["b"])
    assert "are not used" in other.why


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("picked", "here"),
        ("picked", "9999,1"),
        ("left_out", "1"),
        ("strokes", "12:1,1"),
        ("edits", "swap: a -> b"),
        ("edits", "replace: ball"),
        ("edits", "remove: ball -> cat"),
    ],
)
def test_what_cannot_be_read_is_named(drawing, name, text):
    with pytest.raises(InputError, match=name):
        run(drawing, **{name: text})


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("replace: red ball -> blue star", Edit("replace", "red ball", "blue star")),
        ("Modify: black hair → red hair", Edit("modify", "black hair", "red hair")),
        ("add: hat on the dog", Edit("add", "dog", "hat", "on")),
        ("add: hat", Edit("add", "", "hat")),
        ("remove: cup", Edit("remove", "cup")),
        ("background: beach", Edit("background", "background", "beach")),
        ("restyle: oil painting", Edit("restyle", "whole image", "oil painting")),
    ],
)
def test_every_kind_of_edit_can_be_written(text, edit):
    assert parse_edit(text) == edit


def test_the_view_has_regions_mask_and_plan(drawing):
    request = MaskRequest(drawing.image, REPLACE_BALL)
    view = describe_view(request, build_mask(request, drawing.models()))
    ball = next(one for one in view["candidates"] if one["taken"])
    assert ball["name"] == "red ball"
    assert ball["edit"] == 0
    assert sum(view["mask"]) == view["view_width"] * view["view_height"]
    assert sum(view["mask"][1::2]) == drawing.masks["b"].sum()
    assert view["edits"][0]["state"] == "found"
    assert view["corrected"] == digest_request(request)
    assert view["outcome"] == "found"


def test_the_view_says_where_what_was_not_found_is_likeliest(drawing):
    request = MaskRequest(drawing.image, REPLACE_BALL, None, Options(target="purple fish"))
    view = describe_view(request, build_mask(request, drawing.models()))
    assert view["outcome"] == "not found"
    x, y = view["hottest"]["purple fish"]
    assert 0 <= x < view["width"]
    assert 0 <= y < view["height"]
    assert view["edits"][0]["state"] == "not found"
