"""The command line with many records (--jsonl): each has its line, and none is lost."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_scenes import BALL_AND_CAT, STAR_FOR_BALL, read_answer, save_scene, write_records
from PIL import Image

from benchmarks.icon_world.scenes import silhouettes
from lib_automask.cli import commands, main
from lib_automask.errors import ModelCorrupt
from lib_automask.imaging.masks import mask_iou
from lib_automask.pipeline import build_mask


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return save_scene(BALL_AND_CAT, tmp_path / "ball and cat.png")


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Takes what the terminal would be sent; made in the test, since pytest sets stderr anew before it."""
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", written)
    return written


def test_many_pictures_each_their_own_and_errors_in_their_lines(picture, tmp_path, capsys):
    records = [
        {"id": "one", "image": picture.name, "prompt": STAR_FOR_BALL},
        {"id": "two", "image": "missing.png", "prompt": STAR_FOR_BALL},
        {"id": "three", "image": picture.name, "prompt": "anything", "target": "orange cat"},
        {"id": "../four", "image": picture.name, "prompt": STAR_FOR_BALL},
        {"id": "five", "image": picture.name, "prompt": "a red ball left of an orange cat, on the grass"},
    ]
    lines = tmp_path / "in.jsonl"
    lines.write_text("".join(json.dumps(record) + "\n" for record in records))
    out = tmp_path / "out"
    code = main(["mask", "--jsonl", str(lines), "--out", str(out), "--models", "demo", "--json"])
    assert read_answer(capsys) == {
        "results": str(out / "results.jsonl"),
        "mask": 2,
        "nothing": 1,
        "unsure": 0,
        "errors": 2,
    }
    assert code == 2
    results = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert [result["outcome"] for result in results] == ["mask", "error", "mask", "error", "nothing"]
    assert "missing.png" in results[1]["error"]
    truth = silhouettes(BALL_AND_CAT)
    assert mask_iou(np.array(Image.open(out / "one.png")) > 127, truth[0]) > 0.85
    assert mask_iou(np.array(Image.open(out / "three.png")) > 127, truth[1]) > 0.85
    assert not np.array(Image.open(out / "five.png")).any()
    assert sorted(path.name for path in out.iterdir()) == ["five.png", "one.png", "results.jsonl", "three.png"]


def test_many_in_text_mode_print_where_the_results_are_and_how_many(tmp_path, capsys):
    path = write_records(tmp_path / "in.jsonl", {"id": 1, "image": "missing.png", "prompt": "x"})
    assert main(["mask", "--jsonl", str(path), "--out", str(tmp_path / "out"), "--models", "demo"]) == 2
    printed = capsys.readouterr().out
    assert str(tmp_path / "out" / "results.jsonl") in printed
    assert "errors: 1" in printed


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"image": 5}, "line 2: image is 5"),
        ({"prompt": 7}, "line 2: prompt is 7"),
        ({"prompt": None}, "line 2: prompt is null"),
        ({"target": ["x"]}, "line 2: target is"),
        ({"id": True}, "line 2: id is true"),
        ({"id": "one"}, "line 2 has the id 'one' again"),
    ],
)
def test_a_wrong_record_is_refused_before_any_work(picture, tmp_path, capsys, wrong, message):
    good = {"id": "one", "image": picture.name, "prompt": STAR_FOR_BALL, "target": None}
    path = write_records(tmp_path / "in.jsonl", good, {**good, "id": "two", **wrong})
    assert main(["mask", "--jsonl", str(path), "--out", str(tmp_path / "out"), "--models", "demo"]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_caption_that_is_no_text_is_refused(tmp_path, capsys):
    path = write_records(tmp_path / "in.jsonl", {"id": 1, "caption": None, "prompt": "x"})
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "out.jsonl")]) == 2
    assert "line 1: caption is null; write text" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "outcomes"),
    [
        (ZeroDivisionError("oh"), 1, ["nothing", "error", "nothing"]),
        (ModelCorrupt("bad weights"), 4, ["nothing"]),
        (KeyboardInterrupt(), 130, ["nothing"]),
    ],
)
def test_finished_records_are_never_lost(picture, tmp_path, monkeypatch, error, code, outcomes):
    same = {"image": picture.name, "prompt": BALL_AND_CAT.caption}
    path = write_records(
        tmp_path / "in.jsonl", {"id": 1, **same}, {"id": 2, **same, "target": "FAIL"}, {"id": 3, **same}
    )

    def build_or_fail(request, models):
        if request.options.target == "FAIL":
            raise error
        return build_mask(request, models)

    monkeypatch.setattr(commands, "build_mask", build_or_fail)
    assert main(["mask", "--jsonl", str(path), "--out", str(tmp_path / "out"), "--models", "demo"]) == code
    results = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert [result["outcome"] for result in results] == outcomes
    assert all("ZeroDivisionError" in result["error"] for result in results if result["outcome"] == "error")


def test_half_a_surrogate_pair_in_a_record_is_written_as_it_was(tmp_path):
    path = write_records(tmp_path / "in.jsonl", {"id": "\ud83d", "caption": "a dog", "prompt": "a cat"})
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "out.jsonl")]) == 0
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["id"] == "\ud83d"


def test_where_nothing_can_be_written_no_part_of_a_file_is_left(tmp_path, capsys):
    path = write_records(tmp_path / "in.jsonl", {"id": 1, "caption": "a dog", "prompt": "a cat"})
    (tmp_path / "folder").mkdir()
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "folder")]) == 2
    assert "choose another --out" in capsys.readouterr().err
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder", "in.jsonl"]


def test_planning_many_shows_how_far_it_is(tmp_path, monkeypatch):
    terminal = a_terminal(monkeypatch)
    path = write_records(tmp_path / "in.jsonl", {"id": "first", "caption": "a dog", "prompt": "a cat"})
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "out.jsonl")]) == 0
    assert "1/1 first" in terminal.getvalue()
