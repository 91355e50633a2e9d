"""The page of a running WebUI, driven in Chromium as a person would."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import choose_folders, generate, opened, put, result
from conftest import PROMPT, SIDE, WebUI
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw
from lib_automask import MaskRequest, build_mask, load_models

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
