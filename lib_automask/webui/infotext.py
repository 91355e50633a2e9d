"""What a finished picture tells about its mask, and how that is read back into the panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from lib_automask import sampling_defaults
from lib_automask.errors import InputError
from lib_automask.options import FIELDS, Field, Options
from lib_automask.types import MaskResult

PREFIX = "automask "
HOST_KEYS = ("Mask mode", "Mask blur", "Inpaint area", "Masked area padding", "Masked content")
"""What the host writes because there is a mask, and would carry into the next file."""

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
    """Take out what an earlier file of the same batch wrote."""
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
