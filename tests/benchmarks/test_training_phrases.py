"""Phrases that the demo's matcher is trained on as true of a scene are true, and those as false are false."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import Scene, Thing, make_scene, plural
from training.crop_phrases import crop_phrase
from training.phrases import Phrase, long_phrase, relation, short_phrase
from training.vocabulary import UNSEEN, VOCABULARY, token_ids


def scenes(number: int) -> list[Scene]:
    rng = np.random.default_rng(4)
    return [make_scene(rng) for _ in range(number)]


def shown_by(text: str, things: tuple[Thing, ...]) -> list[Thing]:
    """The things whose class, and colour where one is named, are in the text."""
    words = set(text.split())
    phrases = [thing for thing in things if words & {thing.kind, plural(thing.kind)}]
    return [thing for thing in phrases if thing.color in words or not words & set(COLORS)]


def test_the_vocabulary_knows_every_word_of_every_caption() -> None:
    unknown = VOCABULARY.index("[UNK]")
    assert all(unknown not in token_ids(scene.caption) for scene in scenes(300))
    assert unknown in token_ids(f"a {UNSEEN} ball")


def test_no_word_is_in_the_vocabulary_twice() -> None:
    assert len(set(VOCABULARY)) == len(VOCABULARY)


def test_short_phrases_are_as_true_as_they_say() -> None:
    rng, wrong = np.random.default_rng(5), []
    for scene in scenes(400):
        phrase = short_phrase(rng, scene.things, scene.ground)
        needed = 2 if phrase.text.startswith("two ") else 1
        if (
            phrase.kind in ("coloured", "class")
            and (len(shown_by(phrase.text, scene.things)) >= needed) != phrase.match
        ):
            wrong.append((scene.caption, phrase))
        if phrase.kind == "ground" and (scene.ground in phrase.text.split()) != phrase.match:
            wrong.append((scene.caption, phrase))
    assert wrong == []


def test_both_answers_are_about_as_frequent() -> None:
    rng = np.random.default_rng(6)
    for make in (short_phrase, long_phrase):
        true = [make(rng, scene.things, scene.ground).match for scene in scenes(400)]
        assert 0.4 < np.mean(true) < 0.6


@pytest.mark.parametrize("match", [True, False])
def test_a_relation_holds_only_in_the_direction_drawn(match: bool) -> None:
    ball, cat = (Thing(kind, "red", x, 0.5, 0.1, 0, 1) for kind, x in (("ball", 0.2), ("cat", 0.8)))
    truths = {"a red ball left of a red cat", "a red cat right of a red ball"}
    rng = np.random.default_rng(7)
    phrases = [relation(rng, (ball, cat), match) for _ in range(200)]
    plain = {phrase.text for phrase in phrases if phrase and not set(phrase.text.split()) & {"the", "big", "small"}}
    assert bool(plain & truths) is match
    assert not plain & ({"a red cat left of a red ball"} if match else truths)


def test_a_crop_is_only_what_it_shows() -> None:
    rng, phrases = np.random.default_rng(8), list[tuple[Phrase, Thing]]()
    for scene in scenes(300):
        target = int(rng.integers(len(scene.things)))
        phrase = crop_phrase(rng, scene.things, target, [target], "grey", scene.ground)
        phrases.append((phrase, scene.things[target]))
    named = [(phrase, thing) for phrase, thing in phrases if phrase.kind in ("coloured", "class")]
    assert len(named) > 200
    assert [phrase for phrase, thing in named if bool(shown_by(phrase.text, (thing,))) != phrase.match] == []


def test_bare_ground_matches_no_thing() -> None:
    rng = np.random.default_rng(9)
    for scene in scenes(300):
        phrase = crop_phrase(rng, scene.things, -1, [], "white", scene.ground)
        assert not (phrase.match and set(phrase.text.split()) & set(CLASSES))
