"""Where something new goes in a drawing: by the relation, by what it is, by the room there is."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_street import HOUSE, SHAPE, STREET, WOMAN, located, spots, view

from lib_automask.imaging.masks import mask_from_box, share_inside
from lib_automask.locate.insertion import find_hot_spot
from lib_automask.locate.scene_view import SceneView
from lib_automask.types import Box, Mask, bounding_box


def placed(new: str, target: str = "", relation: str | None = None, seen: SceneView = STREET) -> Mask:
    return located(new, target, relation, seen).mask


def middle(mask: Mask) -> tuple[float, float]:
    box = bounding_box(mask)
    assert box is not None
    return box.center


@pytest.mark.parametrize(
    ("new", "top", "bottom"),
    [("red hat", 70, 92), ("sunglasses", 85, 95), ("scarf", 95, 118), ("shoes", 205, 225), ("backpack", 95, 155)],
)
@pytest.mark.parametrize(("target", "relation"), [("woman", "wearing"), ("woman", "with"), ("", None)])
def test_what_is_worn_goes_where_it_is_worn(new, top, bottom, target, relation):
    mask = placed(new, target, relation)
    rows = np.flatnonzero(mask.any(1))
    assert top <= rows[0]
    assert rows[-1] < bottom
    assert abs(middle(mask)[0] - 80) < 4


def test_a_held_thing_is_at_the_hand_and_a_hat_in_the_hand_is_not_on_the_head():
    for target, relation, new in (("woman", "holding", "cup"), ("hand", "in", "hat")):
        x, y = middle(placed(new, target, relation))
        assert 130 < y < 165
        assert min(abs(x - 60), abs(x - 100)) < 6


def test_at_her_feet_is_beside_them_on_the_ground():
    mask = placed("cat", "feet", "at")
    assert not (mask & WOMAN).any()
    assert middle(mask)[1] > 180
    assert abs(middle(mask)[0] - 80) < 60


@pytest.mark.parametrize(
    ("relation", "columns", "rows"),
    [
        ("in the sky", (0, 320), (0, 110)),
        ("in the top left corner", (0, 130), (0, 100)),
        ("in the lower right corner", (190, 320), (140, 240)),
        ("on the left", (0, 130), (0, 240)),
        ("in the foreground", (0, 320), (130, 240)),
    ],
)
def test_a_part_of_the_picture_is_kept_to(relation, columns, rows):
    mask = placed("lantern", "", relation)
    box = bounding_box(mask)
    assert box is not None
    assert columns[0] <= box.left <= box.right <= columns[1]
    assert rows[0] <= box.top <= box.bottom <= rows[1]
    assert not (mask & (WOMAN | HOUSE)).any()


def test_a_bird_flies_and_a_hen_does_not():
    assert middle(placed("bird"))[1] < 110
    assert middle(placed("chicken"))[1] > 110


def test_sizes_make_sense():
    bird, tree = (bounding_box(placed(new, "house", "next to")) for new in ("bird", "tree"))
    assert bird is not None
    assert tree is not None
    assert bird.height < 30
    assert tree.height > 2 * bird.height


def test_in_front_covers_the_foot_and_behind_covers_nothing():
    assert share_inside(placed("car", "house", "in front of"), HOUSE) > 0.2
    behind = placed("tree", "house", "behind")
    assert behind.any()
    assert not (behind & HOUSE).any()


def test_on_a_thing_stands_on_its_upper_part():
    mask = placed("cat", "house", "on top of")
    assert (mask & HOUSE).any()
    assert middle(mask)[1] < 145


def test_under_a_table_is_between_its_legs():
    table = HOUSE & ~mask_from_box(Box(195, 125, 265, 200), SHAPE)
    mask = placed("cat", "table", "under", view(table=table))
    assert not (mask & table).any()
    assert share_inside(mask, mask_from_box(Box(195, 125, 265, 200), SHAPE)) == 1


def test_between_is_in_the_gap():
    x, _ = middle(placed("ball", "woman", "between"))
    assert 100 < x < 180


def test_named_things_are_spared_unless_the_relation_says_so():
    for new, target, relation in (("dog", "woman", "next to"), ("lamp", "", None), ("tree", "house", "left of")):
        assert not (placed(new, target, relation) & (WOMAN | HOUSE)).any()


def test_on_the_ground_is_room_in_it():
    grass = mask_from_box(Box(0, 120, 320, 240), SHAPE) & ~WOMAN
    mask = placed("dog", "grass", "on", view(grass=grass, woman=WOMAN))
    assert mask.any()
    assert share_inside(mask, grass) == 1


def test_an_anchor_without_a_segment_is_found_by_its_heat_only_where_that_is_decided_and_shown():
    spot = spots(Box(140, 60, 156, 76))
    found = placed("cup", "lamp", "next to", view(spot, 0.9, woman=WOMAN))
    assert abs(middle(found)[0] - 148) < 60
    assert not placed("cup", "lamp", "next to", view(spot, 0.1, woman=WOMAN)).any()
    scattered = spots(Box(140, 60, 156, 76), Box(20, 20, 30, 30))
    assert find_hot_spot(scattered) is None
    assert not placed("cup", "lamp", "next to", view(scattered, 0.9, woman=WOMAN)).any()


def test_no_heat_is_no_spot():
    assert find_hot_spot(np.zeros(SHAPE, np.float32)) is None
