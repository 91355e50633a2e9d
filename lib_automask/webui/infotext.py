"""The infotext of a picture: written for a result, pasted back into the panel, and found for a picture without text.

The infotext holds the prompt that a picture was made with. Forge's canvas and the clipboard hand over pixels alone, so
``PromptRegistry`` knows a picture again that this host saved, by the pixels of its file, or that the page read from a
file, by the mean colours of small cells.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from modules import errors as host_errors
from PIL import Image, ImageChops

from lib_automask import sampling_defaults
from lib_automask.errors import InputError
from lib_automask.imaging import infotext_metadata
from lib_automask.options import FIELDS, Field, Options
from lib_automask.types import Image as Pixels
from lib_automask.types import MaskResult

PREFIX = "automask "
HOST_KEYS = ("Mask mode", "Mask blur", "Inpaint area", "Masked area padding", "Masked content")
"""What the host writes because there is a mask, and would carry into the next file."""

GRID = 128
"""Cells along the longer side, as in javascript/automask_origin.js: 8 pixels a cell at 1024, and 64 kB of base64 from
the page. A guess between what a cell can hide and what the page sends."""

ROUNDING = 2
"""Steps of 255 by which a pixel, or the mean of a cell, may differ, because page and server round differently where
opacity is not full; one step is what rounding moves."""

LOSSY_PIXEL = 8
"""The same for one pixel of a JPEG or WebP, which decoders may give differently: a guess. The mean of a cell may differ
by ``ROUNDING`` only."""

SAMPLES = 32
"""Pixels a side that are compared before a file is read: 3 kB a picture."""

LOSSY_SAMPLES = 32
"""Mean difference of the samples beyond which a lossy file is not read. A guess; it only saves time."""

MAX_SAVED = 512
"""Saved pictures that are remembered."""

MAX_PAGE_CHARACTERS = 1_000_000
"""The longest text of the page that is read: four pictures with 133 kB of base64 each, and their cells."""

Params = Mapping[str, Any]


def infotext_entries(options: Options, result: MaskResult) -> dict[str, str]:
    """Infotext of a result: options that are not at their default, and the reasons for the mask."""
    caption = {"automask caption": result.caption} if result.caption else {}
    return {
        **options.infotext(),
        "automask witness": result.witness,
        **caption,
        "automask edit": "; ".join(map(str, result.plan.edits)) or "none",
        "automask confidence": f"plan {result.confidence.plan:.2f}, place {result.confidence.place:.2f}",
        **({"automask used": sampling_defaults.describe_defaults(result, options)} if result.outcome == "mask" else {}),
        "automask coverage": f"{result.coverage:.4f}",
        "automask why": result.why,
    }


def remove_entries(params: dict[str, Any]) -> None:
    """Remove what an earlier file of the same batch wrote."""
    own = [key for key in params if key.startswith(PREFIX)]
    for key in [*own, *HOST_KEYS] if own else []:
        params.pop(key, None)


def paste_fields(controls: Sequence[Any]) -> list[tuple[Any, Callable[[Params], Any]]]:
    """For the host: each control with the function that finds its value in an infotext."""
    return [(control, partial(read_pasted, row)) for row, control in zip(FIELDS, controls)]


def read_pasted(row: Field, params: Params) -> Any:
    """The value of ``row``, its default where the picture was made with that, None where automask was not used."""
    if FIELDS[0].infotext not in params:
        return None
    try:
        return row.parse(str(params[row.infotext])) if row.infotext in params else row.default
    except InputError:
        return None


class PromptRegistry:
    """The prompts of the latest pictures that this host saved, found by their pixels."""

    def __init__(self) -> None:
        self._saved: deque[SavedPicture] = deque(maxlen=MAX_SAVED)
        self._lock = Lock()

    def remember(self, params: Any) -> None:
        """For the host: called with every picture that it saved, also where automask is off. It never fails.

        A picture without a run behind it, as a copy of an init image is, may have another picture's text.
        """
        try:
            infotext = str(params.pnginfo.get(infotext_metadata.KEY) or "")
            if infotext and params.p is not None:
                entry = note_saved_picture(params.filename, params.image, infotext)
                with self._lock:
                    self._saved.append(entry)
        except FileNotFoundError:
            pass  # another extension has saved it elsewhere: its file cannot be compared
        except Exception:  # whatever other extensions pass; the picture is saved all the same
            host_errors.report("automask: the prompt of a saved picture was not remembered", exc_info=True)

    def prompt_of(self, image: Pixels, page: str = "") -> str:
        """The prompt that a picture uint8[H, W, 3] was made with, from the files that the page read or this host saved.

        ``page`` is what the page sent along; see ``read_page_entries``. "" where the picture is not known.
        """
        picture = Image.fromarray(image)
        with self._lock:
            saved = list(self._saved)
        return find_page_prompt(picture, read_page_entries(page)) or find_saved_prompt(picture, saved)


@dataclass(frozen=True, eq=False)
class SavedPicture:
    """A file that this host saved. Its pixels are read only when they are compared.

    Args:
        path: absolute.
        stamp: time of change in ns, and bytes; a file that was changed since is another picture.
        size: (width, height).
        samples: uint8[SAMPLES, SAMPLES, 3], pixels from all over the picture.
        infotext: that it was saved with.
    """

    path: Path
    stamp: tuple[int, int]
    size: tuple[int, int]
    samples: npt.NDArray[np.uint8]
    infotext: str

    @property
    def is_lossy(self) -> bool:
        return self.path.suffix.lower() != ".png"

    def may_show(self, size: tuple[int, int], samples: npt.NDArray[np.uint8]) -> bool:
        """Whether size and samples of a picture are so close that its file is worth reading."""
        if size != self.size:
            return False
        difference = np.abs(samples.astype(np.int16) - self.samples)
        return bool(difference.mean() <= LOSSY_SAMPLES if self.is_lossy else difference.max() <= ROUNDING)

    def shows(self, picture: Image.Image) -> bool:
        """Whether every pixel of an RGB picture is that of the file, but for rounding."""
        try:
            if stamp_of(self.path) != self.stamp:
                return False
            with Image.open(self.path) as file:
                text = infotext_metadata.read_own_prompt(file)
                difference = ImageChops.difference(file.convert("RGB"), picture)
        except Exception:  # the file is gone, or broken by now
            return False
        if text and text != infotext_metadata.prompt_from_infotext(self.infotext):
            return False  # the host wrote under another name than it announced
        if not self.is_lossy:
            return largest_value(difference) <= ROUNDING
        cells = difference.reduce(cell_side(*picture.size))
        return largest_value(difference) <= LOSSY_PIXEL and largest_value(cells) <= ROUNDING


def note_saved_picture(filename: str, image: Image.Image, infotext: str) -> SavedPicture:
    """The record of a saved picture, made without a look at all of its pixels. Raises FileNotFoundError."""
    path = Path(filename).absolute()
    return SavedPicture(path, stamp_of(path), image.size, sample_pixels(image), infotext)


def stamp_of(path: Path) -> tuple[int, int]:
    """Time of change in ns, and bytes, of a file. Raises FileNotFoundError."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def sample_pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """uint8[SAMPLES, SAMPLES, 3]: single pixels from a regular grid."""
    return np.array(picture.resize((SAMPLES, SAMPLES), Image.Resampling.NEAREST).convert("RGB"))


def largest_value(picture: Image.Image) -> int:
    """The largest value of any band, 0–255."""
    return max(high for _low, high in picture.getextrema())


def find_saved_prompt(picture: Image.Image, saved: Sequence[SavedPicture]) -> str:
    """The prompt of the latest saved file that shows an RGB picture; "" where none does."""
    samples = sample_pixels(picture)
    for entry in reversed(saved):
        prompt = infotext_metadata.prompt_from_infotext(entry.infotext)
        if prompt and entry.may_show(picture.size, samples) and entry.shows(picture):
            return prompt
    return ""


@dataclass(frozen=True, eq=False)
class PagePicture:
    """A picture that the page read from a file.

    Args:
        size: (width, height).
        cells: uint8[R, C, 3], the mean colour of each cell.
        prompt: that the file says it was made with; "" where it says none.
    """

    size: tuple[int, int]
    cells: npt.NDArray[np.uint8]
    prompt: str


def compute_cells(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """uint8[R, C, 3]: the mean colour of each square cell of an RGB picture, row by row."""
    return np.array(picture.convert("RGB").reduce(cell_side(*picture.size)))


def cell_side(width: int, height: int) -> int:
    """Side of a cell in pixels; the last cells of a row or column may be narrower."""
    return -(-max(width, height) // GRID)


def find_page_prompt(picture: Image.Image, entries: Sequence[PagePicture]) -> str:
    """The prompt of the page's picture that is most like an RGB picture, of several the latest; "" where none is."""
    same_size = [entry for entry in entries if entry.size == picture.size]
    if not same_size:
        return ""
    cells = compute_cells(picture).astype(np.int16)
    distances = [int(np.abs(cells - entry.cells).max()) for entry in same_size]
    nearest = min(distances)
    last = max(index for index, distance in enumerate(distances) if distance == nearest)
    return same_size[last].prompt if nearest <= ROUNDING else ""


def read_page_entries(text: str) -> list[PagePicture]:
    """The pictures that the page read, latest last; javascript/automask_origin.js writes them.

    It is JSON: a list of objects with width, height, cells (base64 of RGB bytes), and png or exif (base64 of what
    ``imaging.infotext_metadata.infotext_from_parts`` reads). Anything else is left out.
    """
    if not text or len(text) > MAX_PAGE_CHARACTERS:
        return []
    try:
        entries = [read_page_entry(entry) for entry in json.loads(text)]
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
        return []
    return [entry for entry in entries if entry.prompt]


def read_page_entry(entry: dict[str, Any]) -> PagePicture:
    """One picture of the page. Raises ValueError, TypeError, KeyError, AttributeError or ArithmeticError."""
    width, height = int(entry["width"]), int(entry["height"])
    side = cell_side(width, height)
    shape = (-(-height // side), -(-width // side), 3)
    cells = np.frombuffer(base64.b64decode(entry["cells"]), np.uint8).reshape(shape)
    parts = {name: base64.b64decode(entry.get(name, "")) for name in ("png", "exif")}
    prompt = infotext_metadata.prompt_from_infotext(infotext_metadata.infotext_from_parts(**parts))
    return PagePicture((width, height), cells, prompt)
