"""Changes asked for in a roundabout way, and prompts that only say what is new."""

from __future__ import annotations

import pytest

from lib_automask.plan import plan_edits


def edits(caption: str, prompt: str) -> list[tuple[str, str, str | None]]:
    return [(edit.kind, edit.target, edit.replacement) for edit in plan_edits(caption, prompt).edits]


DOG = "a dog on a sofa"


@pytest.mark.parametrize(
    "prompt",
    [
        "make it a cat instead of a dog",
        "dog -> cat",
        "the dog on the sofa is now a cat",
    ],
)
def test_what_is_to_come_and_what_goes_for_it(prompt: str) -> None:
    assert edits(DOG, prompt) == [("replace", "dog", "cat")]


HOUSE = "a house with a red roof and a white fence"


@pytest.mark.parametrize(
    "prompt",
    [
        "roof: red -> blue",
        "change color of the roof: red -> blue",
        "would you mind making the roof blue?",
        "same picture, but the roof is blue",
        "nothing is different from before except for the roof, which is now blue",
    ],
)
def test_what_is_left_out_stays(prompt: str) -> None:
    [(kind, target, replacement)] = edits(HOUSE, prompt)
    assert (kind, target) == ("modify", "red roof")
    assert "blue" in str(replacement)


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        ("a cotton dress on a chair", "could the dress be made of paper?", ("modify", "cotton dress", "paper dress")),
        ("a man carrying a ladder", "let him carry a canoe", ("replace", "ladder", "canoe")),
        ("a boy with a kite and a ball", "lose the kite so that he only has a ball", ("remove", "kite", None)),
        ("two cups on a tray", "make it four cups", ("modify", "cups", "four cups")),
        ("five apples in a bowl", "reduce the apples to two", ("modify", "apples", "two apples")),
        ("a sofa with a rug", "i don't like the rug, take it out", ("remove", "rug", None)),
        ("a cottage next to a pond", "swap the pond for a pool", ("replace", "pond", "pool")),
        ("a fox in the snow", "could this be a comic book panel?", ("restyle", "whole image", "comic book panel")),
    ],
)
def test_instructions_of_many_kinds(caption: str, prompt: str, expected: tuple[str, str, str | None]) -> None:
    assert edits(caption, prompt) == [expected]


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        ("a dancer in a studio", "dancer, posing, abandoned factory", ("background", "studio", "abandoned factory")),
        ("a witch with a cat in her arms", "witch, holding white rabbit", ("replace", "cat", "white rabbit")),
        ("a turkey in a turkey themed room", "a ham in a turkey themed room", ("replace", "turkey", "ham")),
        ("a man in front of a wall", "a man in front of a windmill", ("background", "wall", "windmill")),
        ("a surfer on a wave", "surfer, wave, shark", ("add", "", "shark")),
    ],
)
def test_descriptions(caption: str, prompt: str, expected: tuple[str, str, str | None]) -> None:
    assert edits(caption, prompt) == [expected]


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("a pool with a lounger", "pool, lounger, vacation"),
        ("a boat on a lake", "same picture but sharper, in 4k and with more detail"),
        ("a painter painting a picture on an easel", "painter, painting, easel"),
        ("a bathtub in a bathroom", "bathtub, bathroom, architectural digest, ray traced"),
        ("a wolf howling at the moon", "a wolf howling at the moon, a wolf howling at the moon"),
    ],
)
def test_nothing_to_change(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []


def test_a_list_of_openings_ends() -> None:
    for text in ("where the ", "not the ", "i'd rather see a ", "a: b ", "the only change is ", "as red as a "):
        plan_edits(DOG, text * 300)
