"""Several passes over one Generate: what each does, read from text or JSON, one line a pass.

    upscale: by=2; upscaler=SwinIR 4x; overlap=64; strength=0.3
    outpaint: down=256; strength=0.8; cfg=7.5
    edit: target=dress; prompt=a red dress; strength=0.6; steps=80; padding=256

A pass takes from the run whatever its line does not say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lib_automask.errors import InputError
from lib_automask.options import Area, Field, MaskedContent, close_to, row, table

Work = Literal["edit", "outpaint", "upscale"]
Fill = Literal["edge", "noise"]

LINE = re.compile(r"\s*(\w+)\s*(?::(.*))?$", re.DOTALL)
ENTRY = re.compile(r";\s*(?=\w+\s*=)")


@dataclass(frozen=True)
class Pass:
    """One pass. None, and "" for names, mean: as the run has it."""

    do: Work = row("edit", "Pass", "What the pass does.")
    target: str = row("", "Pass target", "What to repaint, in words; found from the prompt where it is left out.")
    each: bool = row(False, "Pass each", "Several edits of one prompt are painted one after another, not together.")
    edit: bool = row(
        False, "Pass edit", "Outpaint also repaints what the prompt changes inside; so it does for a target."
    )
    prompt: str = row("", "Pass prompt", "The prompt of this pass.")
    negative: str = row("", "Pass negative prompt", "The negative prompt of this pass.")
    strength: float | None = row(None, "Pass strength", "Denoising strength of img2img.", maximum=1)
    cfg: float | None = row(None, "Pass CFG", "CFG scale.", maximum=100)
    steps: int | None = row(None, "Pass steps", "Sampling steps.", minimum=1, maximum=1000)
    seed: int | None = row(None, "Pass seed", "Seed; -1 is a random one.", minimum=-1, maximum=2**32 - 1)
    sampler: str = row("", "Pass sampler", "A name from the host's list, such as DPM++ 2M.")
    schedule: str = row("", "Pass schedule", "A name from the host's list, such as Karras.")
    checkpoint: str = row("", "Pass checkpoint", "A checkpoint of the host's; the user's own is back afterwards.")
    vae: str = row("", "Pass VAE", "A VAE of the host's.")
    masked_content: MaskedContent = row("auto", "Pass masked content", "What the sampler starts from under the mask.")
    area: Area = row("whole picture", "Pass area", "Sample the whole picture, or only the masked part.")
    padding: int = row(32, "Pass padding", "Pixels of surroundings sampled along with the mask.", maximum=2048)
    blur: int = row(4, "Pass blur", "Softness of the mask's edge.", maximum=64)
    left: int = row(0, "Pass left", "Pixels by which outpaint extends the picture to the left.", maximum=4096)
    right: int = row(0, "Pass right", "Pixels to the right.", maximum=4096)
    up: int = row(0, "Pass up", "Pixels upwards.", maximum=4096)
    down: int = row(0, "Pass down", "Pixels downwards.", maximum=4096)
    ratio: str = row("", "Pass ratio", "Outpaint to this ratio of width to height, such as 16:9, on both sides alike.")
    step: int = row(
        256, "Pass step", "The most pixels that outpaint adds at once; more take several.", minimum=8, maximum=4096
    )
    fill: Fill = row("edge", "Pass fill", "What a new border is filled with first: the picture's edge, or noise.")
    by: float = row(2.0, "Pass factor", "How many times larger upscale makes the picture.", minimum=1, maximum=8)
    upscaler: str = row("", "Pass upscaler", "An upscaler of the host's, such as SwinIR 4x.")
    overlap: int = row(64, "Pass overlap", "Pixels by which the tiles of a repainted upscale overlap.", maximum=256)

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


PASS_FIELDS: tuple[Field, ...] = table(Pass)


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
                raise InputError(f"automask: unknown key {key!r}{close_to(key, list(known))}")
        return Pass(
            **{key: known[key].parse(value) if isinstance(value, str) else value for key, value in entry.items()}
        )
    except InputError as error:
        raise InputError(f"automask, pass {number}: {str(error).removeprefix('automask: ')}") from error
