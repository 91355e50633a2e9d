"""What a user can choose, as one table.

Each line of ``Options`` is a row of the table: name (the API uses it too), default, label of the control, bounds or
choices, help. The panel, the API's schema, the infotext keys, the XYZ axes, the flags of the command line and
docs/options.md are made from ``FIELDS``, so a new option is one new line here.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

from lib_automask.errors import InputError

UnsurePolicy = Literal["stop", "keep picture", "img2img"]
Combine = Literal["add", "within", "except", "ignore"]
MaskedContent = Literal["auto", "fill", "original", "latent noise", "latent nothing", "host"]
Also = Literal["nothing", "mask", "cutout", "layers", "layers as PNG"]
Area = Literal["whole picture", "only masked", "host"]
Search = Literal["guided", "everything"]
Margins = Literal["auto", "as set"]


@dataclass(frozen=True)
class Field:
    """One row of the table.

    Args:
        name: attribute of ``Options`` and key of the API's dict.
        type: bool, int, float or str.
        default: the value if the user gives none; never written to the infotext.
        label: of the control; unique and never renamed (the host's ui-config.json is keyed by it).
        help: one sentence for the panel, the schema and the README.
        minimum, maximum, step: bounds of a number; ``soft_maximum`` ends the slider where the API may go beyond.
        choices: allowed values of a str, or empty for free text.
        example: what an empty text box shows; of several lines if the text may have several.
        xyz: whether it is an axis of the XYZ plot.
        shapes_mask: whether the mask depends on it; the others only concern what the host does with the mask.
    """

    name: str
    type: type
    default: Any
    label: str
    help: str
    minimum: float = 0
    maximum: float = 0
    soft_maximum: float = 0
    step: float = 1
    choices: tuple[str, ...] = ()
    example: str = ""
    xyz: bool = False
    shapes_mask: bool = False

    @property
    def infotext(self) -> str:
        """Key in the infotext, "automask grow"."""
        return f"automask {self.name.replace('_', ' ')}"

    def check(self, value: Any) -> Any:
        """``value`` as this field's type, or InputError with what is allowed."""
        wrong = InputError(f"automask: {self.name} must be {self.allowed}, but is {value!r}")
        if value is None and self.default is None:
            return None
        if self.type is bool:
            if not isinstance(value, bool):
                raise wrong
            return value
        if self.type is str:
            if not isinstance(value, str) or (self.choices and value not in self.choices):
                raise wrong
            check_text(value, f"automask: {self.name}")
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise wrong
        if not self.minimum <= value <= self.maximum or (self.type is int and value != int(value)):
            raise wrong
        return self.type(value)

    def parse(self, text: str) -> Any:
        """The value of an infotext entry or an XYZ cell, checked."""
        if self.type is bool:
            values = {"true": True, "false": False}
            return self.check(values.get(text.strip().lower(), text))
        if self.type is str:
            return self.check(text)
        try:
            return self.check(float(text))
        except ValueError:
            return self.check(text)

    @property
    def allowed(self) -> str:
        """The allowed values, for error messages and the README."""
        if self.type is bool:
            return "true or false"
        if self.choices:
            return "one of " + ", ".join(map(repr, self.choices))
        if self.type is str:
            return "text"
        return f"a{' whole' if self.type is int else ''} number from {self.minimum:g} to {self.maximum:g}"


def define_field(default: Any, label: str, help: str, **more: Any) -> Any:
    """A line of a table such as ``Options``, kept in the dataclass field's metadata."""
    return dataclasses.field(default=default, metadata={"label": label, "help": help, **more})


@dataclass(frozen=True)
class Options:
    """What a user can choose; checked when it is made (InputError)."""

    enabled: bool = define_field(False, "Enable automask", "Find what the prompt changes and repaint only that.")
    target: str = define_field(
        "",
        "Target",
        "What to repaint, in words; left empty, it is found by comparing the prompt with the picture.",
        example="found by itself",
        xyz=True,
        shapes_mask=True,
    )
    unsure: UnsurePolicy = define_field(
        "stop",
        "When unsure",
        "What to do when nothing changes or the place is not certain: stop with the reason, give the picture back as "
        "it is, or run plain img2img over the whole picture.",
    )
    confidence: float = define_field(
        0.5,
        "Least confidence",
        "Below this certainty of the edit and of its place the run counts as unsure.",
        minimum=0,
        maximum=1,
        step=0.05,
        xyz=True,
        shapes_mask=True,
    )
    combine: Combine = define_field(
        "add",
        "Your own mask",
        "What a mask that you painted does: it is added to the found one, limits it, is kept out of it, or is ignored.",
        shapes_mask=True,
    )
    grow: int = define_field(
        0,
        "Grow",
        "Pixels by which the mask grows; negative shrinks it.",
        minimum=-256,
        maximum=256,
        soft_maximum=64,
        xyz=True,
        shapes_mask=True,
    )
    fill_holes: bool = define_field(True, "Fill holes", "Holes inside the mask are repainted too.", shapes_mask=True)
    min_island: float = define_field(
        0.05,
        "Drop islands",
        "Separate spots smaller than this share of the picture, in percent, are left out.",
        minimum=0,
        maximum=10,
        step=0.05,
        shapes_mask=True,
    )
    masked_content: MaskedContent = define_field(
        "auto",
        "Masked content of automask",
        "What the sampler starts from under the mask; auto chooses by the kind of edit, host takes the inpaint tab's.",
    )
    area: Area = define_field(
        "whole picture",
        "Inpaint area of automask",
        "Sample the whole picture, or only the masked part at full resolution; host takes the inpaint tab's.",
        xyz=True,
    )
    padding: int = define_field(
        32,
        "Padding of automask",
        "Pixels of surroundings that are sampled along with the mask when only the masked part is.",
        minimum=0,
        maximum=2048,
        soft_maximum=512,
        step=4,
        xyz=True,
    )
    blur: int = define_field(
        4, "Mask blur of automask", "Softness of the mask's edge; 4 reaches 10 pixels.", minimum=0, maximum=64, xyz=True
    )
    own_prompt: bool = define_field(
        True,
        "Picture's own prompt",
        "Where a picture says which prompt it was made with, the change from that to the new one says what to repaint.",
        shapes_mask=True,
    )
    search: Search = define_field(
        "guided",
        "Search",
        "Where regions are looked for: guided where the words are likely and loosely elsewhere, which is fast; "
        "everything all over the picture, which guided falls back on where it does not find what changes.",
        xyz=True,
        shapes_mask=True,
    )
    passes: str = define_field(
        "",
        "Passes",
        "Several passes over one Generate, a line each, every one on the result of the last; see docs/recipes.md.",
        example="upscale: by=2; strength=0.3\noutpaint: down=256; strength=0.8\nedit: target=dress; strength=0.6",
    )
    keep_passes: bool = define_field(
        False, "Keep each pass", "The picture after each pass is given back behind the result, and saved like it."
    )

    also: Also = define_field(
        "nothing",
        "Keep as well",
        "Kept beside a finished picture: the mask, its subject cut out, or a layer for each edit (OpenRaster, PNG). "
        "In the Batch tab also a table of what was done with each file.",
    )
    margins: Margins = define_field(
        "auto",
        "Grow and padding",
        "auto chooses either by the kind and size of the edit as long as it stands at its default; as set takes both "
        "as they stand, also a grow of 0.",
        shapes_mask=True,
    )
    picked: str = define_field(
        "",
        "Taken by hand",
        "Points of regions that are repainted as well, in pixels of the picture: x,y of the smallest region there, or "
        "x,y,1 of the next larger one. Where no region is, SAM looks for one.",
        example="120,80; 300,44,1",
        shapes_mask=True,
    )
    left_out: str = define_field(
        "",
        "Left out by hand",
        "Points of regions that are never repainted, in the same form.",
        example="120,80; 300,44,1",
        shapes_mask=True,
    )
    strokes: str = define_field(
        "",
        "Brush strokes",
        "Brush (+) and eraser (-) on the finished mask: a radius and a line of points, in pixels of the picture.",
        example="+12:30,40 60,45; -8:10,10",
        shapes_mask=True,
    )
    edits: str = define_field(
        "",
        "Edits by hand",
        "In place of the plan that is made from the prompt: one edit a line or between semicolons, of the kinds "
        "replace, modify, add, remove, background and restyle.",
        example="replace: red ball -> blue star; remove: cup",
        shapes_mask=True,
    )
    avoid: str = define_field(
        "",
        "Avoid",
        "Things that are never repainted, in words, with commas between.",
        example="face, hands",
        shapes_mask=True,
    )
    corrected: str = define_field(
        "",
        "Corrected picture",
        "Written by the page: the picture and prompt that the four options by hand were made for. For others they are "
        "not used; where this is empty they always are.",
        shapes_mask=True,
    )

    def __post_init__(self) -> None:
        for row in FIELDS:
            object.__setattr__(self, row.name, row.check(getattr(self, row.name)))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Options:
        """From the API's dict; an unknown key or a wrong value is refused by name (InputError)."""
        names = [row.name for row in FIELDS]
        for key in values:
            if key not in names:
                raise InputError(f"automask: unknown option {key!r}{suggest_name(key, names)}")
        return cls(**values)

    @classmethod
    def from_args(cls, args: Sequence[Any]) -> Options:
        """From a host's script args: one dict, or values in the order of ``FIELDS`` (missing ones are defaults)."""
        if args and isinstance(args[0], Mapping):
            return cls.from_mapping(args[0])
        if len(args) > len(FIELDS):
            raise InputError(f"automask takes {len(FIELDS)} values at most, but got {len(args)}; pass one dict instead")
        return cls(**{row.name: value for row, value in zip(FIELDS, args)})

    def infotext(self) -> dict[str, str]:
        """Infotext entries of every option that is not at its default."""
        return {row.infotext: str(getattr(self, row.name)) for row in FIELDS if getattr(self, row.name) != row.default}


def check_text(text: str, name: str) -> None:
    """Raises InputError where ``text`` holds half a character (a lone surrogate), which no model can read."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{name} holds half a character at position {error.start + 1}; type it again") from error


def suggest_name(key: str, names: Sequence[str]) -> str:
    """The end of an error about an unknown key: the most similar name, or all of them."""
    close = difflib.get_close_matches(str(key), names, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(names)}"


def list_fields(of: type) -> tuple[Field, ...]:
    """The rows of a dataclass whose fields are made by ``define_field``; for "int | None" the type is int."""
    hints = get_type_hints(of)
    rows = []
    for entry in dataclasses.fields(of):
        hint = next((kind for kind in get_args(hints[entry.name]) if isinstance(kind, type)), hints[entry.name])
        choices = get_args(hint)
        rows.append(Field(entry.name, str if choices else hint, entry.default, choices=choices, **entry.metadata))
    return tuple(rows)


FIELDS: tuple[Field, ...] = list_fields(Options)
