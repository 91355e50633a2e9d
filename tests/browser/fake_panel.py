"""The panel in an open page, used as a person would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCRIPTS = [Path(__file__).with_name("host.js"), *sorted((ROOT / "javascript").glob("*.js"))]
WAIT = 60_000
"""Milliseconds for one step: the first run of a process loads the models."""


class Panel:
    """One page. ``errors`` are those of its scripts.

    Args:
        page: of playwright.
        url: where the fake host serves it.
    """

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route("**/*", lambda route: route.continue_() if is_local(route.request.url) else route.abort())
        page.set_default_timeout(WAIT)
        page.goto(url, wait_until="domcontentloaded")
        page.wait_for_selector("#img2img_generate")
        for script in SCRIPTS:
            page.add_script_tag(path=str(script))
        page.wait_for_selector("#automask_regions[data-attached]", state="attached")
        if not page.locator("#automask_target").is_visible():
            page.locator("#automask_enabled .label-wrap").first.click()
        page.locator("#automask_target").wait_for()

    def upload(self, path: Path) -> None:
        self.page.locator("#img2img_image input[type=file]").first.set_input_files(path)
        self.page.locator("#img2img_image img").first.wait_for()

    def preview(self, prompt: str) -> None:
        """Press Preview and wait for the view."""
        self.run(prompt, "automask_preview_button")

    def run(self, prompt: str, button: str = "img2img_generate") -> None:
        """Press a button and wait for the view of its run."""
        before = self.page.evaluate("automaskView.run ?? 0")
        self.page.locator("#img2img_prompt textarea").first.fill(prompt)
        self.page.locator(f"#{button}").click()
        self.page.wait_for_function("(before) => (automaskView.run ?? 0) > before && !automaskView.busy", arg=before)
        self.settle()

    def settle(self) -> None:
        """Wait until the server has answered the last correction."""
        self.page.wait_for_function("!automaskView.pending && !automaskView.loading && !automaskView.busy")

    def read(self, name: str) -> str:
        """The value of an option's text."""
        return str(self.page.evaluate("(name) => automaskPanel.read(name)", name))

    def click(self, x: float, y: float, *keys: str) -> None:
        """Click into the view, at shares of its width and height, and wait for the server."""
        regions = self.page.locator("#automask_regions")
        box = regions.bounding_box()
        place = {"x": box["width"] * x, "y": box["height"] * y}
        regions.click(position=place, modifiers=list(keys))
        self.settle()

    def drag(self, *points: tuple[float, float]) -> None:
        """Draw a line through points of the view, and wait for the server."""
        regions = self.page.locator("#automask_regions")
        regions.scroll_into_view_if_needed()
        box = regions.bounding_box()
        places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=6)
        self.page.mouse.up()
        self.settle()

    def press(self, action: str, value: str = "") -> None:
        """A button under the view."""
        self.page.locator(f"#automask_view button[data-do={action}]" + (f"[value={value}]" if value else "")).click()
        self.settle()

    def is_masked(self, x: float, y: float) -> bool:
        """Whether the view shows a place, at shares of width and height, as repainted."""
        row = "Math.floor(y * automaskView.height) * automaskView.width"
        program = f"([x, y]) => automaskView.mask[{row} + Math.floor(x * automaskView.width)]"
        return bool(self.page.evaluate(program, [x, y]))

    @property
    def sentence(self) -> str:
        return str(self.page.locator("#automask_why").inner_text())


def is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "data:", "blob:"))
