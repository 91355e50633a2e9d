"""Phrases that are true or false of a crop: of the one thing it shows, or of a piece of ground."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.icon_world.icons import CLASSES
from benchmarks.icon_world.scenes import Thing
from training.phrases import COLOR_NAMES, Phrase, false_pair, ground_phrase, named, other, pair, pick, unknown

SEE_THROUGH = ("keep", "blur")  # fills that leave something of the ground to be seen


def crop_phrase(
    rng: np.random.Generator, things: Sequence[Thing], target: int, visible: Sequence[int], fill: str, ground: str
) -> Phrase:
    """A phrase about the crop of `things[target]`, or of bare ground where `target` is negative.

    `visible` are the indices of the things that can be seen in the crop: nothing false is said of them, for a crop
    with its surroundings left as they are may show a neighbour.
    """
    if target < 0:
        return of_ground(rng, things, fill, ground)
    match = bool(rng.random() < 0.5)
    if match:
        return true_of(rng, things[target])
    return false_of(rng, things, target, visible, fill, ground)


def true_of(rng: np.random.Generator, thing: Thing) -> Phrase:
    kind, color = ("class", "") if rng.random() < 0.3 else ("coloured", thing.color)
    return Phrase(named(rng, color, thing.kind), True, kind)


def false_of(
    rng: np.random.Generator, things: Sequence[Thing], target: int, visible: Sequence[int], fill: str, ground: str
) -> Phrase:
    """A neighbour's name, a wrong colour or class, an unknown noun, the ground, or a pair of which one is missing."""
    thing = things[target]
    seen = [things[index] for index in {target, *visible}]
    hidden = [t for t in things if all((t.color, t.kind) != (s.color, s.kind) for s in seen)]
    way = rng.random()
    if hidden and way < 0.3:
        absent = pick(rng, hidden)
        if rng.random() < 0.3 and all(absent.kind != s.kind for s in seen):
            return Phrase(named(rng, "", absent.kind), False, "class")
        return Phrase(named(rng, absent.color, absent.kind), False, "coloured")
    if way < 0.7:
        return Phrase(named(rng, *near_miss(rng, thing, seen)), False, "coloured")
    if way < 0.84:
        return Phrase(named(rng, "", other(rng, CLASSES, *(s.kind for s in seen))), False, "class")
    if way < 0.92 or fill in SEE_THROUGH:
        return unknown(rng, seen)
    if way < 0.97:
        said = ground_phrase(rng, ground, True)
        return Phrase(said.text, False, "ground")
    return pair(rng, [thing, *hidden], False) or unknown(rng, seen)


def near_miss(rng: np.random.Generator, thing: Thing, seen: Sequence[Thing]) -> tuple[str, str]:
    """The thing's class in another colour, its colour on another class, or neither; true of nothing seen."""
    there = {(s.color, s.kind) for s in seen}
    way = rng.random()
    while True:
        color = thing.color if 0.45 <= way < 0.85 else pick(rng, COLOR_NAMES)
        kind = thing.kind if way < 0.45 else pick(rng, CLASSES)
        if (color, kind) not in there:
            return color, kind


def of_ground(rng: np.random.Generator, things: Sequence[Thing], fill: str, ground: str) -> Phrase:
    """The ground's own name and other grounds' names, or the name of a thing, which never matches."""
    way = rng.random()
    if way < 0.5:
        return ground_phrase(rng, ground, bool(rng.random() < 0.8))
    if way < 0.6:
        return unknown(rng, things)
    color, kind = false_pair(rng, things) if rng.random() < 0.4 else (pick(rng, things).color, pick(rng, things).kind)
    if color == fill:  # a white hole in the shape of a heart is, to the eye, a white heart
        color = other(rng, COLOR_NAMES, fill)
    if rng.random() < 0.3:
        return Phrase(named(rng, "", kind), False, "class")
    return Phrase(named(rng, color, kind), False, "coloured")
