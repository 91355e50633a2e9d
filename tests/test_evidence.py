"""A plan is made from the picture's own prompt, where that describes the picture; else from the caption."""

from __future__ import annotations

import numpy as np
import pytest
from fake_models import Drawing, two_things

from lib_automask import MaskRequest, MaskResult, Options, build_mask
from lib_automask.evidence import describe_same_picture, plan_from_own_prompt
from lib_automask.types import Edit, EditPlan

MADE_WITH = "a red ball left of an orange cat, on the grass"
STAR = "a blue star left of an orange cat, on the grass"
TAGS = "(masterpiece:1.2), {}, orange cat, grass <lora:toys:0.8>"


@pytest.fixture
def drawing() -> Drawing:
    """A red ball and an orange cat, which the captioner takes for something else."""
    drawing = two_things()
    drawing.caption_text = "a castle by a lake"
    return drawing


def run(drawing: Drawing, prompt: str, made_with: str, **options: object) -> MaskResult:
    request = MaskRequest(drawing.image, prompt, None, Options(**options), made_with)
    return build_mask(request, drawing.models())


@pytest.mark.parametrize(
    ("made_with", "prompt"),
    [
        (MADE_WITH, STAR),
        (TAGS.format("red ball"), TAGS.format("blue star")),
        (f"{MADE_WITH}\nBREAK 8k\nAND by greg rutkowski", f"{STAR}\nBREAK 8k\nAND by greg rutkowski"),
        (MADE_WITH, "turn the ball into a blue star"),
        (f"{MADE_WITH}, everyone stays", f"{STAR}, everyone stays"),
    ],
    ids=["sentence", "tags", "syntax", "instruction", "words that cannot be placed"],
)
def test_a_changed_word_of_the_own_prompt_says_what_changes_and_no_caption_is_made(drawing, made_with, prompt):
    result = run(drawing, prompt, made_with)
    assert np.array_equal(result.mask, drawing.masks["b"])
    assert (result.witness, result.caption, drawing.captions_made) == ("own prompt", "", 0)
    assert result.why.startswith("made with: ")
    assert "red ball → blue star" in result.why
    assert "caption" not in result.timings


def test_a_removed_tag_is_removed(drawing):
    result = run(drawing, TAGS.format("red ball").replace("orange cat, ", ""), TAGS.format("red ball"))
    assert [(edit.kind, edit.target) for edit in result.plan.edits] == [("remove", "orange cat")]
    assert result.mask[drawing.masks["c"]].all()


@pytest.mark.parametrize("prompt", [MADE_WITH, f"best quality, ({MADE_WITH}:1.1), <lora:toys:1>"])
def test_the_same_prompt_again_changes_nothing_and_what_to_do_is_said(drawing, prompt):
    result = run(drawing, prompt, MADE_WITH)
    assert (result.outcome, result.witness, drawing.captions_made) == ("nothing", "own prompt", 0)
    assert result.why.endswith("prompt: the same → nothing to change; change a word of the prompt, or name the target")


def test_a_target_by_name_needs_neither_own_prompt_nor_caption(drawing):
    result = run(drawing, MADE_WITH, MADE_WITH, target="orange cat")
    assert np.array_equal(result.mask, drawing.masks["c"])
    assert (result.witness, drawing.captions_made) == ("target", 0)


@pytest.mark.parametrize(
    "own_prompt",
    ["blue hair", "a dragon above a castle at night", "make the ball blue", "", "   ", "masterpiece, best quality"],
    ids=["of an inpaint pass", "of another picture", "an instruction", "none", "blank", "quality alone"],
)
def test_an_own_prompt_that_does_not_describe_the_picture_leaves_it_to_the_caption(own_prompt):
    drawing = two_things()
    result = run(drawing, STAR, own_prompt)
    alone = run(drawing, STAR, "")
    assert np.array_equal(result.mask, drawing.masks["b"])
    assert (result.witness, result.why, result.plan) == ("caption", alone.why, alone.plan)


def test_an_own_prompt_that_names_only_a_part_of_the_picture_leaves_it_to_the_caption():
    """As that of an earlier pass over the cat alone: most of the new prompt would be additions."""
    drawing = two_things()
    prompt = "a blue star left of an orange cat, a green box and a purple house"
    assert run(drawing, prompt, "orange cat").witness == "caption"
    assert run(drawing, prompt, MADE_WITH).witness == "own prompt"


@pytest.mark.parametrize(
    ("keep", "kinds", "same"),
    [
        (["cat"], ["add"], True),
        (["cat"], ["add", "add"], False),
        (["cat"], ["replace", "add", "add"], True),
        (["cat"], ["replace", "add", "add", "add"], False),
        ([], ["add"], False),
        ([], ["modify", "add"], True),
    ],
)
def test_texts_are_of_one_picture_where_no_more_is_new_than_is_shared_or_changed(keep, kinds, same):
    plan = EditPlan(tuple(Edit(kind, "ball", "star") for kind in kinds), tuple(keep))
    assert describe_same_picture(plan, lambda phrases: [0.9] * len(phrases)) == same


def test_a_thing_that_was_never_painted_is_looked_for_by_the_caption():
    """The own prompt asked for a dragon and the picture has a ball."""
    drawing = two_things()
    result = run(drawing, STAR, MADE_WITH.replace("red ball", "green dragon"))
    assert np.array_equal(result.mask, drawing.masks["b"])
    assert result.witness == "caption"
    assert result.why.startswith("made with: a green dragon left of an orange cat, on the grass; picture: a red ball")


def test_the_caption_adds_nothing_to_what_was_typed_anew():
    """It overlooks the cat, and so does the matcher; but the cat stands in both prompts."""
    drawing = two_things()
    drawing.caption_text = "a red ball on the grass"
    drawing.match = lambda image, phrases: [0.9 if "red ball" in phrase else 0.1 for phrase in phrases]
    prompt = "a blue ball and an orange cat on the grass"
    assert len(run(drawing, prompt, "").plan.edits) == 2
    result = run(drawing, prompt, prompt.replace("blue ball", "green ball"))
    assert [(edit.target, edit.replacement) for edit in result.plan.edits] == [("red ball", "blue ball")]
    assert np.array_equal(result.mask, drawing.masks["b"])


def test_where_both_fail_the_doubts_are_those_of_the_first(drawing):
    drawing.caption_text = "a blue star left of an orange cat, on the grass"
    result = run(drawing, STAR, MADE_WITH.replace("red ball", "green dragon"))
    assert (result.outcome, result.witness) == ("unsure", "own prompt")
    assert "green dragon" in result.why
    assert f"picture: {drawing.caption_text}" in result.why


def test_own_prompt_and_caption_that_agree_are_surer_than_either():
    """Neither is sure alone, because nothing of the old text is in the new one."""
    rows = ("..........", "...ddd....", "...ddd....", "..bbbbbb..", "..........")
    drawing = Drawing(rows, {"d": "dog", "b": "bench"}, "a brown dog on a bench")
    prompt = "a cat on a sofa"
    assert run(drawing, prompt, "").outcome == "unsure"
    result = run(drawing, prompt, "a dog on a bench")
    assert (result.outcome, result.witness) == ("mask", "both")
    assert np.array_equal(result.mask, drawing.masks["d"] | drawing.masks["b"])
    assert result.why.startswith("made with: a dog on a bench; picture: a brown dog on a bench; prompt: ")


def test_where_both_agree_a_thing_is_called_what_the_picture_shows():
    """The own prompt asked for a green ball; it became a red one."""
    drawing = two_things()
    prompt = MADE_WITH.replace("red ball", "blue ball")
    result = run(drawing, prompt, MADE_WITH.replace("red ball", "green ball"))
    assert (result.witness, result.plan.edits[0].target) == ("both", "red ball")
    assert np.array_equal(result.mask, drawing.masks["b"])


def test_a_short_own_prompt_says_what_changes_where_the_picture_shows_it():
    rows = ("..........", "...bbb....", "...bbb....", "..........")
    drawing = Drawing(rows, {"b": "red ball"}, "a castle by a lake")
    result = run(drawing, "blue star", "red ball")
    assert np.array_equal(result.mask, drawing.masks["b"])
    assert result.witness == "own prompt"


def test_it_can_be_turned_off():
    drawing = two_things()
    assert run(drawing, STAR, MADE_WITH, own_prompt=False).witness == "caption"
    assert run(drawing, MADE_WITH, MADE_WITH, own_prompt=False).why.startswith("picture: ")


def test_another_own_prompt_is_another_request(drawing):
    requests = [MaskRequest(drawing.image, STAR, own_prompt=own) for own in ("", MADE_WITH)]
    assert requests[0] != requests[1]


@pytest.mark.parametrize(
    ("own_prompt", "prompt", "expected"),
    [
        ("1girl, red hair, white dress, park", "1girl, blue hair, white dress, park", ["red hair → blue hair"]),
        ("1girl, hair, white dress", "1girl, red hair, white dress", ["hair → red hair"]),
        ("1girl, sitting, white dress", "1girl, standing, white dress", ["girl → standing"]),
    ],
)
def test_every_typed_word_counts_even_where_a_caption_would_leave_it_open(own_prompt, prompt, expected):
    names = {"h": "hair", "d": "white dress", "g": "girl"}
    drawing = Drawing(("..........", "..hhgg....", "..ddgg....", ".........."), names, "nothing")
    drawing.match = lambda image, phrases: [0.9 if phrase in own_prompt else 0.1 for phrase in phrases]
    result = run(drawing, prompt, own_prompt)
    assert [f"{edit.target} → {edit.replacement}" for edit in result.plan.edits] == expected
    assert result.witness == "own prompt"


@pytest.mark.parametrize(
    ("own", "prompt", "edit"),
    [
        ("a woman with a hat", "a woman with a cap", ("replace", "hat", "cap")),
        ("1girl, red hat, park", "1girl, red cap, park, masterpiece", ("replace", "red hat", "red cap")),
        ("a church on a hill", "a cathedral on a hill", ("replace", "church", "cathedral")),
        ("a woman on a street", "a woman in a city", ("background", "street", "city")),
    ],
)
def test_a_word_of_like_meaning_that_was_typed_anew_counts(own, prompt, edit):
    """A caption's hat may be a cap; who wrote "hat" and now writes "cap" wants another."""
    evidence = plan_from_own_prompt(own, prompt, lambda phrases: [0.9] * len(phrases), 0.5)
    assert [(one.kind, one.target, one.replacement) for one in evidence.plan.edits] == [edit]


@pytest.mark.parametrize("prompt", ["a dog on a couch", "a dog on a (sofa:1.2), best quality"])
def test_the_same_by_a_word_of_the_same_meaning_is_no_change(prompt):
    evidence = plan_from_own_prompt("a dog on a sofa", prompt, lambda phrases: [0.9] * len(phrases), 0.5)
    assert evidence.plan.edits == ()
