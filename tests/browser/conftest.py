"""Chromium on a page that the fake host builds, with automask's panel in it and the demo models behind it.

Needs playwright, gradio and a Chromium (``CHROMIUM`` names its program if it is not found by name); skipped without.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_panel import Panel
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIDE = 256
SCENE = Scene(
    (Thing("ball", "red", 0.28, 0.55, 0.2, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.21, 4, 1)), "grass", SIDE, SIDE, 3
)
START = 120
"""Seconds until the page is there: gradio's import on a busy machine takes half a minute."""


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the page, in a process of its own."""
    pytest.importorskip("gradio", reason="gradio is not installed here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("page") / "server.log"
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", "OMP_NUM_THREADS": "1", "no_proxy": "127.0.0.1"}
    with log.open("w") as output:
        command = [sys.executable, str(HERE / "fake_page.py"), str(port)]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            url = f"http://127.0.0.1:{port}/"
            wait_until_served(url, server, log)
            yield url
        finally:
            server.terminate()
            server.wait()


def wait_until_served(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Raises AssertionError with the server's log if it ends or does not answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(START * 2):
        assert server.poll() is None, log.read_text()
        try:
            opener.open(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        pytest.skip("there is no Chromium; set CHROMIUM")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red ball left of an orange cat, on the grass."""
    path = tmp_path_factory.mktemp("pictures") / "ball-and-cat.png"
    Image.fromarray(draw(SCENE)).save(path)
    return path


@pytest.fixture
def open_panel(chromium: Any, address: str) -> Iterator[Any]:
    """A function that opens a page of its own, and fails the test where a script of the page failed."""
    opened: list[Panel] = []

    def open_page(width: int = 1366, theme: str = "light") -> Panel:
        context = chromium.new_context(viewport={"width": width, "height": 900})
        panel = Panel(context.new_page(), f"{address}?__theme={theme}")
        opened.append(panel)
        return panel

    yield open_page
    for panel in opened:
        panel.page.context.close()
        assert panel.errors == []


@pytest.fixture
def panel(open_panel: Any) -> Any:
    """An open page."""
    return open_panel()


@pytest.fixture
def previewed(panel: Any, picture: Path) -> Any:
    """A page with the preview of the ball that becomes a star."""
    panel.upload(picture)
    panel.preview("a blue star left of an orange cat, on the grass")
    return panel
