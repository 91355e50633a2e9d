"""The judge of real pairs, the made pairs, and what the scorer learns from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.plans import judge_pair, main, measure_auc, names_one, show_caption
from lib_automask.plan import scorer
from lib_automask.types import Edit, EditPlan
from training.plan_pairs import make_pairs
from training.plan_scorer import fit_weights, train_all

CAT = {"kinds": ["replace", "modify"], "target": ["dog"], "replacement": ["cat"]}


@pytest.mark.parametrize(
    ("edits", "verdict"),
    [
        ((Edit("replace", "brown dog", "black cat"),), (True, 0)),
        ((Edit("replace", "bench", "cat"),), (False, 1)),
        ((Edit("replace", "dog", "cat"), Edit("remove", "bench")), (False, 1)),
        ((), (False, 0)),
    ],
)
def test_a_plan_is_right_if_every_label_is_met_and_nothing_is_junk(edits: tuple[Edit, ...], verdict: tuple[bool, int]):
    assert judge_pair({"edits": [CAT], "keep": ["bench"]}, EditPlan(edits)) == verdict


@pytest.mark.parametrize(
    ("phrase", "word", "named"),
    [
        ("glass of milk", "milk", True),
        ("dogs", "dog", True),
        ("dog on the left", "left", False),
        ("bench", "dog", False),
    ],
)
def test_the_noun_of_a_phrase_counts(phrase: str, word: str, named: bool) -> None:
    assert names_one(phrase, [word]) == named


def test_the_picture_shows_what_its_caption_says_of_one_thing() -> None:
    asked = show_caption("a yellow butterfly with pink flowers")(["yellow butterfly", "pink butterfly", "flowers"])
    assert [answer > 0.5 for answer in asked] == [True, False, True]


def test_auc_counts_ties_half() -> None:
    assert measure_auc([0.9, 0.5, 0.5, 0.1], [True, True, False, False]) == 0.875


def test_a_file_of_pairs_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = {"id": "1", "source": "ours", "caption": "a dog on a bench", "prompt": "a cat on a bench", "edits": [CAT]}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(record))
    assert main([str(tmp_path / "pairs.jsonl"), "--no-picture"]) == 0
    assert "1.000" in capsys.readouterr().out


def test_made_pairs_are_the_same_for_the_same_seed() -> None:
    assert list(make_pairs(20, 3)) == list(make_pairs(20, 3)) != list(make_pairs(20, 4))


def test_weights_say_which_feature_goes_with_what_is_meant() -> None:
    rows = [({"bias": 1.0, "good": float(i % 2)}, i % 2 == 1, 1.0) for i in range(40)]
    assert fit_weights(rows)["good"] > 1


def test_training_finds_weights_for_every_model_and_leaves_the_plan_as_it_was() -> None:
    before = scorer.read_weights()
    weights = train_all([{**record, "weight": 1.0} for record in make_pairs(60, 2)])
    assert weights.keys() == before.keys() == {"pair", "change", "plan"}
    assert scorer.read_weights() is before
