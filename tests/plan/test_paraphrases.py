"""The same picture in other words: no edit; and what only looks like other words: an edit."""

from __future__ import annotations

import pytest

from lib_automask.plan import plan_edits


def edits(caption: str, prompt: str) -> list[tuple[str, str, str | None]]:
    return [(edit.kind, edit.target, edit.replacement) for edit in plan_edits(caption, prompt).edits]


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("a man baking bread in a kitchen", "a baker making loaves in a kitchen"),
        ("a man playing baseball on a field", "a baseball player on a field"),
        ("a man in a suit holding a briefcase", "a businessman with a briefcase"),
        ("a woman taking a picture with a camera", "a photographer, camera"),
        ("a pianist on a stage in front of an audience", "someone plays the piano on stage, with a crowd before them"),
    ],
)
def test_somebody_may_be_named_after_what_they_do_or_have(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        ("a man standing by a wall", "a firefighter standing by a wall", ("replace", "man", "firefighter")),
        ("a star and a box, at night", "a car and a box, at night", ("replace", "star", "car")),
        ("a man serving drinks", "a waitress serving drinks", ("replace", "man", "waitress")),
        ("a chef with a hat and an apron", "a chef with an apron", ("remove", "hat", None)),
        ("a dancer standing on a stage", "a dancer sleeping on a stage", ("modify", "dancer", "sleeping")),
    ],
)
def test_another_thing_is_no_paraphrase(caption: str, prompt: str, expected: tuple[str, str, str | None]) -> None:
    assert edits(caption, prompt) == [expected]


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("a man sleeping on a bench", "a man takes a nap on a bench"),
        ("a man sleeping on a bench", "a man having a nap on a bench"),
        ("a dog with its tongue out", "a dog sticking out its tongue"),
        ("a woman wearing a red dress", "a woman dressed in red"),
        ("a woman with blonde hair", "a blonde"),
        ("a man wearing a hat", "a hat-wearing man"),
        ("a cart piled with hay", "a cart with hay"),
        ("a mother and her daughter are cooking in a kitchen", "a mom and her daughter cook in the kitchen"),
        ("two men in black suits", "2boys, black suits"),
        ("a knight with a sword", r"1boy, knight, sword \(weapon\)"),
        ("a man on a horse in a field", "a man riding a horse in a field"),
    ],
)
def test_other_words_are_no_edit(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        ("a white van in an alley", "a sage green van in an alley", ("modify", "white van", "sage green van")),
        ("a dark haired man in a suit", "1boy, blonde hair, suit", ("modify", "dark hair", "blonde hair")),
        ("a deer by a river", "a herd of deer by a river", ("modify", "deer", "herd of deer")),
        ("a man with a kitten in his arms", "1boy, holding puppy", ("replace", "kitten", "puppy")),
        ("a man reading in a library", "a man reading in a bus", ("background", "library", "bus")),
        ("a tropical island", "tropical island, treasure chest", ("add", "", "treasure chest")),
    ],
)
def test_what_a_person_would_see_is_an_edit(caption: str, prompt: str, expected: tuple[str, str, str | None]) -> None:
    assert edits(caption, prompt) == [expected]


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a man holding a cup and a woman holding a cup",
            "let the man hold a book instead of a cup",
            ("replace", "man's cup", "book"),
        ),
        (
            "a man in a red hat and a man in a blue hat",
            "2boys, red hat, white hat",
            ("modify", "blue hat", "white hat"),
        ),
        (
            "a chef and a waiter in aprons",
            "the chef's apron should be red, the waiter's stays as it is",
            ("modify", "chef's apron", "red apron"),
        ),
    ],
)
def test_of_two_alike_the_one_meant_is_named(caption: str, prompt: str, expected: tuple[str, str, str | None]) -> None:
    assert edits(caption, prompt) == [expected]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a pipe on a table, [cartoon], (anime:0.2)", []),
        ("a pipe on a table, trending on behance, archdaily", []),
        ("a pipe on a table, kodak gold 200, shot on leica", []),
        ("a pipe on a table, whimsical, nostalgic", []),
        ("watercolor pipe on a table", [("restyle", "whole image", "watercolor")]),
        ("give it the look of a woodcut", [("restyle", "whole image", "woodcut")]),
        ("there should be no table", [("remove", "table", None)]),
        ("let there be three pipes on the table", [("modify", "pipe", "three pipes")]),
    ],
)
def test_tags_and_instructions(prompt: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert edits("a pipe on a table", prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("a cat on a table", "a cat on a tabletop"),
    ],
)
def test_a_place_may_be_named_by_its_part(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        ("a road with parked cars and power lines", "a road with parked cars", ("remove", "power lines", None)),
    ],
)
def test_a_thing_is_told_from_what_it_holds_or_stands_by(
    caption: str, prompt: str, expected: tuple[str, str, str | None]
) -> None:
    assert edits(caption, prompt) == [expected]


def test_a_wave_that_somebody_rides_is_no_gesture() -> None:
    assert edits("a surfer riding a wave in the sea", "surfer, riding, wave, sea") == []


def test_clear_is_no_weather_of_a_thing() -> None:
    asked = edits("a woman with a blue umbrella", "a woman with a clear umbrella")
    assert asked == [("modify", "blue umbrella", "clear umbrella")]


def test_make_that_thing_speaks_of_the_thing() -> None:
    asked = edits("a boy in a cap holding a dog", "make that cap much bigger")
    assert asked == edits("a boy in a cap holding a dog", "make the cap much bigger") != []
