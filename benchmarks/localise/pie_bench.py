"""PIE-Bench: 700 pictures in ten kinds of edit, each with a mask of what changes.

From "PnP Inversion: Boosting Diffusion-based Editing with 3 Lines of Code" (Ju et al., ICLR 2024, arXiv 2310.01506).
The folder holds ``mapping_file.json`` and the pictures under ``annotation_images/``. A record has ``image_path``,
``original_prompt`` and ``editing_prompt`` with what differs in square brackets, ``editing_instruction``,
``editing_type_id``, ``blended_word``, and ``mask``: start and length of each run of ones in the 512 × 512 pixels, row
by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.localise.cases import Case, read_json, with_pictures
from lib_automask import InputError
from lib_automask.types import Mask

NEEDS = "give the folder of PIE-Bench, with mapping_file.json and annotation_images/ in it"
KINDS = (
    "random",
    "change object",
    "add object",
    "delete object",
    "change content",
    "change pose",
    "change color",
    "change material",
    "change background",
    "change style",
)
"""By ``editing_type_id``."""
WORDS = {"prompt": "editing_prompt", "instruction": "editing_instruction"}
SIDE = 512


def read_pie_bench(folder: Path, words: str = "prompt", own_prompt: bool = False) -> list[Case]:
    """Every record as a case.

    ``words`` is "prompt" where the user describes the wanted picture, "instruction" where they ask for the change;
    ``own_prompt`` says that the picture carries its ``original_prompt``, as if it had been made with it.
    """
    records = read_json(folder / "mapping_file.json", NEEDS)
    if not isinstance(records, dict):
        raise InputError(f"{folder / 'mapping_file.json'} does not hold records by id; {NEEDS}")
    own = "original_prompt" if own_prompt else ""
    return with_pictures([_case(name, record, folder, WORDS[words], own) for name, record in records.items()], NEEDS)


def _case(name: str, record: Any, folder: Path, key: str, own_key: str) -> Case:
    try:
        kind = KINDS[int(record["editing_type_id"])]
        prompt = without_brackets(record[key])
        own_prompt = without_brackets(record[own_key]) if own_key else ""
        path = folder / "annotation_images" / record["image_path"]
        runs = [int(number) for number in record["mask"]]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"record {name} of mapping_file.json is not one of PIE-Bench ({error!r}); {NEEDS}") from error
    return Case(name, kind, prompt, path, lambda _size: mask_of_runs(runs), own_prompt=own_prompt)


def without_brackets(prompt: str) -> str:
    """The prompt as a user would type it; the brackets only mark what differs."""
    return prompt.replace("[", "").replace("]", "")


def mask_of_runs(runs: Sequence[int]) -> Mask:
    """bool[512, 512] from start, length, start, length, …

    The published evaluation also sets the outermost pixels, which shields a background's measure from slips there; a
    mask would be blamed for not covering them, so that is left out.
    """
    flat = np.zeros(SIDE * SIDE, np.bool_)
    for start, length in zip(runs[::2], runs[1::2]):
        flat[start : start + length] = True
    return flat.reshape(SIDE, SIDE)
