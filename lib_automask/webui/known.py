"""Pictures whose own prompt is known although they carry none: those that this host saved, and files of the page.

Forge's canvas hands over bare pixels, and so does the clipboard. Such a picture is known again by its look: its size
and the mean colours of a grid of cells, so that no pixel is left out, and a picture with a part repainted is another.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from modules import errors as host_errors
from PIL import Image

from lib_automask import origin
from lib_automask.structures import Image as Pixels

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


@dataclass(frozen=True, eq=False)
class Look:
    """What a picture is known by.

    Args:
        size: width and height in pixels.
        cells: uint8[R, C, 3], the mean colour of each cell.
        tolerance: steps of 255 by which a cell of the same picture may differ.
    """

    size: tuple[int, int]
    cells: npt.NDArray[np.uint8]
    tolerance: int = TOLERANCE

    def distance(self, other: Look) -> float:
        """The difference of the cell that differs most, 0–255; infinite where the sizes differ."""
        if self.size != other.size:
            return float("inf")
        return float(np.abs(self.cells.astype(np.int16) - other.cells).max())


def look_of(picture: Image.Image, tolerance: int = TOLERANCE) -> Look:
    """The look of an opaque picture."""
    return Look(picture.size, np.array(picture.convert("RGB").reduce(cell_side(*picture.size))), tolerance)


def cell_side(width: int, height: int) -> int:
    """Pixels; the last cells of a row or column may be narrower."""
    return -(-max(width, height) // GRID)


class Known:
    """The prompts of the latest pictures that this host saved, by their look."""

    def __init__(self) -> None:
        self._saved: deque[tuple[Look, str]] = deque(maxlen=LATEST)
        self._lock = Lock()

    def remember(self, params: Any) -> None:
        """For the host: called with every picture that it saved. It never fails.

        A picture without a run behind it, as a copy of an init image is, may have another picture's text.
        """
        try:
            prompt = origin.prompt_of(str(params.pnginfo.get(origin.KEY) or ""))
            if prompt and params.p is not None:
                tolerance = TOLERANCE if params.filename.lower().endswith(".png") else LOSS
                entry = look_of(params.image, tolerance), prompt
                with self._lock:
                    self._saved.append(entry)
        except Exception:  # whatever other extensions hand over; the picture is saved all the same
            host_errors.report("automask: the prompt of a saved picture was not remembered", exc_info=True)

    def prompt_of(self, image: Pixels, page: str = "") -> str:
        """The prompt that a picture uint8[H, W, 3] was made with, from the files that the page read or this host saved.

        ``page`` is what the page sent along; see ``of_page``. "" where the picture is not known.
        """
        look = look_of(Image.fromarray(image))
        with self._lock:
            saved = list(self._saved)
        return nearest(look, of_page(page)) or nearest(look, saved)


def nearest(look: Look, known: list[tuple[Look, str]]) -> str:
    """The prompt of the picture that looks most like ``look``, of several the latest; "" where none does."""
    found, distance = "", float("inf")
    for other, prompt in known:
        if (away := look.distance(other)) <= min(distance, other.tolerance):
            found, distance = prompt, away
    return found


def of_page(text: str) -> list[tuple[Look, str]]:
    """The pictures that the page read, latest last, each with its prompt; javascript/automask_origin.js writes them.

    It is JSON: a list of objects with width, height, cells (base64 of RGB bytes), and png or exif (base64 of what
    ``origin.of_file_parts`` reads). What is not so is left out.
    """
    if not text or len(text) > LONGEST:
        return []
    try:
        entries = [entry_of_page(one) for one in json.loads(text)]
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
        return []
    return [entry for entry in entries if entry[1]]


def entry_of_page(one: dict[str, Any]) -> tuple[Look, str]:
    """One picture of the page. Raises ValueError, TypeError, KeyError or AttributeError where it is none."""
    width, height = int(one["width"]), int(one["height"])
    side = cell_side(width, height)
    shape = (-(-height // side), -(-width // side), 3)
    cells = np.frombuffer(base64.b64decode(one["cells"]), np.uint8).reshape(shape)
    parts = {name: base64.b64decode(one.get(name, "")) for name in ("png", "exif")}
    return Look((width, height), cells), origin.prompt_of(origin.of_file_parts(**parts))
