"""Scenes of the icon world with phrases and segments, for comparing ways to score them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.icon_world.scenes import Mask, Scene, draw, make_scene, silhouettes
from lib_automask.loading import load_models
from lib_automask.types import Image, Segment

KINDS = ("plain", "color", "side")
SETS = ("true", "parts", "SAM")


@dataclass(frozen=True, eq=False)
class Case:
    """A scene's picture, the phrase and the mask of each thing, and the segments of each of ``SETS``.

    ``alike`` are the things of whose kind there are several.
    """

    kind: str
    image: Image
    named: tuple[str, ...]
    truth: tuple[Mask, ...]
    alike: tuple[int, ...]
    segments: dict[str, list[Segment]]

    @property
    def phrases(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.named))


def make_cases(count: int, seed: int) -> Iterator[Case]:
    """``count`` scenes, the kinds in turn; the same ones for the same seed."""
    rng, segmenter = np.random.default_rng(seed), load_models("demo").segmenter
    for number in range(count):
        kind = KINDS[number % 3]
        scene = make_case_scene(rng, kind)
        image, truth = draw(scene), silhouettes(scene)
        ground = ~np.any(truth, 0)
        true = [Segment(mask, 1.0, 1.0) for mask in (*truth, ground)]
        parts = [Segment(mask, 0.9, 0.9) for mask in _make_parts(truth)]
        segments = {"true": true, "parts": [*true, *parts], "SAM": list(segmenter.segments(image))}
        named = tuple(f"{thing.color} {thing.kind}" for thing in scene.things)
        yield Case(kind, image, named, tuple(truth), find_alike(scene), segments)


def make_case_scene(rng: np.random.Generator, kind: str) -> Scene:
    if kind == "plain":
        return make_scene(rng)
    while True:
        scene = make_scene(rng, int(rng.integers(2, 4)))
        first, color = scene.things[0], scene.things[-1].color
        scene = scene.with_thing(
            len(scene.things) - 1, kind=first.kind, color=color if kind == "color" else first.color
        )
        looks = {(thing.kind, thing.color) for thing in scene.things}
        kinds = {thing.kind for thing in scene.things}
        if len(kinds) == len(scene.things) - 1 == len(looks) - (kind == "color"):
            return scene


def find_alike(scene: Scene) -> tuple[int, ...]:
    kinds = [thing.kind for thing in scene.things]
    return tuple(index for index, kind in enumerate(kinds) if kinds.count(kind) > 1)


def _make_parts(truth: Sequence[Mask]) -> Iterator[Mask]:
    """The left and the upper half of each thing, the thing with a rim of ground, and every two things as one."""
    for index, mask in enumerate(truth):
        rows, cols = np.nonzero(mask)
        left, upper = mask.copy(), mask.copy()
        left[:, (cols.min() + cols.max()) // 2 :] = False
        upper[(rows.min() + rows.max()) // 2 :] = False
        yield from (left, upper, cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)
        yield from (mask | other for other in truth[index + 1 :])
