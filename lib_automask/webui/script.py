"""What the host calls: script → processing.read → build_mask → processing.inject → processing.restore."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from modules import scripts, shared
from PIL import Image

from lib_automask import origin
from lib_automask.errors import AutomaskError, Interrupted, NothingToChange, Unsure
from lib_automask.options import FIELDS, Options
from lib_automask.structures import Image as Pixels
from lib_automask.structures import MaskRequest, MaskResult
from lib_automask.webui import infotext, layerdiffuse, passes, processing, saving, settings
from lib_automask.webui.failures import explained
from lib_automask.webui.known import Known
from lib_automask.webui.painting import Picture
from lib_automask.webui.processing import Processing
from lib_automask.webui.residency import Residency
from lib_automask.webui.works import Workshop

LEFT_ALONE = {
    "SD upscale": "it repaints the whole picture, tile by tile",
    "Ultimate SD upscale": "it repaints the whole picture, tile by tile",
    "Outpainting mk2": "it brings its own mask",
    "Poor man's outpainting": "it brings its own mask",
}
"""Scripts of the host whose runs automask does not touch, and why."""

CANVAS = "modules_forge.forge_canvas.canvas"
"""Forge's canvas gives the text of the picture that was last sent to it to whatever lies on it now."""


class Automask(scripts.Script):  # type: ignore[misc]
    """The always visible script of the img2img tab."""

    residency = Residency()
    known = Known()

    def title(self) -> str:
        return "automask"

    def show(self, is_img2img: bool) -> Any:
        return scripts.AlwaysVisible if is_img2img else False

    def ui(self, is_img2img: bool) -> list[Any]:
        from lib_automask.webui import panel

        controls = panel.build()
        self.infotext_fields = infotext.paste_fields(controls)
        return controls

    def before_process(self, p: Processing, *_args: Any) -> None:
        """Take back what an earlier file left, whether or not automask is enabled for this one."""
        processing.restore(p)
        saving.forget(p)
        layerdiffuse.take_back(p)
        infotext.forget(p.extra_generation_params)

    def process(self, p: Processing, *args: Any) -> None:
        """Find the mask. Here, and not earlier, because styles and wildcards are expanded by now."""
        try:
            self.mask(p, args)
        except Exception as error:
            processing.stop(p, error)  # before all else: what gets out of a hook is swallowed, and everything repainted
            refuse(p, explained(error))

    def postprocess(self, p: Processing, processed: Any, *_args: Any) -> None:
        processing.restore(p)
        self.keep_beside(p, processed)
        passes.hand_over(p, processed)
        share_comments(p, processed)

    def mask(self, p: Processing, args: Sequence[Any]) -> None:
        """One run: read, find, inject; or do what the user chose for when it is unsure."""
        if not wanted(p, args) or hasattr(p, "_ad_inner"):
            return
        options, preview = chosen(p, args)
        if reason := left_alone(p):
            tell(p, f"not used with {reason}")
            return

        from lib_automask.pipeline import build_mask  # only now: the host's start should not wait for it

        image, user_mask = processing.read(p)
        boxes = layerdiffuse.empty_boxes(p)
        if boxes or only_cutout(args):
            self.cut_out(p, image, options, boxes)
            return
        if not preview:
            saving.begin(p, options, image)
        own_prompt = carried_prompt(p) or self.known.prompt_of(image, page_texts(args))
        if options.passes.strip() and not preview:
            first = Picture(image, p.all_prompts[0], "", 0, user_mask, own_prompt)
            shop = Workshop(p, options, lambda: self.residency.models(settings.read()))
            passes.Passes(shop, first, partial(tell, p), in_series(p)).take_over()
            return
        request = MaskRequest(image, p.all_prompts[0], user_mask, options, own_prompt)
        with self.residency.models(settings.read()) as models:
            result = build_mask(request, models)

        p.extra_generation_params.update(infotext.entries(options, result))
        saving.found(p, result)
        if len(set(p.all_prompts)) > 1:
            tell(p, "the prompts of this call differ; the mask is the first one's")
        if preview:
            show(p, image, result)
        elif result.outcome == "mask" and result.mask.any():
            tell(p, result.why)
            processing.inject(p, result, options)
        else:
            without_mask(p, result, options)

    def cut_out(self, p: Processing, image: Pixels, options: Options, boxes: tuple[int, ...]) -> None:
        """Cut the target out of the picture: for the image boxes of LayerDiffuse, or in place of painting."""
        from lib_automask.cutout import cut_out

        with self.residency.models(settings.read()) as models:
            found = cut_out(image, models, options.target.strip())
        p.extra_generation_params["automask why"] = found.why
        if boxes:
            layerdiffuse.hand_over(p, found, boxes)
            tell(p, f"{found.why}, for {layerdiffuse.TITLE}")
        else:
            tell(p, found.why)
            processing.keep(p, [Image.fromarray(found.picture)], preview=True)
            saving.give(p, found.picture)

    def keep_beside(self, p: Processing, processed: Any) -> None:
        """Whatever the user wants beside the finished pictures. Where that fails it is told, and they are there."""
        try:
            saving.keep(p, processed, lambda: self.residency.models(settings.read()), from_folder())
        except Exception as error:
            why = explained(error, "so nothing is kept beside the picture")
            processed.comments += f"automask: nothing was kept beside the picture: {why}\n"


def show(p: Processing, image: Pixels, result: MaskResult) -> None:
    """Hand back a picture of the mask in place of painting."""
    from lib_automask.preview import overlay

    tell(p, result.why)
    processing.keep(p, [Image.fromarray(overlay(image, result))], preview=True)


def wanted(p: Processing, args: Sequence[Any]) -> bool:
    """Whether this run asks for automask. No other option is read for it: off means off, even where they are wrong."""
    enabled = args[0] if args else False
    if isinstance(enabled, Mapping):
        enabled = enabled.get("enabled")
    return bool(of_plot(p).get("enabled", enabled)) or only_preview(args) or only_cutout(args)


def chosen(p: Processing, args: Sequence[Any]) -> tuple[Options, bool]:
    """The options of this run, those of the XYZ plot laid over them, and whether only a preview is wanted."""
    options = Options.from_args(passes.as_text(args[: len(FIELDS)]))
    return dataclasses.replace(options, **of_plot(p)), only_preview(args)


def of_plot(p: Processing) -> dict[str, Any]:
    """What the axes of the XYZ plot ask of this cell."""
    return getattr(p, "automask_xyz", {})


def only_preview(args: Sequence[Any]) -> bool:
    """Whether the hidden control after those of ``FIELDS`` asks for a preview."""
    return len(args) > len(FIELDS) and args[len(FIELDS)] is True


def only_cutout(args: Sequence[Any]) -> bool:
    """Whether the third hidden control after those of ``FIELDS`` asks for a cutout in place of painting."""
    return len(args) > len(FIELDS) + 2 and args[len(FIELDS) + 2] is True


def page_texts(args: Sequence[Any]) -> str:
    """What the page read from files: the second hidden control after those of ``FIELDS``; see ``known.of_page``."""
    texts = args[len(FIELDS) + 1] if len(args) > len(FIELDS) + 1 else ""
    return texts if isinstance(texts, str) else ""


def carried_prompt(p: Processing) -> str:
    """The prompt that the picture carries, where what it carries is its own."""
    from_canvas = CANVAS in sys.modules and not (getattr(p, "is_api", False) or from_folder())
    return "" if from_canvas else origin.own_prompt(p.init_images[0])


def left_alone(p: Processing) -> str:
    """The running script of the host with the reason why automask keeps out of it, or ""."""
    title = running_script(p)
    return f"{title}: {LEFT_ALONE[title]}" if title in LEFT_ALONE else ""


def running_script(p: Processing) -> str:
    """Title of the script that was picked in the host's list, or ""."""
    index = p.script_args[0] if p.script_args else 0
    return str(p.scripts.selectable_scripts[index - 1].title()) if index else ""


def in_series(p: Processing) -> bool:
    """Whether other files or cells follow this one with the same ``p``, which an error would stop."""
    return bool(running_script(p)) or from_folder()


def from_folder() -> bool:
    """Whether this is a file of the Batch tab."""
    return re.fullmatch(r"\d+ out of \d+", str(shared.state.job)) is not None


def without_mask(p: Processing, result: MaskResult, options: Options) -> None:
    """Nothing changes, or it is unsure what: stop, give the picture back, or leave it to plain img2img."""
    if options.unsure == "stop":
        raise (NothingToChange if result.outcome == "nothing" else Unsure)(result.why)
    if options.unsure == "keep picture":
        give_back(p, result.why)
    else:
        tell(p, f"{result.why}; this is plain img2img, as chosen")


def refuse(p: Processing, error: AutomaskError) -> None:
    """Leave the picture unpainted and say why: with an error, or file by file where others must go on.

    A run that the user ended is no error: the host ends it by itself, or goes on to the next when it was skipped.
    """
    if isinstance(error, Interrupted) or in_series(p):
        p.extra_generation_params["automask why"] = str(error)
        give_back(p, str(error))
    else:
        processing.stop(p, error)


def give_back(p: Processing, why: str) -> None:
    """End this file with its picture as it was, and the reason; that it was not made with this prompt is written."""
    p.extra_generation_params[origin.KEPT] = "the picture as it was"
    tell(p, f"{why}; the picture is given back as it was")
    processing.keep(p, p.init_images)


def tell(p: Processing, text: str) -> None:
    """Show ``text`` below the result, with the number of the file where there are several."""
    job = f", {shared.state.job}" if in_series(p) else ""
    p.comment(f"automask{job}: {text}")


def share_comments(p: Processing, processed: Any) -> None:
    """The Batch tab shows the comments of its first file's result: put those of the later ones there as well."""
    first = p.__dict__.setdefault("automask_first_result", processed)
    if first is not processed and "automask" in processed.comments:
        first.comments = processed.comments
