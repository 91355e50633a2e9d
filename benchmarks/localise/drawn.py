"""The icon world by kind: where each edit goes, the right one of two, and pictures in which nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from benchmarks.icon_world.edits import KINDS, SceneEdit, make_edits
from benchmarks.icon_world.pairs import Pair, make_pairs
from benchmarks.icon_world.scenes import Scene, draw, make_scene
from benchmarks.icon_world.score import Row, judge
from benchmarks.localise.judging import Judged, judge_place, mean, places_summary, table
from benchmarks.localise.unchanged import unchanged_scenes
from lib_automask import MaskRequest, Models, build_mask
from lib_automask.imaging.masks import share_inside
from lib_automask.types import Mask

Progress = Callable[[str, float], None]
AnyRow = TypeVar("AnyRow")
EDIT_COLUMNS = {
    "count": "edits",
    "plan_right": "plan right",
    "strict": "strict",
    "where_plan_right": "where plan right",
    "middle": "middle",
    "hottest": "hottest",
    "kept": "kept",
}
PAIR_COLUMNS = {"count": "pairs", "right_one": "right one", "iou": "IoU", "masks": "masks made"}
UNCHANGED_COLUMNS = {"count": "scenes", "masks": "masks made"}


@dataclass(frozen=True)
class EditRow:
    """One edit: its plan and mask as the icon world judges them, and its place."""

    score: Row
    place: Judged


@dataclass(frozen=True)
class PairRow:
    """One pair, and whether the mask covers the target and not the other."""

    pair: Pair
    right_one: bool
    place: Judged
    why: str


@dataclass(frozen=True)
class UnchangedRow:
    """One prompt that changes nothing, and whether a mask was made all the same."""

    style: str
    masked: bool
    prompt: str
    why: str


def fresh_edits(count: int, seed: int, noisy: bool = True) -> Iterator[tuple[Scene, SceneEdit]]:
    """``count`` edits, each of a scene of its own and the kinds in turn; the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        yield _fresh_edit(KINDS[index % len(KINDS)], rng, noisy)


def _fresh_edit(kind: str, rng: np.random.Generator, noisy: bool) -> tuple[Scene, SceneEdit]:
    """The first scene that allows an edit of ``kind``."""
    while True:
        scene = make_scene(rng)
        if edits := make_edits(scene, rng, (kind,), noisy):
            return scene, edits[0]


def run_edits(count: int, seed: int, models: Models, progress: Progress) -> list[EditRow]:
    """Edits of every kind."""
    rows = []
    for index, (scene, edit) in enumerate(fresh_edits(count, seed)):
        progress("edits", index / count)
        image = draw(scene)
        result = build_mask(MaskRequest(image, edit.prompt), models)
        place = judge_place(edit.kind, image, edit.mask, result, models)
        rows.append(EditRow(judge(scene, edit, result), place))
    return rows


def run_pairs(count: int, seed: int, models: Models, progress: Progress) -> list[PairRow]:
    """Edits of one of two things that are alike but for colour or side."""
    rows = []
    for index, pair in enumerate(make_pairs(count, seed)):
        progress("pairs", index / count)
        image = draw(pair.scene)
        result = build_mask(MaskRequest(image, pair.edit.prompt), models)
        place = judge_place(pair.edit.kind, image, pair.edit.mask, result, models)
        rows.append(PairRow(pair, chose_target(pair.edit.mask, pair.other, result.mask), place, result.why))
    return rows


def chose_target(target: Mask, other: Mask, mask: Mask) -> bool:
    """Whether a mask covers more than half of the target, and less than half of the other thing."""
    return share_inside(target, mask) > 0.5 > share_inside(other, mask)


def run_unchanged(count: int, seed: int, models: Models, progress: Progress) -> list[UnchangedRow]:
    """Prompts that say what the picture already shows."""
    rows = []
    for index, (scene, style, prompt) in enumerate(unchanged_scenes(count, seed)):
        progress("nothing changes", index / count)
        result = build_mask(MaskRequest(draw(scene), prompt), models)
        rows.append(UnchangedRow(style, result.outcome == "mask", prompt, result.why))
    return rows


def edit_figures(rows: list[EditRow]) -> dict[str, Any]:
    """Means by kind and over all."""
    return _grouped(rows, lambda row: row.score.kind, _edits_summary)


def _edits_summary(rows: list[EditRow]) -> dict[str, Any]:
    return {
        **places_summary([row.place for row in rows]),
        "plan_right": mean(row.score.plan_right for row in rows),
        "strict": mean(row.score.strict for row in rows),
        "where_plan_right": mean(row.score.hit for row in rows if row.score.plan_right),
    }


def pair_figures(rows: list[PairRow]) -> dict[str, Any]:
    """Means by what the two differ in, what the prompt names and how it is written, and over all."""
    return _grouped(
        rows, lambda row: f"differ by {row.pair.differ}, named by {row.pair.named}: {row.pair.style}", _pairs
    )


def _pairs(rows: list[PairRow]) -> dict[str, Any]:
    return {**places_summary([row.place for row in rows]), "right_one": mean(row.right_one for row in rows)}


def unchanged_figures(rows: list[UnchangedRow]) -> dict[str, Any]:
    """Share of masks by style, and over all."""
    return _grouped(rows, lambda row: row.style, _unchanged)


def _unchanged(rows: list[UnchangedRow]) -> dict[str, Any]:
    return {"count": len(rows), "masks": mean(row.masked for row in rows)}


def _grouped(
    rows: list[AnyRow], key: Callable[[AnyRow], str], summary: Callable[[list[AnyRow]], dict[str, Any]]
) -> dict[str, Any]:
    """The summary of each group of rows with the same key, and of all."""
    groups: dict[str, list[AnyRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {**{name: summary(group) for name, group in groups.items()}, "all": summary(rows)}


def shown(figures: dict[str, Any]) -> Iterable[str]:
    """The three tables, with what their columns mean."""
    yield table(figures["edits"], EDIT_COLUMNS, "kind")
    yield "strict: mask IoU, 0 where the plan is wrong; for add, whether the mask's middle lies where the thing may be"
    yield "middle: the mask's innermost pixel lies in the true region; hottest: BLIP's heat map points into it"
    yield "kept: share of what should stay that the mask leaves alone\n"
    yield table(figures["pairs"], PAIR_COLUMNS, "two of a class")
    yield "right one: more than half of the one that is meant is masked, and less than half of the other\n"
    yield table(figures["unchanged"], UNCHANGED_COLUMNS, "nothing changes")


def mistakes(edits: list[EditRow], pairs: list[PairRow], unchanged: list[UnchangedRow]) -> Iterable[str]:
    """Everything that went wrong, with the sentence of why."""
    for row in edits:
        if row.score.strict < 0.8:
            yield f"{row.score.kind} {row.score.strict:.2f}: {row.score.prompt!r}: {row.score.why}"
    for two in pairs:
        if not two.right_one:
            yield f"pair: {two.pair.scene.caption!r}: {two.pair.edit.prompt!r}: {two.why}"
    for same in unchanged:
        if same.masked:
            yield f"nothing changes: {same.prompt!r}: {same.why}"
