"""What somebody does, who does it, and what it is done with."""

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
            "a boy in a park",
            "a boy flying a kite in a park",
            [("add", "boy", "kite")],
        ),
        (
            "a woman sitting at a desk",
            "a woman eating an apple at a desk",
            [("add", "woman", "apple")],
        ),
        (
            "a man reading a book on a bench",
            "a man drinking coffee on a bench",
            [("replace", "book", "coffee")],
        ),
        (
            "a kid kicking a ball",
            "a kid riding a scooter",
            [("replace", "ball", "scooter")],
        ),
        (
            "a woman holding a cat",
            "a woman playing a violin",
            [("replace", "cat", "violin")],
        ),
        (
            "a dog chasing a cat in a garden",
            "the dog is now chasing a chicken in the garden",
            [("replace", "cat", "chicken")],
        ),
        (
            "a beach",
            "a beach with a horse and a rider in a red coat",
            [("add", "", "horse"), ("add", "", "rider")],
        ),
    ],
)
def test_what_comes_with_a_deed_is_what_changes(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a man in slippers",
            "a man with slippers on his feet",
            [],
        ),
    ],
)
def test_a_posture_may_be_told_by_what_one_is_on(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a man on a ladder painting a wall",
            "a man on a ladder cleaning a window",
            [("replace", "wall", "window")],
        ),
    ],
)
def test_of_several_each_does_their_own(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a mother hugging her child",
            "a mother gives her child a hug",
            [],
        ),
        (
            "two women are having coffee in a cafe",
            "2 ladies drinking coffee at a coffee shop",
            [],
        ),
        (
            "a woman is being painted by an artist",
            "an artist paints a woman",
            [],
        ),
        (
            "a tennis player on a court",
            "the tennis player plays on a court",
            [],
        ),
        (
            "a cat stretching on a windowsill",
            "a cat has a stretch on the window ledge",
            [],
        ),
    ],
)
def test_one_deed_in_two_wordings_is_no_edit(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a man rides a horse",
            "wearing a cowboy hat, a man rides a horse",
            [("add", "man", "cowboy hat")],
        ),
    ],
)
def test_told_before_its_doer(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected
