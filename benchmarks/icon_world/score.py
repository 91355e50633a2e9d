"""The product on fresh scenes: captions, plans and masks against the truth."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.icon_world.edits import KINDS, SceneEdit, make_edits
from benchmarks.icon_world.scenes import Scene, draw, make_scene
from lib_automask import MaskRequest, Models, Options, build_mask
from lib_automask.imaging.masks import mask_iou
from lib_automask.options import Search
from lib_automask.types import EditPlan, MaskResult, bounding_box

EDITS_PER_SCENE = 3


@dataclass(frozen=True)
class Row:
    """One edit of one scene, as it went."""

    things: int
    kind: str
    plan_right: bool
    hit: float
    prompt: str
    why: str

    @property
    def strict(self) -> float:
        """The mask's quality, 0 where the plan was wrong."""
        return self.hit if self.plan_right else 0.0


@dataclass(frozen=True)
class Caption:
    things: int
    exact: bool


def scenes(count: int, seed: int) -> Iterator[tuple[Scene, list[SceneEdit]]]:
    """``count`` scenes with every edit that each allows; the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        scene = make_scene(rng)
        yield scene, make_edits(scene, rng)


def run(count: int, seed: int, models: Models, search: Search = "guided") -> tuple[list[Caption], list[Row], float]:
    """Captions, edits and the mean seconds of one edit (the caches as they are in use)."""
    captions, rows, spent = [], [], 0.0
    for index, (scene, edits) in enumerate(scenes(count, seed)):
        picture = draw(scene)
        captions.append(Caption(len(scene.things), models.captioner.caption(picture) == scene.caption))
        for edit in _some(edits, index):
            started = time.perf_counter()
            request = MaskRequest(picture, edit.prompt, options=Options(enabled=True, search=search))
            result = build_mask(request, models)
            spent += time.perf_counter() - started
            rows.append(judge(scene, edit, result))
        print(f"\r{index + 1}/{count} scenes", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return captions, rows, spent / max(1, len(rows))


def _some(edits: list[SceneEdit], index: int) -> list[SceneEdit]:
    """Up to three of a scene's edits; which ones goes round, so that each kind gets its share."""
    wanted = [KINDS[(index * EDITS_PER_SCENE + k) % len(KINDS)] for k in range(EDITS_PER_SCENE)]
    return [edit for edit in edits if edit.kind in wanted]


def judge(scene: Scene, edit: SceneEdit, result: MaskResult) -> Row:
    """Whether plan and mask are right. ``hit`` is the mask's IoU; for ``add``, whether its middle lies where it may."""
    right = plan_right(edit, result.plan)
    hit = middle_inside(edit, result) if edit.kind == "add" else mask_iou(result.mask, edit.mask)
    return Row(len(scene.things), edit.kind, right, hit, edit.prompt, result.why)


def middle_inside(edit: SceneEdit, result: MaskResult) -> float:
    box = bounding_box(result.mask)
    if box is None:
        return 0.0
    x, y = box.center
    return float(edit.mask[min(int(y), edit.mask.shape[0] - 1), min(int(x), edit.mask.shape[1] - 1)])


def plan_right(edit: SceneEdit, plan: EditPlan) -> bool:
    """Exactly the one edit: its kind, and target and replacement by every word of the truth."""
    if edit.kind == "none":
        return not plan.edits
    if len(plan.edits) != 1 or plan.edits[0].kind != edit.kind:
        return False
    found = plan.edits[0]
    if edit.kind in ("restyle", "background"):
        return _names(found.replacement, edit.replacement.split()[-1])
    # A modify may name the colour alone, and a plural thing its number or not.
    last = edit.replacement.split()
    replacement = last[:1] if edit.kind == "modify" else last
    target = edit.target.removeprefix("two ")
    return _names(found.target, target) and (edit.kind == "remove" or _names(found.replacement, " ".join(replacement)))


def _names(phrase: str | None, words: str) -> bool:
    """Whether every word stands in the phrase, singular or plural."""
    forms = {
        form for word in (phrase or "").lower().split() for form in (word, word.rstrip("s"), word.removesuffix("es"))
    }
    return all(word in forms or word.rstrip("s") in forms for word in words.split())


def summary(captions: Sequence[Caption], rows: Sequence[Row]) -> dict[str, object]:
    """The figures as one object: captions by number of things, edits by kind (all, and with one to three things)."""
    return {
        "captions_exact": {str(n): _mean(c.exact for c in captions if c.things == n) for n in (1, 2, 3, 4)},
        "captions_exact_1_3": _mean(c.exact for c in captions if c.things <= 3),
        "kinds": {kind: _of_kind([row for row in rows if row.kind == kind]) for kind in KINDS},
    }


def _of_kind(rows: Sequence[Row]) -> dict[str, object]:
    few: Callable[[Row], bool] = lambda row: row.things <= 3  # noqa: E731
    return {
        "edits": len(rows),
        "plan_right": _mean(row.plan_right for row in rows),
        "strict": _mean(row.strict for row in rows),
        "strict_1_3": _mean(row.strict for row in rows if few(row)),
        "where_plan_right": _mean(row.hit for row in rows if row.plan_right),
    }


def _mean(values: Iterator[float] | Iterator[bool]) -> float | None:
    listed = [float(value) for value in values]
    return round(sum(listed) / len(listed), 4) if listed else None
