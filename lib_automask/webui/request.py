"""What a run asks of automask: its arguments, and by which of the host's ways it comes.

Pictures whose own prompt is known although they carry none: those that this host saved, and files of the page.

Forge's canvas hands over bare pixels, and so does the clipboard. Such a picture is known again by its look: its size
and the mean colours of a grid of cells, so that no pixel is left out, and a picture with a part repainted is another.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from modules import errors as host_errors
from modules import scripts, shared
from PIL import Image

from lib_automask.imaging import infotext_metadata
from lib_automask.options import FIELDS, Field, Options
from lib_automask.recipe import passes_as_text
from lib_automask.types import Image as Pixels
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

GRID = 32
"""Cells along the longer side."""

TOLERANCE = 2
"""Steps of 255 by which a cell may differ, because page and server round differently."""

LOSS = 6
"""The same for a picture that was saved as JPEG or WebP, which moves means a little."""

LATEST = 512
"""Saved pictures that are remembered: about 4 kB each, and their prompts."""

LONGEST = 1_000_000
"""Characters of the page's texts that are read."""


def is_enabled(p: Processing, args: Sequence[Any]) -> bool:
    """Whether this run asks for automask. No other option is read for it: off means off, even where they are wrong."""
    enabled = args[0] if args else False
    if isinstance(enabled, Mapping):
        enabled = enabled.get("enabled")
    return bool(read_xyz_options(p).get("enabled", enabled)) or is_preview(args) or is_cutout(args)


def read_options(p: Processing, args: Sequence[Any]) -> tuple[Options, bool]:
    """The options of this run, those of the XYZ plot laid over them, and whether only a preview is wanted."""
    options = Options.from_args(passes_as_text(args[: len(FIELDS)]))
    return dataclasses.replace(options, **read_xyz_options(p)), is_preview(args)


def read_xyz_options(p: Processing) -> dict[str, Any]:
    """What the axes of the XYZ plot ask of this cell."""
    return getattr(p, "automask_xyz", {})


def is_preview(args: Sequence[Any]) -> bool:
    """Whether the hidden control after those of ``FIELDS`` asks for a preview."""
    return len(args) > len(FIELDS) and args[len(FIELDS)] is True


def is_cutout(args: Sequence[Any]) -> bool:
    """Whether the third hidden control after those of ``FIELDS`` asks for a cutout in place of painting."""
    return len(args) > len(FIELDS) + 2 and args[len(FIELDS) + 2] is True


def read_page_texts(args: Sequence[Any]) -> str:
    """What the page read from files: the second hidden control after those of ``FIELDS``; see ``read_page_entries``."""
    texts = args[len(FIELDS) + 1] if len(args) > len(FIELDS) + 1 else ""
    return texts if isinstance(texts, str) else ""


def read_carried_prompt(p: Processing) -> str:
    """The prompt that the picture carries, where what it carries is its own."""
    from_canvas = CANVAS in sys.modules and not (getattr(p, "is_api", False) or is_batch_file())
    return "" if from_canvas else infotext_metadata.read_own_prompt(p.init_images[0])


def excluding_script(p: Processing) -> str:
    """The running script of the host with the reason why automask keeps out of it, or ""."""
    title = selected_script_title(p)
    return f"{title}: {LEFT_ALONE[title]}" if title in LEFT_ALONE else ""


def selected_script_title(p: Processing) -> str:
    """Title of the script that was picked in the host's list, or ""."""
    index = p.script_args[0] if p.script_args else 0
    return str(p.scripts.selectable_scripts[index - 1].title()) if index else ""


def is_in_series(p: Processing) -> bool:
    """Whether other files or cells follow this one with the same ``p``, which an error would stop."""
    return bool(selected_script_title(p)) or is_batch_file()


def is_batch_file() -> bool:
    """Whether this is a file of the Batch tab."""
    return re.fullmatch(r"\d+ out of \d+", str(shared.state.job)) is not None


@dataclass(frozen=True, eq=False)
class PictureSignature:
    """What a picture is known by.

    Args:
        size: width and height in pixels.
        cells: uint8[R, C, 3], the mean colour of each cell.
        tolerance: steps of 255 by which a cell of the same picture may differ.
    """

    size: tuple[int, int]
    cells: npt.NDArray[np.uint8]
    tolerance: int = TOLERANCE

    def distance(self, other: PictureSignature) -> float:
        """The difference of the cell that differs most, 0–255; infinite where the sizes differ."""
        if self.size != other.size:
            return float("inf")
        return float(np.abs(self.cells.astype(np.int16) - other.cells).max())


def compute_signature(picture: Image.Image, tolerance: int = TOLERANCE) -> PictureSignature:
    """The look of an opaque picture."""
    return PictureSignature(picture.size, np.array(picture.convert("RGB").reduce(cell_side(*picture.size))), tolerance)


def cell_side(width: int, height: int) -> int:
    """Pixels; the last cells of a row or column may be narrower."""
    return -(-max(width, height) // GRID)


class PromptRegistry:
    """The prompts of the latest pictures that this host saved, by their look."""

    def __init__(self) -> None:
        self._saved: deque[tuple[PictureSignature, str]] = deque(maxlen=LATEST)
        self._lock = Lock()

    def remember(self, params: Any) -> None:
        """For the host: called with every picture that it saved. It never fails.

        A picture without a run behind it, as a copy of an init image is, may have another picture's text.
        """
        try:
            prompt = infotext_metadata.prompt_from_infotext(str(params.pnginfo.get(infotext_metadata.KEY) or ""))
            if prompt and params.p is not None:
                tolerance = TOLERANCE if params.filename.lower().endswith(".png") else LOSS
                entry = compute_signature(params.image, tolerance), prompt
                with self._lock:
                    self._saved.append(entry)
        except Exception:  # whatever other extensions hand over; the picture is saved all the same
            host_errors.report("automask: the prompt of a saved picture was not remembered", exc_info=True)

    def prompt_of(self, image: Pixels, page: str = "") -> str:
        """The prompt that a picture uint8[H, W, 3] was made with, from the files that the page read or this host saved.

        ``page`` is what the page sent along; see ``read_page_entries``. "" where the picture is not known.
        """
        look = compute_signature(Image.fromarray(image))
        with self._lock:
            saved = list(self._saved)
        return find_nearest(look, read_page_entries(page)) or find_nearest(look, saved)


def find_nearest(look: PictureSignature, known: list[tuple[PictureSignature, str]]) -> str:
    """The prompt of the picture that looks most like ``look``, of several the latest; "" where none does."""
    found, distance = "", float("inf")
    for other, prompt in known:
        if (away := look.distance(other)) <= min(distance, other.tolerance):
            found, distance = prompt, away
    return found


def read_page_entries(text: str) -> list[tuple[PictureSignature, str]]:
    """The pictures that the page read, latest last, each with its prompt; javascript/automask_origin.js writes them.

    It is JSON: a list of objects with width, height, cells (base64 of RGB bytes), and png or exif (base64 of what
    ``imaging.infotext_metadata.infotext_from_parts`` reads). What is not so is left out.
    """
    if not text or len(text) > LONGEST:
        return []
    try:
        entries = [read_page_entry(one) for one in json.loads(text)]
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
        return []
    return [entry for entry in entries if entry[1]]


def read_page_entry(one: dict[str, Any]) -> tuple[PictureSignature, str]:
    """One picture of the page. Raises ValueError, TypeError, KeyError or AttributeError where it is none."""
    width, height = int(one["width"]), int(one["height"])
    side = cell_side(width, height)
    shape = (-(-height // side), -(-width // side), 3)
    cells = np.frombuffer(base64.b64decode(one["cells"]), np.uint8).reshape(shape)
    parts = {name: base64.b64decode(one.get(name, "")) for name in ("png", "exif")}
    return PictureSignature((width, height), cells), infotext_metadata.prompt_from_infotext(
        infotext_metadata.infotext_from_parts(**parts)
    )


def add_axes() -> None:
    """Add an axis for every option that wants one. The host reads its plot script anew with each Reload UI."""
    plots = [data.module for data in scripts.scripts_data if data.path.endswith("xyz_grid.py")]
    for plot in plots:
        present = {axis.label for axis in plot.axis_options}
        axes = [make_axis(plot, row) for row in FIELDS if row.xyz]
        plot.axis_options.extend(axis for axis in axes if axis.label not in present)


def make_axis(plot: Any, row: Field) -> Any:
    """One axis, in the img2img tab alone."""
    choices = {"choices": lambda: list(row.choices)} if row.choices else {}
    return plot.AxisOptionImg2Img(f"[automask] {row.label}", row.type, make_setter(row), **choices)


def make_setter(row: Field) -> Callable[[Any, Any, Any], None]:
    """Lays one value over the options of a cell; each cell is a copy of ``p`` and gets a dict of its own."""

    def set_value(p: Any, value: Any, _values: Any) -> None:
        p.automask_xyz = {**getattr(p, "automask_xyz", {}), row.name: row.check(value)}

    return set_value
