"""Cutouts, layers and the Extras tab on a running WebUI."""

from __future__ import annotations

import base64
import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import choose_folders, generate, opened, put, tab
from conftest import PROMPT, SIDE, WebUI, encoded
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw, silhouettes
from lib_automask.imaging.masks import mask_iou

BALL = Scene((Thing("ball", "red", 0.5, 0.45, 0.23, 0, 1),), "grass", SIDE, SIDE, 7)


@pytest.fixture
def page(webui: WebUI) -> Iterator[Any]:
    with opened(webui) as page:
        yield page


def shown(page: Any, gallery: str) -> Image.Image:
    """The picture of a gallery, with its transparency."""
    source = page.locator(f"#{gallery} img").first.get_attribute("src")
    address = source if source.startswith("http") else f"{page.url.rstrip('/')}/{source.lstrip('/')}"
    return Image.open(io.BytesIO(page.request.get(address).body()))


def seen(page: Any, name: str) -> None:
    """A picture of the page for people, where a folder for them is named."""
    if folder := os.environ.get("AUTOMASK_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_one_click_cuts_the_target_out(page, picture, ball, tmp_path):
    put(page, picture, tmp_path)
    page.locator("#automask_target textarea").first.fill("red ball")
    assert "target: red ball" in generate(page, "", "automask_cutout_button")
    cut = shown(page, "img2img_gallery")
    seen(page, "cutout")
    assert cut.mode == "RGBA"
    assert mask_iou(np.array(cut)[..., 3] > 127, ball) > 0.9


def test_the_extras_tab_removes_the_background(page, tmp_path):
    path = tmp_path / "ball.png"
    Image.fromarray(draw(BALL)).save(path)
    tab(page, "Extras")
    page.locator("#extras_image input[type=file]").first.set_input_files(path)
    page.locator("#automask_extras-visible-checkbox").click()
    if page.locator("#extras_upscale-visible-checkbox").is_checked():
        page.locator("#extras_upscale-visible-checkbox").click()
    page.wait_for_timeout(1500)
    page.locator("#extras_generate").click()
    page.wait_for_selector("#extras_gallery img", timeout=120_000)
    page.wait_for_timeout(2000)
    seen(page, "extras")
    cut = shown(page, "extras_gallery")
    assert cut.mode == "RGBA"
    assert mask_iou(np.array(cut)[..., 3] > 127, silhouettes(BALL)[0]) > 0.9


def test_a_batch_keeps_masks_and_a_table(page, picture, ball, tmp_path):
    """Two files; with the second there is nothing to do."""
    Image.fromarray(picture).save(tmp_path / "1-pair.png")
    star = PROMPT.replace("left of an orange cat, ", "")
    same = Scene((Thing("star", "blue", 0.5, 0.45, 0.23, 0, 1),), "grass", SIDE, SIDE, 7)
    Image.fromarray(draw(same)).save(tmp_path / "2-same.png")
    out = tmp_path.parent / "kept"
    out.mkdir(exist_ok=True)
    choose_folders(page, tmp_path, out)
    also = page.locator("#automask_also input").first
    also.fill("mask")
    also.press("Enter")
    generate(page, star)
    table = next(out.rglob("automask.csv"))
    with table.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2
    assert lines[0]["edit"] not in ("", "none")
    assert "nothing to change" in lines[1]["why"]
    masks = sorted(table.parent.joinpath("automask-masks").iterdir())
    assert len(masks) == 1
    assert (table.parent / lines[0]["picture"]).exists()


@pytest.mark.parametrize(("also", "count"), [("mask", 2), ("cutout", 2), ("layers as PNG", 4)])
def test_what_is_kept_beside_a_picture_comes_with_the_answer(webui, picture, mask, also, count):
    body = {
        "init_images": [encoded(picture)], "prompt": PROMPT, "steps": 2, "cfg_scale": 1, "seed": 1, "width": SIDE,
        "height": SIDE, "sampler_name": "Euler", "denoising_strength": 0.8,
        "alwayson_scripts": {"automask": {"args": [{"enabled": True, "blur": 0, "also": also}]}},
    }  # fmt: skip
    answer = webui.post("/sdapi/v1/img2img", body).json()
    pictures = [Image.open(io.BytesIO(base64.b64decode(one))) for one in answer["images"]]
    if also == "cutout" and len(pictures) == 1:
        assert "nothing was kept beside the picture" in str(answer), "what random weights paint may be nothing known"
        return
    assert len(pictures) == count
    if also == "mask":
        np.testing.assert_array_equal(np.array(pictures[1].convert("L")) > 127, mask)
    if also == "layers as PNG":
        whole = Image.new("RGBA", (SIDE, SIDE))
        for layer in pictures[1:]:
            whole.alpha_composite(layer.convert("RGBA"))
        np.testing.assert_array_equal(np.array(whole.convert("RGB")), np.array(pictures[0].convert("RGB")))


def test_of_passes_each_is_a_layer_and_all_are_the_finished_picture(webui, picture):
    options = {"enabled": True, "also": "layers as PNG", "passes": "edit: blur=4\noutpaint: left=8; down=16; blur=0"}
    body = {
        "init_images": [encoded(picture)], "prompt": PROMPT, "steps": 2, "cfg_scale": 1, "seed": 1, "width": SIDE,
        "height": SIDE, "sampler_name": "Euler", "denoising_strength": 0.8,
        "alwayson_scripts": {"automask": {"args": [options]}},
    }  # fmt: skip
    answer = webui.post("/sdapi/v1/img2img", body).json()
    finished, *layers = [Image.open(io.BytesIO(base64.b64decode(one))) for one in answer["images"]]
    assert [layer.size for layer in layers] == [finished.size] * 3 == [(SIDE + 8, SIDE + 16)] * 3
    whole = Image.new("RGBA", finished.size)
    for layer in layers:
        whole.alpha_composite(layer.convert("RGBA"))
    np.testing.assert_array_equal(np.array(whole.convert("RGB")), np.array(finished.convert("RGB")))
