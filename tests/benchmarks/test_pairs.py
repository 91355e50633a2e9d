"""The pairs of things that are easily mixed up are what they say they are."""

from __future__ import annotations

import numpy as np

from benchmarks.icon_world.pairs import KINDS, MARKS, STYLES, Pair, make_pairs
from benchmarks.icon_world.scenes import silhouettes

PAIRS = list(make_pairs(72, 31001))


def target_index(pair: Pair) -> int:
    """Which of the two things the true mask is."""
    return [np.array_equal(mask, pair.edit.mask) for mask in silhouettes(pair.scene)].index(True)


def test_every_mark_style_and_kind_comes_equally_often():
    met = [(pair.differ, pair.style, pair.edit.kind) for pair in PAIRS]
    expected = [(mark, style, kind) for mark in MARKS for style in STYLES for kind in KINDS]
    assert sorted(met) == sorted(expected * 4)


def test_the_two_are_of_one_class_and_differ_by_colour_or_by_side_alone():
    for pair in PAIRS:
        one, two = pair.scene.things
        assert one.kind == two.kind
        assert (one.color != two.color) == (pair.differ == "color")
        assert not (pair.edit.mask & pair.other).any()


def test_the_one_that_is_meant_lies_on_the_side_that_is_said():
    order = {"left": 0, "top": 0, "upper": 0, "right": 1, "bottom": 1, "lower": 1}
    counted = 0
    for pair in PAIRS:
        if pair.named == "side" and pair.style == "instruction":
            words = [word for word in pair.edit.prompt.split() if word in order]
            assert [order[word] for word in words] == [target_index(pair)], pair.edit.prompt
            counted += 1
        if pair.differ == "side":
            assert order[pair.edit.target.split()[-1]] == target_index(pair)
    assert counted > 12


def test_a_prompt_names_what_the_thing_becomes_and_what_stays():
    for pair in PAIRS:
        changed, stays = pair.scene.things[target_index(pair)], pair.scene.things[1 - target_index(pair)]
        if pair.edit.kind != "remove":
            color, kind = pair.edit.replacement.split()
            assert (color, kind) != (changed.color, changed.kind)
            assert color in pair.edit.prompt
            assert pair.edit.kind == "modify" or kind in pair.edit.prompt
        if pair.style != "instruction":
            assert f"{stays.color} {stays.kind}" in pair.edit.prompt


def test_the_same_seed_gives_the_same_prompts():
    again, other = ([pair.edit.prompt for pair in make_pairs(18, seed)] for seed in (31001, 31002))
    assert again == [pair.edit.prompt for pair in PAIRS[:18]] != other
