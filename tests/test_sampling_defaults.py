"""What suits an edit of a kind and size, and that the user's own setting wins."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask import sampling_defaults
from lib_automask.imaging.masks import mask_from_box
from lib_automask.options import Options
from lib_automask.types import Box, Edit, EditPlan, MaskResult

SHAPE = (400, 600)
LARGE, SMALL = Box(100, 100, 300, 300), Box(100, 100, 120, 120)


def result(*kinds: str, box: Box = LARGE) -> MaskResult:
    plan = EditPlan(tuple(Edit(kind, "thing", "other") for kind in kinds))
    return MaskResult("mask", mask_from_box(box, SHAPE), "", plan, (), "", {})


@pytest.mark.parametrize(
    ("kinds", "box", "start"),
    [
        (["replace"], LARGE, "latent noise"),
        (["replace"], SMALL, "fill"),
        (["modify"], LARGE, "original"),
        (["add"], SMALL, "latent noise"),
        (["remove"], LARGE, "fill"),
        (["restyle"], LARGE, "original"),
        (["modify", "background"], LARGE, "latent noise"),
    ],
)
def test_the_start_is_chosen_by_kind_and_size(kinds, box, start):
    assert sampling_defaults.choose_masked_content(result(*kinds, box=box), Options()) == start


def test_a_chosen_start_wins():
    assert (
        sampling_defaults.choose_masked_content(result("remove"), Options(masked_content="latent nothing"))
        == "latent nothing"
    )


@pytest.mark.parametrize(
    ("kind", "pixels"), [("replace", 2), ("remove", 2), ("modify", 0), ("add", 0), ("background", 0)]
)
def test_what_goes_grows_by_its_size_and_what_stays_does_not(kind, pixels):
    assert sampling_defaults.choose_grow(kind, mask_from_box(LARGE, SHAPE), Options()) == pixels
    assert sampling_defaults.choose_grow(kind, mask_from_box(SMALL, SHAPE), Options()) == 0


def test_a_large_thing_grows_by_no_more_than_a_bound():
    assert sampling_defaults.choose_grow("replace", np.ones((1500, 1500), bool), Options()) == 15
    assert sampling_defaults.choose_grow("replace", np.ones((2500, 2500), bool), Options()) == 16


@pytest.mark.parametrize("options", [Options(grow=7), Options(grow=-1), Options(margins="as set")])
def test_a_grow_of_the_user_is_not_added_to(options):
    assert sampling_defaults.choose_grow("remove", mask_from_box(LARGE, SHAPE), options) == 0


def test_padding_follows_the_mask_between_bounds_and_a_chosen_one_wins():
    assert sampling_defaults.choose_padding(result("remove"), Options()) == 100
    assert sampling_defaults.choose_padding(result("modify"), Options()) == 50
    assert sampling_defaults.choose_padding(result("modify", box=SMALL), Options()) == 32
    assert sampling_defaults.choose_padding(result("remove"), Options(padding=0)) == 0
    assert sampling_defaults.choose_padding(result("remove"), Options(margins="as set")) == 32


@pytest.mark.parametrize(
    ("kind", "strength", "beginning"),
    [
        ("remove", 0.3, "0.3 is little for remove"),
        ("replace", 0.4, "0.4 is little for replace"),
        ("modify", 1.0, "1 is much for modify"),
        ("restyle", 0.1, "0.1 is little for restyle"),
        ("remove", 0.75, ""),
        ("modify", 0.5, ""),
        ("background", 1.0, ""),
    ],
)
def test_a_strength_that_does_not_suit_is_explained(kind, strength, beginning):
    sentence = sampling_defaults.explain_strength(result(kind), Options(), strength)
    assert beginning in sentence
    assert bool(sentence) == bool(beginning)


def test_a_replacement_that_starts_from_the_picture_needs_no_high_strength():
    assert sampling_defaults.explain_strength(result("replace"), Options(masked_content="original"), 0.5) == ""


def test_what_was_used_is_named():
    assert (
        sampling_defaults.describe_defaults(result("remove"), Options(area="only masked"))
        == "masked content fill, grow 0, padding 100"
    )
    assert sampling_defaults.describe_defaults(result("modify"), Options()) == "masked content original, grow 0"


def test_a_plan_without_a_known_order_is_still_advised():
    assert sampling_defaults.leading_kind(result()) == "modify"
    assert not np.isnan(sampling_defaults.choose_padding(result(), Options()))
