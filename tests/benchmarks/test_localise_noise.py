"""Noise in a prompt changes neither plan nor mask; and the benchmark that says so would notice if it did."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.localise.noise import NoiseRow, noise_figures, noise_lines, run_noise, same_plan
from benchmarks.localise.noisy_prompts import insert, read_tags, sixty_words, weigh, with_noise
from lib_automask import Edit, EditPlan, InputError, MaskResult, load_models

PROMPT = "a red ball left of an orange cat, on the grass"


def words_of(prompt: str) -> list[str]:
    """The words without LoRA tags, weights and brackets."""
    plain = re.sub(r"<[^>]*>|:\d(?:\.\d)?(?=\))", "", prompt)
    return [word for word in re.sub(r"[()\[\],]", " ", plain).split() if word]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("in front", "8k, a red ball left of an orange cat, on the grass"),
        ("between", "a red ball left of an orange cat, 8k, on the grass"),
        ("behind", "a red ball left of an orange cat, on the grass, 8k"),
    ],
)
def test_noise_goes_where_it_is_said(place: str, expected: str):
    assert insert(PROMPT, "8k", place) == expected
    assert insert("remove the ball", "8k", "between") == "remove the ball, 8k"


def test_sixty_words_are_sixty_and_leave_the_prompt_s_own_words_in_order():
    for seed in range(20):
        noisy = sixty_words(PROMPT, np.random.default_rng(seed))
        assert len(words_of(noisy)) == 60 + len(words_of(PROMPT))
        left = iter(words_of(noisy))
        assert all(word in left for word in words_of(PROMPT)), noisy


def test_weights_stand_round_words_that_stay():
    seen = set()
    for seed in range(60):
        weighed = weigh(PROMPT, np.random.default_rng(seed))
        assert words_of(weighed) == words_of(PROMPT)
        assert weighed != PROMPT
        seen |= set(re.findall(r"\(\(|\[|:\d\.\d", weighed))
    assert {"((", "[", ":1.2"} <= seen


def test_tags_of_one_s_own_are_read_from_a_file(tmp_path: Path):
    file = tmp_path / "tags.txt"
    file.write_text("shiny, very glossy\nspotless,\n", "utf-8")
    assert read_tags(file) == ("shiny", "very glossy", "spotless")
    noisy = sixty_words("a ball", np.random.default_rng(1), read_tags(file))
    assert set(words_of(noisy)) == {"a", "ball", "shiny", "very", "glossy", "spotless"}
    file.write_text("very glossy", "utf-8")
    for wrong in (file, tmp_path / "none.txt"):
        with pytest.raises(InputError, match="give"):
            read_tags(wrong)


def result(mask: np.ndarray, *edits: Edit) -> MaskResult:
    return MaskResult("mask", mask, "", EditPlan(edits, keep=("grass", "cat")), (), "", {})


def test_a_plan_is_the_same_by_what_it_says_and_not_by_its_scores():
    mask = np.ones((4, 4), np.bool_)
    one = result(mask, Edit("modify", "ball", "blue", score=0.97))
    assert same_plan(one, result(mask, Edit("modify", "ball", "blue", score=0.96)))
    assert not same_plan(one, result(mask, Edit("modify", "ball", "green", score=0.97)))
    assert not same_plan(one, result(mask))
    unsure = MaskResult("unsure", mask, "", one.plan, (), "", {})
    assert not same_plan(one, unsure)


def test_an_edit_counts_only_if_every_noise_left_plan_and_mask():
    def row(edit: int, name: str, plan: bool, mask: bool) -> NoiseRow:
        return NoiseRow(edit, name, plan, mask, "plain", f"noisy {edit} {name}", "before", "after")

    rows = [
        row(0, "LoRA", True, True),
        row(0, "tags", True, False),
        row(1, "LoRA", True, True),
        row(1, "tags", True, True),
    ]
    figures = noise_figures(rows)
    assert (figures["equal"], figures["edits"]) == (1, 2)
    assert figures["noises"]["tags"] == {"count": 2, "plan": 1.0, "mask": 0.5, "both": 0.5}
    shown = "\n".join(noise_lines(rows, errors=True))
    assert shown.startswith("1 of 2 edits")
    assert "noisy 0 tags" in shown
    assert "noisy 1" not in shown


def test_a_small_sample_of_edits_stays_as_it_is_under_every_noise():
    rows = run_noise(4, 31001, load_models("demo"), lambda _stage, _share: None)
    assert {row.noise for row in rows} == set(with_noise(PROMPT, np.random.default_rng(0)))
    assert not [(row.noise, row.noisy) for row in rows if not row.equal]
