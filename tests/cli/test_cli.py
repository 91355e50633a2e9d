"""The command line with one picture: arguments in; stdout, stderr, files and exit code out."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_scenes import BALL_AND_CAT, ROOT, STAR_FOR_BALL, read_answer, save_scene
from PIL import Image

from benchmarks.icon_world.scenes import silhouettes
from lib_automask.cli import commands, main
from lib_automask.cli.progress import ProgressBar
from lib_automask.errors import ModelCorrupt
from lib_automask.imaging.masks import mask_iou


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return save_scene(BALL_AND_CAT, tmp_path / "ball and cat.png")


def test_mask_prints_one_object_and_writes_the_mask(picture, tmp_path, capsys):
    code = main(
        ["mask", str(picture), "--prompt", STAR_FOR_BALL, "--models", "demo", "--out", str(tmp_path / "out"), "--json"]
    )
    printed = read_answer(capsys)
    assert code == 0
    assert {"caption", "prompt", "edits", "segments", "mask", "outcome", "timings"} <= set(printed)
    assert set(printed["edits"][0]) == {"kind", "target", "replacement", "relation", "score"}
    assert {"box", "area", "predicted_iou", "stability_score", "scores", "selected"} <= set(printed["segments"][0])
    mask = np.array(Image.open(printed["mask"]["path"])) > 127
    assert printed["mask"]["coverage"] == pytest.approx(mask.mean(), abs=1e-5)
    assert mask_iou(mask, silhouettes(BALL_AND_CAT)[0]) > 0.85


def test_a_written_mask_can_be_read_by_others_as_the_umask_says(picture, tmp_path, capsys):
    beside = tmp_path / "beside"
    beside.write_bytes(b"")
    main(
        ["mask", str(picture), "--prompt", STAR_FOR_BALL, "--models", "demo", "--out", str(tmp_path / "out"), "--json"]
    )
    assert Path(read_answer(capsys)["mask"]["path"]).stat().st_mode == beside.stat().st_mode


def test_the_same_picture_rotated_by_exif_gives_the_same_mask(picture, tmp_path, capsys):
    sideways = tmp_path / "sideways.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    Image.open(picture).transpose(Image.Transpose.ROTATE_90).save(sideways, exif=exif)
    masks = []
    for path in (picture, sideways):
        main(
            ["mask", str(path), "--prompt", STAR_FOR_BALL, "--models", "demo", "--out", str(tmp_path / "out"), "--json"]
        )
        masks.append(np.array(Image.open(read_answer(capsys)["mask"]["path"])))
    assert np.array_equal(*masks)


def test_nothing_to_change_is_exit_3_and_writes_no_mask(picture, tmp_path, capsys):
    same = "masterpiece, a red ball left of an orange cat, on the grass"
    code = main(["mask", str(picture), "--prompt", same, "--models", "demo", "--out", str(tmp_path / "out"), "--json"])
    printed = read_answer(capsys)
    assert (code, printed["outcome"], printed["mask"]["path"]) == (3, "nothing", None)
    assert not (tmp_path / "out").exists()


def test_plan_of_one_and_of_many(tmp_path, capsys):
    assert main(["plan", "--caption", "a dog on a bench", "--prompt", "a cat on a bench", "--json"]) == 0
    edits = read_answer(capsys)["edits"]
    assert [(edit["kind"], edit["target"], edit["replacement"]) for edit in edits] == [("replace", "dog", "cat")]
    assert main(["plan", "--caption", "a dog on a bench", "--prompt", "a dog on a bench, 8k", "--json"]) == 3
    assert read_answer(capsys)["edits"] == []
    lines, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines.write_text('{"id": 7, "caption": "a dog on a bench", "prompt": "a cat on a bench"}\n')
    assert main(["plan", "--jsonl", str(lines), "--out", str(out), "--json"]) == 0
    (record,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (record["id"], record["edits"][0]["kind"]) == (7, "replace")


def test_segments_and_caption(picture, tmp_path, capsys):
    assert main(["segments", str(picture), "--models", "demo", "--json", "--out", str(tmp_path / "parts")]) == 0
    found = read_answer(capsys)["segments"]
    assert len(list((tmp_path / "parts").iterdir())) == len(found) >= 2
    assert main(["caption", str(picture), "--models", "demo", "--json"]) == 0
    assert read_answer(capsys)["caption"] == BALL_AND_CAT.caption


def test_a_command_loads_only_the_model_that_it_needs(picture, tmp_path, monkeypatch):
    demo = ROOT / "models" / "demo"
    monkeypatch.chdir(tmp_path)
    assert main(["caption", str(picture), "--models", str(demo / "blip-captioner")]) == 0
    assert main(["segments", str(picture), "--models", str(demo / "sam")]) == 0


def test_a_picture_too_thin_for_sam_is_bad_input(tmp_path, capsys):
    path = tmp_path / "thin.png"
    Image.new("RGB", (2000, 2)).save(path)
    assert main(["segments", str(path), "--models", "demo"]) == 2
    assert "2000 × 2 is too thin" in capsys.readouterr().err


def test_models_list_names_what_is_there_and_what_is_missing(tmp_path, capsys):
    assert main(["models", "list", "--folder", str(tmp_path), "--json"]) == 0
    printed = read_answer(capsys)
    assert {one["kind"] for one in printed["models"]} == {"captioner", "matcher", "segmenter"}
    assert any("sam" in name for name in printed["missing"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["mask", "no-such.png", "--prompt", "x"], 2, "no-such.png"),
        (["mask", "--prompt", "x"], 2, "give a picture and --prompt"),
        (["mask", "README.md", "--prompt", "x"], 2, "cannot be read as a picture"),
        (["plan", "--caption", "x"], 2, "--prompt"),
        (["caption", "PICTURE", "--models", "no-such-model"], 4, "no-such-model"),
        (["caption", "PICTURE", "--models", "demo", "--device", "foo"], 2, "choose one of cpu"),
    ],
)
def test_an_error_is_one_sentence_and_an_exit_code(picture, arguments, code, message):
    arguments = [str(picture) if argument == "PICTURE" else argument for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "lib_automask", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_missing_models_are_an_error_before_any_work(picture, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["mask", str(picture), "--prompt", STAR_FOR_BALL]) == 4
    assert "fetch" in capsys.readouterr().err


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Takes what the terminal would be sent; made in the test, since pytest sets stderr anew before it."""
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", written)
    return written


def test_the_bar_never_goes_back(monkeypatch):
    terminal = a_terminal(monkeypatch)
    bar = ProgressBar()
    for share in (0.5, 0.25, 0.75):
        bar("stage", share)
    assert [piece.count("█") for piece in terminal.getvalue().split("\r")[1:]] == [12, 12, 18]


def test_the_bar_is_cleared_before_an_error_is_printed(picture, monkeypatch):
    terminal = a_terminal(monkeypatch)

    def begin_and_fail(*_sources, device, progress):
        progress("loading models", 0.5)
        raise ModelCorrupt("bad weights")

    monkeypatch.setattr(commands, "load_captioner", begin_and_fail)
    assert main(["caption", str(picture)]) == 4
    assert "█" in terminal.getvalue()
    assert terminal.getvalue().endswith(" \rautomask: bad weights\n")
