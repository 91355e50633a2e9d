"""Against a WebUI that is already running with automask in it: ``pytest tests/live --webui http://127.0.0.1:7860``.

Skipped where no address is given. The tests choose the demo models and put the settings back afterwards. A small
random checkpoint is enough; the pictures are 128 pixels wide.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw, silhouettes
from lib_automask import MaskRequest, build_mask, load_models

SIDE = 128
BALL_AND_CAT = Scene(
    (Thing("ball", "red", 0.28, 0.55, 0.2, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.21, 4, 1)), "grass", SIDE, SIDE, 3
)
PROMPT = "a blue star left of an orange cat, on the grass"
DEMO = {"automask_captioner": "demo", "automask_matcher": "demo", "automask_segmenter": "demo"}


@dataclass(frozen=True)
class Answer:
    """What the API said: HTTP status, pictures uint8[H, W, 3], infotexts, and the whole text."""

    status: int
    images: list[np.ndarray]
    infotexts: list[str]
    text: str


@dataclass(frozen=True)
class WebUI:
    url: str

    def get(self, path: str) -> Any:
        answer = requests.get(self.url + path, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        return requests.post(self.url + path, json=body, timeout=600)

    def img2img(
        self, picture: Image.Image | np.ndarray, prompt: str, args: list[Any] | None = None, **more: Any
    ) -> Answer:
        """One request with few steps; ``args`` are automask's, None leaves it out."""
        body = {
            "init_images": [encoded(picture)], "prompt": prompt, "steps": 2, "cfg_scale": 1, "seed": 1,
            "sampler_name": "DPM++ 2M", "width": SIDE, "height": SIDE, "denoising_strength": 0.8,
            **({} if args is None else {"alwayson_scripts": {"automask": {"args": args}}}), **more,
        }  # fmt: skip
        answer = self.post("/sdapi/v1/img2img", body)
        if answer.status_code != 200:
            return Answer(answer.status_code, [], [], answer.text)
        told = answer.json()
        images = [np.array(Image.open(io.BytesIO(base64.b64decode(one))).convert("RGB")) for one in told["images"]]
        return Answer(200, images, json.loads(told["info"])["infotexts"], answer.text)


def encoded(picture: Image.Image | np.ndarray) -> str:
    buffer = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.fixture(scope="session")
def webui(request: pytest.FixtureRequest) -> Iterator[WebUI]:
    url = request.config.getoption("--webui", default=None)
    if not url:
        pytest.skip("no WebUI given: pytest tests/live --webui http://127.0.0.1:7860")
    host = WebUI(url.rstrip("/"))
    options = host.get("/sdapi/v1/options")
    before = {key: options.get(key) or read_shown_setting(host, key) for key in DEMO}
    host.post("/sdapi/v1/options", DEMO).raise_for_status()
    yield host
    host.post("/sdapi/v1/options", before).raise_for_status()


def read_shown_setting(host: WebUI, key: str) -> str:
    """A setting of which Forge's answer says nothing, from its report on the system. Never set, it is "automatic"."""
    report = host.get("/internal/sysinfo")
    return str(report["Config"].get(key, "automatic"))


@pytest.fixture(scope="session")
def picture() -> np.ndarray:
    """uint8[128, 128, 3]: a red ball left of an orange cat, on the grass."""
    return draw(BALL_AND_CAT)


@pytest.fixture(scope="session")
def ball() -> np.ndarray:
    """bool[128, 128]: the true place of the ball."""
    return silhouettes(BALL_AND_CAT)[0]


@pytest.fixture(scope="session")
def mask(picture: np.ndarray) -> np.ndarray:
    """bool[128, 128]: the mask as the same models make it outside the host."""
    return build_mask(MaskRequest(picture, PROMPT), load_models("demo")).mask
