"""The table of ways to score is made of what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers")

from benchmarks import scoring, scoring_cases
from lib_automask.types import Segment

NO_READER: Any = None
IMAGE = np.zeros((8, 8, 3), np.uint8)
SEGMENTS = [Segment(np.eye(8, k=shift, dtype=bool), 1.0, 1.0) for shift in range(4)]


def way(*columns: list[float]) -> scoring.Way:
    """A way that knows the scores of ``SEGMENTS`` for each phrase."""
    known = np.array(columns, np.float32).T
    order = {id(segment): index for index, segment in enumerate(SEGMENTS)}
    return lambda _reader, _image, segments, _phrases: known[[order[id(one)] for one in segments]]


def test_the_second_way_scores_the_best_of_the_first_alone() -> None:
    first, second = way([0.9, 0.5, 0.1, 0.2], [0.1, 0.2, 0.9, 0.8]), way([0.3] * 4, [0.6] * 4)
    scores = scoring.rescore_best(first, 2, second)(NO_READER, IMAGE, SEGMENTS, ["a", "b"])
    assert scores.tolist() == pytest.approx(np.array([[0.3, 0], [0.3, 0], [0, 0.6], [0, 0.6]]))


def test_blend_lowers_by_what_the_second_way_lacks() -> None:
    blended = scoring.blend(way([1.0, 1.0, 0.5, 0.0]), way([0.8, 0.4, 0.8, 0.8]), 0.5)
    assert blended(NO_READER, IMAGE, SEGMENTS, ["a"])[:, 0].tolist() == pytest.approx([1, 0.75, 0.5, 0])


@pytest.mark.parametrize("kind", scoring_cases.KINDS)
def test_scenes_have_the_two_things_of_their_kind(kind: str) -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        scene = scoring_cases.make_case_scene(rng, kind)
        looks = [(thing.kind, thing.color) for thing in scene.things]
        found = scoring_cases.find_alike(scene)
        if kind != "plain":
            assert len(found) == 2
            assert len({looks[index] for index in found}) == (2 if kind == "color" else 1)


def test_segment_that_is_most_like_its_thing_is_right() -> None:
    left, right = np.zeros((8, 8), bool), np.zeros((8, 8), bool)
    left[:, :3], right[:, 5:] = True, True
    segments = [Segment(left, 1, 1), Segment(right, 1, 1)]
    case = scoring_cases.Case("color", IMAGE, ("a", "b"), (left, right), (0, 1), {"true": segments})
    good = scoring.judge_scores(case, "true", np.array([[0.9, 0.2], [0.1, 0.8]], np.float32))
    assert good == {"true right": [True, True], "true IoU": [1, 1], "true color": [True, True]}
    wrong = scoring.judge_scores(case, "true", np.array([[0.1, 0.2], [0.9, 0.8]], np.float32))
    assert wrong["true right"] == [False, True]
