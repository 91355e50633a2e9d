"""The page of a running WebUI, driven in Chromium as a person would.

Needs playwright and a Chromium (``CHROMIUM`` names its program if it is not /usr/bin/chromium); skipped without.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PROMPT, SIDE, WebUI
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw
from lib_automask import MaskRequest, build_mask, load_models

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SAME = "a red ball left of an orange cat, on the grass"


@pytest.fixture
def page(webui: WebUI) -> Iterator[Any]:
    """The img2img tab with small, fast settings and automask ticked, its blur at 0."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; set CHROMIUM")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        page.route("**/*", lambda route: route.continue_() if is_local(route.request.url, webui) else route.abort())
        page.goto(webui.url, wait_until="domcontentloaded")
        page.wait_for_selector("#tabs button", timeout=60_000)
        page.wait_for_timeout(3000)
        page.locator("#tabs button").get_by_text("img2img", exact=False).first.click()
        page.set_default_timeout(30_000)
        page.wait_for_selector("#img2img_generate", state="visible")
        for element, value in (("steps", 2), ("width", SIDE), ("height", SIDE), ("cfg_scale", 1)):
            number(page, f"img2img_{element}", value)
        page.locator("#automask_enabled-visible-checkbox").click()
        page.wait_for_timeout(500)
        if not page.locator("#automask_target").is_visible():
            page.locator("#automask_enabled .label-wrap").first.click()
        page.locator("#automask_details .label-wrap").click()
        page.wait_for_timeout(500)
        number(page, "automask_blur", 0)
        yield page
        browser.close()


def is_local(url: str, webui: WebUI) -> bool:
    return url.startswith((webui.url, "data:", "blob:"))


def number(page: Any, element: str, value: float) -> None:
    box = page.locator(f"#{element} input[type=number]").first
    box.fill(str(value))
    box.press("Tab")


def put(page: Any, picture: np.ndarray, tmp_path: Path) -> None:
    """Upload a picture into the img2img tab."""
    path = tmp_path / "picture.png"
    Image.fromarray(picture).save(path)
    page.locator("#img2img_image input[type=file]").first.set_input_files(path)
    page.wait_for_timeout(1500)


def generate(page: Any, prompt: str, button: str = "img2img_generate") -> str:
    """Press a button and wait for what the page says below the result; once a page."""
    page.locator("#img2img_prompt textarea").first.fill(prompt)
    page.locator(f"#{button}").click()
    log = page.locator("#html_log_img2img").first
    for _ in range(120):
        page.wait_for_timeout(500)
        if "automask" in log.inner_text():
            break
    page.wait_for_timeout(1500)
    return str(log.inner_text())


def result(page: Any) -> np.ndarray:
    """uint8[H, W, 3]: the picture in the gallery, as the page shows it."""
    source = page.locator("#img2img_gallery img").first.get_attribute("src")
    body = page.request.get(
        source if source.startswith("http") else f"{page.url.rstrip('/')}/{source.lstrip('/')}"
    ).body()
    return np.array(Image.open(io.BytesIO(body)).convert("RGB"))


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


def test_nothing_to_change_is_told_in_the_page(page, picture, tmp_path):
    put(page, picture, tmp_path)
    assert "nothing to change" in generate(page, SAME)


def test_a_missing_model_is_told_in_the_page(page, webui, picture, tmp_path):
    put(page, picture, tmp_path)
    webui.post("/sdapi/v1/options", {"automask_segmenter": "no-such-model", "automask_fetch": False})
    try:
        assert "no-such-model" in generate(page, PROMPT)
    finally:
        webui.post("/sdapi/v1/options", {"automask_segmenter": "demo", "automask_fetch": True})


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
    page.locator("#mode_img2img button").get_by_text("Batch").first.click()
    page.wait_for_timeout(800)
    page.get_by_role("tab", name="From directory").or_(page.locator("button", has_text="From directory")).first.click()
    page.wait_for_timeout(500)
    for element, folder in (("input", tmp_path), ("output", out)):
        box = page.locator(f"#img2img_batch_{element}_dir textarea, #img2img_batch_{element}_dir input").first
        box.fill(str(folder))
        box.press("Tab")
    said = generate(page, prompt)
    assert "2 out of 3" in said
    assert "nothing to change" in said
    written = sorted(path for path in out.iterdir() if path.suffix == ".png")
    assert len(written) == 3
    for path, drawn, mask in zip(written, (cup, same, other), expected):
        with Image.open(path) as finished:
            assert np.array_equal((np.array(finished.convert("RGB")) != drawn).any(2), mask), path.name
