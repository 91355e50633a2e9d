"""Stories told round one change, and changes told in turns of phrase."""

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
            "a castle on a hill with a flag on its tower",
            "the castle still stands upon its hill, its tower as proud as ever, but no flag flies from "
            "the tower any longer",
            [("remove", "flag", None)],
        ),
        (
            "two swans on a lake with a boathouse",
            "the lake lies there as calm as ever with its two swans, and the boathouse is there too, but "
            "now there are five swans instead of two",
            [("modify", "swans", "five swans")],
        ),
    ],
)
def test_a_story_comes_down_to_its_one_change(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a dog on a bench in a park",
            "everything about this is the same, except the dog is wearing a hat",
            [("add", "dog", "hat")],
        ),
    ],
)
def test_everything_but_one_thing(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a girl with a dog in a park",
            "the dog wears a red scarf",
            [("add", "dog", "red scarf")],
        ),
        (
            "a table with a plastic tablecloth",
            "the tablecloth is made of lace",
            [("modify", "plastic tablecloth", "lace tablecloth")],
        ),
        (
            "a dog and a cat in a garden",
            "the dog is now sleeping",
            [("modify", "dog", "sleeping")],
        ),
    ],
)
def test_a_prompt_that_speaks_of_a_part_leaves_the_rest(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a garden with a stone fountain",
            "the stone fountain has been replaced by a stone sundial",
            [("replace", "stone fountain", "stone sundial")],
        ),
    ],
)
def test_turns_of_phrase_are_put_plainly(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected
