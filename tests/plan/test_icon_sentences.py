"""The sentences of the icon world, and what the picture says to them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from lib_automask.plan import plan_edits
from lib_automask.types import Edit, EditPlan

CLASSES = ("ball", "box", "star", "heart", "tree", "house", "car", "cat", "dog", "fish", "flower", "cup")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")
GROUNDS = ("on the grass", "on the sand", "in the snow", "on the water", "on the road", "at night")


def a(phrase: str) -> str:
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def only(plan: EditPlan) -> Edit:
    (edit,) = plan.edits
    return edit


@pytest.mark.parametrize(("old", "new"), [(o, n) for o, n in product(CLASSES, CLASSES) if o != n])
def test_a_class_changed_is_a_replacement(old: str, new: str) -> None:
    edit = only(
        plan_edits(f"a red {old} left of a blue cup, on the grass", f"a red {new} left of a blue cup, on the grass")
    )
    assert (edit.kind, edit.target, edit.replacement) == ("replace", f"red {old}", f"red {new}")


@pytest.mark.parametrize(("old", "new"), [(o, n) for o, n in product(COLOURS, COLOURS) if o != n])
def test_a_colour_changed_is_a_modification(old: str, new: str) -> None:
    for thing in CLASSES:
        edit = only(plan_edits(f"{a(old)} {thing}, at night", f"{a(new)} {thing}, at night"))
        assert (edit.kind, edit.target, edit.replacement) == ("modify", f"{old} {thing}", f"{new} {thing}")


@pytest.mark.parametrize(("old", "new"), [(o, n) for o, n in product(GROUNDS, GROUNDS) if o != n])
def test_a_ground_changed_is_a_background(old: str, new: str) -> None:
    edit = only(plan_edits(f"a red ball above an orange cat, {old}", f"a red ball above an orange cat, {new}"))
    assert (edit.kind, edit.target, edit.replacement) == ("background", old.split()[-1], new.split()[-1])


@pytest.mark.parametrize("thing", CLASSES)
def test_an_object_added_and_left_out(thing: str) -> None:
    scene = (
        "a red ball and an orange cat, on the sand"
        if thing not in ("ball", "cat")
        else "a red cup and a blue star, on the sand"
    )
    first, second = (phrase.split(" ", 1)[1] for phrase in scene.split(",")[0].split(" and "))
    more = f"{a(first)}, {a(second)} and a green {thing}, on the sand"
    added = only(plan_edits(scene, more))
    assert (added.kind, added.target, added.replacement) == ("add", "", f"green {thing}")
    removed = only(plan_edits(more, scene))
    assert (removed.kind, removed.target) == ("remove", f"green {thing}")


@pytest.mark.parametrize("relation", ["above", "below", "left of", "right of"])
def test_an_object_added_beside_another(relation: str) -> None:
    scene = "a red ball and an orange cat, on the sand"
    edit = only(plan_edits(scene, f"{scene}, and a green star {relation} the red ball"))
    assert (edit.kind, edit.target, edit.relation, edit.replacement) == ("add", "red ball", relation, "green star")


SCENE = "a red ball, a red star and a blue star, on the water"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red ball, a red cat and a blue star, on the water", ("replace", "red star", "red cat")),
        ("a red ball, a green star and a blue star, on the water", ("modify", "red star", "green star")),
        ("a red ball, a red star and a blue ball, on the water", ("replace", "blue star", "blue ball")),
        ("a red ball and a blue star, on the water", ("remove", "red star", None)),
        ("a watercolor painting of " + SCENE, ("restyle", "whole image", "watercolor painting")),
        ("make the blue star yellow", ("modify", "blue star", "yellow star")),
        ("replace the red star with a white dog", ("replace", "red star", "white dog")),
        ("remove the red ball", ("remove", "red ball", None)),
    ],
)
def test_things_of_one_class_or_one_colour_are_told_apart(prompt: str, expected: tuple[str, str, str | None]) -> None:
    edit = only(plan_edits(SCENE, prompt))
    assert (edit.kind, edit.target, edit.replacement) == expected


def test_two_alike_are_told_apart_by_their_side() -> None:
    scene = "a red ball left of a red ball, on the sand"
    assert only(plan_edits(scene, "remove the red ball on the right")).target == "red ball on the right"
    assert only(plan_edits(scene, "a blue ball left of a red ball, on the sand")).target == "red ball on the left"
    assert only(plan_edits(scene, "a red ball left of a blue ball, on the sand")).target == "red ball on the right"


@pytest.mark.parametrize(
    "prompt",
    [
        SCENE,
        "a blue star, a red star and a red ball, on the water",
        "red ball, red star, blue star, water, masterpiece",
        "(a red ball:1.2), a red star and a (blue star), on the water, <lora:icons:0.7>, best quality, 8k",
    ],
)
def test_the_same_scene_in_other_words_changes_nothing(prompt: str) -> None:
    assert plan_edits(SCENE, prompt).edits == ()


class Picture:
    """Answers from a list of what it shows, and keeps what it was asked."""

    def __init__(self, *shown: str) -> None:
        self.shown = shown
        self.asked: list[list[str]] = []

    def __call__(self, phrases: Sequence[str]) -> list[float]:
        self.asked.append(list(phrases))
        return [0.97 if phrase in self.shown else 0.05 for phrase in phrases]


def test_what_the_picture_shows_already_is_kept() -> None:
    plan = plan_edits("a yellow cat on the road", "an orange cat on the road", Picture("orange cat"))
    assert plan.edits == ()
    assert "orange cat" in plan.keep


def test_a_thing_that_the_caption_forgot_is_kept() -> None:
    plan = plan_edits("a red ball", "a red ball and a green star", Picture("red ball", "green star"))
    assert plan.edits == ()
    assert "green star" in plan.keep


def test_a_change_stands_where_the_picture_shows_the_old() -> None:
    edit = only(plan_edits("a red ball", "a blue ball", Picture("red ball")))
    assert (edit.kind, edit.target) == ("modify", "red ball")


def test_what_is_more_present_wins_where_both_seem_shown() -> None:
    def presence(phrases: Sequence[str]) -> list[float]:
        return [{"red ball": 0.9, "blue ball": 0.6}.get(phrase, 0.0) for phrase in phrases]

    assert only(plan_edits("a red ball", "a blue ball", presence)).replacement == "blue ball"


def test_an_adjective_that_the_picture_contradicts_becomes_an_edit() -> None:
    assert only(plan_edits("a man", "an elderly man", Picture("man"))).replacement == "elderly man"
    assert plan_edits("a man", "an elderly man", Picture("man", "elderly man")).edits == ()


def test_what_is_not_there_needs_no_removal() -> None:
    assert plan_edits("a woman", "a woman without glasses", Picture("woman")).edits == ()
    assert only(plan_edits("a woman", "a woman without glasses", Picture("woman", "glasses"))).target == "glasses"
    assert plan_edits("a red ball and a blue cup", "a red ball", Picture("red ball")).edits == ()


def test_a_caption_wrong_in_a_word_still_finds_its_target() -> None:
    replaced = only(plan_edits("a yellow cat", "an orange dog", Picture("orange cat", "cat")))
    assert (replaced.kind, replaced.target, replaced.replacement) == ("replace", "orange cat", "orange dog")
    assert only(plan_edits("a yellow cat", "remove the cat")).target == "yellow cat"
    assert only(plan_edits("a yellow cat", "a green cat", Picture("orange cat", "cat"))).target == "cat"


def test_the_picture_is_asked_once() -> None:
    picture = Picture("red ball", "orange cat")
    plan_edits("a red ball and an orange cat, on the grass", "a blue ball and an orange dog, on the sand", picture)
    assert len(picture.asked) == 1
    assert len(set(picture.asked[0])) == len(picture.asked[0])


def test_the_picture_is_not_asked_about_nothing() -> None:
    picture = Picture("red ball")
    plan_edits("a red ball", "a red ball", picture)
    assert picture.asked == []
