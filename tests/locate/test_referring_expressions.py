"""Which one of several a phrase means, as text."""

from __future__ import annotations

import pytest

from lib_automask.referring_expressions import Referent, read_referent


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
def test_what_says_nothing_never_fails(phrase: str) -> None:
    assert read_referent(phrase).things


def test_other_things_that_are_named_are_told() -> None:
    assert read_referent("cup on the table next to the window").things == ("cup", "table", "window")
