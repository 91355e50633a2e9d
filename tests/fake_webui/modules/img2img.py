"""The doors to a run: the page's tabs, its Batch tab, the API, and the scripts of the list."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from PIL import Image

from modules import shared
from modules.processing import Processed, StableDiffusionProcessingImg2Img, process_images

UI_DEFAULTS = {"inpainting_fill": 1, "inpaint_full_res": 0, "inpaint_full_res_padding": 32}


def page(runner: Any, args: list[Any], **fields: Any) -> tuple[list[Image.Image], list[str], str]:
    """Press Generate; returns pictures, infotexts, and the text below the result: comments, or an error."""
    fields["init_images"] = [image.convert("RGBA") for image in fields["init_images"]]
    p = _made(runner, args, {**UI_DEFAULTS, **fields})
    shared.state.begin("task(1)")
    try:
        processed = runner.run(p, *p.script_args) or process_images(p)
    except Exception as error:
        return [], [], f"{type(error).__name__}: {error}"
    finally:
        shared.state.end()
    return processed.images, processed.infotexts, processed.comments


def batch(runner: Any, args: list[Any], files: list[Any], masks: Any = (), **fields: Any) -> Processed:
    """The Batch tab: one ``p`` for all files. The answer is the first file's, with the others' pictures added."""
    p = _made(runner, args, {**UI_DEFAULTS, **fields, "init_images": [None]})
    shared.state.begin("task(1)")
    answer = None
    for number, file in enumerate(files, 1):
        shared.state.job = f"{number} out of {len(files)}"
        p.init_images = [file] * p.batch_size
        p.width, p.height = file.size
        if masks:
            p.image_mask = masks[number - 1]
        processed = process_images(p)
        if answer is None:
            answer = processed
        else:
            answer.images.extend(processed.images)
            answer.infotexts.extend(processed.infotexts)
    shared.state.end()
    return answer


def api(runner: Any, alwayson_scripts: dict[str, Any], script: int = 0, **fields: Any) -> tuple[int, dict[str, Any]]:
    """POST /sdapi/v1/img2img: names in any case, args by position, the surplus dropped in silence."""
    args = list(runner.defaults)
    args[0] = script
    titles = {entry.title().lower(): entry for entry in runner.alwayson_scripts}
    for name, given in alwayson_scripts.items():
        if name.lower() not in titles:
            return 422, {"detail": f"Script '{name}' not found"}
        entry = titles[name.lower()]
        for index, value in enumerate(given["args"][: entry.args_to - entry.args_from]):
            args[entry.args_from + index] = value
    p = _made(runner, args, fields)
    shared.state.begin("scripts_img2img")
    try:
        processed = runner.run(p, *args) or process_images(p)
    except Exception as error:
        return 500, {"error": type(error).__name__, "errors": str(error)}
    finally:
        shared.state.end()
    return 200, {"images": processed.images, "infotexts": processed.infotexts, "comments": processed.comments}


def _made(runner: Any, args: list[Any], fields: dict[str, Any]) -> Any:
    p = StableDiffusionProcessingImg2Img(**{"styles": [], **fields})
    first = p.init_images[0]
    if first is not None and not p.width:
        p.width, p.height = first.size
    p.scripts, p.script_args = runner, tuple(args)
    return p


class Loopback:
    """Each result is the next picture."""

    def title(self) -> str:
        return "Loopback"

    def run(self, p: Any) -> Processed:
        images = []
        for loop in range(2):
            shared.state.job = f"Iteration {loop + 1}/2, batch 1/1"
            processed = process_images(p)
            p.init_images = processed.images[:1]
            p.inpainting_fill = 1
            images += processed.images
        return Processed(p, images)


class Plot:
    """The X/Y/Z plot: shallow copies of one ``p``, so its dicts are shared."""

    def __init__(self, *cells: Callable[[Any], None]) -> None:
        self.cells = cells

    def title(self) -> str:
        return "X/Y/Z plot"

    def run(self, p: Any) -> Processed:
        images, infotexts = [], []
        for number, change in enumerate(self.cells, 1):
            shared.state.job = f"{number} out of {len(self.cells)}"
            cell = copy.copy(p)
            change(cell)
            processed = process_images(cell)
            images += processed.images
            infotexts += processed.infotexts
        return Processed(p, images, infotexts)


class Tiles:
    """SD upscale: every tile is a run of its own."""

    def title(self) -> str:
        return "SD upscale"

    def run(self, p: Any) -> Processed:
        return process_images(p)


class Outpainting:
    """Outpainting mk2: brings a mask of its own."""

    def title(self) -> str:
        return "Outpainting mk2"

    def run(self, p: Any) -> Processed:
        mask = Image.new("L", p.init_images[0].size)
        mask.paste(255, (0, 0, 8, mask.height))
        p.inpaint_full_res, p.mask_blur, p.image_mask, p.latent_mask = False, 0, mask, mask
        return process_images(p)
