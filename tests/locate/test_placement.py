"""Room for what is not there yet, on drawn masks."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask.imaging.masks import mask_from_box
from lib_automask.locate import geometry, placement
from lib_automask.types import Box, bounding_box

SHAPE = (60, 80)
ANCHOR = mask_from_box(Box(30, 20, 50, 40), SHAPE)
NOTHING = np.zeros(SHAPE, bool)


@pytest.mark.parametrize(
    ("relation", "dx", "dy"),
    [("left of", -1, 0), ("to the right of", 1, 0), ("above", 0, -1), ("under", 0, 1)],
)
def test_a_side_is_kept_to(relation, dx, dy):
    found = placement.place_beside(ANCHOR, relation, NOTHING)
    box = bounding_box(found)
    assert box is not None
    x, y = box.center[0] - 40, box.center[1] - 30
    assert (np.sign(x), np.sign(y)) == (dx, dy) or abs(x * dy) + abs(y * dx) < abs(x * dx) + abs(y * dy)
    assert x * dx + y * dy > 10
    assert not (found & ANCHOR).any()
    assert 8 <= box.width <= 20


def test_what_is_taken_is_spared():
    taken = mask_from_box(Box(52, 0, 60, 60), SHAPE)
    found = placement.place_beside(ANCHOR, "right of", taken)
    assert found.any()
    assert not (found & (taken | ANCHOR)).any()


def test_no_room_on_the_side_is_no_mask():
    at_the_edge = mask_from_box(Box(0, 20, 20, 40), SHAPE)
    assert not placement.place_beside(at_the_edge, "left of", NOTHING).any()


def test_next_to_takes_the_nearest_room():
    found = placement.place_beside(ANCHOR, "next to", NOTHING)
    box = bounding_box(found)
    assert box is not None
    assert not (found & ANCHOR).any()
    assert np.hypot(box.center[0] - 40, box.center[1] - 30) < 30


@pytest.mark.parametrize("relation", ["on", "wearing", "in"])
def test_what_covers_its_anchor_overlaps_it(relation):
    found = placement.place_beside(ANCHOR, relation, ANCHOR)
    assert (found & ANCHOR).any()


def test_wearing_is_at_the_top_and_holding_is_not():
    top = bounding_box(placement.place_beside(ANCHOR, "wearing", ANCHOR))
    side = bounding_box(placement.place_beside(ANCHOR, "holding", ANCHOR))
    assert top is not None
    assert side is not None
    assert top.center[1] < 30 < side.center[1]


def test_free_room_is_the_widest_place_and_not_too_large():
    left_half = mask_from_box(Box(0, 0, 40, 60), SHAPE)
    found = geometry.fit_box(~left_half, (20, 20))
    box = bounding_box(found)
    assert box is not None
    assert not (found & left_half).any()
    assert (box.width, box.height) == (20, 20)
    assert box.center == pytest.approx((60, 30), abs=1)


def test_a_full_picture_has_no_room():
    assert not geometry.fit_box(NOTHING, (20, 20)).any()
