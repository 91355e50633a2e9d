"""The fake host with automask in it, and pictures for it.

The pipeline is a stand-in too: what is red changes, a grey picture has nothing to change, and a green one it is
unsure about. A blue one breaks it. Everything else on the way is the real thing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from modules import errors, images, img2img, script_callbacks, scripts, sd_models, shared
from modules import processing as host_processing
from PIL import Image

from lib_automask import pipeline
from lib_automask.cutout import Cutout
from lib_automask.errors import Unsure
from lib_automask.interfaces import Models
from lib_automask.options import FIELDS
from lib_automask.types import EDIT_KINDS, Edit, EditPlan, MaskRequest, MaskResult
from lib_automask.webui import outputs
from lib_automask.webui import script as webui_script
from lib_automask.webui.infotext import PromptRegistry
from lib_automask.webui.model_pool import ModelPool, report_progress
from lib_automask.webui.views import PageViews

SIZE = 64
RED, GREEN, BLUE = (230, 0, 0), (0, 230, 0), (0, 0, 230)


class Host:
    """The doors to the img2img tab, with automask enabled unless an option says otherwise."""

    def __init__(self, monkeypatch: Any) -> None:
        shared.opts.__init__()  # type: ignore[misc]
        shared.state.__init__()  # type: ignore[misc]
        shared.prompt_styles.__init__()  # type: ignore[misc]
        errors.reported.clear()
        host_processing.sampled.clear()
        host_processing.closed.clear()
        images.saved.clear()
        sd_models.reload_model_weights()
        self.requests: list[MaskRequest] = []
        monkeypatch.setattr(pipeline, "build_mask", self.build_mask)
        self.automask = webui_script.Automask()
        self.automask.pool = ModelPool(lambda _choice: Models(None, None, None, report_progress))  # type: ignore[arg-type]
        self.automask.registry = PromptRegistry()
        self.automask.views = PageViews(self.automask.take_models)
        script_callbacks.clear_callbacks()
        script_callbacks.on_before_image_saved(outputs.restore_transparency)
        script_callbacks.on_image_saved(self.automask.registry.remember)
        self.selectable: list[Any] = []

    def build_mask(self, request: MaskRequest, models: Models) -> MaskResult:
        models.progress("caption", 0.0)
        self.requests.append(request)
        return answer(request)

    @property
    def runner(self) -> Any:
        defaults = [*(row.default for row in FIELDS), False, "", False, ""]
        return scripts.ScriptRunner([(self.automask, defaults)], self.selectable)

    def args(
        self, preview: bool = False, page_texts: str = "", cutout: bool = False, page_key: str = "", **options: Any
    ) -> list[Any]:
        values = {row.name: row.default for row in FIELDS} | {"enabled": True, **options}
        return [0, *(values[row.name] for row in FIELDS), preview, page_texts, cutout, page_key]

    def page(self, picture: Image.Image, prompt: str = "replace", *, run: Any = None, **more: Any) -> Any:
        """(pictures, infotexts, text below the result) of Generate in the page."""
        args, fields = self._split(more)
        return img2img.page(run or self.runner, args, **{"init_images": [picture], "prompt": prompt, **fields})

    def batch(self, files: list[Image.Image], prompt: str = "replace", **more: Any) -> Any:
        args, fields = self._split(more)
        return img2img.batch(self.runner, args, files, prompt=prompt, **fields)

    def api(self, picture: Any, prompt: str = "replace", args: Any = None, **more: Any) -> tuple[int, dict[str, Any]]:
        options, fields = self._options(more)
        given = [{"enabled": True, **options}] if args is None else args
        pictures = picture if isinstance(picture, list) else [picture]
        return img2img.api(
            self.runner, {"automask": {"args": given}}, **{"init_images": pictures, "prompt": prompt, **fields}
        )

    def pick(self, *selectable: Any) -> None:
        """Pick the first of these in the list of scripts."""
        self.selectable = list(selectable)

    def _split(self, more: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        hidden = {name: more.pop(name) for name in ("preview", "page_texts", "cutout", "page_key") if name in more}
        options, fields = self._options(more)
        args = self.args(**hidden, **options)
        args[0] = fields.pop("script", 0)
        return args, fields

    def _options(self, more: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        names = {row.name for row in FIELDS}
        return {k: v for k, v in more.items() if k in names}, {k: v for k, v in more.items() if k not in names}


def answer(request: MaskRequest) -> MaskResult:
    """What the stand-in pipeline says: the kind of edit is the prompt's first word."""
    image = request.image.astype(int)
    if shows(image, BLUE).any():
        raise RuntimeError("the model tripped")
    kind = request.prompt.split()[0].strip(",")
    edit = Edit(kind if kind in EDIT_KINDS else "replace", "red square", "star")  # type: ignore[arg-type]
    mask = shows(image, RED)
    if mask.any():
        if request.user_mask is not None and request.options.combine == "add":
            mask = mask | request.user_mask
        why = "replace red square → star"
        return MaskResult("mask", mask, "a red square", EditPlan((edit,)), (), why, {"caption": 0.1})
    empty = np.zeros(mask.shape, np.bool_)
    if shows(image, GREEN).any():
        return MaskResult("unsure", empty, "something green", EditPlan((edit,)), (), "the place is not certain", {})
    return MaskResult("nothing", empty, "a grey field", EditPlan(), (), "nothing to change", {})


def shows(image: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    return (np.abs(image - np.array(color)) < 8).all(2)


def drawn(color: tuple[int, int, int] | None = RED, box: tuple[int, int, int, int] = (16, 24, 40, 48)) -> Image.Image:
    """A grey gradient, different in every pixel's neighbourhood, with one coloured square in it."""
    rows, cols = np.indices((SIZE, SIZE))
    grey = (60 + rows + 2 * (cols % 32)).astype(np.uint8)
    picture = Image.fromarray(np.stack([grey] * 3, 2))
    if color is not None:
        picture.paste(color, box)
    return picture


def large_picture() -> Image.Image:
    """1024 × 1024, smooth, without anything that the stand-in pipeline finds."""
    rows, cols = np.indices((1024, 1024))
    return Image.fromarray(np.stack([40 + rows // 8, 40 + cols // 8, 90 + (rows - cols) // 16], 2).astype(np.uint8))


def with_square(picture: Image.Image, left: int, top: int = 502, step: int = 20) -> Image.Image:
    """The picture with 400 pixels lighter by ``step`` of 255."""
    pixels = np.array(picture)
    pixels[top : top + 20, left : left + 20] += np.uint8(step)
    return Image.fromarray(pixels)


def bare(picture: Image.Image) -> Image.Image:
    """Its pixels alone, as the clipboard and Forge's canvas hand them over."""
    return Image.fromarray(np.array(picture.convert("RGB"))).convert("RGBA")


def red_in(picture: Image.Image) -> np.ndarray:
    """bool[H, W]: where the stand-in pipeline finds something to change."""
    return shows(np.array(picture.convert("RGB")).astype(int), RED)


def cut_out_red(image: np.ndarray, _models: Any, target: str = "") -> Cutout:
    """The red part of a picture uint8[H, W, 3], cut out. Raises Unsure where there is none."""
    mask = red_in(Image.fromarray(image))
    if not mask.any():
        raise Unsure("red was not found")
    return Cutout(image, np.dstack([image, mask * np.uint8(255)]), mask, f"target: {target or 'red'}")


def file_names(folder: str) -> list[str]:
    """The files in a folder and below, by their path in it."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def changed(before: Image.Image, after: Image.Image) -> np.ndarray:
    """bool[H, W]: pixels that differ at all."""
    return (np.array(before.convert("RGB")) != np.array(after.convert("RGB"))).any(2)


def state_of(p: Any) -> dict[str, Any]:
    """Attributes of ``p`` that one run must not leave behind for the next."""
    from lib_automask.webui.processing import BORROWED

    return {name: getattr(p, name) for name in BORROWED}


def expect_error(body: dict[str, Any], text: str) -> None:
    assert "images" not in body
    assert text in body["errors"]
