"""The command line and the files round it: nothing that is read is written over, nothing finished is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_scenes import ROOT, save_scene, write_records
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing
from lib_automask.cli import commands, main
from lib_automask.errors import ModelCorrupt

SCENE = Scene((Thing("ball", "red", 0.5, 0.55, 0.2, 0, 1),), "grass", 96, 96, 3)
PROMPT = "a blue star on the grass"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return save_scene(SCENE, tmp_path / "ball.png")


def mask_records(records: Path, out: Path) -> int:
    return main(["mask", "--jsonl", str(records), "--out", str(out), "--models", "demo"])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def run(*arguments: str | Path, **more) -> subprocess.CompletedProcess:
    environment = {**os.environ, **more.pop("env", {})}
    command = [sys.executable, "-m", "lib_automask", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, env=environment, **more)


@pytest.mark.parametrize("spelling", ["plain", "relative", "link to the picture", "link to the folder", "hard link"])
def test_masks_are_never_written_over_pictures(picture, tmp_path, capsys, spelling):
    source, out = picture, tmp_path
    if spelling == "relative":
        source = tmp_path / "." / ".." / tmp_path.name / picture.name
    elif spelling == "link to the picture":
        source = tmp_path / "linked.png"
        source.symlink_to(picture)
    elif spelling == "link to the folder":
        out = tmp_path / "folder"
        out.symlink_to(tmp_path)
    elif spelling == "hard link":
        source = tmp_path / "elsewhere" / "other.png"
        source.parent.mkdir()
        os.link(picture, source)
    name = source.stem if spelling.startswith("link to the pic") else "ball"
    first = {"id": "free", "image": str(source), "prompt": PROMPT}
    records = write_records(tmp_path / "in.jsonl", first, {**first, "id": name})
    before = contents(tmp_path)
    assert mask_records(records, out) == 2
    assert "is not written over" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_a_mask_is_never_written_over_the_picture_of_another_record(picture, tmp_path):
    shutil.copy(picture, tmp_path / "other.png")
    one = {"id": "other", "image": "ball.png", "prompt": PROMPT}
    records = write_records(tmp_path / "in.jsonl", one, {"id": "b", "image": "other.png", "prompt": PROMPT})
    before = contents(tmp_path)
    assert mask_records(records, tmp_path) == 2
    assert contents(tmp_path) == before


def test_records_are_never_written_over(picture, tmp_path):
    records = write_records(tmp_path / "results.jsonl", {"id": "a", "image": "ball.png", "prompt": PROMPT})
    plans = write_records(tmp_path / "plans.jsonl", {"id": "a", "caption": "a cat", "prompt": "a dog"})
    (tmp_path / "linked.jsonl").symlink_to(plans)
    before = contents(tmp_path)
    assert mask_records(records, tmp_path) == 2
    for out in (plans, tmp_path / "linked.jsonl"):
        assert main(["plan", "--jsonl", str(plans), "--out", str(out)]) == 2
    assert contents(tmp_path) == before


def test_a_mask_of_the_users_and_a_picture_called_like_an_output_stay(picture, tmp_path):
    own = tmp_path / "ball-mask.png"
    Image.new("L", (96, 96), 255).save(own)
    (tmp_path / "ball-cutout.png").symlink_to(picture)
    before = contents(tmp_path)
    common = ["--models", "demo", "--out", str(tmp_path)]
    assert main(["mask", str(picture), "--prompt", PROMPT, "--user-mask", str(own), *common]) == 2
    assert main(["cutout", str(picture), *common]) == 2
    assert contents(tmp_path) == before


def test_pictures_that_differ_in_their_endings_have_masks_of_their_own(picture, tmp_path):
    Image.open(picture).save(tmp_path / "ball.jpg")
    for name in ("ball.png", "ball.jpg"):
        common = ["--models", "demo", "--out", str(tmp_path / "out")]
        assert main(["mask", str(tmp_path / name), "--prompt", PROMPT, *common]) == 0
    masks = sorted(path.name for path in (tmp_path / "out").glob("*-mask.png"))
    assert masks == ["ball.jpg-mask.png", "ball.png-mask.png"]


def test_the_mask_of_an_earlier_run_does_not_stay_beside_nothing(picture, tmp_path):
    common = ["--models", "demo", "--out", str(tmp_path / "out")]
    assert main(["mask", str(picture), "--prompt", PROMPT, *common]) == 0
    assert main(["mask", str(picture), "--prompt", SCENE.caption, *common]) == 3
    assert list((tmp_path / "out").iterdir()) == []


def test_an_out_that_cannot_be_written_is_found_before_the_work(picture, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(commands, "load_models", lambda *_a, **_k: pytest.fail("the work began"))
    records = write_records(tmp_path / "in.jsonl", {"id": "a", "image": "ball.png", "prompt": PROMPT})
    for out in (picture, picture / "below", Path("/proc/none"), tmp_path / ("x" * 300)):
        assert mask_records(records, out) == 2
        assert "choose another --out" in capsys.readouterr().err
        assert main(["mask", str(picture), "--prompt", PROMPT, "--out", str(out)]) == 2


def test_lines_are_kept_while_others_are_worked_on(picture, tmp_path, monkeypatch):
    same = {"image": "ball.png", "prompt": SCENE.caption}
    records = write_records(tmp_path / "in.jsonl", {"id": 1, **same}, {"id": 2, **same})
    part, build, seen = tmp_path / "out" / "results.jsonl.partial", commands.build_mask, []

    def build_and_look(request, models):
        seen.append(part.read_text().count("\n"))
        return build(request, models)

    monkeypatch.setattr(commands, "build_mask", build_and_look)
    assert mask_records(records, tmp_path / "out") == 0
    assert (seen, part.exists()) == ([0, 1], False)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_an_output_that_is_not_utf8_has_the_answer_all_the_same(encoding):
    for more in ([], ["--json"]):
        plan = ["plan", "--caption", "a dog on a bench", "--prompt", "a 猫 cat on a bench", *more]
        done = run(*plan, env={"PYTHONIOENCODING": encoding})
        assert (done.returncode, done.stderr) == (0, b"")
        if more:
            assert json.loads(done.stdout)["prompt"] == "a 猫 cat on a bench"


def test_a_name_that_is_not_utf8_ends_in_no_traceback(picture, tmp_path):
    strange = tmp_path / os.fsdecode(b"b\xffll.png")
    shutil.copy(picture, strange)
    done = run("mask", strange, "--prompt", PROMPT, "--models", "demo", "--out", tmp_path / "out", "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert Path(json.loads(done.stdout)["mask"]["path"]).is_file()


def test_records_of_windows_are_read(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": 1, "caption": "a cat", "prompt": "a dog"}\r\n\r\n')
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "out.jsonl")]) == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no record"),
        (b"\n \n", "holds no record"),
        (b'{"id": NaN, "caption": "", "prompt": ""}', "write text or a number"),
        (b'{"id": -1e999, "caption": "", "prompt": ""}', "write text or a number"),
        (b"{'id': 1}", "line 1 is not JSON at column 2; write one object a line"),
        (b'{"id": "\xe9"}', "is not in UTF-8"),
    ],
)
def test_wrong_records_are_explained_without_jargon(tmp_path, capsys, content, says):
    path = tmp_path / "in.jsonl"
    path.write_bytes(content)
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "out.jsonl")]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("name", ["x" * 300, "ü" * 120, "a\0b", "a\nb", "CON:", "a\\b", "\ud83d/"])
def test_an_id_that_no_file_can_have_is_an_error_in_its_line(picture, tmp_path, name):
    records = write_records(tmp_path / "in.jsonl", {"id": name, "image": "ball.png", "prompt": PROMPT})
    assert mask_records(records, tmp_path / "out") == 2
    (line,) = (tmp_path / "out" / "results.jsonl").read_text().splitlines()
    assert "cannot be a file's name" in json.loads(line)["error"]


def test_ids_that_some_disks_take_for_one_are_refused(picture, tmp_path, capsys):
    one = {"image": "ball.png", "prompt": PROMPT}
    assert mask_records(write_records(tmp_path / "in.jsonl", {"id": "A", **one}, {"id": "a", **one}), tmp_path) == 2
    assert "one file's name" in capsys.readouterr().err


@pytest.mark.parametrize(("key", "says"), [("tagret", "did you mean 'target'"), ("grow", "cannot hold 'grow'")])
def test_a_key_that_would_change_the_mask_is_refused(picture, tmp_path, capsys, key, says):
    record = {"id": "a", "image": "ball.png", "prompt": PROMPT, key: "sand"}
    assert mask_records(write_records(tmp_path / "in.jsonl", record), tmp_path / "out") == 2
    assert says in capsys.readouterr().err


def test_what_is_not_used_beside_records_is_refused_or_named(picture, tmp_path, capsys):
    record = {"id": "a", "image": "ball.png", "prompt": SCENE.caption, "remark": 1}
    records = write_records(tmp_path / "in.jsonl", record)
    assert mask_records(records, tmp_path / "out") == 0
    assert "not used in the records: 'remark'" in capsys.readouterr().err
    for more in ([str(picture)], ["--user-mask", str(picture)], ["--prompt", "x"]):
        assert main(["mask", *more, "--jsonl", str(records), "--out", str(tmp_path / "out")]) == 2
        assert "not used beside --jsonl" in capsys.readouterr().err


def test_a_blank_mask_is_no_mask(picture, tmp_path):
    Image.new("L", (96, 96)).save(tmp_path / "blank.png")
    common = ["--prompt", PROMPT, "--models", "demo", "--combine", "within"]
    own = ["--user-mask", str(tmp_path / "blank.png")]
    assert main(["mask", str(picture), *own, *common, "--out", str(tmp_path / "blank")]) == 0
    assert main(["mask", str(picture), *common, "--out", str(tmp_path / "none")]) == 0
    masks = [np.array(Image.open(tmp_path / name / "ball-mask.png")) for name in ("blank", "none")]
    assert np.array_equal(*masks)


def test_code_beside_a_tokenizer_is_never_run_nor_asked_for(picture, tmp_path):
    folder = shutil.copytree(ROOT / "models" / "demo" / "blip-captioner", tmp_path / "model")
    own_code = {"auto_map": {"AutoTokenizer": ["own.Own", None]}, "tokenizer_class": "Own"}
    (folder / "tokenizer_config.json").write_text(json.dumps(own_code))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Own: pass\n")
    done = run("caption", picture, "--models", folder, input=b"y\ny\n")
    assert not (tmp_path / "ran").exists()
    assert done.returncode in (0, 4)  # transformers 5 reads the plain tokenizer beside it
    assert done.stderr.count(b"\n") == (done.returncode == 4)
    assert b"[y/N]" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("vision_config", "image_size", "x"),
        ("text_config", "hidden_size", 10**9),
        ("text_config", "num_attention_heads", 0),
        ("vision_config", "patch_size", None),
    ],
)
def test_wrong_settings_of_a_model_are_one_sentence(picture, tmp_path, capsys, part, key, value):
    folder = shutil.copytree(ROOT / "models" / "demo" / "blip-captioner", tmp_path / "model")
    settings = json.loads((folder / "config.json").read_text())
    settings[part][key] = value
    (folder / "config.json").write_text(json.dumps(settings))
    assert main(["caption", str(picture), "--models", str(folder)]) == ModelCorrupt.exit_code
    assert capsys.readouterr().err.count("\n") == 1


def test_a_huge_picture_is_one_sentence(tmp_path):
    Image.new("1", (12000, 9000)).save(tmp_path / "huge.png")
    done = run("mask", tmp_path / "huge.png", "--prompt", "x", "--models", "demo")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"too large" in done.stderr
