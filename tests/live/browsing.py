"""A page of a running WebUI, driven in Chromium as a person would.

Needs playwright and a Chromium (``CHROMIUM`` names its program if it is not /usr/bin/chromium); skipped without.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import SIDE, WebUI
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@contextmanager
def opened(webui: WebUI, width: int = 1400, theme: str = "light") -> Iterator[Any]:
    """The img2img tab with small, fast settings and automask ticked, its blur at 0.

    Fails if a script of ours reports an error in the console.
    """
    failures: list[str] = []
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; set CHROMIUM")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": 1500})
        page.on("pageerror", lambda error: failures.append(f"{error}\n{error.stack}"))
        page.on("console", lambda entry: failures.append(entry.text) if entry.type == "error" else None)
        page.route("**/*", lambda route: route.continue_() if is_local(route.request.url, webui) else route.abort())
        page.goto(f"{webui.url}/?__theme={theme}", wait_until="domcontentloaded")
        page.wait_for_selector("#tabs button", timeout=60_000)
        page.wait_for_timeout(3000)
        tab(page, "img2img")
        page.set_default_timeout(30_000)
        page.wait_for_selector("#img2img_generate", state="visible")
        for element, value in (("steps", 1), ("width", SIDE), ("height", SIDE), ("cfg_scale", 1)):
            number(page, f"img2img_{element}", value)
        page.locator("#automask_enabled-visible-checkbox").click()
        page.wait_for_timeout(500)
        if not page.locator("#automask_target").is_visible():
            page.locator("#automask_enabled .label-wrap").first.click()
        for group in ("sampling", "passes", "output"):
            page.locator(f"#automask_{group}_group .label-wrap").click()
        page.wait_for_timeout(500)
        number(page, "automask_blur", 0)
        yield page
        browser.close()
    assert [text for text in failures if "automask" in text] == []


def tab(page: Any, name: str) -> None:
    """Go to a tab of the page, whose name the hosts write with and without a capital."""
    page.locator("#tabs button").get_by_text(name, exact=False).first.click()
    page.wait_for_timeout(500)


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
    upload(page, path)


def upload(page: Any, path: Path) -> None:
    """Upload a file into the img2img tab."""
    page.locator("#img2img_image input[type=file]").first.set_input_files(path)
    page.wait_for_timeout(1500)


def generate(page: Any, prompt: str, button: str = "img2img_generate") -> str:
    """Press a button and wait for what the page says below the result."""
    page.locator("#img2img_prompt textarea").first.fill(prompt)
    page.locator(f"#{button}").click()
    interrupt = page.locator("#img2img_interrupt")  # shown while a run is under way
    interrupt.wait_for(state="visible")
    interrupt.wait_for(state="hidden", timeout=300_000)
    page.wait_for_timeout(2000)
    return wait_for_log(page, "img2img")


def preview(page: Any, prompt: str) -> None:
    """Press Preview and wait for the view of its run and what the host shows of it."""
    before = page.evaluate("automaskView.run ?? 0")
    generate(page, prompt, "automask_preview_button")
    page.wait_for_function(
        "(before) => (automaskView.run ?? 0) > before && !automaskView.busy", arg=before, timeout=300_000
    )
    settle(page)


def settle(page: Any) -> None:
    """Wait until the server has answered the last correction."""
    page.wait_for_function("!automaskView.pending && !automaskView.loading && !automaskView.busy", timeout=120_000)


def click_view(page: Any, x: float, y: float) -> None:
    """Click into the view, at shares of its width and height, and wait for the server."""
    regions = page.locator("#automask_regions")
    box = regions.bounding_box()
    regions.click(position={"x": box["width"] * x, "y": box["height"] * y})
    settle(page)


def paint_view(page: Any, *points: tuple[float, float]) -> None:
    """Paint a stroke of the brush through points of the view, and wait for the server."""
    page.locator("#automask_view button[value=brush]").click()
    regions = page.locator("#automask_regions")
    regions.scroll_into_view_if_needed()
    box = regions.bounding_box()
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()
    page.locator("#automask_view button[value=pick]").click()
    settle(page)


def read_option(page: Any, name: str) -> str:
    """The text of an option of automask in the page."""
    return str(page.evaluate("(name) => automaskPanel.read(name)", name))


def wait_for_log(page: Any, name: str) -> str:
    """What stands below the result of a tab, once it is done; the machine may be busy with other things."""
    log = page.locator(f"#html_log_{name}").first
    for _ in range(600):
        page.wait_for_timeout(500)
        if "Time taken" in log.inner_text():
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


def choose_folders(page: Any, pictures: Path, results: Path) -> None:
    """Go to the Batch tab, and have the pictures of one folder painted into another."""
    page.locator("#mode_img2img button").get_by_text("Batch").first.click()
    page.wait_for_timeout(800)
    page.get_by_role("tab", name="From directory").or_(page.locator("button", has_text="From directory")).first.click()
    page.wait_for_timeout(500)
    for element, folder in (("input", pictures), ("output", results)):
        box = page.locator(f"#img2img_batch_{element}_dir textarea, #img2img_batch_{element}_dir input").first
        box.fill(str(folder))
        box.press("Tab")
