"""Prompts that describe a scene as it already is, in other words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.icon_world.edits import name, twins
from benchmarks.icon_world.scenes import PLACES, Scene, describe, make_scene

OPPOSITE = {"left of": "right of", "above": "below"}
BOOSTERS = "masterpiece, best quality, highly detailed"


def unchanged_scenes(count: int, seed: int) -> Iterator[tuple[Scene, str, str]]:
    """``count`` times (scene, style, prompt), the styles in turn; the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        scene = make_scene(rng)
        style = list(STYLES)[index % len(STYLES)]
        yield scene, style, STYLES[style](scene)


def _same(scene: Scene) -> str:
    return scene.caption


def _tags(scene: Scene) -> str:
    """ "red ball, orange cat, grass"."""
    if twins(scene):
        return f"{scene.caption.split(',')[0]}, {scene.ground}"
    return ", ".join([*map(name, scene.things), scene.ground])


def _reworded(scene: Scene) -> str:
    """The same from the other end: "an orange cat right of a red ball, on the grass"."""
    if len(scene.things) == 2 and not twins(scene):
        relation = next(relation for relation in OPPOSITE if relation in scene.caption)
        first, second = scene.things
        return f"{second.phrase} {OPPOSITE[relation]} {first.phrase}, {PLACES[scene.ground]}"
    return describe(scene.things[::-1], scene.ground)


def _boosted(scene: Scene) -> str:
    return f"{BOOSTERS}, {scene.caption}"


STYLES: dict[str, Callable[[Scene], str]] = {
    "the caption": _same,
    "tags": _tags,
    "reworded": _reworded,
    "boosters": _boosted,
}
