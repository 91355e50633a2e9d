"""The pictures of docs/first-edit.md, taken of a WebUI that runs with automask in it and its demo models chosen.

``python -m examples.screenshots http://127.0.0.1:7860 --out docs/pictures`` needs playwright and a Chromium
(``CHROMIUM`` names its program). Drawn icons are edited, which is what the demo models know. Nothing of the WebUI is
changed; what it paints depends on its checkpoint.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw

SIDE = 256
"""Of the pictures that are edited, in pixels: large enough to look at, small enough to paint on a CPU."""

COLOURS = 128
"""In the files: a third of the bytes, and no difference that is seen."""

WAIT = 300_000
"""Milliseconds for one step: the first run loads the models."""

SCENE = Scene(
    (Thing("ball", "red", 0.28, 0.55, 0.2, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.21, 4, 1)), "grass", SIDE, SIDE, 3
)
BALL, CAT = (0.28, 0.55), (0.72, 0.55)
FIRST = "a blue star left of an orange cat, on the grass"
SEVERAL = "a blue star left of a black cat, on the grass"


class Camera:
    """The img2img tab of one page, and the folder that its pictures go to."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page, self.folder = page, folder

    def open(self, url: str, theme: str = "light") -> None:
        """Go to the page, with the drawn picture in it and the panel open."""
        self.page.goto(f"{url}/?__theme={theme}", wait_until="domcontentloaded")
        self.page.wait_for_selector("#tabs button", timeout=WAIT)
        self.page.wait_for_timeout(3000)
        self.page.locator("#tabs button").get_by_text("img2img", exact=False).first.click()
        for element, value in (("steps", 4), ("width", SIDE), ("height", SIDE)):
            number = self.page.locator(f"#img2img_{element} input[type=number]").first
            number.fill(str(value))
            number.press("Tab")
        self.page.locator("#automask_enabled-visible-checkbox").click()
        self.page.wait_for_timeout(500)
        if not self.page.locator("#automask_target").is_visible():
            self.page.locator("#automask_enabled .label-wrap").first.click()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture.png"
            Image.fromarray(draw(SCENE)).save(path)
            self.page.locator("#img2img_image input[type=file]").first.set_input_files(path)
            self.page.wait_for_timeout(1500)

    def run(self, prompt: str, button: str = "automask_preview_button") -> None:
        """Press a button and wait for the view of its run."""
        before = self.page.evaluate("automaskView.run ?? 0")
        self.page.locator("#img2img_prompt textarea").first.fill(prompt)
        self.page.locator(f"#{button}").click()
        self.page.wait_for_function(
            "(before) => (automaskView.run ?? 0) > before && !automaskView.busy", arg=before, timeout=WAIT
        )
        self.page.wait_for_timeout(1500)

    def click(self, x: float, y: float) -> None:
        """Click into the view, at shares of its width and height."""
        self.point_at(x, y)
        self.page.mouse.down()
        self.page.mouse.up()
        self.page.wait_for_function("!automaskView.pending", timeout=WAIT)

    def point_at(self, x: float, y: float) -> None:
        """Put the pointer over a place of the view."""
        regions = self.page.locator("#automask_regions")
        regions.scroll_into_view_if_needed()
        box = regions.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        self.page.wait_for_timeout(300)

    def take(self, name: str, element: str = "#automask_enabled") -> None:
        """Save a picture of one element."""
        path = self.folder / f"{name}.png"
        self.page.locator(element).first.screenshot(path=str(path))
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(COLOURS)
        small.save(path, optimize=True)


def take_all(camera: Camera, url: str) -> None:
    """Every picture of the page in docs."""
    camera.open(url)
    camera.take("panel-empty")
    camera.run(FIRST)
    camera.page.mouse.move(0, 0)
    camera.take("first-preview")
    camera.run(FIRST, "img2img_generate")
    camera.take("first-result", "#img2img_gallery")
    camera.point_at(*CAT)
    camera.take("region-under-pointer", "#automask_view .automask-stage")
    camera.click(*BALL)
    camera.click(*CAT)
    camera.page.mouse.move(0, 0)
    camera.take("wrong-guess-corrected")
    camera.page.locator("#automask_view button[data-do=clear]").click()
    camera.run(SEVERAL)
    camera.page.mouse.move(0, 0)
    camera.take("several-edits")
    camera.open(url, "dark")
    camera.run(FIRST)
    camera.take("panel-dark")
    camera.page.locator("#automask_target textarea").first.fill("purple fish")
    camera.run(FIRST)
    camera.take("not-found")


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of the WebUI")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--width", type=int, default=1366)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": args.width, "height": 900})
        take_all(Camera(page, args.out), args.url.rstrip("/"))
        browser.close()


if __name__ == "__main__":
    main()
