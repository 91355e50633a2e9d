"""Which one of several a phrase means, as text."""

from __future__ import annotations

import time

import pytest

from lib_automask.referring_expressions import (
    BY_PHRASE,
    MOST_ANCHORS,
    SPATIAL_RELATIONS,
    Referent,
    find_relation,
    is_ambiguous,
    is_worn_by,
    read_referent,
)


@pytest.mark.parametrize(
    ("phrase", "meaning"),
    [
        ("red ball", Referent("red ball")),
        ("the red ball", Referent("red ball")),
        ("cup of tea", Referent("cup of tea")),
        ("red ball on the left", Referent("red ball", side="left")),
        ("cat at the right side", Referent("cat", side="right")),
        ("the leftmost ball", Referent("ball", side="left")),
        ("upper red ball", Referent("red ball", side="top")),
        ("man in the middle", Referent("man", side="middle")),
        ("second ball from the left", Referent("ball", side="left", order=2)),
        ("third star from the right", Referent("star", side="right", order=3)),
        ("first car", Referent("car", side="left")),
        ("big star", Referent("star", size="large")),
        ("the smaller star", Referent("star", size="small")),
        ("tree in the background", Referent("tree", size="small")),
        ("two dogs", Referent("dogs", count=2)),
        ("both the red balls", Referent("red balls", count=2)),
        ("all of the fish", Referent("fish", count=None)),
        ("balls", Referent("balls", count=None)),
        ("people on the left", Referent("people", count=None, side="left")),
        ("one of the dogs", Referent("dogs", count=1)),
        ("dress", Referent("dress")),
        ("octopus", Referent("octopus")),
        ("dog next to the tree", Referent("dog", relation="next to", anchor=Referent("tree"))),
        ("dog that is left of a tree", Referent("dog", relation="left of", anchor=Referent("tree"))),
        ("cat on the left of the sofa", Referent("cat", relation="left of", anchor=Referent("sofa"))),
        ("cat behind the red sofa", Referent("cat", relation="next to", anchor=Referent("red sofa"))),
        ("man's jacket", Referent("jacket", relation="of", anchor=Referent("man"))),
        ("handle of the cup", Referent("handle", relation="of", anchor=Referent("cup"))),
        (
            "collar of the dog on the left",
            Referent("collar", side="left", relation="of", anchor=Referent("dog")),
        ),
        (
            "cup on the table next to the left window",
            Referent(
                "cup",
                relation="on",
                anchor=Referent("table", relation="next to", anchor=Referent("window", side="left")),
            ),
        ),
    ],
)
def test_words_that_single_out_are_read_and_taken_off(phrase: str, meaning: Referent) -> None:
    assert read_referent(phrase) == meaning


@pytest.mark.parametrize("phrase", ["", " ", "the", "left", "of the", "'s", "on the left", "in the", "two", "first of"])
def test_a_phrase_without_a_thing_never_fails(phrase: str) -> None:
    assert read_referent(phrase).things


def test_all_named_things_are_listed() -> None:
    assert read_referent("cup on the table next to the window").things == ("cup", "table", "window")


LONG_PHRASES = (
    "cup on the table " * 375,
    "man's " * 1500,
    "handle of the " * 500 + "cup",
    "left " * 1500,
    "dog " * 1500,
)


@pytest.mark.parametrize("phrase", LONG_PHRASES, ids=["relations", "owners", "parts", "sides", "words"])
def test_a_phrase_of_1500_words_is_read_as_far_as_its_first_anchors(phrase: str) -> None:
    assert 1 <= len(read_referent(phrase).things) <= MOST_ANCHORS + 1


def test_a_run_of_spaces_is_one_space_and_costs_no_time() -> None:
    assert read_referent("red  ball\non   the left") == Referent("red ball", side="left")
    started = time.perf_counter()
    read_referent("dog" + " " * 20_000 + "cat")
    assert time.perf_counter() - started < 0.3


def test_a_phrase_stands_in_one_row_of_the_table() -> None:
    rows = [phrase for row in SPATIAL_RELATIONS for phrase in (*row.phrases, *row.more)]
    assert len(rows) == len(set(rows)) == len(BY_PHRASE)
    for row in SPATIAL_RELATIONS:
        assert bool(row.phrases) == bool(row.compared), row
        assert set(row.worn) <= {*row.phrases, *row.more}, row


@pytest.mark.parametrize(
    ("relation", "placed"),
    [
        ("on", "on"),
        ("sitting on top of", "on"),
        ("in", "in"),
        ("in front of", "front"),
        ("high above", "above"),
        ("hanging from", "under"),
        ("in between", "between"),
        ("beside", "near"),
        ("leaning against", "near"),
        ("", "near"),
    ],
)
def test_a_new_thing_is_placed_by_the_longest_phrase_at_the_end(relation: str, placed: str) -> None:
    assert find_relation(relation).placed == placed


def test_some_relations_leave_open_where_a_thing_is_worn_and_some_whether_it_is_held() -> None:
    relations = ("", "with", "has", "on", "on top of", "wearing", "dressed in", "next to", "leaning against")
    assert [relation for relation in relations if is_worn_by(relation)] == [
        "", "with", "has", "on", "wearing", "dressed in",
    ]  # fmt: skip
    assert [relation for relation in relations if is_ambiguous(relation)] == ["with", "has"]
