"""How well the small SAM finds every icon of a scene, on scenes that its training and its settings have not seen."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.icon_world.scenes import Scene, draw, make_scene, silhouettes
from lib_automask.sam.segmenter import SamSegmenter
from lib_automask.types import Mask, Segment

CALIBRATION_SEED, REPORT_SEED = 910_000, 920_000
HEAD = "| scenes | icons | mean IoU | recall at .8 | recall at .9 | whole ranks first |"
SIZES = ((160, 160), (160, 160), (192, 128), (128, 192))


@dataclass(frozen=True)
class Found:
    """How a thing was found: IoU of its best segment, and whether that segment ranks first of those on the thing."""

    scene: Scene
    index: int
    iou: float
    leads: bool

    @property
    def color(self) -> str:
        return self.scene.things[self.index].color

    @property
    def kind(self) -> str:
        return self.scene.things[self.index].kind


@dataclass(frozen=True)
class Result:
    """One scene: its things, how much of the ground one segment covers (IoU), segments that are neither, seconds."""

    found: tuple[Found, ...]
    ground: float
    parts: int
    junk: int
    seconds: float


def held_out(seed: int, count: int) -> list[Scene]:
    """``count`` scenes with 1, 2, 3, 4, 1, … things, of several shapes."""
    rng = np.random.default_rng(seed)
    return [make_scene(rng, n % 4 + 1, *SIZES[n // 4 % len(SIZES)]) for n in range(count)]


def judge(segmenter: SamSegmenter, scene: Scene) -> Result:
    """Compares every segment of the drawn scene with every thing."""
    image, things = draw(scene), silhouettes(scene)
    began = time.perf_counter()
    segments = segmenter.segments(image)
    seconds = time.perf_counter() - began
    found = tuple(_found(scene, index, thing, segments) for index, thing in enumerate(things))
    ground = ~np.logical_or.reduce(things)
    others = [s.mask for s in segments if max(overlap(s.mask, truth) for truth in [*things, ground]) < 0.6]
    parts = sum(any((mask & thing).sum() > 0.8 * mask.sum() for thing in things) for mask in others)
    covered = max((overlap(s.mask, ground) for s in segments), default=0.0)
    return Result(found, covered, parts, len(others) - parts, seconds)


def _found(scene: Scene, index: int, thing: Mask, segments: Iterable[Segment]) -> Found:
    """The best segment, and whether it comes first of those that lie mostly on the thing."""
    on_thing = [s for s in segments if (s.mask & thing).sum() > 0.5 * s.mask.sum()]
    ious = [overlap(segment.mask, thing) for segment in on_thing]
    best = max(ious, default=0.0)
    return Found(scene, index, best, bool(ious) and ious[0] > best - 0.05)


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def report(model: Path, count: int, seed: int = REPORT_SEED) -> str:
    """A table in Markdown of how the model in folder ``model`` does on ``count`` scenes."""
    segmenter = SamSegmenter(model)
    results = [judge(segmenter, scene) for scene in held_out(seed, count)]
    found = [one for result in results for one in result.found]
    lines = [HEAD, "|---|---|---|---|---|---|", _row("all", found)]
    for things in range(1, 5):
        lines.append(_row(f"{things} icon{'s' * (things > 1)}", [f for f in found if len(f.scene.things) == things]))
    lines.append(_row("square", [f for f in found if f.scene.width == f.scene.height]))
    lines.append(_row("not square", [f for f in found if f.scene.width != f.scene.height]))
    for name, some in _worst(found):
        lines.append(_row(name, some))
    seconds = float(np.median([result.seconds for result in results]))
    lines.append("")
    lines.append(
        f"{len(results)} scenes (seed {seed}); a scene has {np.mean([r.parts for r in results]):.2f} segments that are "
        f"parts of icons and {np.mean([r.junk for r in results]):.2f} that are nothing; the ground is found with IoU "
        f"{np.mean([r.ground for r in results]):.2f}; {seconds:.2f} s a scene (median, one thread)."
    )
    return "\n".join(lines)


def _worst(found: list[Found]) -> list[tuple[str, list[Found]]]:
    """The hardest class, the hardest pairs of colour and ground, and two that ought to be hard."""
    pairs, kinds = defaultdict(list), defaultdict(list)
    for one in found:
        pairs[f"{one.color} on {one.scene.ground}"].append(one)
        kinds[one.kind].append(one)
    ranked = sorted((item for item in pairs.items() if len(item[1]) > 3), key=lambda item: _mean(item[1]))
    hard = [(name, pairs[name]) for name in ("white on snow", "black on night") if pairs[name]]
    worst_kind = min(kinds.items(), key=lambda item: _mean(item[1]))
    return [*hard, *(item for item in ranked[:3] if item not in hard), worst_kind]


def _mean(found: list[Found]) -> float:
    return float(np.mean([one.iou for one in found]))


def _row(name: str, found: list[Found]) -> str:
    if not found:
        return f"| {name} | 0 | | | | |"
    ious = np.array([one.iou for one in found])
    figures = [ious.mean(), (ious > 0.8).mean(), (ious > 0.9).mean(), np.mean([one.leads for one in found])]
    return f"| {name} | {len(found)} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |"
