"""Several passes over one Generate: what each does, read from text or JSON, and the geometry of an outpaint.

A pass is a line, or an object of a JSON list; what it does not name, it takes from the run:

    upscale: by=2; upscaler=SwinIR 4x; overlap=64; strength=0.3
    outpaint: down=256; strength=0.8; cfg=7.5
    edit: target=dress; prompt=a red dress; strength=0.6; steps=80; padding=256

An outpaint makes the picture larger: by which ``Border``, in which steps, and what the new border starts from. Pictures
are ``uint8[H, W, 3]`` RGB, masks ``bool[H, W]``, lengths in pixels.
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
from lib_automask.types import Image, Mask, Size

LATENT = 8
"""Pixels of a side of a block of Stable Diffusion's VAE; a picture of another size would be resized, and so changed."""

Work = Literal["edit", "outpaint", "upscale"]
Fill = Literal["edge", "noise"]

LINE = re.compile(r"\s*(\w+)\s*(?::(.*))?$", re.DOTALL)
ENTRY_SEPARATOR = re.compile(r";\s*(?=\w+\s*=)")
"""A semicolon in front of "key="; any other belongs to a value, such as a prompt."""


@dataclass(frozen=True)
class Pass:
    """One pass. None, and "" for names, mean: as in the run."""

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
        for row in PASS_FIELDS:
            object.__setattr__(self, row.name, row.check(getattr(self, row.name)))
        if self.do == "outpaint" and not (self.ratio or self.left + self.right + self.up + self.down):
            raise InputError("automask: outpaint needs left, right, up, down or ratio, as in “outpaint: down=256”")
        if self.ratio and not re.fullmatch(r"[1-9]\d*:[1-9]\d*", self.ratio):
            raise InputError(f"automask: ratio must be two whole numbers such as 16:9, but is {self.ratio!r}")

    @property
    def changes(self) -> dict[str, Any]:
        """What the pass does, and every field that is not at its default."""
        others = {row.name: getattr(self, row.name) for row in PASS_FIELDS[1:]}
        return {"do": self.do, **{key: value for key, value in others.items() if value != getattr(type(self), key)}}

    def __str__(self) -> str:
        """The pass as a line."""
        entries = "; ".join(f"{key}={value}" for key, value in self.changes.items() if key != "do")
        return f"{self.do}: {entries}" if entries else self.do


PASS_FIELDS: tuple[Field, ...] = list_fields(Pass)


def read_passes(text: str | Sequence[Mapping[str, Any]]) -> tuple[Pass, ...]:
    """The passes of a text (a line each, or a JSON list of objects) or of a list of dicts; none of an empty one.

    Raises:
        InputError: a line or key is unknown, or a value is wrong; with the number of the pass.
    """
    if not isinstance(text, str):
        entries: Sequence[Any] = text
    elif text.strip().startswith("["):
        entries = _parse_json(text.strip())
    else:
        entries = [_parse_line(line) for line in text.strip().splitlines() if line.strip()]
    return tuple(_make_pass(number, entry) for number, entry in enumerate(entries, 1))


def write_passes(passes: Sequence[Pass]) -> str:
    """The text that ``read_passes`` reads as ``passes``: lines, or JSON where a prompt would not survive in a line."""
    text = "\n".join(map(str, passes))
    try:
        if read_passes(text) == tuple(passes):
            return text
    except InputError:
        pass
    return json.dumps([each.changes for each in passes])


def passes_as_text(args: Sequence[Any]) -> Sequence[Any]:
    """A host's script args, with passes that came as a list of dicts written as text.

    Raises:
        InputError: as ``read_passes`` does.
    """
    if args and isinstance(args[0], Mapping) and isinstance(args[0].get("passes"), list):
        return [{**args[0], "passes": write_passes(read_passes(args[0]["passes"]))}, *args[1:]]
    return args


class Border(NamedTuple):
    """New pixels on each side of a picture."""

    left: int = 0
    right: int = 0
    up: int = 0
    down: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{side} {getattr(self, side)}" for side in self._fields if getattr(self, side))


def border_to_ratio(size: Size, ratio: str) -> Border:
    """The border, alike on both sides, that brings a picture of ``size`` to ``ratio`` width:height, such as "16:9"."""
    height, width = size
    across, along = (int(part) for part in ratio.split(":"))
    added_width = math.ceil(height * across / along) - width
    if added_width >= 0:
        return Border(left=added_width // 2, right=added_width - added_width // 2)
    added_height = math.ceil(width * along / across) - height
    return Border(up=added_height // 2, down=added_height - added_height // 2)


def round_to_blocks(size: Size, border: Border) -> Border:
    """The border made larger by up to seven pixels a direction, so that the new picture is of whole blocks.

    The larger of two opposite sides takes them; right and down, where they are alike.
    """
    across = -(size.width + border.left + border.right) % LATENT
    along = -(size.height + border.up + border.down) % LATENT
    horizontal = "left" if border.left > border.right else "right"
    vertical = "up" if border.up > border.down else "down"
    added = {horizontal: getattr(border, horizontal) + across, vertical: getattr(border, vertical) + along}
    return border._replace(**added)


def split_border(border: Border, step: int) -> list[Border]:
    """The border in steps of at most ``step`` pixels a side, inner ones first."""
    count = max(1, math.ceil(max(border) / step))
    steps = []
    for number in range(count):
        done = [min(side, number * step) for side in border]
        steps.append(Border(*(min(side - before, step) for side, before in zip(border, done))))
    return steps


def extend_image(image: Image, border: Border, fill: str, seed: int = 0) -> tuple[Image, Mask]:
    """The larger picture, and the mask of what is new in it.

    Args:
        image: the picture.
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


def _parse_json(text: str) -> list[Any]:
    try:
        return list(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"automask: the passes are not JSON ({error}); write a list of objects, or one line a pass"
        ) from error


def _parse_line(line: str) -> dict[str, Any]:
    """{"do": …, key: text, …} of one line; values are still text."""
    match = LINE.fullmatch(line)
    if match is None:
        raise InputError(f"automask: {line.strip()!r} is no pass; write one as “edit: target=dress; strength=0.6”")
    values: dict[str, Any] = {"do": match.group(1)}
    for entry in ENTRY_SEPARATOR.split(match.group(2) or ""):
        key, equals, value = entry.partition("=")
        if equals:
            values[key.strip()] = value.strip()
        elif entry.strip():
            raise InputError(f"automask: {entry.strip()!r} says nothing to set; write key=value, with ; between them")
    return values


def _make_pass(number: int, entry: Any) -> Pass:
    if not isinstance(entry, Mapping):
        raise InputError(f"automask: pass {number} must be an object such as {{'do': 'edit', 'target': 'dress'}}")
    known = {row.name: row for row in PASS_FIELDS}
    try:
        for key in entry:
            if key not in known:
                raise InputError(f"automask: unknown key {key!r}{suggest_name(key, list(known))}")
        return Pass(
            **{key: known[key].parse(value) if isinstance(value, str) else value for key, value in entry.items()}
        )
    except InputError as error:
        raise InputError(f"automask, pass {number}: {str(error).removeprefix('automask: ')}") from error


def _mirror_edges(image: Image, border: Border) -> Image:
    """The picture mirrored at its edges as often as needed, too blurred to be taken for a subject."""
    rows = _mirror_indices(image.shape[0], border.up, border.down)
    columns = _mirror_indices(image.shape[1], border.left, border.right)
    return np.asarray(cv2.GaussianBlur(image[rows][:, columns], (0, 0), max(2.0, max(border) / 32)), np.uint8)


def _mirror_indices(length: int, before: int, after: int) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Indices 0 … length-1 back and forth, from ``before`` in front of the first to ``after`` behind the last."""
    position = np.arange(-before, length + after) % (2 * length)
    return np.where(position < length, position, 2 * length - 1 - position)


def _color_noise(image: Image, size: tuple[int, ...], seed: int) -> Image:
    """uint8[H, W, 3] of ``size``: every pixel one of the picture's, at random."""
    pixels = image.reshape(-1, 3)
    chosen = np.random.default_rng(seed).integers(len(pixels), size=size)
    return np.asarray(pixels[chosen], np.uint8)
