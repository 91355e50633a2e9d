"""The page of a running WebUI, driven in Chromium as a person would."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import (
    choose_folders,
    click_view,
    generate,
    opened,
    paint_view,
    preview,
    put,
    read_option,
    result,
    tab,
)
from conftest import PROMPT, SIDE, WebUI
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw
from lib_automask import MaskRequest, Options, build_mask, load_models

SAME = "a red ball left of an orange cat, on the grass"


@pytest.fixture
def page(webui: WebUI) -> Iterator[Any]:
    with opened(webui) as page:
        yield page


def test_the_page_makes_the_same_mask_as_python(page, picture, mask, tmp_path):
    put(page, picture, tmp_path)
    said = generate(page, PROMPT)
    assert "red ball → blue star" in said
    assert "red ball → blue star" in page.locator("#automask_why").inner_text()
    assert np.array_equal((result(page) != picture).any(2), mask)
    if folder := os.environ.get("AUTOMASK_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / "page.png"))


def test_passes_are_painted_one_after_another(page, picture, mask, tmp_path):
    put(page, picture, tmp_path)
    page.locator("#automask_passes textarea").first.fill("edit: blur=0\noutpaint: down=16; blur=0")
    said = generate(page, PROMPT)
    assert "pass 1: " in said
    assert "pass 2: extended down 16: 128x128 → 128x144" in said
    after = result(page)
    assert after.shape[:2] == (SIDE + 16, SIDE)
    assert np.array_equal((after[:SIDE] != picture).any(2), mask)


def test_nothing_to_change_is_shown_in_the_page(page, picture, tmp_path):
    put(page, picture, tmp_path)
    assert "nothing to change" in generate(page, SAME)


def test_a_missing_model_is_shown_in_the_page(page, webui, picture, tmp_path):
    put(page, picture, tmp_path)
    webui.post("/sdapi/v1/options", {"automask_segmenter": "no-such-model", "automask_fetch": False})
    try:
        assert "no-such-model" in generate(page, PROMPT)
    finally:
        webui.post("/sdapi/v1/options", {"automask_segmenter": "demo", "automask_fetch": True})


def test_models_are_unloaded_by_a_button_and_loaded_again(page, picture, mask, tmp_path):
    put(page, picture, tmp_path)
    page.locator("#automask_unload_button").click()
    page.locator("#automask_unloaded").get_by_text("forgotten").wait_for()
    if folder := os.environ.get("AUTOMASK_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / "unloaded.png"))
    generate(page, PROMPT)
    assert np.array_equal((result(page) != picture).any(2), mask)


def test_a_preview_paints_nothing(page, picture, mask, tmp_path):
    put(page, picture, tmp_path)
    assert "red ball → blue star" in generate(page, PROMPT, "automask_preview_button")
    shown = result(page).astype(int)
    pale = np.abs(shown - (picture // 2 + 110)).max(2) == 0
    assert pale[~mask].mean() > 0.9
    assert pale[mask].mean() < 0.1


BALL, CAT = (0.28, 0.55), (0.72, 0.55)
CORRECTIONS = ("picked", "left_out", "strokes", "edits", "corrected")


def test_a_correction_is_painted_sent_by_the_api_and_pasted_back(page, webui, picture, tmp_path):
    """Preview, two clicks, a stroke, Generate; then the same by Python, by the API, and in a page that was reloaded."""
    put(page, picture, tmp_path)
    preview(page, PROMPT)
    click_view(page, *BALL)
    click_view(page, *CAT)
    paint_view(page, (0.1, 0.1), (0.3, 0.1))
    chosen = {name: read_option(page, name) for name in CORRECTIONS}
    assert chosen["picked"]
    assert chosen["left_out"]
    assert chosen["strokes"].startswith("+")
    said = generate(page, PROMPT)
    assert "by hand: 1 taken, 1 left out, 1 painted" in said
    mask = build_mask(MaskRequest(picture, PROMPT, None, Options(**chosen)), load_models("demo")).mask
    assert np.array_equal((result(page) != picture).any(2), mask)
    answer = webui.img2img(picture, PROMPT, [{"enabled": True, "blur": 0, **chosen}])
    assert np.array_equal((answer.images[0] != picture).any(2), mask)

    page.reload(wait_until="domcontentloaded")
    page.wait_for_selector("#tabs button", timeout=60_000)
    page.wait_for_timeout(3000)
    tab(page, "img2img")
    page.locator("#img2img_prompt textarea").first.fill(answer.infotexts[0])
    page.locator("#img2img_tools #paste").first.click()
    page.wait_for_function("automaskPanel.read('picked')", timeout=30_000)
    assert {name: read_option(page, name) for name in CORRECTIONS} == chosen


@pytest.mark.parametrize("button", ["sendInpaint", "sendUpload"])
def test_picture_and_mask_are_sent_on_and_painted_there(page, picture, mask, tmp_path, button):
    """With automask off, the host paints what it was sent."""
    put(page, picture, tmp_path)
    preview(page, PROMPT)
    page.locator(f"#automask_view button[data-do={button}]").click()
    page.locator("#automask_why").get_by_text("Picture and mask are in").wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    page.locator("#automask_enabled-visible-checkbox").click()
    number = page.locator("#img2img_mask_blur input[type=number]").first
    number.fill("0")
    number.press("Tab")
    page.wait_for_timeout(500)
    generate(page, PROMPT)
    changed = (result(page) != picture).any(2)
    assert (changed & mask).sum() / (changed | mask).sum() > 0.97  # the canvas smooths its edge


@pytest.mark.parametrize(("width", "theme"), [(480, "light"), (1366, "dark")])
def test_the_panel_fits_narrow_and_dark(webui, picture, tmp_path, width, theme):
    with opened(webui, width, theme) as page:
        put(page, picture, tmp_path)
        preview(page, PROMPT)
        wide = """[...document.querySelectorAll("#automask_view *")].filter((element) => {
            const box = element.getBoundingClientRect();
            return box.width > 1 && box.right > innerWidth + 1;
        }).length"""
        assert page.evaluate(wide) == 0
        assert page.locator("#automask_plan li").count() == 1


def test_the_panel_works_after_the_ui_was_reloaded_twice(webui, picture, tmp_path):
    for _ in range(2):
        with opened(webui) as page:
            tab(page, "Settings")
            page.locator("#settings_restart_gradio").click()
            page.wait_for_timeout(15_000)
    with opened(webui) as page:
        put(page, picture, tmp_path)
        preview(page, PROMPT)
        click_view(page, *CAT)
        assert read_option(page, "picked")


def test_a_batch_gives_each_file_its_own_mask(page, picture, tmp_path):
    """Three files, the second of which is already what the prompt says."""
    cup = draw(Scene((Thing("cup", "blue", 0.3, 0.5, 0.21, 0, 1),), "grass", SIDE, SIDE, 5))
    other = draw(Scene((Thing("ball", "yellow", 0.6, 0.5, 0.22, 0, 1),), "grass", SIDE, SIDE, 9))
    same = draw(Scene((Thing("ball", "red", 0.5, 0.45, 0.23, 0, 1),), "grass", SIDE, SIDE, 7))
    prompt = "a red ball on the grass"
    expected = []
    models = load_models("demo")
    for name, drawn in (("1-cup", cup), ("2-same", same), ("3-other", other)):
        Image.fromarray(drawn).save(tmp_path / f"{name}.png")
        expected.append(build_mask(MaskRequest(drawn, prompt), models).mask)
    assert [bool(mask.any()) for mask in expected] == [True, False, True]

    out = tmp_path.parent / "out"
    out.mkdir(exist_ok=True)
    choose_folders(page, tmp_path, out)
    said = generate(page, prompt)
    assert "2 out of 3" in said
    assert "nothing to change" in said
    written = sorted(path for path in out.iterdir() if path.suffix == ".png")
    assert len(written) == 3
    for path, drawn, mask in zip(written, (cup, same, other), expected):
        with Image.open(path) as finished:
            assert np.array_equal((np.array(finished.convert("RGB")) != drawn).any(2), mask), path.name
