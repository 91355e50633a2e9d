"""Masks drawn by hand: what each operation does to them can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask.errors import InputError
from lib_automask.imaging import masks
from lib_automask.types import Box, Mask, Size, bounding_box


def drawn(*rows: str) -> Mask:
    return np.array([[cell == "#" for cell in row] for row in rows])


DOT = drawn(
    ".......",
    ".......",
    ".......",
    "...#...",
    ".......",
    ".......",
    ".......",
)


def test_growth_reaches_its_distance_and_is_round():
    expected = drawn(
        ".......",
        "...#...",
        "..###..",
        ".#####.",
        "..###..",
        "...#...",
        ".......",
    )
    assert np.array_equal(masks.grow_mask(DOT, 2), expected)


def test_shrinking_undoes_growing_of_a_dot():
    assert np.array_equal(masks.grow_mask(masks.grow_mask(DOT, 2), -2), DOT)


def test_shrinking_does_not_eat_into_the_edge_of_the_picture():
    left_half = drawn("##..", "##..", "##..", "##..")
    assert np.array_equal(masks.grow_mask(left_half, -1), drawn("#...", "#...", "#...", "#..."))


@pytest.mark.parametrize("distance", [-3, 0, 3])
def test_an_empty_mask_stays_empty(distance):
    assert not masks.grow_mask(np.zeros((5, 5), bool), distance).any()


def test_fill_holes_fills_what_is_surrounded_and_leaves_a_bay_open():
    ring_and_bay = drawn(
        "#####.###",
        "#...#.#.#",
        "#.#.#.#.#",
        "#...#.#.#",
        "#####.#.#",
    )
    expected = drawn(
        "#####.###",
        "#####.#.#",
        "#####.#.#",
        "#####.#.#",
        "#####.#.#",
    )
    assert np.array_equal(masks.fill_holes(ring_and_bay), expected)


def test_drop_islands_keeps_what_is_large_enough():
    spots = drawn(
        "##....#",
        "##.....",
        "....##.",
        "....#..",
    )
    expected = drawn(
        "##.....",
        "##.....",
        "....##.",
        "....#..",
    )
    assert np.array_equal(masks.drop_islands(spots, 3), expected)


def test_drop_islands_never_drops_the_largest():
    assert np.array_equal(masks.drop_islands(DOT, 50), DOT)


@pytest.mark.parametrize(
    ("how", "expected"),
    [("add", "###."), ("within", ".#.."), ("except", "#..."), ("ignore", "##..")],
)
def test_combine_with_the_users_mask(how, expected):
    assert np.array_equal(masks.combine_masks(drawn("##.."), drawn(".##."), how), drawn(expected))


def test_combine_without_a_users_mask_is_the_found_one():
    assert np.array_equal(masks.combine_masks(drawn("##.."), None, "within"), drawn("##.."))


def test_an_unknown_way_to_combine_is_refused():
    with pytest.raises(InputError, match="add, within, except or ignore"):
        masks.combine_masks(drawn("#"), drawn("#"), "xor")


def test_box_is_xyxy_with_the_far_edges_excluded():
    assert bounding_box(drawn("....", ".##.", "....")) == Box(1, 1, 3, 2)
    assert bounding_box(np.zeros((3, 3), bool)) is None


def test_a_box_outside_the_picture_is_empty():
    for box in (Box(-3, 0, -1, 2), Box(0, -3, 2, -1), Box(-3, -3, 0, 0), Box(5, 0, 7, 2)):
        assert not masks.mask_from_box(box, Size(2, 3)).any()
    assert np.array_equal(masks.mask_from_box(Box(1, 0, 9, 1), Size(2, 3)), drawn(".##", "..."))


def test_a_box_beyond_the_picture_is_clipped():
    assert np.array_equal(masks.mask_from_box(Box(-2, -1, 1, 1), Size(2, 3)), drawn("#..", "..."))


@pytest.mark.parametrize(
    ("rows", "sides"), [(("...", ".#.", "..."), 0), (("..#", "...", "..."), 2), (("###", "#.#"), 4)]
)
def test_sides_touched(rows, sides):
    assert masks.count_sides_touched(drawn(*rows)) == sides


def test_iou_and_share():
    assert masks.mask_iou(drawn("##.."), drawn(".##.")) == pytest.approx(1 / 3)
    assert masks.mask_iou(drawn("...."), drawn("....")) == 1
    assert masks.share_inside(drawn("##.."), drawn(".##.")) == 0.5
    assert masks.share_inside(drawn("...."), drawn("####")) == 0


def test_a_mask_of_two_large_pieces_is_in_pieces_and_one_with_a_speck_is_not():
    assert masks.is_in_pieces(drawn("##.##"))
    assert not masks.is_in_pieces(drawn("####.", ".....", "....#"))
    assert masks.is_in_pieces(drawn("###..", ".....", "....#"))
    assert not masks.is_in_pieces(drawn("....."))


def test_nested_is_what_the_smaller_one_shares():
    assert masks.nested_share(drawn("####"), drawn(".#..")) == masks.nested_share(drawn(".#.."), drawn("####")) == 1
    assert masks.nested_share(drawn("##.."), drawn("..##")) == 0


def test_masks_together_and_none_of_them():
    assert np.array_equal(masks.unite_masks([drawn("#..."), drawn("..#.")], Size(1, 4)), drawn("#.#."))
    none = masks.unite_masks([], Size(2, 3))
    assert (none.shape, none.dtype, none.any()) == ((2, 3), np.bool_, False)


def test_an_operation_leaves_its_masks_as_they_were():
    mask = drawn("##.", "...", "..#")
    before = mask.copy()
    for result in (
        masks.grow_mask(mask, 0),
        masks.grow_mask(mask, 1),
        masks.fill_holes(mask),
        masks.drop_islands(mask, 2),
        masks.drop_islands(drawn("#.."), 2),
        masks.combine_masks(mask, None, "add"),
        masks.combine_masks(mask, mask, "ignore"),
    ):
        assert result.dtype == np.bool_
        result[:] = True
    assert np.array_equal(mask, before)


def test_diagonal_pixels_are_one_spot_and_do_not_close_a_hole():
    diagonal = drawn("#....", ".#...", "..#..", "....#")
    assert np.array_equal(masks.drop_islands(diagonal, 3), drawn("#....", ".#...", "..#..", "....."))
    assert masks.is_in_pieces(drawn("#...", ".#..", "..#.", "....")) is False
    ring = drawn(".#.", "#.#", ".#.")
    assert np.array_equal(masks.fill_holes(ring), drawn(".#.", "###", ".#."))


def test_a_hole_at_the_edge_of_the_picture_is_open():
    assert np.array_equal(masks.fill_holes(drawn("###", "#.#", "#.#")), drawn("###", "#.#", "#.#"))


def test_spots_of_the_least_size_stay():
    spots = drawn("###.##.#")
    for smallest, expected in ((1, "###.##.#"), (2, "###.##.."), (2.5, "###....."), (9, "###.....")):
        assert np.array_equal(masks.drop_islands(spots, smallest), drawn(expected))


def test_a_quarter_of_a_mask_is_a_piece():
    assert masks.is_in_pieces(drawn("###.#"))
    assert not masks.is_in_pieces(drawn("####.#"))
    assert masks.is_in_pieces(drawn("####.#"), 0.2)
    assert masks.is_in_pieces(drawn("##.##.##"))


def test_shares_are_of_the_inner_one():
    assert masks.share_inside(drawn("####"), drawn("#...")) == 0.25
    assert masks.share_inside(drawn("#..."), drawn("####")) == 1
    assert masks.nested_share(drawn("####...."), drawn("...###..")) == pytest.approx(1 / 3)
    assert masks.mask_iou(drawn("####"), drawn("#...")) == 0.25
