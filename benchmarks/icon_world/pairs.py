"""Two things of a kind and a prompt that means one of them: told by colour, or by the side that it is on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import Mask, Scene, Thing, draw, make_scene, silhouettes
from lib_automask import MaskRequest, Models, Options, build_mask
from lib_automask.masks import iou, share_inside

Difference = Literal["color", "side"]
DIFFERENCES: tuple[Difference, ...] = ("color", "side")
RIGHT = 0.5
"""The least IoU with what is meant, and the most of the other thing that may be covered."""
SIDES = {
    "left": ("{} on the left", "left {}", "leftmost {}"),
    "right": ("{} on the right", "right {}", "rightmost {}"),
    "top": ("{} at the top", "upper {}", "top {}"),
    "bottom": ("{} at the bottom", "lower {}", "bottom {}"),
}


@dataclass(frozen=True, eq=False)
class Pair:
    """A scene with two things of a kind, a prompt, and the masks of what it means and of the other."""

    scene: Scene
    difference: Difference
    prompt: str
    target: str
    meant: Mask
    other: Mask


@dataclass(frozen=True)
class Choice:
    """What the product made of a pair."""

    pair: Pair
    right: bool
    iou: float
    why: str


def pairs(count: int, seed: int) -> Iterator[Pair]:
    """``count`` pairs, by colour and by side in turn; the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        yield make_pair(rng, DIFFERENCES[number % 2])


def make_pair(rng: np.random.Generator, difference: Difference) -> Pair:
    """Alike but for colour, in a scene of two or three things; or but for side, in a scene of just the two."""
    scene = _scene(rng, difference)
    first, second = _alike(scene)
    meant, other = (first, second) if rng.random() < 0.5 else (second, first)
    thing, masks = scene.things[meant], silhouettes(scene)
    named = f"{thing.color} {thing.kind}"
    target = _with_side(rng, named, thing, scene.things[other]) if difference == "side" else named
    return Pair(scene, difference, _prompt(rng, target, thing), target, masks[meant], masks[other])


def choose(pair: Pair, models: Models) -> Choice:
    """The product on a pair, from the prompt on."""
    result = build_mask(MaskRequest(draw(pair.scene), pair.prompt, options=Options(enabled=True)), models)
    likeness = iou(result.mask, pair.meant)
    right = likeness >= RIGHT and share_inside(pair.other, result.mask) < RIGHT
    return Choice(pair, right, likeness, result.why)


def _scene(rng: np.random.Generator, difference: Difference) -> Scene:
    while True:
        scene = make_scene(rng, 2 if difference == "side" else int(rng.integers(2, 4)))
        model, changed = (int(index) for index in rng.choice(len(scene.things), 2, replace=False))
        alike = {"kind": scene.things[model].kind}
        if difference == "side":
            alike["color"] = scene.things[model].color
        scene = scene.with_thing(changed, **alike)
        looks = [(thing.kind, thing.color) for thing in scene.things]
        kinds = [thing.kind for thing in scene.things]
        if len(set(kinds)) == len(kinds) - 1 and len(set(looks)) == len(looks) - (difference == "side"):
            return scene


def _alike(scene: Scene) -> tuple[int, int]:
    """The two things of one kind."""
    kinds = [thing.kind for thing in scene.things]
    first = next(index for index, kind in enumerate(kinds) if kinds.count(kind) == 2)
    return first, kinds.index(kinds[first], first + 1)


def _with_side(rng: np.random.Generator, named: str, thing: Thing, other: Thing) -> str:
    """The name with the side that the thing is on beside the other, said in one of three ways."""
    if abs(thing.x - other.x) > abs(thing.y - other.y):
        side = "left" if thing.x < other.x else "right"
    else:
        side = "top" if thing.y < other.y else "bottom"
    return str(rng.choice(SIDES[side])).format(named)


def _prompt(rng: np.random.Generator, target: str, thing: Thing) -> str:
    color = str(rng.choice([other for other in COLORS if other != thing.color]))
    kind = str(rng.choice([other for other in CLASSES if other != thing.kind]))
    article = "an" if color == "orange" else "a"
    asked = (f"make the {target} {color}", f"remove the {target}", f"replace the {target} with {article} {color} {kind}")
    return str(rng.choice(asked))
