"""The command line, through its own door: arguments in, stdout, stderr, files and exit code out."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw, silhouettes
from lib_automask.cli import commands, main
from lib_automask.cli.progress import ProgressBar
from lib_automask.errors import InputError, ModelCorrupt
from lib_automask.imaging import files
from lib_automask.imaging.masks import mask_iou
from lib_automask.pipeline import build_mask

ROOT = Path(__file__).parents[2]
SCENE = Scene(
    (Thing("ball", "red", 0.28, 0.55, 0.2, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.21, 4, 1)), "grass", 160, 160, 3
)
PROMPT = "a blue star left of an orange cat, on the grass"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "ball and cat.png"
    Image.fromarray(draw(SCENE)).save(path)
    return path


def write_records(folder: Path, *records: dict) -> Path:
    path = folder / "in.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
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
    assert mask_iou(mask, silhouettes(SCENE)[0]) > 0.85


def test_a_written_mask_can_be_read_by_others_as_the_umask_says(picture, tmp_path, capsys):
    beside = tmp_path / "beside"
    beside.write_bytes(b"")
    main(["mask", str(picture), "--prompt", PROMPT, "--models", "demo", "--out", str(tmp_path / "out"), "--json"])
    assert Path(answer(capsys)["mask"]["path"]).stat().st_mode == beside.stat().st_mode


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
    assert answer(capsys) == {"results": str(out / "results.jsonl"), "mask": 2, "nothing": 1, "unsure": 0, "errors": 2}
    assert code == 2
    results = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert [result["outcome"] for result in results] == ["mask", "error", "mask", "error", "nothing"]
    assert "missing.png" in results[1]["error"]
    truth = silhouettes(SCENE)
    assert mask_iou(np.array(Image.open(out / "one.png")) > 127, truth[0]) > 0.85
    assert mask_iou(np.array(Image.open(out / "three.png")) > 127, truth[1]) > 0.85
    assert not np.array(Image.open(out / "five.png")).any()
    assert sorted(path.name for path in out.iterdir()) == ["five.png", "one.png", "results.jsonl", "three.png"]


def test_many_in_text_mode_tell_where_the_results_are_and_how_many(tmp_path, capsys):
    path = write_records(tmp_path, {"id": 1, "image": "missing.png", "prompt": "x"})
    assert main(["mask", "--jsonl", str(path), "--out", str(tmp_path / "out"), "--models", "demo"]) == 2
    said = capsys.readouterr().out
    assert str(tmp_path / "out" / "results.jsonl") in said
    assert "errors: 1" in said


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"image": 5}, "line 2: image is 5"),
        ({"prompt": 7}, "line 2: prompt is 7"),
        ({"prompt": None}, "line 2: prompt is null"),
        ({"target": ["x"]}, "line 2: target is"),
        ({"id": True}, "line 2: id is true"),
        ({"id": "one"}, "line 2 has the id 'one' again"),
    ],
)
def test_a_record_that_is_wrong_is_told_before_any_work(picture, tmp_path, capsys, wrong, says):
    good = {"id": "one", "image": picture.name, "prompt": PROMPT, "target": None}
    path = write_records(tmp_path, good, {**good, "id": "two", **wrong})
    assert main(["mask", "--jsonl", str(path), "--out", str(tmp_path / "out"), "--models", "demo"]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_caption_that_is_no_text_is_told(tmp_path, capsys):
    path = write_records(tmp_path, {"id": 1, "caption": None, "prompt": "x"})
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "out.jsonl")]) == 2
    assert "line 1: caption is null; write text" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("blow", "code", "outcomes"),
    [
        (ZeroDivisionError("oh"), 1, ["nothing", "error", "nothing"]),
        (ModelCorrupt("bad weights"), 4, ["nothing"]),
        (KeyboardInterrupt(), 130, ["nothing"]),
    ],
)
def test_what_is_done_of_many_is_never_lost(picture, tmp_path, monkeypatch, blow, code, outcomes):
    same = {"image": picture.name, "prompt": SCENE.caption}
    path = write_records(tmp_path, {"id": 1, **same}, {"id": 2, **same, "target": "BLOW"}, {"id": 3, **same})

    def build_or_blow(request, models):
        if request.options.target == "BLOW":
            raise blow
        return build_mask(request, models)

    monkeypatch.setattr(commands, "build_mask", build_or_blow)
    assert main(["mask", "--jsonl", str(path), "--out", str(tmp_path / "out"), "--models", "demo"]) == code
    results = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert [result["outcome"] for result in results] == outcomes
    assert all("ZeroDivisionError" in result["error"] for result in results if result["outcome"] == "error")


def test_half_a_surrogate_pair_in_a_record_comes_back_as_it_was(tmp_path):
    path = write_records(tmp_path, {"id": "\ud83d", "caption": "a dog", "prompt": "a cat"})
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "out.jsonl")]) == 0
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["id"] == "\ud83d"


def test_where_nothing_can_be_written_no_part_of_a_file_stays(tmp_path, capsys):
    path = write_records(tmp_path, {"id": 1, "caption": "a dog", "prompt": "a cat"})
    (tmp_path / "folder").mkdir()
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "folder")]) == 2
    assert "choose another --out" in capsys.readouterr().err
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder", "in.jsonl"]


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


def test_a_command_loads_only_the_model_that_it_needs(picture, tmp_path, monkeypatch):
    demo = ROOT / "models" / "demo"
    monkeypatch.chdir(tmp_path)
    assert main(["caption", str(picture), "--models", str(demo / "blip-captioner")]) == 0
    assert main(["segments", str(picture), "--models", str(demo / "sam")]) == 0


def test_a_picture_too_thin_for_sam_is_bad_input(tmp_path, capsys):
    path = save(Image.new("RGB", (2000, 2)), tmp_path / "thin.png")
    assert main(["segments", str(path), "--models", "demo"]) == 2
    assert "2000 × 2 is too thin" in capsys.readouterr().err


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
        (["caption", "PICTURE", "--models", "no-such-model"], 4, "no-such-model"),
        (["caption", "PICTURE", "--models", "demo", "--device", "foo"], 2, "choose one of cpu"),
    ],
)
def test_an_error_is_one_sentence_and_an_exit_code(picture, arguments, code, says):
    arguments = [str(picture) if argument == "PICTURE" else argument for argument in arguments]
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


def test_the_bar_is_cleared_before_an_error_is_told(picture, monkeypatch):
    terminal = a_terminal(monkeypatch)

    def begin_and_fail(*_sources, device, progress):
        progress("loading models", 0.5)
        raise ModelCorrupt("bad weights")

    monkeypatch.setattr(commands, "load_captioner", begin_and_fail)
    assert main(["caption", str(picture)]) == 4
    assert "█" in terminal.getvalue()
    assert terminal.getvalue().endswith(" \rautomask: bad weights\n")


def test_planning_many_shows_how_far_it_is(tmp_path, monkeypatch):
    terminal = a_terminal(monkeypatch)
    path = write_records(tmp_path, {"id": "first", "caption": "a dog", "prompt": "a cat"})
    assert main(["plan", "--jsonl", str(path), "--out", str(tmp_path / "out.jsonl")]) == 0
    assert "1/1 first" in terminal.getvalue()


# --- pictures


def save(picture: Image.Image, path: Path) -> Path:
    picture.save(path)
    return path


def test_a_grey_picture_of_16_bits_is_scaled_and_not_clipped(tmp_path):
    grey = np.array([[0, 128 * 257, 65535]], dtype=np.uint16)
    path = save(Image.fromarray(grey), tmp_path / "grey.png")
    assert files.read_image(path)[0].tolist() == [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    dim = save(Image.fromarray(grey // 3), tmp_path / "dim.png")
    assert not files.read_mask(dim).any()


def test_a_picture_that_is_too_large_is_bad_input(tmp_path, monkeypatch):
    path = save(Image.new("RGB", (20, 20)), tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(InputError, match=r"large.png is too large"):
        files.read_image(path)


@pytest.mark.parametrize(
    ("color", "second_alpha", "white"),
    [
        ((0, 0, 0), 129, [False, True]),
        ((255, 255, 255), 128, [False, False]),
        ((255, 255, 255), None, [True, True]),
        ((127, 127, 127), None, [False, False]),
    ],
)
def test_a_mask_is_read_as_the_hosts_do(color, second_alpha, white):
    drawn = Image.new("RGBA", (2, 1), (*color, 255))
    if second_alpha is not None:
        drawn.putpixel((0, 0), (*color, 0))
        drawn.putpixel((1, 0), (*color, second_alpha))
    assert files.mask_from_pil(drawn)[0].tolist() == white
