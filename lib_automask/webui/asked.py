"""What a run asks of automask: its arguments, and by which of the host's ways it comes."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from modules import shared

from lib_automask import origin
from lib_automask.options import FIELDS, Options
from lib_automask.webui import passes
from lib_automask.webui.processing import Processing

LEFT_ALONE = {
    "SD upscale": "it repaints the whole picture, tile by tile",
    "Ultimate SD upscale": "it repaints the whole picture, tile by tile",
    "Outpainting mk2": "it brings its own mask",
    "Poor man's outpainting": "it brings its own mask",
}
"""Scripts of the host whose runs automask does not touch, and why."""

CANVAS = "modules_forge.forge_canvas.canvas"
"""Forge's canvas gives the text of the picture that was last sent to it to whatever lies on it now."""


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
