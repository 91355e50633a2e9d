"""Scenes with two things that are easily mixed up, and prompts that change one of them.

The two are of one class. Either their colours tell them apart ("the red ball" beside a blue one), or they are alike and
only their side does ("the ball on the left"). A prompt names the one it means by its colour or by its side, and is
written as a sentence, as tags or as an instruction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from benchmarks.icon_world.edits import SceneEdit, name
from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import PLACES, Mask, Scene, Thing, describe, make_scene, silhouettes

Mark = Literal["color", "side"]
Style = Literal["sentence", "tags", "instruction"]
MARKS: tuple[Mark, ...] = get_args(Mark)
STYLES: tuple[Style, ...] = get_args(Style)
KINDS = ("replace", "modify", "remove")


@dataclass(frozen=True, eq=False)
class Pair:
    """Two things of one class, and the edit that changes one of them.

    Args:
        scene: exactly two things, in reading order.
        edit: its ``target`` names one of the two, "red ball" or "red ball on the left"; ``mask`` is that one.
        other: bool[H, W], the thing that has to stay.
        differ: by what the two differ; those that differ by "side" have one colour.
        named: by what the prompt names the one it means.
        style: of the prompt.
    """

    scene: Scene
    edit: SceneEdit
    other: Mask
    differ: Mark
    named: Mark
    style: Style


def make_pairs(count: int, seed: int) -> Iterator[Pair]:
    """``count`` pairs, the same ones for the same seed; every mark, style and kind of edit in turn."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        differ = MARKS[index % 2]
        style = STYLES[index // 2 % 3]
        kind = KINDS[index // 6 % 3]
        yield _make_pair(rng, differ, style, kind)


def _make_pair(rng: np.random.Generator, differ: Mark, style: Style, kind: str) -> Pair:
    scene = _two_of_a_class(rng, differ)
    masks, sides = silhouettes(scene), _sides(scene)
    index = int(rng.integers(2))
    old, new = scene.things[index], _changed(scene, index, kind, rng)
    # Only an instruction can leave out the colour by which the two differ.
    by_side = differ == "side" or (style == "instruction" and rng.random() < 0.5)
    if style == "instruction":
        prompt = _instruction(old, new, sides[index] if by_side else None, rng)
    else:
        after = [new if i == index else thing for i, thing in enumerate(scene.things)]
        prompt = _description(after, scene.ground, sides if by_side else None, style)
    target = f"{name(old)} {_at(sides[index])}" if differ == "side" else name(old)
    edit = SceneEdit(kind, prompt, target, name(new) if new else "", masks[index])
    return Pair(scene, edit, masks[1 - index], differ, "side" if by_side else "color", style)


def _two_of_a_class(rng: np.random.Generator, differ: Mark) -> Scene:
    """A scene of two things of one class: of two colours, or of one."""
    scene = make_scene(rng, 2)
    first = scene.things[0]
    others = [color for color in COLORS if color != first.color]
    return scene.with_thing(1, kind=first.kind, color=str(rng.choice(others)) if differ == "color" else first.color)


def _changed(scene: Scene, index: int, kind: str, rng: np.random.Generator) -> Thing | None:
    """What one of the two becomes: another class, or a colour that neither has; None where it goes."""
    if kind == "remove":
        return None
    old = scene.things[index]
    taken = {thing.color for thing in scene.things}
    color = str(rng.choice([color for color in COLORS if color not in taken]))
    if kind == "modify":
        return replace(old, color=color)
    other_class = str(rng.choice([other for other in CLASSES if other != old.kind]))
    return replace(old, kind=other_class, color=color if rng.random() < 0.5 else old.color)


def _sides(scene: Scene) -> tuple[str, str]:
    """Where the two lie, in reading order."""
    first, second = scene.things
    across = abs(first.x - second.x) > abs(first.y - second.y)
    return ("left", "right") if across else ("top", "bottom")


def _at(side: str) -> str:
    """ "on the left", "at the top"; "" where no side is named."""
    return f"{'on' if side in ('left', 'right') else 'at'} the {side}" if side else ""


def _description(after: Sequence[Thing | None], ground: str, sides: tuple[str, str] | None, style: Style) -> str:
    """The wanted picture; ``sides`` are named where the two differ in nothing else.

    "a red ball left of a blue ball, on the sand", "red ball, blue ball, sand"; of two alike "a red ball on the left,
    on the sand", "red ball on the left, blue ball on the right, sand".
    """
    left = [(thing, side) for thing, side in zip(after, sides or ("", "")) if thing]
    if style == "tags":
        return ", ".join([*(f"{name(thing)} {_at(side)}".rstrip() for thing, side in left), ground])
    if sides and len(left) == 1:
        return f"{left[0][0].phrase} {_at(left[0][1])}, {PLACES[ground]}"
    return describe(tuple(thing for thing, _side in left), ground)


def _instruction(old: Thing, new: Thing | None, side: str | None, rng: np.random.Generator) -> str:
    """A request that names the thing by its colour, or by its side where one is given."""
    what = f"the {name(old)}"
    if side is not None:
        adjective = {"top": "upper", "bottom": "lower"}.get(side, side)
        what = str(rng.choice([f"the {old.kind} {_at(side)}", f"the {adjective} {old.kind}"]))
    if new is None:
        requests = [f"remove {what}", f"take {what} away"]
    elif new.kind == old.kind:
        requests = [f"make {what} {new.color}", f"change the color of {what} to {new.color}"]
    else:
        requests = [f"replace {what} with {new.phrase}", f"turn {what} into {new.phrase}"]
    return str(rng.choice(requests))
