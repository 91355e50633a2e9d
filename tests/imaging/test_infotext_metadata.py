"""The prompt that a picture was made with, read from its file; and the command line that uses it."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from benchmarks.icon_world.scenes import Scene, Thing, draw, silhouettes
from lib_automask.cli import main
from lib_automask.imaging import files, infotext_metadata
from lib_automask.imaging.masks import mask_iou

PROMPT = "a red ball,\nBREAK on the (grass:1.2) [day:night:0.5] <lora:toys:1>, 日本 🐈"
SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8"
INFOTEXT = f"{PROMPT}\nNegative prompt: blurry,\nSteps in the snow\n{SETTINGS}"
SCENE = Scene(
    (Thing("ball", "red", 0.28, 0.55, 0.2, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.21, 4, 1)), "grass", 160, 160, 3
)
STAR = "a blue star left of an orange cat, on the grass"


def with_text(**text: object) -> dict[str, object]:
    info = PngImagePlugin.PngInfo()
    for key, value in text.items():
        info.add_text(key, value)  # type: ignore[arg-type]
    return {"pnginfo": info}


def with_comment(comment: bytes, orientation: int = 1) -> dict[str, object]:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[infotext_metadata.EXIF_PART] = {infotext_metadata.USER_COMMENT: comment}
    return {"exif": exif}


def saved(path: Path, picture: Image.Image | None = None, **more: object) -> Path:
    (picture or Image.new("RGB", (8, 8))).save(path, **more)
    return path


@pytest.mark.parametrize(
    ("infotext", "prompt"),
    [
        (INFOTEXT, PROMPT),
        (f"a cat\n{SETTINGS}", "a cat"),
        ("a cat", "a cat"),
        (f"a cat\non steps: 3 of them\n{SETTINGS}", "a cat\non steps: 3 of them"),
        (f"\nNegative prompt: blurry\n{SETTINGS}", ""),
        ("", ""),
        ('{"prompt": "a cat"}', ""),
        (f"a cat\n{SETTINGS}, automask kept: the picture as it was", ""),
        (f"a cat that automask kept: here\n{SETTINGS}", "a cat that automask kept: here"),
    ],
)
def test_the_prompt_of_an_infotext_ends_where_the_settings_begin(infotext, prompt):
    assert infotext_metadata.prompt_from_infotext(infotext) == prompt


@pytest.mark.parametrize("compressed", [False, True])
def test_the_text_of_a_png(tmp_path, compressed):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", INFOTEXT, zip=compressed)
    path = saved(tmp_path / "a.png", pnginfo=info)
    assert files.read_image_and_prompt(path)[1] == PROMPT


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
@pytest.mark.parametrize(
    "comment",
    [
        infotext_metadata.UNICODE + INFOTEXT.encode("utf-16-be"),
        infotext_metadata.UNICODE + INFOTEXT.encode("utf-16-le"),
        infotext_metadata.UNICODE + b"\xff\xfe" + INFOTEXT.encode("utf-16-le"),
        b"ASCII\0\0\0" + INFOTEXT.encode(),
        b"\0" * 8 + INFOTEXT.encode(),
        INFOTEXT.encode(),
    ],
    ids=["as the hosts write it", "the other order", "with its mark", "ASCII", "undefined", "no encoding named"],
)
def test_the_comment_in_exif(tmp_path, suffix, comment):
    path = saved(tmp_path / f"a.{suffix}", **with_comment(comment, orientation=6))
    assert files.read_image_and_prompt(path)[1] == PROMPT


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_picture_with_broken_exif_is_read_without_a_prompt(tmp_path, suffix):
    whole = saved(tmp_path / f"a.{suffix}", **with_comment(infotext_metadata.UNICODE + b"\0a\0 \0c")).read_bytes()
    start = max(whole.find(b"MM\0*"), whole.find(b"II*\0"))
    rng = np.random.default_rng(5)
    prompts = set()
    for _ in range(300):
        broken = bytearray(whole)
        for place in rng.integers(0, 60, 3):
            broken[start + place] = rng.integers(256)
        if suffix == "png":
            broken = bytearray(with_right_checksums(bytes(broken)))
        (tmp_path / f"b.{suffix}").write_bytes(broken)
        image, prompt = files.read_image_and_prompt(tmp_path / f"b.{suffix}")
        assert image.shape == (8, 8, 3)
        prompts.add(prompt)
    assert {"a c", ""} <= prompts


def with_right_checksums(png: bytes) -> bytes:
    """The PNG with the checksum of each chunk made anew, so that it is only the content that is wrong."""
    whole, at = png[:8], 8
    while at < len(png):
        end = at + 8 + int.from_bytes(png[at : at + 4], "big")
        whole += png[at:end] + zlib.crc32(png[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return whole


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"II*\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"])
def test_parts_of_a_file_that_cannot_be_read_have_no_infotext(content):
    assert (
        infotext_metadata.infotext_from_parts(png=content) == infotext_metadata.infotext_from_parts(exif=content) == ""
    )


# The command line.


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    printed: dict[str, object] = json.loads(capsys.readouterr().out)
    return printed


@pytest.mark.parametrize("more", [[], ["--no-own-prompt"]])
def test_the_command_line_uses_the_own_prompt_unless_it_is_turned_off(tmp_path, capsys, more):
    infotext = f"red ball, orange cat, grass\n{SETTINGS}"
    path = saved(tmp_path / "a.png", Image.fromarray(draw(SCENE)), **with_text(parameters=infotext))
    out = str(tmp_path / "out")
    prompt = "blue star, orange cat, grass"
    assert main(["mask", str(path), "--prompt", prompt, "--models", "demo", "--out", out, "--json", *more]) == 0
    printed = answer(capsys)
    assert mask_iou(np.array(Image.open(printed["mask"]["path"])) > 127, silhouettes(SCENE)[0]) > 0.85
    if more:
        assert (printed["witness"], printed["caption"]) == ("caption", SCENE.caption)
    else:
        assert (printed["witness"], printed["caption"]) == ("own prompt", "")
        assert printed["why"].startswith("made with: red ball, orange cat, grass; prompt: blue star")


def test_each_of_many_pictures_has_its_own_prompt(tmp_path, capsys):
    drawn = Image.fromarray(draw(SCENE))
    saved(tmp_path / "same.png", drawn, **with_text(parameters=f"{STAR}\n{SETTINGS}"))
    saved(tmp_path / "ball.jpg", drawn, quality=95, **with_comment(b"ASCII\0\0\0" + SCENE.caption.encode()))
    saved(tmp_path / "bare.png", drawn)
    names = ("same.png", "ball.jpg", "bare.png")
    lines = [json.dumps({"id": name[:4], "image": name, "prompt": STAR}) for name in names]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    out = tmp_path / "out"
    assert main(["mask", "--jsonl", str(tmp_path / "in.jsonl"), "--models", "demo", "--out", str(out), "--json"]) == 0
    results = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    outcomes = [(result["outcome"], result["witness"]) for result in results]
    assert outcomes == [("nothing", "own prompt"), ("mask", "own prompt"), ("mask", "caption")]


def test_a_run_on_a_result_uses_the_prompt_that_the_result_was_made_with(tmp_path, capsys):
    info = with_text(parameters=f"{SCENE.caption}\n{SETTINGS}, automask enabled: True")
    path = saved(tmp_path / "result.png", Image.fromarray(draw(SCENE)), **info)
    prompt = SCENE.caption.replace("orange cat", "black cat")
    out = str(tmp_path / "out")
    assert main(["mask", str(path), "--prompt", prompt, "--models", "demo", "--out", out, "--json"]) == 0
    printed = answer(capsys)
    assert [(edit["kind"], edit["target"]) for edit in printed["edits"]] == [("modify", "orange cat")]
    assert printed["witness"] == "own prompt"
