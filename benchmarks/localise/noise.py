"""Prompts with noise: what changes nothing in the picture may change neither the plan nor the mask.

Each edit is run once as it is, then with tags that ask for quality, with LoRA tags, with weights on its own words, with
escaped brackets, and with sixty words of all that in front, between and behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.icon_world.pairs import make_pairs
from benchmarks.icon_world.scenes import Scene, draw
from benchmarks.localise.drawn import fresh_edits
from benchmarks.localise.judging import mean, table
from benchmarks.localise.noisy_prompts import TAGS, with_noise
from lib_automask import MaskRequest, MaskResult, Models, build_mask


@dataclass(frozen=True)
class NoiseRow:
    """One edit with one noise.

    Args:
        edit: number of the edit.
        noise: what was added.
        plan_equal: edits and what is kept are those of the plain prompt.
        mask_equal: the mask is, bit by bit.
        plain, noisy: the prompts; ``before``, ``after``: the sentences of why.
    """

    edit: int
    noise: str
    plan_equal: bool
    mask_equal: bool
    plain: str
    noisy: str
    before: str
    after: str

    @property
    def equal(self) -> bool:
        return self.plan_equal and self.mask_equal


def plain_edits(count: int, seed: int) -> Iterator[tuple[Scene, str]]:
    """Scenes and prompts without noise: two in three of every kind as sentences, one a pair in any style."""
    pairs = make_pairs(count, seed)
    for index, (scene, edit) in enumerate(fresh_edits(count, seed, noisy=False)):
        pair = next(pairs)
        yield (pair.scene, pair.edit.prompt) if index % 3 == 2 else (scene, edit.prompt)


def run_noise(
    count: int, seed: int, models: Models, progress: Callable[[str, float], None], tags: tuple[str, ...] = TAGS
) -> list[NoiseRow]:
    """Every edit with every noise."""
    rng = np.random.default_rng(seed)
    rows = []
    for index, (scene, plain) in enumerate(plain_edits(count, seed)):
        progress("edits with noise", index / count)
        image = draw(scene)
        before = build_mask(MaskRequest(image, plain), models)
        for name, noisy in with_noise(plain, rng, tags).items():
            after = build_mask(MaskRequest(image, noisy), models)
            equal = same_plan(before, after), bool(np.array_equal(before.mask, after.mask))
            rows.append(NoiseRow(index, name, *equal, plain, noisy, before.why, after.why))
    return rows


def same_plan(one: MaskResult, other: MaskResult) -> bool:
    """Whether the same is to be changed and kept. Scores aside: they are BLIP's, and only the mask hangs on them."""
    return one.outcome == other.outcome and _said(one) == _said(other)


def _said(result: MaskResult) -> tuple[object, ...]:
    edits = tuple((edit.kind, edit.target, edit.replacement, edit.relation) for edit in result.plan.edits)
    return edits, sorted(result.plan.keep)


def noise_figures(rows: list[NoiseRow]) -> dict[str, Any]:
    """How many edits stayed equal under every noise, and shares by noise."""
    edits = {row.edit for row in rows}
    changed = {row.edit for row in rows if not row.equal}
    names = dict.fromkeys(row.noise for row in rows)
    return {
        "edits": len(edits),
        "equal": len(edits) - len(changed),
        "noises": {name: _of_noise([row for row in rows if row.noise == name]) for name in names},
    }


def _of_noise(rows: list[NoiseRow]) -> dict[str, Any]:
    return {
        "count": len(rows),
        "plan": mean(row.plan_equal for row in rows),
        "mask": mean(row.mask_equal for row in rows),
        "both": mean(row.equal for row in rows),
    }


def noise_lines(rows: list[NoiseRow], errors: bool) -> Iterator[str]:
    """The count and the table; with ``errors`` every prompt that was read differently."""
    figures = noise_figures(rows)
    yield f"{figures['equal']} of {figures['edits']} edits: neither plan nor mask changed under any noise"
    columns = {"count": "prompts", "plan": "plan equal", "mask": "mask equal", "both": "both equal"}
    yield table(figures["noises"], columns, "noise")
    for row in rows if errors else ():
        if not row.equal:
            yield f"\n{row.noise}\n  plain: {row.plain}\n  noisy: {row.noisy}"
            yield f"  before: {row.before}\n  after: {row.after}"
