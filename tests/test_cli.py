"""The command line, through its own door: arguments in, stdout, stderr, files and exit code out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw, silhouettes
from lib_automask.cli import main
from lib_automask.masks import iou

ROOT = Path(__file__).parents[1]
SCENE = Scene(
    (Thing("ball", "red", 0.28, 0.55, 0.2, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.21, 4, 1)), "grass", 160, 160, 3
)
PROMPT = "a blue star left of an orange cat, on the grass"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "ball and cat.png"
    Image.fromarray(draw(SCENE)).save(path)
    return path


def answer(capsys: pytest.CaptureFixture[str]) -> dict:
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def test_mask_prints_one_object_and_writes_the_mask(picture, tmp_path, capsys):
    code = main(
        ["mask", str(picture), "--prompt", PROMPT, "--models", "demo", "--out", str(tmp_path / "out"), "--json"]
    )
    told = answer(capsys)
    assert code == 0
    assert {"caption", "prompt", "edits", "segments", "mask", "outcome", "timings"} <= set(told)
    assert set(told["edits"][0]) == {"kind", "target", "replacement", "relation", "score"}
    assert {"box", "area", "predicted_iou", "stability_score", "scores", "selected"} <= set(told["segments"][0])
    mask = np.array(Image.open(told["mask"]["path"])) > 127
    assert told["mask"]["coverage"] == pytest.approx(mask.mean(), abs=1e-5)
    assert iou(mask, silhouettes(SCENE)[0]) > 0.85


def test_the_same_picture_rotated_by_exif_gives_the_same_mask(picture, tmp_path, capsys):
    sideways = tmp_path / "sideways.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    Image.open(picture).transpose(Image.Transpose.ROTATE_90).save(sideways, exif=exif)
    masks = []
    for path in (picture, sideways):
        main(["mask", str(path), "--prompt", PROMPT, "--models", "demo", "--out", str(tmp_path / "out"), "--json"])
        masks.append(np.array(Image.open(answer(capsys)["mask"]["path"])))
    assert np.array_equal(*masks)


def test_nothing_to_change_is_exit_3_and_writes_no_mask(picture, tmp_path, capsys):
    same = "masterpiece, a red ball left of an orange cat, on the grass"
    code = main(["mask", str(picture), "--prompt", same, "--models", "demo", "--out", str(tmp_path / "out"), "--json"])
    told = answer(capsys)
    assert (code, told["outcome"], told["mask"]["path"]) == (3, "nothing", None)
    assert not (tmp_path / "out").exists()


def test_many_pictures_each_their_own_and_errors_told_for_theirs(picture, tmp_path, capsys):
    records = [
        {"id": "one", "image": picture.name, "prompt": PROMPT},
        {"id": "two", "image": "missing.png", "prompt": PROMPT},
        {"id": "three", "image": picture.name, "prompt": "anything", "target": "orange cat"},
        {"id": "../four", "image": picture.name, "prompt": PROMPT},
        {"id": "five", "image": picture.name, "prompt": "a red ball left of an orange cat, on the grass"},
    ]
    lines = tmp_path / "in.jsonl"
    lines.write_text("".join(json.dumps(record) + "\n" for record in records))
    out = tmp_path / "out"
    code = main(["mask", "--jsonl", str(lines), "--out", str(out), "--models", "demo", "--json"])
    assert answer(capsys) == {"results": str(out / "results.jsonl"), "mask": 2, "nothing": 1, "unsure": 0, "error": 2}
    assert code == 2
    results = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert [result["outcome"] for result in results] == ["mask", "error", "mask", "error", "nothing"]
    assert "missing.png" in results[1]["error"]
    truth = silhouettes(SCENE)
    assert iou(np.array(Image.open(out / "one.png")) > 127, truth[0]) > 0.85
    assert iou(np.array(Image.open(out / "three.png")) > 127, truth[1]) > 0.85
    assert not np.array(Image.open(out / "five.png")).any()
    assert sorted(path.name for path in out.iterdir()) == ["five.png", "one.png", "results.jsonl", "three.png"]


def test_plan_of_one_and_of_many(tmp_path, capsys):
    assert main(["plan", "--caption", "a dog on a bench", "--prompt", "a cat on a bench", "--json"]) == 0
    edits = answer(capsys)["edits"]
    assert [(edit["kind"], edit["target"], edit["replacement"]) for edit in edits] == [("replace", "dog", "cat")]
    assert main(["plan", "--caption", "a dog on a bench", "--prompt", "a dog on a bench, 8k", "--json"]) == 3
    assert answer(capsys)["edits"] == []
    lines, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines.write_text('{"id": 7, "caption": "a dog on a bench", "prompt": "a cat on a bench"}\n')
    assert main(["plan", "--jsonl", str(lines), "--out", str(out), "--json"]) == 0
    (record,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (record["id"], record["edits"][0]["kind"]) == (7, "replace")


def test_segments_and_caption(picture, tmp_path, capsys):
    assert main(["segments", str(picture), "--models", "demo", "--json", "--out", str(tmp_path / "parts")]) == 0
    found = answer(capsys)["segments"]
    assert len(list((tmp_path / "parts").iterdir())) == len(found) >= 2
    assert main(["caption", str(picture), "--models", "demo", "--json"]) == 0
    assert answer(capsys)["caption"] == SCENE.caption


def test_models_list_names_what_is_there_and_what_is_missing(tmp_path, capsys):
    assert main(["models", "list", "--folder", str(tmp_path), "--json"]) == 0
    told = answer(capsys)
    assert {one["kind"] for one in told["models"]} == {"captioner", "matcher", "segmenter"}
    assert any("sam" in name for name in told["missing"])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["mask", "no-such.png", "--prompt", "x"], 2, "no-such.png"),
        (["mask", "--prompt", "x"], 2, "give a picture and --prompt"),
        (["mask", "README.md", "--prompt", "x"], 2, "cannot be read as a picture"),
        (["plan", "--caption", "x"], 2, "--prompt"),
        (["caption", "docs/page.png", "--models", "no-such-model"], 4, "no-such-model"),
    ],
)
def test_an_error_is_one_sentence_and_an_exit_code(arguments, code, says):
    done = subprocess.run(
        [sys.executable, "-m", "lib_automask", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == code
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_models_that_are_missing_are_told_before_any_work(picture, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["mask", str(picture), "--prompt", PROMPT]) == 4
    assert "fetch" in capsys.readouterr().err
