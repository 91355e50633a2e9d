"""Words that one picture may be told by without meaning the same; and what they must not swallow."""

from __future__ import annotations

import pytest

from lib_automask.plan import lexicon, plan_edits, verbs, wordlists


def edits(caption: str, prompt: str) -> list[tuple[str, str, str | None]]:
    return [(edit.kind, edit.target, edit.replacement) for edit in plan_edits(caption, prompt).edits]


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("a man chopping firewood by a cabin", "a man splits logs by a cabin"),
        ("a plane on a runway", "an airliner on the tarmac"),
        ("a woman reading by a fire", "a woman reading by a blaze"),
        ("a swordsman fighting a dragon", "a warrior battles a dragon"),
        ("a girl in a white shirt", "1girl, white top"),
    ],
)
def test_a_thing_may_go_by_another_name(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        ("a man in sneakers", "a man in sandals", ("replace", "sneakers", "sandals")),
        ("a man holding a sword", "a man holding a dagger", ("replace", "sword", "dagger")),
        ("a dog on a beach", "a dog in the sea", ("background", "beach", "sea")),
        ("a girl in a white shirt", "1girl, red top", ("modify", "white shirt", "red top")),
        ("a woman talking to a man", "a woman slapping a man", ("modify", "woman", "slapping")),
    ],
)
def test_what_two_words_share_with_a_third_they_need_not_share(
    caption: str, prompt: str, expected: tuple[str, str, str | None]
) -> None:
    assert edits(caption, prompt) == [expected]


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("a girl blowing out candles on a cake", "a girl extinguishes the candles on a cake"),
        ("a woman putting on lipstick", "a woman applies lipstick"),
        ("a chef tossing dough", "a chef spins dough"),
    ],
)
def test_a_deed_may_go_by_another_verb(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []


def test_a_deed_that_no_list_knows_is_asked_of_the_picture() -> None:
    caption, prompt = "a dog running in a park", "a dog zoomying in a park"
    assert not verbs.is_verb("zoomying")
    assert edits(caption, prompt) == []
    asked = plan_edits(caption, prompt, presence=lambda phrases: [0.1] * len(phrases))
    assert [(edit.kind, edit.replacement) for edit in asked.edits] == [("modify", "zoomying")]


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("two men playing chess", "two men in a chess match"),
        ("a woman talking on a phone", "a woman having a phone conversation"),
        ("a cow standing in a field", "a cow grazing in a field"),
        ("a rocket taking off", "a rocket launch"),
    ],
)
def test_what_is_going_on_is_no_thing(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []


@pytest.mark.parametrize("prompt", ["red cup, tea, table", "tea in a red cup on a table"])
def test_a_vessel_named_apart_is_the_same_vessel(prompt: str) -> None:
    asked = edits("a white cup of tea on a table", prompt)
    assert asked == [("modify", "white cup of tea", "red cup of tea")]


def test_several_may_be_summed_up() -> None:
    assert edits("a bowl of strawberries and blueberries", "a bowl of berries") == []
    assert edits("a cat and a dog on a rug", "two pets on a rug") == []
    assert edits("a cat and a dog on a rug", "a dog on a rug") == [("remove", "cat", None)]


def test_a_part_that_no_list_knows_is_asked_of_the_picture() -> None:
    caption, prompt = "a panda eating bamboo", "a panda eating bamboo shoots"
    assert edits(caption, prompt) == []
    asked = plan_edits(caption, prompt, presence=lambda phrases: [0.1] * len(phrases))
    assert [(edit.kind, edit.replacement) for edit in asked.edits] == [("replace", "bamboo shoots")]


def test_whoever_is_named_after_a_deed_does_it_with_their_tools() -> None:
    assert edits("a man in a boat with a fishing net", "a fisherman casting a net from a boat") == []


def test_a_vessel_is_not_its_own_content() -> None:
    assert edits("a loaf of bread on a board", "baked bread on a board") == []


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("a man hammering a nail", "a man hammers a nail"),
        ("a woman lifting weights", "a woman lifts weights"),
    ],
)
def test_a_tool_behind_somebody_and_before_a_thing_is_a_verb(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []


def test_quality_asked_for_in_two_parts_is_no_style() -> None:
    assert edits("a car on a road", "make it sharper and more detailed") == []
    assert edits("a car on a road", "make it sharper and add a dog") == [("add", "", "dog")]


def test_near_words_are_not_one_concept_already() -> None:
    """A pair that the other lists know as one would join what it is near to, by the back door."""
    for word, *others in wordlists.groups("near", "nouns"):
        joined = [other for other in others if lexicon.concept(word.split())[0] == lexicon.concept(other.split())[0]]
        assert not joined, word
