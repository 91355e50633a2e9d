"""Prompts that mean one of several things which the caption calls by one name."""

from __future__ import annotations

import pytest

from lib_automask.plan import plan_edits


@pytest.mark.parametrize(
    ("caption", "prompt", "target"),
    [
        ("two red boxes, on the grass", "make the upper red box orange", "red box at the top"),
        ("two blue boxes, in the snow", "make the blue box at the bottom purple", "blue box at the bottom"),
        ("two white hearts, on the road", "remove the left white heart", "white heart on the left"),
        ("two balls", "make the right one blue", "ball on the right"),
        ("two balls", "make the one on the left blue", "ball on the left"),
        ("three balls on the grass", "remove the second ball from the left", "second ball at the left"),
        ("three balls on the grass", "change the third from the right to blue", "third ball at the right"),
        ("two stars at night", "make the smaller star green", "smaller star"),
        ("two dogs and a tree", "remove the dog next to the tree", "dog next to the tree"),
        ("two dogs and a tree", "make the dog left of the tree black", "dog left of the tree"),
        ("a white heart left of a red heart", "remove the left heart", "heart on the left"),
        ("a purple house above a purple house", "remove the house at the bottom", "purple house at the bottom"),
    ],
)
def test_instruction_keeps_the_words_that_single_one_out(caption: str, prompt: str, target: str) -> None:
    plan = plan_edits(caption, prompt)
    assert [edit.target for edit in plan.edits] == [target]
    assert "balls" not in str(plan.edits[0].replacement)


@pytest.mark.parametrize(
    ("prompt", "kind", "target"),
    [
        ("a red cat left of a red car, on the grass", "replace", "red cat on the right"),
        ("a blue cat above a red cat, on the grass", "modify", "red cat at the top"),
        ("a red cat above a blue cat, on the grass", "modify", "red cat at the bottom"),
        ("a red cat on the right, on the grass", "remove", "red cat on the left"),
        ("a red cat at the bottom, on the grass", "remove", "red cat at the top"),
        ("red cat on the left, blue box on the right, grass", "replace", "red cat on the right"),
        ("green box at the top, red cat at the bottom, grass", "replace", "red cat at the top"),
        ("red cat at the top, grass", "remove", "red cat at the bottom"),
    ],
)
def test_description_tells_two_alike_apart_by_their_sides(prompt: str, kind: str, target: str) -> None:
    for caption in ("two red cats, on the grass", "a red cat above a red cat, on the grass"):
        plan = plan_edits(caption, prompt)
        assert [(edit.kind, edit.target) for edit in plan.edits] == [(kind, target)]


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("two red cats, on the grass", "two red cats, on the grass"),
        ("two red cats, on the grass", "two red cats left of a tree, on the grass"),
        ("a red cat on the grass", "make the left cat blue"),
    ],
)
def test_where_nothing_tells_two_alike_apart_none_is_singled_out(caption: str, prompt: str) -> None:
    assert not any(" left" in edit.target or " right" in edit.target for edit in plan_edits(caption, prompt).edits)


@pytest.mark.parametrize(
    ("shown", "targets"),
    [
        ({"purple fish"}, ["purple fish at the top", "purple fish at the bottom"]),
        ({"purple fish", "purple star"}, ["purple fish at the top"]),
    ],
)
def test_a_caption_that_counted_another_thing_along_is_put_right_by_the_picture(shown: set[str], targets: list[str]):
    """ "two purple fish" for a purple fish and a purple star."""
    prompt = "a black fish above a purple star, on the water"
    plan = plan_edits("two purple fish, on the water", prompt, lambda asked: [float(one in shown) for one in asked])
    assert [edit.target for edit in plan.edits] == targets


def test_where_the_caption_counted_another_thing_along_what_the_prompt_leaves_out_goes() -> None:
    """ "two black cups" for a black cup and a black dog."""
    shown = {"black dog", "black cup", "road"}
    asked = lambda phrases: [float(one in shown) for one in phrases]  # noqa: E731
    plan = plan_edits("two black cups, on the road", "a black dog on the road", asked)
    assert [(edit.kind, edit.target) for edit in plan.edits] == [("remove", "black cup")]
    shown.discard("black dog")
    plan = plan_edits("two black cups, on the road", "a black dog on the road", asked)
    assert [edit.kind for edit in plan.edits] == ["replace"]
