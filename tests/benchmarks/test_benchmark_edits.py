"""The benchmark of edits judges as it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.edits import agrees, is_exact, is_guarded, main, score
from lib_automask.types import Edit


def gold(kind: str, target: list[str], replacement: list[str] | None, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "target": target, "replacement": replacement, **more}


@pytest.mark.parametrize(
    ("label", "edit", "exact", "guarded"),
    [
        (gold("replace", ["dog"], ["cat"]), Edit("replace", "brown dog", "black cat"), True, True),
        (gold("replace", ["dog"], ["cat"]), Edit("modify", "dog", "cat"), False, False),
        (gold("replace", ["dog"], ["cat"]), Edit("replace", "the Dog", "a bird"), False, False),
        (gold("modify", ["hair"], ["red hair"]), Edit("modify", "hair", "blue hair"), True, False),
        (gold("modify", ["hair"], ["red hair"]), Edit("modify", "hair", "bright red hair"), True, True),
        (gold("modify", ["girl"], ["sitting on a porch"]), Edit("modify", "girl", "jumping on a porch"), True, False),
        (
            gold("restyle", ["whole image"], ["oil painting"]),
            Edit("restyle", "whole image", "ink painting"),
            True,
            False,
        ),
        (gold("remove", ["hat"], None), Edit("remove", "red hat"), True, True),
        (gold("remove", ["red cup"], None, reject=["cup"]), Edit("remove", "cup"), True, False),
        (gold("add", [], ["duck"]), Edit("add", "", "duck"), True, True),
        (gold("add", [], ["duck"]), Edit("add", "bench", "duck"), False, False),
    ],
)
def test_one_edit(label: dict[str, Any], edit: Edit, exact: bool, guarded: bool) -> None:
    assert (is_exact(label, edit), is_guarded(label, edit)) == (exact, guarded)


def test_edits_pair_off_in_any_order_but_one_to_one() -> None:
    labels = [gold("replace", ["dog"], ["cat"]), gold("remove", ["hat"], None)]
    swapped, removed = Edit("replace", "dog", "cat"), Edit("remove", "hat")
    assert agrees(labels, [removed, swapped], is_exact)
    assert not agrees(labels, [swapped], is_exact)
    assert not agrees(labels, [swapped, swapped], is_exact)
    assert agrees([], [], is_exact)


RECORDS = [
    {"caption": "a red ball", "prompt": "a blue ball", "edits": [gold("modify", ["ball"], ["blue", "blue ball"])]},
    {"caption": "a red ball", "prompt": "a red ball", "edits": [gold("modify", ["ball"], ["green"])]},
    {"caption": "a man", "prompt": "an old man", "edits": [gold("modify", ["man"], ["old"])], "ambiguous": True},
]


def test_a_file_is_scored_by_category_and_style(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gold.jsonl"
    records = [{"id": str(i), "category": "colour", "style": "sentence", **record} for i, record in enumerate(RECORDS)]
    file.write_text("\n".join(map(json.dumps, records)), "utf-8")
    assert [record["guarded"] for record in score(records)] == [True, False, False]
    assert main(["--gold", str(file), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["all"] == {"records": 3, "exact": 0.3333, "guarded": 0.3333}
    assert figures["without ambiguous"]["guarded"] == 0.5
    assert figures["by category"]["colour"]["records"] == 3
    assert figures["wrong"] == ["1", "2"]
    assert main(["--gold", str(file), "--errors"]) == 0
    assert "by style" in capsys.readouterr().out
