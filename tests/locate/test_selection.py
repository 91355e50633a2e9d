"""Which segments a phrase means, in drawings of letters."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask.locate.selection import SegmentScores, locate_object, measure_misfit, phrases_to_score
from lib_automask.types import Box, Edit, EditPlan, Segment, Size

# Three dogs, of which m is the largest, two trees, a man in a jacket.
ROWS = (
    "....................",
    ".d....mmm...........",
    ".d....mmm.......s...",
    "......mmm..tt...s...",
    "...........tt.......",
    "....................",
    "pp..................",
    "pp...........T......",
    "jj...........T......",
    "jj..................",
    "pp..................",
    "pp..................",
)
DOGS = {"d": 0.9, "m": 0.8, "s": 0.95}


def scored(phrases: dict[str, dict[str, float]], rows: tuple[str, ...] = ROWS) -> tuple[str, SegmentScores]:
    """The letters of a drawing, and how each (or several as one segment, "pj") is scored for each phrase."""
    cells = np.array([list(row) for row in rows])
    letters = list(dict.fromkeys(letter for scores in phrases.values() for letter in scores))
    segments = tuple(Segment(np.isin(cells, list(letter)), 0.9, 0.95) for letter in letters)
    values = [[scores.get(letter, 0.02) for scores in phrases.values()] for letter in letters]
    return " ".join(letters), SegmentScores(segments, tuple(phrases), np.array(values, np.float32))


def found(target: str, phrases: dict[str, dict[str, float]], rows: tuple[str, ...] = ROWS) -> str:
    """The letters of the segments that ``target`` means."""
    letters, scores = scored(phrases, rows)
    place = locate_object(target, scores, Size(len(rows), len(rows[0])))
    return "".join(letters.split()[index] for index in place.segments)


@pytest.mark.parametrize(
    ("target", "letters"),
    [
        ("dog", "s"),
        ("dog on the left", "d"),
        ("rightmost dog", "s"),
        ("middle dog", "m"),
        ("second dog from the left", "m"),
        ("second dog from the right", "m"),
        ("third dog from the left", "s"),
        ("fourth dog from the left", ""),
        ("big dog", "m"),
        ("all dogs", "sdm"),
        ("both dogs", "sd"),
    ],
)
def test_one_of_several_by_side_order_size_and_number(target: str, letters: str) -> None:
    assert found(target, {"dog": DOGS, "dogs": DOGS}) == letters


@pytest.mark.parametrize(
    ("target", "letters"),
    [
        ("dog next to the tree", "m"),
        ("dog left of the tree", "m"),
        ("dog right of the tree", "s"),
        ("dog behind the right tree", "s"),
    ],
)
def test_one_of_several_by_another_thing(target: str, letters: str) -> None:
    trees = {"t": 0.9, "T": 0.6} if "right tree" in target else {"t": 0.9}
    assert found(target, {"dog": DOGS, "tree": trees}) == letters


def test_a_thing_above_another_and_one_below_it_are_told_apart() -> None:
    rows = ("..a...", "......", "..t...", "......", "..b...")
    for relation, letter in (("above", "a"), ("below", "b"), ("on", "a")):
        assert found(f"ball {relation} the box", {"ball": {"a": 0.9, "b": 0.9}, "box": {"t": 0.9}}, rows) == letter


def test_several_without_the_thing_that_singles_one_out_are_uncertain() -> None:
    _, scores = scored({"dog": DOGS, "tree": {"t": 0.1}})
    assert locate_object("dog next to the tree", scores, Size(12, 20)).score == pytest.approx(0.1)
    _, scores = scored({"dog": {"d": 0.9}, "tree": {"t": 0.1}})
    assert locate_object("dog next to the tree", scores, Size(12, 20)).score == pytest.approx(0.9)


@pytest.mark.parametrize("owner", [0.9, 0.97])
def test_part_is_not_its_whole_and_the_whole_not_its_part(owner: float) -> None:
    """A whole shows its part too, and may score higher for it."""
    phrases = {"jacket": {"pj": owner, "j": 0.9}, "man": {"pj": 0.9, "j": 0.3}}
    assert found("man's jacket", phrases) == "j"
    assert found("man", phrases) == "pj"


def test_group_is_not_one_of_its_members() -> None:
    """SAM offers two alike as one region too."""
    phrases = {"dog": {"ds": 0.95, "d": 0.8, "s": 0.8}, "dogs": {"ds": 0.95, "d": 0.8, "s": 0.8}}
    assert found("dog on the left", phrases) == "d"
    assert found("dog on the right", phrases) == "s"
    assert found("dogs", phrases) == "ds"


def test_a_thing_is_not_the_group_of_itself_and_another_named_thing() -> None:
    """As one region both have the surer outline, or the larger area; what shows the man best is no group of parts."""
    touching = ("dddtt", "dddtt", ".....")
    group = {"dog": {"d": 0.95, "dt": 0.96, "t": 0.1}, "tree": {"d": 0.1, "dt": 0.9, "t": 0.95}}
    assert found("dog", group, touching) == "d"
    assert found("tree", group, touching) == "t"
    owner = {"dog": {"d": 0.8, "dt": 0.96, "t": 0.1}, "tree": {"d": 0.1, "dt": 0.9, "t": 0.95}}
    assert found("dog", owner, touching) == "dt"
    assert found("dog", {"dog": group["dog"]}, touching) == "dt"


def test_of_nested_segments_that_score_alike_the_one_with_the_surest_outline_is_taken() -> None:
    """Sure is what SAM rates well and what hardly depends on its threshold; either alone is not enough."""
    outer, inner = np.zeros((2, 20, 20), bool)
    outer[2:18, 2:18], inner[3:17, 3:17] = True, True

    def chosen(of_outer: tuple[float, float], of_inner: tuple[float, float]) -> tuple[int, ...]:
        segments = (Segment(outer, *of_outer), Segment(inner, *of_inner))
        scores = SegmentScores(segments, ("dog",), np.array([[0.9], [0.88]], np.float32))
        return locate_object("dog", scores, Size(20, 20)).segments

    assert chosen((0.95, 0.7), (0.9, 0.95)) == (1,)
    assert chosen((0.8, 0.95), (0.9, 0.9)) == (1,)
    assert chosen((0.95, 0.9), (0.9, 0.9)) == (0,)
    assert chosen((0.9, 0.9), (0.9, 0.9)) == (0,), "of outlines that are alike the larger"


def test_of_nested_segments_one_is_taken() -> None:
    assert found("dogs", {"dogs": {"m": 0.95, "d": 0.9, "mt": 0.8}}) == "md"


def test_things_that_single_out_another_are_scored_too() -> None:
    plan = EditPlan((Edit("remove", "dog next to the tree"), Edit("add", "cat's bowl", "fish", "in")), ("two birds",))
    assert phrases_to_score(plan) == ("dog", "tree", "bowl", "cat", "birds")


# The four corners of a picture, and one close to its middle, in the upper left quarter.
CORNERS = (
    "aa..............bb",
    "aa..............bb",
    "..................",
    "......m...........",
    "..................",
    "..................",
    "..cc............dd",
    "..cc............dd",
)


@pytest.mark.parametrize(
    ("target", "letters"),
    [
        ("all dogs on the left", "acm"),
        ("all dogs on the right", "bd"),
        ("all dogs at the top", "abm"),
        ("all dogs at the bottom", "cd"),
        ("all dogs", "abcdm"),
        ("all dogs in the middle", "abcdm"),
    ],
)
def test_several_on_a_side_are_those_in_that_half(target: str, letters: str) -> None:
    dogs = {"a": 0.6, "b": 0.9, "c": 0.8, "d": 0.7, "m": 0.65}
    assert "".join(sorted(found(target, {"dogs": dogs}, CORNERS))) == letters


def test_several_on_a_side_where_none_lies_are_all_of_them() -> None:
    left = ("a.........", "b.........", "..........")
    assert sorted(found("all dogs on the right", {"dogs": {"a": 0.9, "b": 0.8}}, left)) == ["a", "b"]
    assert found("all dogs on the left", {"dogs": {"a": 0.9}}, left) == "a"


def test_what_lies_on_the_middle_line_is_in_neither_half() -> None:
    rows = ("..........", "a...mm...b", "..........")
    dogs = {"dogs": {"a": 0.9, "m": 0.8, "b": 0.7}}
    assert found("all dogs on the left", dogs, rows) == "a"
    assert found("all dogs on the right", dogs, rows) == "b"


@pytest.mark.parametrize(
    ("rows", "letter"),
    [
        # Of two the one nearer to the middle of the picture, of three or more the middle one of them.
        ((".a....b...", "..........", ".........."), "b"),
        (("...a....b.", "..........", ".........."), "a"),
        ((".", "a", ".", ".", ".", ".", "b", ".", ".", "."), "b"),
        ((".", ".", ".", "a", ".", ".", ".", ".", "b", "."), "a"),
        (("..........", "..........", "abc......."), "b"),
        (("a...", "b...", "....", "....", "....", "c..."), "b"),
        (("a.b.c....d", "..........", ".........."), "c"),
    ],
)
def test_the_middle_one(rows: tuple[str, ...], letter: str) -> None:
    letters = sorted({cell for row in rows for cell in row} - {"."})
    assert found("dog in the middle", {"dog": dict.fromkeys(letters, 0.9)}, rows) == letter


@pytest.mark.parametrize(
    ("target", "letter"), [("upper dog", "b"), ("lower dog", "c"), ("leftmost dog", "a"), ("rightmost dog", "d")]
)
def test_the_outermost_on_each_side(target: str, letter: str) -> None:
    rows = ("...b..", "a.....", ".....d", "..c...")
    assert found(target, {"dog": dict.fromkeys("abcd", 0.9)}, rows) == letter


ANCHOR = Box(40, 40, 60, 60)


@pytest.mark.parametrize(
    ("relation", "box", "pixels"),
    [
        # Straight on the right side the distance of the middles; askew or on the wrong side much more.
        ("left of", Box(15, 45, 25, 55), 30),
        ("right of", Box(75, 45, 85, 55), 30),
        ("above", Box(45, 15, 55, 25), 30),
        ("below", Box(45, 75, 55, 85), 30),
        ("left of", Box(75, 45, 85, 55), 330),
        ("left of", Box(15, 85, 25, 95), 50 + 10 * 10),
        ("below", Box(75, 85, 85, 95), 50),
        # What stands on a thing ends within its height, and not beside it.
        ("on", Box(45, 30, 55, 50), 1),
        ("on", Box(45, 20, 55, 36), 4 + 2.2),
        ("on", Box(45, 50, 55, 65), 5 + 0.75),
        ("on", Box(75, 5, 85, 15), 15 + 25 + 5),
        ("on", Box(15, 45, 25, 55), 15 + 3),
        # Next to it: the gap, and a tenth of the distance.
        ("next to", Box(75, 85, 85, 95), 15 + 25 + 5),
        ("next to", Box(15, 5, 25, 15), 15 + 25 + 5),
        ("next to", Box(45, 42, 55, 58), 0),
        ("next to", Box(60, 60, 80, 80), 2 * 2**0.5),
        ("of", Box(40, 20, 60, 40), 2),
    ],
)
def test_how_far_a_thing_is_from_lying_as_a_relation_says(relation: str, box: Box, pixels: float) -> None:
    assert measure_misfit(box, ANCHOR, relation) == pytest.approx(pixels)


@pytest.mark.parametrize(
    ("rows", "letters"), [(("pppppppphh", ".........."), "p"), (("ppppppppph", ".........."), "ph")]
)
def test_what_covers_nine_tenths_of_an_owner_is_the_owner(rows: tuple[str, ...], letters: str) -> None:
    """Where nothing else is left, the best of all is taken."""
    assert found("man's jacket", {"jacket": {"p": 0.9, "ph": 0.95}, "man": {"p": 0.3, "ph": 0.9}}, rows) == letters


@pytest.mark.parametrize(
    ("dog", "letters"),
    [
        ({"d": 0.95, "dt": 0.96}, "d"),  # the dog alone scores about as well as dog and tree together
        ({"d": 0.93, "dt": 0.96}, "dt"),  # alone it scores clearly worse, so it is no dog by itself
    ],
)
def test_a_group_is_known_by_members_that_score_alike(dog: dict[str, float], letters: str) -> None:
    rows = ("dddtt", "dddtt", ".....")
    assert found("dog", {"dog": {**dog, "t": 0.1}, "tree": {"d": 0.1, "dt": 0.9, "t": 0.95}}, rows) == letters


@pytest.mark.parametrize(
    ("rows", "letters"),
    [
        (("dddddttttt", ".........."), "d"),  # d and t make up the group
        (("dddddttxxx", ".........."), "dtx"),  # they are too little of it
    ],
)
def test_a_group_is_known_by_members_that_make_it_up(rows: tuple[str, ...], letters: str) -> None:
    group = "dtx" if "x" in rows[0] else "dt"
    phrases = {"dog": {"d": 0.95, group: 0.96, "t": 0.1}, "tree": {"d": 0.1, group: 0.9, "t": 0.95}}
    assert found("dog", phrases, rows) == letters


def test_what_covers_a_part_of_both_is_not_their_group() -> None:
    phrases = {"dog": {"dD": 0.95, "Dt": 0.96, "tT": 0.1}, "tree": {"dD": 0.1, "Dt": 0.9, "tT": 0.95}}
    assert found("dog", phrases, ("dddddDDDDD", "TTTTTttttt")) == "Dt"
