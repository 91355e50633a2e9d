"""What every data set is read into, and the run over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.localise.judging import Judged, judge_place, places_summary, table
from lib_automask import InputError, MaskRequest, Models, Options, build_mask
from lib_automask.imaging import files
from lib_automask.types import Mask

COLUMNS = {
    "count": "cases",
    "masks": "masks made",
    "iou": "IoU",
    "overall_iou": "overall IoU",
    "middle": "middle",
    "hottest": "hottest",
    "kept": "kept",
}


@dataclass(frozen=True)
class Case:
    """One picture with what is asked of it.

    Args:
        name: of the record, for messages.
        kind: what it is counted under.
        prompt: what the user would type.
        picture: its file.
        truth: makes the true region bool[H, W] from the picture's (H, W).
        target: what the user would name as the target; "" where it is to be found.
        own_prompt: what the picture was made with, or might have been; "" where it is left to the caption.
    """

    name: str
    kind: str
    prompt: str
    picture: Path
    truth: Callable[[tuple[int, int]], Mask]
    target: str = ""
    own_prompt: str = ""


@dataclass(frozen=True)
class Published:
    """A figure that others published on the same data, in percent, with where it stands."""

    method: str
    measure: str
    percent: float
    source: str

    def __str__(self) -> str:
        return f"{self.method}: {self.measure} {self.percent:.1f} ({self.source})"


def run_cases(cases: Sequence[Case], models: Models, progress: Callable[[str, float], None]) -> list[Judged]:
    """The product on every case."""
    rows = []
    for index, case in enumerate(cases):
        progress(case.name, index / len(cases))
        image = files.read_image(case.picture)
        truth = case.truth((image.shape[0], image.shape[1]))
        if truth.shape != image.shape[:2]:
            raise InputError(
                f"{case.picture} is {image.shape[1::-1]} and its mask {truth.shape[::-1]} (width, height); "
                "use the pictures as published, at their own size"
            )
        options = Options(target=case.target)
        result = build_mask(MaskRequest(image, case.prompt, options=options, own_prompt=case.own_prompt), models)
        rows.append(judge_place(case.kind, image, truth, result, models))
    return rows


def sample(cases: Sequence[Case], count: int | None, seed: int) -> list[Case]:
    """``count`` of the cases, drawn by ``seed`` and left in order; all of them where no count is given."""
    if not cases:
        raise InputError("there is not one case in what was chosen; choose another split, or look into the folder")
    if count is None or count >= len(cases):
        return list(cases)
    drawn = np.random.default_rng(seed).choice(len(cases), count, replace=False)
    return [cases[index] for index in sorted(drawn)]


def figures(rows: Sequence[Judged], published: Sequence[Published]) -> dict[str, Any]:
    """The means by kind and over all, and what others published."""
    kinds = dict.fromkeys(row.kind for row in rows)
    by_kind = {kind: places_summary([row for row in rows if row.kind == kind]) for kind in kinds}
    return {
        "kinds": by_kind,
        "all": places_summary(rows),
        "published": [vars(figure) for figure in published],
    }


def lines(found: dict[str, Any], published: Sequence[Published]) -> list[str]:
    """The table, and the published figures below it."""
    kinds = found["kinds"]
    rows = {**kinds, "all": found["all"]} if len(kinds) > 1 else {"all": found["all"]}
    beside = [f"published: {figure}" for figure in published]
    return [
        table(rows, COLUMNS, "kind"),
        "IoU: mean over the cases, 0 where no mask was made; overall IoU: of all their pixels together",
        "middle: the mask's innermost pixel lies in the true region; hottest: BLIP's heat map points into it",
        "kept: share of what should stay that the mask leaves alone",
        *(beside or ["published: no figure for masks on this data is known to us"]),
    ]


def read_json(path: Path, needs: str) -> Any:
    """What a JSON file holds; InputError says what the folder ``needs`` where there is none."""
    if not path.is_file():
        raise InputError(f"there is no {path}; {needs}")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}); unpack the data set again") from error


def with_pictures(cases: list[Case], needs: str) -> list[Case]:
    """``cases``; InputError, naming the first, where pictures are missing: better before hours of work than after."""
    missing = [path for path in dict.fromkeys(case.picture for case in cases) if not path.is_file()]
    if missing:
        raise InputError(f"{len(missing)} pictures are missing, the first is {missing[0]}; {needs}")
    return cases
