"""Constructions in which a thing, a material, a place or a style is told otherwise than usual."""

from __future__ import annotations

import pytest

from lib_automask.plan import plan_edits

Edits = list[tuple[str, str, str | None]]


def edits(caption: str, prompt: str) -> Edits:
    return [(edit.kind, edit.target, edit.replacement) for edit in plan_edits(caption, prompt).edits]


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a stone wall",
            "a wall made of bottles",
            [("modify", "stone wall", "bottles wall")],
        ),
        (
            "a wool hat on a table",
            "knit the hat out of yarn",
            [("modify", "wool hat", "yarn")],
        ),
        (
            "a woman with a bag",
            "give the bag stripes",
            [("modify", "bag", "stripes bag")],
        ),
        (
            "a denim jacket hanging on a hook",
            "swap denim for leather",
            [("modify", "denim jacket", "leather jacket")],
        ),
        (
            "a butterfly with yellow wings on a leaf",
            "the butterfly's wings are iridescent blue",
            [("modify", "yellow wings", "iridescent blue wings")],
        ),
    ],
)
def test_materials_and_patterns(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a man in a suit with a briefcase",
            "a man in a suit with a briefcase and a monocle",
            [("add", "man", "monocle")],
        ),
        (
            "two dogs on a lawn",
            "put a hat on the left dog",
            [("add", "dog on the left", "hat")],
        ),
        (
            "two dogs on a lawn",
            "place a bone in front of the second dog",
            [("add", "second dog", "bone")],
        ),
    ],
)
def test_additions_find_their_anchor(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a street with a bus",
            "the bus shouldn't be in the picture",
            [("remove", "bus", None)],
        ),
        (
            "a street with a bus",
            "the bus isn't there anymore",
            [("remove", "bus", None)],
        ),
        (
            "a street with a bus",
            "no need for the bus",
            [("remove", "bus", None)],
        ),
        (
            "a man with glasses at a bar",
            "1boy, no glasses, bar, whiskey",
            [("add", "", "whiskey"), ("remove", "glasses", None)],
        ),
        (
            "four chairs around a table",
            "leave only two of the chairs",
            [("modify", "chairs", "two chairs")],
        ),
        (
            "four chairs around a table",
            "remove all but one of the chairs",
            [("modify", "chairs", "one chair")],
        ),
    ],
)
def test_what_should_not_be_there(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a woman in a park",
            "1girl, beach, masterpiece",
            [("background", "park", "beach")],
        ),
        (
            "a dog wearing a sweater",
            "dog wearing a sweater, snow",
            [("background", "background", "snow")],
        ),
        (
            "a man with a newspaper in a train",
            "man, newspaper, boat, best quality",
            [("background", "train", "boat")],
        ),
        (
            "a cat on a street at night",
            "make it daytime",
            [("background", "night", "daytime")],
        ),
        (
            "a man in an office",
            "send him to the bottom of the sea",
            [("background", "office", "bottom of the sea")],
        ),
    ],
)
def test_places(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a cat on a roof",
            "the cover of a comic book showing a cat on a roof",
            [("restyle", "whole image", "comic book")],
        ),
        (
            "a dog on a rug",
            "a grainy black and white photo of a dog on a rug",
            [("restyle", "whole image", "grainy black and white photo")],
        ),
        (
            "a farmhouse in a field",
            "a farmhouse in a field, embroidered on linen",
            [("restyle", "whole image", "embroidered on linen")],
        ),
        (
            "a bowl of fruit",
            "a still life painting of a bowl of fruit by cezanne",
            [("restyle", "whole image", "still life painting")],
        ),
    ],
)
def test_styles(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a red ball near a grey dog",
            "a red ball left of a grey dog, a tall lamp and a wooden chair",
            [("add", "", "tall lamp"), ("add", "", "wooden chair")],
        ),
        ("a boy with a cup of milk", "a boy with a glass of juice", [("replace", "cup of milk", "glass of juice")]),
        ("a tray with bread and pickles", "tray, bread, pickles", []),
        ("a frog on a stone", "frog, stone, outdoors", []),
    ],
)
def test_lists_behind_a_place_and_contents_with_their_container(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


def test_a_verb_behind_what_somebody_wears_is_no_part_of_it() -> None:
    found = edits("a gardener holding a rake", "a gardener wearing a straw hat digs holes")
    assert not any("digs" in (replacement or "") for _, _, replacement in found)
