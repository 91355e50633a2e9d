"""What the plan cannot read it says; what nobody can mean it does not do; and it is quick about it."""

from __future__ import annotations

import time

import pytest

from lib_automask.plan import plan_edits, plan_target
from lib_automask.plan.parser import parse_scene
from lib_automask.plan.prompt_filters import is_english
from lib_automask.plan.prompt_syntax import read_prompt
from lib_automask.plan.recaption import retell_caption

DOG = "a brown dog sitting on a bench in a park"


def brief(caption: str, prompt: str) -> list[tuple[str, str, str | None]]:
    return [(edit.kind, edit.target, edit.replacement) for edit in plan_edits(caption, prompt).edits]


@pytest.mark.parametrize(
    "prompt",
    [
        "une femme avec un chapeau rouge dans un jardin",
        "ein hund sitzt auf einer bank im park",
        "公園のベンチに座っている猫",
        "кошка сидит на скамейке",
    ],
)
def test_other_languages_are_not_guessed_at(prompt: str) -> None:
    plan = plan_edits(DOG, prompt)
    assert plan.edits == ()
    assert plan.residue
    assert plan.confidence < 0.5


def test_a_word_of_another_script_is_told_and_the_rest_is_read() -> None:
    plan = plan_edits(DOG, "a brown cat sitting on a bench in a park, 猫")
    assert [edit.replacement for edit in plan.edits] == ["brown cat"]
    assert plan.residue == ("猫",)
    assert plan.confidence < plan_edits(DOG, "a brown cat sitting on a bench in a park").confidence


def test_what_is_too_long_is_said_to_be_cut() -> None:
    plan = plan_edits(DOG, f"{DOG}, " * 200)
    assert any(words.startswith("...") for words in plan.residue)


def test_where_nothing_is_shared_the_plan_asks_back() -> None:
    assert plan_edits(DOG, "a castle above the clouds").confidence < 0.5


@pytest.mark.parametrize("text", ["1girl, solo, long hair", DOG, "masterpiece, best quality", "red"])
def test_captions_and_tags_are_english(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("a cat, <lora:x", "a cat"),
        ("a cat, (mouse:0)", "a cat"),
        ("a cat, (mouse:-1.5)", "a cat"),
        ("a {2$$red|blue} ball", "a red ball"),
        ("a cat & a dog", "a cat and a dog"),
    ],
)
def test_syntax_that_leaves_nothing_behind(prompt: str, text: str) -> None:
    assert read_prompt(prompt).text == text


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        ("a woman sitting on a bench", "an empty bench", [("remove", "woman", None)]),
        ("a man on a chair", "nobody on the chair", [("remove", "man", None)]),
        ("a car next to a house", "the car should be removed", [("remove", "car", None)]),
        ("a boat against a grey wall", "a grey wall", [("remove", "boat", None)]),
        ("a woman in a kimono", "1girl, hand fan, kimono", [("add", "", "hand fan")]),
        ("a horse", "change the background of this photo to a desert", [("background", "background", "desert")]),
        (
            "a shop with a sign that says open",
            "a shop with a sign that says closed",
            [("modify", "sign", "sign that says closed")],
        ),
        ("make & fight", "make & fight", []),
    ],
)
def test_what_people_ask_for(caption: str, prompt: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert brief(caption, prompt) == expected


@pytest.mark.parametrize("target", ["the", "a", "", " ", ",", "\x00", "..."])
def test_a_target_that_names_nothing_masks_nothing(target: str) -> None:
    assert plan_target(target, DOG).edits == ()


def test_each_of_several_targets_has_an_edit() -> None:
    plan = plan_target("fishes, the red cat", "a blue dog")
    assert [edit.target for edit in plan.edits] == ["fishes", "red cat"]


def test_more_of_a_kind_than_have_a_number_of_their_own() -> None:
    for count in (4, 5, 13):
        assert "boxes" in retell_caption("a box", ["green box"] * count, lambda phrases: [0.0] * len(phrases))


@pytest.mark.parametrize(
    "text", ["a cat on a cat " * 1300, "and " * 5000, "red, " * 4000, "(" * 20000, "the cat's " * 2000]
)
def test_twenty_thousand_characters_take_no_time(text: str) -> None:
    plan_edits(DOG, DOG)
    start = time.perf_counter()
    plan_edits(DOG, text)
    assert time.perf_counter() - start < 1  # .3 s on an idle machine


def test_equal_texts_give_equal_plans() -> None:
    prompt = "1girl, red dress, park, masterpiece, holding umbrella"
    assert plan_edits(DOG, prompt) == plan_edits(DOG, prompt)


@pytest.mark.parametrize(
    "text", ["of barn, in barn, the barn the", "off desert, off gas the desert,", "at man at sky the man points"]
)
def test_things_of_a_muddled_text_hang_on_each_other_in_no_circle(text):
    for thing in parse_scene([text]).things:
        met = []
        while thing is not None:
            assert not any(thing is one for one in met)
            met.append(thing)
            thing = thing.anchor


def test_an_instruction_that_names_nothing_is_unsure():
    plan = plan_edits("a man with gray hair wearing a blue tie", "turn 's into a river")
    assert plan.edits == ()
    assert plan.confidence < 0.5
