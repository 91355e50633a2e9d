"""Presets: sets of options under a name, shipped or saved by the user, for the panel.

Saved ones lie in ``automask-presets.json`` in the host's data folder: {name: {option: value}}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from modules import shared

from lib_automask.errors import InputError
from lib_automask.imaging.files import write_atomically
from lib_automask.options import FIELDS, Options

Preset = Mapping[str, Any]

LEFT = ("enabled", "picked", "left_out", "strokes", "edits", "corrected")
"""Options that no preset holds: the switch, and what belongs to one picture."""

SHIPPED: dict[str, Preset] = {
    "Portrait retouch": {"target": "face", "area": "only masked", "masked_content": "original", "padding": 64},
    "Swap an object": {"area": "only masked", "padding": 64, "blur": 6},
    "New background": {"target": "background", "blur": 6},
    "Remove": {"masked_content": "fill", "blur": 8},
}
"""The values are guesses by docs/options.md; no picture was painted to choose them."""

LONGEST_NAME = 60
"""Letters of a name that the list still shows: a guess."""

_LOCK = Lock()


def presets_path() -> Path:
    """The file of the saved presets."""
    return Path(shared.data_path) / "automask-presets.json"


def read_presets() -> dict[str, Preset]:
    """The shipped presets and the saved ones, which may have a shipped one's name and then take its place.

    Raises:
        InputError: the file is broken, or a preset holds something that is no option.
    """
    return {**SHIPPED, **read_saved_presets(presets_path())}


def read_saved_presets(path: Path) -> dict[str, Preset]:
    """The presets of a file, every one checked; none where there is no file. Raises InputError."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); mend or move it. It was left as it is") from error
    if not isinstance(saved, dict):
        raise InputError(f"{path} holds no presets; mend or move it. It was left as it is")
    return {str(name): check_preset(name, preset, path) for name, preset in saved.items()}


def check_preset(name: str, preset: Any, path: Path) -> Preset:
    """A preset of a file, as it is. Raises InputError where it is none."""
    try:
        if not isinstance(preset, dict):
            raise InputError("it is no set of options")
        for option in preset:
            if option in LEFT:
                raise InputError(f"a preset cannot hold {option!r}")
        Options.from_mapping(preset)
    except InputError as error:
        raise InputError(f"the preset {name!r} in {path} is not used: {error}; the file was left as it is") from error
    return preset


def preset_of_values(values: Sequence[Any]) -> dict[str, Any]:
    """The options that are not at their default; ``values`` in the order of ``FIELDS``. Raises InputError."""
    options = Options.from_args(values)
    return {
        row.name: getattr(options, row.name)
        for row in FIELDS
        if row.name not in LEFT and getattr(options, row.name) != row.default
    }


def values_of_preset(name: str) -> list[Any]:
    """The value of each control in the order of ``FIELDS``, None for one that stays as it is. Raises InputError."""
    presets = read_presets()
    if name not in presets:
        raise InputError(f"there is no preset {name!r}; choose one of {', '.join(presets)}")
    return [None if row.name in LEFT else presets[name].get(row.name, row.default) for row in FIELDS]


def save_preset(name: str, values: Sequence[Any]) -> None:
    """Save the panel's options under a name, in the place of a saved preset that has it. Raises InputError."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(f"type a name of up to {LONGEST_NAME} letters into Preset, then save")
    preset = preset_of_values(values)
    with _LOCK:
        write_presets({**read_saved_presets(presets_path()), name: preset})


def delete_preset(name: str) -> None:
    """Delete a saved preset; a shipped one of that name is there again. Raises InputError."""
    with _LOCK:
        saved = read_saved_presets(presets_path())
        if name not in saved:
            why = "came with automask and stays" if name in SHIPPED else "is not there"
            raise InputError(f"the preset {name!r} {why}; only saved ones can be deleted")
        write_presets({other: preset for other, preset in saved.items() if other != name})


def write_presets(presets: Mapping[str, Preset]) -> None:
    """Write the file whole or not at all. Raises InputError."""
    path = presets_path()
    text = json.dumps(presets, indent=2, ensure_ascii=False)
    try:
        write_atomically(text.encode("utf-8", "backslashreplace"), path)  # half a character stays JSON's escape
    except InputError as error:
        reason = getattr(error.__cause__, "strerror", None) or error.__cause__
        raise InputError(f"{path} cannot be written ({reason}); the presets are as they were") from error
