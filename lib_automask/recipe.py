"""A larger picture round the old one: how far it is extended, in which steps, and what the new border starts from.

Pictures are ``uint8[H, W, 3]`` RGB, masks ``bool[H, W]``, lengths in pixels.

Several passes over one Generate: what each does, read from text or JSON, one line a pass.

    upscale: by=2; upscaler=SwinIR 4x; overlap=64; strength=0.3
    outpaint: down=256; strength=0.8; cfg=7.5
    edit: target=dress; prompt=a red dress; strength=0.6; steps=80; padding=256

A pass takes from the run whatever its line does not say.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np

from lib_automask.errors import InputError
from lib_automask.options import Area, Field, MaskedContent, define_field, list_fields, suggest_name
from lib_automask.types import Image, Mask

LATENT = 8
"""Samplers work on blocks of this many pixels; a picture of another size would be resized, and so changed."""

Work = Literal["edit", "outpaint", "upscale"]
Fill = Literal["edge", "noise"]

LINE = re.compile(r"\s*(\w+)\s*(?::(.*))?$", re.DOTALL)
ENTRY = re.compile(r";\s*(?=\w+\s*=)")


class Border(NamedTuple):
    """New pixels on each side of a picture."""

    left: int = 0
    right: int = 0
    up: int = 0
    down: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{side} {getattr(self, side)}" for side in self._fields if getattr(self, side))


def border_to_ratio(size: tuple[int, int], ratio: str) -> Border:
    """The border, alike on both sides, that brings a picture of ``size`` (H, W) to ``ratio``, such as "16:9"."""
    height, width = size
    across, along = (int(part) for part in ratio.split(":"))
    wider = math.ceil(height * across / along) - width
    if wider >= 0:
        return Border(left=wider // 2, right=wider - wider // 2)
    higher = math.ceil(width * along / across) - height
    return Border(up=higher // 2, down=higher - higher // 2)


def round_to_blocks(size: tuple[int, int], border: Border) -> Border:
    """The border made larger, at most by seven pixels a direction, so that the new picture is of whole blocks."""
    height, width = size
    across = -(width + border.left + border.right) % LATENT
    along = -(height + border.up + border.down) % LATENT
    wider = (
        border._replace(left=border.left + across)
        if border.left > border.right
        else border._replace(right=border.right + across)
    )
    return wider._replace(up=wider.up + along) if wider.up > wider.down else wider._replace(down=wider.down + along)


def split_border(border: Border, step: int) -> list[Border]:
    """The border in parts of at most ``step`` pixels a side, inner ones first."""
    count = max(1, math.ceil(max(border) / step))
    parts = []
    for number in range(count):
        done = [min(side, number * step) for side in border]
        parts.append(Border(*(min(side - before, step) for side, before in zip(border, done))))
    return parts


def extend_image(image: Image, border: Border, fill: str, seed: int = 0) -> tuple[Image, Mask]:
    """The larger picture, and the mask of what is new in it.

    Args:
        border: how far it is extended.
        fill: "edge" mirrors the picture's edge into the border, blurred; "noise" fills it with noise of the
            picture's colours.
        seed: of the noise.
    """
    sides = border.up, border.down, border.left, border.right
    larger = np.asarray(cv2.copyMakeBorder(image, *sides, cv2.BORDER_REPLICATE), np.uint8)
    mask = np.ones(larger.shape[:2], np.bool_)
    inside = slice(border.up, border.up + image.shape[0]), slice(border.left, border.left + image.shape[1])
    mask[inside] = False
    start = _color_noise(image, larger.shape[:2], seed) if fill == "noise" else _mirror_edges(image, border)
    return np.where(mask[..., None], start, larger), mask


def _mirror_edges(image: Image, border: Border) -> Image:
    """The picture mirrored at its edges as often as needed, blurred more than a sampler would take for a drawing."""
    rows = _mirror_indices(image.shape[0], border.up, border.down)
    columns = _mirror_indices(image.shape[1], border.left, border.right)
    return np.asarray(cv2.GaussianBlur(image[rows][:, columns], (0, 0), max(2.0, max(border) / 32)), np.uint8)


def _mirror_indices(length: int, before: int, after: int) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Indices 0 … length-1 going to and fro, from ``before`` in front of the first to ``after`` behind the last."""
    place = np.arange(-before, length + after) % (2 * length)
    return np.where(place < length, place, 2 * length - 1 - place)


def _color_noise(image: Image, size: tuple[int, ...], seed: int) -> Image:
    pixels = image.reshape(-1, 3)
    chosen = np.random.default_rng(seed).integers(len(pixels), size=size)
    return np.asarray(pixels[chosen], np.uint8)


@dataclass(frozen=True)
class Pass:
    """One pass. None, and "" for names, mean: as the run has it."""

    do: Work = define_field("edit", "Pass", "What the pass does.")
    target: str = define_field(
        "", "Pass target", "What to repaint, in words; found from the prompt where it is left out."
    )
    each: bool = define_field(
        False, "Pass each", "Several edits of one prompt are painted one after another, not together."
    )
    edit: bool = define_field(
        False, "Pass edit", "Outpaint also repaints what the prompt changes inside; so it does for a target."
    )
    prompt: str = define_field("", "Pass prompt", "The prompt of this pass.")
    negative: str = define_field("", "Pass negative prompt", "The negative prompt of this pass.")
    strength: float | None = define_field(None, "Pass strength", "Denoising strength of img2img.", maximum=1)
    cfg: float | None = define_field(None, "Pass CFG", "CFG scale.", maximum=100)
    steps: int | None = define_field(None, "Pass steps", "Sampling steps.", minimum=1, maximum=1000)
    seed: int | None = define_field(None, "Pass seed", "Seed; -1 is a random one.", minimum=-1, maximum=2**32 - 1)
    sampler: str = define_field("", "Pass sampler", "A name from the host's list, such as DPM++ 2M.")
    schedule: str = define_field("", "Pass schedule", "A name from the host's list, such as Karras.")
    checkpoint: str = define_field(
        "", "Pass checkpoint", "A checkpoint of the host's; the user's own is back afterwards."
    )
    vae: str = define_field("", "Pass VAE", "A VAE of the host's.")
    masked_content: MaskedContent = define_field(
        "auto", "Pass masked content", "What the sampler starts from under the mask."
    )
    area: Area = define_field("whole picture", "Pass area", "Sample the whole picture, or only the masked part.")
    padding: int = define_field(32, "Pass padding", "Pixels of surroundings sampled along with the mask.", maximum=2048)
    blur: int = define_field(4, "Pass blur", "Softness of the mask's edge.", maximum=64)
    left: int = define_field(0, "Pass left", "Pixels by which outpaint extends the picture to the left.", maximum=4096)
    right: int = define_field(0, "Pass right", "Pixels to the right.", maximum=4096)
    up: int = define_field(0, "Pass up", "Pixels upwards.", maximum=4096)
    down: int = define_field(0, "Pass down", "Pixels downwards.", maximum=4096)
    ratio: str = define_field(
        "", "Pass ratio", "Outpaint to this ratio of width to height, such as 16:9, on both sides alike."
    )
    step: int = define_field(
        256, "Pass step", "The most pixels that outpaint adds at once; more take several.", minimum=8, maximum=4096
    )
    fill: Fill = define_field(
        "edge", "Pass fill", "What a new border is filled with first: the picture's edge, or noise."
    )
    by: float = define_field(
        2.0, "Pass factor", "How many times larger upscale makes the picture.", minimum=1, maximum=8
    )
    upscaler: str = define_field("", "Pass upscaler", "An upscaler of the host's, such as SwinIR 4x.")
    overlap: int = define_field(
        64, "Pass overlap", "Pixels by which the tiles of a repainted upscale overlap.", maximum=256
    )

    def __post_init__(self) -> None:
        for one in PASS_FIELDS:
            object.__setattr__(self, one.name, one.check(getattr(self, one.name)))
        if self.do == "outpaint" and not (self.ratio or self.left + self.right + self.up + self.down):
            raise InputError("automask: outpaint needs left, right, up, down or ratio, as in “outpaint: down=256”")
        if self.ratio and not re.fullmatch(r"[1-9]\d*:[1-9]\d*", self.ratio):
            raise InputError(f"automask: ratio must be two whole numbers such as 16:9, but is {self.ratio!r}")

    @property
    def changes(self) -> dict[str, Any]:
        """What the pass does, and whatever of it is not at its default."""
        others = {one.name: getattr(self, one.name) for one in PASS_FIELDS[1:]}
        return {"do": self.do, **{key: value for key, value in others.items() if value != getattr(type(self), key)}}

    def __str__(self) -> str:
        """The pass as a line."""
        said = "; ".join(f"{key}={value}" for key, value in self.changes.items() if key != "do")
        return f"{self.do}: {said}" if said else self.do


PASS_FIELDS: tuple[Field, ...] = list_fields(Pass)


def read_passes(text: str | Sequence[Mapping[str, Any]]) -> tuple[Pass, ...]:
    """The passes of a text (a line each, or a JSON list of objects) or of a list of dicts; none of an empty one.

    Raises:
        InputError: a line or key that is not known, or a wrong value, with the number of the pass.
    """
    if isinstance(text, str):
        text = text.strip()
        entries: Sequence[Any] = _from_json(text) if text.startswith("[") else [_entries(line) for line in _lines(text)]
    else:
        entries = text
    return tuple(_pass(number, entry) for number, entry in enumerate(entries, 1))


def write_passes(passes: Sequence[Pass]) -> str:
    """The text that ``read_passes`` reads as ``passes``: lines, or JSON where a prompt would not survive in a line."""
    text = "\n".join(map(str, passes))
    try:
        if read_passes(text) == tuple(passes):
            return text
    except InputError:
        pass
    return json.dumps([one.changes for one in passes])


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _from_json(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(
            f"automask: the passes are not JSON ({error}); write a list of objects, or one line a pass"
        ) from error
    return list(found)


def _entries(line: str) -> dict[str, Any]:
    """{"do": …, key: text, …} of one line; values are still text."""
    match = LINE.fullmatch(line)
    if match is None:
        raise InputError(f"automask: {line.strip()!r} is no pass; write one as “edit: target=dress; strength=0.6”")
    found: dict[str, Any] = {"do": match.group(1)}
    for entry in ENTRY.split(match.group(2) or ""):
        key, equals, value = entry.partition("=")
        if equals:
            found[key.strip()] = value.strip()
        elif entry.strip():
            raise InputError(f"automask: {entry.strip()!r} says nothing to set; write key=value, with ; between them")
    return found


def _pass(number: int, entry: Any) -> Pass:
    if not isinstance(entry, Mapping):
        raise InputError(f"automask: pass {number} must be an object such as {{'do': 'edit', 'target': 'dress'}}")
    known = {one.name: one for one in PASS_FIELDS}
    try:
        for key in entry:
            if key not in known:
                raise InputError(f"automask: unknown key {key!r}{suggest_name(key, list(known))}")
        return Pass(
            **{key: known[key].parse(value) if isinstance(value, str) else value for key, value in entry.items()}
        )
    except InputError as error:
        raise InputError(f"automask, pass {number}: {str(error).removeprefix('automask: ')}") from error


def passes_as_text(args: Sequence[Any]) -> Sequence[Any]:
    """A host's script args, passes that came as a list of dicts written as text. Raises InputError."""
    if args and isinstance(args[0], Mapping) and isinstance(args[0].get("passes"), list):
        return [{**args[0], "passes": write_passes(read_passes(args[0]["passes"]))}]
    return args
