"""What the benchmark of places counts, on masks that one can see."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.icon_world.edits import KINDS
from benchmarks.icon_world.scenes import Scene, Thing
from benchmarks.localise.__main__ import main
from benchmarks.localise.drawn import chose_target, fresh_edits
from benchmarks.localise.judging import innermost, judge_place, mean, places_summary, table
from benchmarks.localise.unchanged import STYLES, unchanged_scenes
from lib_automask import Edit, EditPlan, MaskResult
from lib_automask.interfaces import Models
from lib_automask.types import Mask


def drawn(*rows: str) -> Mask:
    return np.array([[letter == "x" for letter in row] for row in rows])


TRUTH = drawn(
    "..........",
    ".xxxx.....",
    ".xxxx.....",
    "..........",
    "..........",
)
HALF = drawn(
    "..........",
    ".xx.......",
    ".xx.......",
    "..........",
    "..........",
)
BESIDE = drawn(
    "..........",
    "..........",
    "......xxxx",
    "......xxxx",
    "......xxxx",
)
EMPTY = np.zeros((5, 10), np.bool_)
PICTURE = np.zeros((5, 10, 3), np.uint8)


class HotCorner:
    """A matcher that looks at the top left corner's neighbour first."""

    def heat(self, image, phrases):
        heat = np.zeros((len(phrases), *image.shape[:2]), np.float32)
        heat[:, 1, 1] = 1
        return heat


MODELS = Models(None, HotCorner(), None)


def result(mask: Mask, *edits: Edit) -> MaskResult:
    return MaskResult("mask" if mask.any() else "nothing", mask, "", EditPlan(edits), (), "", {})


def test_a_mask_is_compared_with_the_true_region():
    judged = judge_place("modify", PICTURE, TRUTH, result(HALF, Edit("modify", "ball", "red")), MODELS)
    assert (judged.both, judged.either, judged.iou) == (4, 8, 0.5)
    assert judged.middle is True
    assert judged.hottest is True
    assert judged.kept == 1.0


def test_a_mask_at_the_wrong_place_keeps_less_and_points_elsewhere():
    judged = judge_place("remove", PICTURE, TRUTH, result(BESIDE, Edit("remove", "ball")), MODELS)
    assert (judged.iou, judged.middle) == (0.0, False)
    assert judged.kept == 1 - 12 / 42


def test_no_mask_counts_as_missed_and_keeps_everything():
    judged = judge_place("replace", PICTURE, TRUTH, result(EMPTY), MODELS)
    assert (judged.iou, judged.middle, judged.hottest, judged.kept) == (0.0, False, None, 1.0)


def test_where_nothing_or_everything_changes_there_is_nothing_to_point_at_or_to_keep():
    judged = judge_place("none", PICTURE, EMPTY, result(BESIDE, Edit("remove", "ball")), MODELS)
    assert (judged.middle, judged.hottest) == (None, None)
    assert judge_place("restyle", PICTURE, ~EMPTY, result(~EMPTY), MODELS).kept is None


def test_the_innermost_pixel_is_inside_where_the_middle_of_the_box_is_not():
    horseshoe = drawn(
        "xxx....xxx",
        "xxx....xxx",
        "xxx....xxx",
        "xxxxxxxxxx",
        "xxxxxxxxxx",
    )
    place = innermost(horseshoe)
    assert place is not None
    assert horseshoe[place]
    assert not horseshoe[2, 5]
    assert innermost(EMPTY) is None


def test_means_leave_out_what_does_not_apply():
    rows = [
        judge_place("modify", PICTURE, TRUTH, result(HALF, Edit("modify", "ball", "red")), MODELS),
        judge_place("restyle", PICTURE, ~EMPTY, result(EMPTY), MODELS),
    ]
    summary = places_summary(rows)
    assert summary == {
        "count": 2,
        "masks": 0.5,
        "iou": 0.25,
        "overall_iou": round(4 / 58, 4),
        "middle": 0.5,
        "hottest": 1.0,
        "kept": 1.0,
    }
    assert mean([]) is None


@pytest.mark.parametrize(
    ("mask", "right"), [(TRUTH, True), (HALF, False), (BESIDE, False), (TRUTH | BESIDE, False), (EMPTY, False)]
)
def test_the_right_one_is_most_of_what_is_meant_and_not_the_other(mask: Mask, right: bool):
    assert chose_target(TRUTH, BESIDE, mask) is right


def test_a_table_lines_its_figures_up_below_their_headings():
    shown = table(
        {"modify": {"count": 2, "iou": 0.5}, "all": {"count": 3, "iou": None}}, {"count": "n", "iou": "IoU"}, ""
    )
    assert shown.splitlines() == ["           n   IoU", "modify     2 0.500", "all        3     -"]


def test_every_kind_comes_in_turn_from_scenes_of_their_own_and_noise_can_be_left_out():
    edits = list(fresh_edits(14, 31001, noisy=False))
    assert [edit.kind for _scene, edit in edits] == [*KINDS, *KINDS]
    assert len({scene for scene, _edit in edits}) == 14
    assert [edit.prompt for scene, edit in edits if edit.kind == "none"] == [
        scene.caption for scene, edit in edits if edit.kind == "none"
    ]


def test_a_prompt_that_changes_nothing_says_what_is_there():
    ball, cat = Thing("ball", "red", 0.2, 0.5, 0.15, 0, 1), Thing("cat", "orange", 0.8, 0.5, 0.15, 0, 1)
    scene = Scene((ball, cat), "grass", 160, 160, 0)
    prompts = {style: make(scene) for style, make in STYLES.items()}
    assert prompts["tags"] == "red ball, orange cat, grass"
    assert prompts["reworded"] == "an orange cat right of a red ball, on the grass"
    assert prompts["boosters"].endswith(scene.caption)
    for scene, _style, prompt in unchanged_scenes(12, 31001):
        for thing in scene.things:
            assert thing.color in prompt
            assert thing.kind in prompt or thing.kind[:-1] in prompt


def test_the_three_parts_of_the_icon_world_are_given_as_json_and_printed(capsys):
    assert main(["icon-world", "--edits", "7", "--pairs", "1", "--unchanged", "2", "--seed", "31001", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures["edits"]) == {*KINDS, "all"}
    assert figures["edits"]["all"]["count"] == 7
    assert figures["edits"]["modify"]["plan_right"] == 1.0
    assert figures["pairs"]["all"]["count"] == 1
    assert figures["unchanged"]["all"] == {"count": 2, "masks": 0.0}
    assert main(["icon-world", "--edits", "1", "--pairs", "1", "--unchanged", "1", "--seed", "31001"]) == 0
    shown = capsys.readouterr().out
    for heading in ("plan right", "right one", "nothing changes"):
        assert heading in shown
