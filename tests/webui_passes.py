"""Generate with passes on the fake host, and a pipeline for it.

The pipeline is a stand-in: the target names a side of the picture ("left" is its left half), and "nothing", "unsure" or
"broken" what goes wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from modules import processing as host
from modules import shared
from webui_host import SIZE, drawn

from lib_automask import pipeline
from lib_automask.types import Edit, EditPlan, MaskRequest, MaskResult


def generate_with_passes(webui: Any, monkeypatch: Any) -> Iterator[Any]:
    """The function that runs passes through the API; every request to the pipeline is in its ``requests``."""
    requests: list[MaskRequest] = []

    def build_mask(request: MaskRequest, models: Any) -> MaskResult:
        models.progress("caption", 0.0)
        requests.append(request)
        return mask_of_sides(request)

    def generate(passes: str, picture: Any = None, **more: Any) -> tuple[int, dict[str, Any]]:
        host.sampled.clear()
        fields = {"width": SIZE, "height": SIZE, "negative_prompt": "grain", "prompt": "a star", **more}
        status, body = webui.api(picture or drawn(), passes=passes, **fields)
        return status, body

    monkeypatch.setattr(pipeline, "build_mask", build_mask)
    generate.requests = requests  # type: ignore[attr-defined]
    yield generate
    host.during_sampling = None


def mask_of_sides(request: MaskRequest) -> MaskResult:
    """The sides that the target names, or what goes wrong with it."""
    rows, cols = np.indices(request.size) / np.array(request.size)[:, None, None]
    sides = {"left": cols < 0.5, "right": cols >= 0.5, "top": rows < 0.5, "bottom": rows >= 0.5}
    words = request.options.target.split() or ["left"]
    empty = np.zeros(request.size, np.bool_)
    if "broken" in words:
        raise RuntimeError("the model tripped")
    if "nothing" in words:
        return MaskResult("nothing", empty, "a field", EditPlan(), (), "nothing to change", {})
    if "unsure" in words:
        return MaskResult("unsure", empty, "a field", EditPlan(), (), "the place is not certain", {})
    parts = tuple(sides[word] for word in words)
    plan = EditPlan(tuple(Edit("replace", word, "a star") for word in words))
    mask = np.logical_or.reduce(parts)
    if request.user_mask is not None:
        mask = mask | request.user_mask
    return MaskResult("mask", mask, "a field", plan, (), f"replace {words}", {}, parts=parts if len(parts) > 1 else ())


def half(image: Any, side: str) -> np.ndarray:
    """The left or right half of a picture, uint8[H, W / 2, 3]."""
    width = image.width // 2
    return np.array(image)[:, :width] if side == "left" else np.array(image)[:, width:]


def press(name: str, turn: int) -> None:
    """Press a button of the host while its sampler works for the ``turn``-th time."""

    def during(_p: Any) -> None:
        if len(host.sampled) == turn:
            setattr(shared.state, name, True)

    host.during_sampling = during


def settings_of(text: str) -> dict[str, str]:
    """The infotext's last line as the hosts read it."""
    found = re.findall(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)', text.splitlines()[-1])
    return {key: json.loads(value) if value.startswith('"') else value for key, value in found}
