"""Phrases that are true or false of a scene: what the matcher learns from, and is judged by.

Half of the phrases are false, and most of those only just: the right colour on the wrong class, the right class in the
wrong colour, attributes swapped between two things that are there, a relation turned round, a noun nobody drew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import GROUNDS, PLACES, Thing, describe, plural
from training.vocabulary import ADJECTIVES, DECOYS, STYLES, UNSEEN

COLOR_NAMES = tuple(COLORS)
GROUND_NAMES = tuple(GROUNDS)
CLEAR = 1.4  # one thing is beside, or above, another where one distance is so many times the other

SHORT_KINDS = {"coloured": 0.58, "class": 0.22, "ground": 0.12, "unknown": 0.08}
LONG_KINDS = {"relation": 0.4, "pair": 0.25, "placed": 0.15, "caption": 0.2}
Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Phrase:
    """A phrase, whether it is true of the picture, its kind, and the thing it names if it names exactly one."""

    text: str
    match: bool
    kind: str
    thing: int | None = None


def pick(rng: np.random.Generator, options: Sequence[Choice]) -> Choice:
    return options[int(rng.integers(len(options)))]


def other(rng: np.random.Generator, options: Sequence[str], *but: str) -> str:
    return pick(rng, [option for option in options if option not in but])


def worded(rng: np.random.Generator, words: str, bare: float = 0.3) -> str:
    """ "red ball" as people write it: with an article, or bare."""
    if rng.random() < 0.07:
        words = f"{pick(rng, (*ADJECTIVES, UNSEEN))} {words}"
    chance = rng.random()
    if chance < bare:
        return words
    if chance < bare + 0.12:
        return f"the {words}"
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def named(rng: np.random.Generator, color: str, kind: str) -> str:
    """A colour (may be empty) and a class; at times the plural, bare."""
    if rng.random() < 0.1:
        return f"{color} {plural(kind)}".strip()
    return worded(rng, f"{color} {kind}".strip())


def false_pair(rng: np.random.Generator, things: Sequence[Thing]) -> tuple[str, str]:
    """A colour and a class that no thing has together, mostly of which one or both are there."""
    there = {(thing.color, thing.kind) for thing in things}
    swaps = [(a.color, b.kind) for a in things for b in things if (a.color, b.kind) not in there]
    way = rng.random()
    if swaps and way < 0.35:
        return pick(rng, swaps)
    thing = pick(rng, things)
    for _ in range(50):
        color = thing.color if 0.35 <= way < 0.62 else pick(rng, COLOR_NAMES)
        kind = thing.kind if way >= 0.62 and way < 0.92 else pick(rng, CLASSES)
        if (color, kind) not in there:
            return color, kind
    raise ValueError("a scene of so many things leaves no false pair")


def coloured(rng: np.random.Generator, things: Sequence[Thing], match: bool) -> Phrase:
    if rng.random() < 0.03:
        return counted(rng, things)
    if not match:
        return Phrase(named(rng, *false_pair(rng, things)), False, "coloured")
    index = int(rng.integers(len(things)))
    return Phrase(named(rng, things[index].color, things[index].kind), True, "coloured", only(things, index))


def only(things: Sequence[Thing], index: int, by_color: bool = True) -> int | None:
    """The index, if no other thing answers to the same name."""
    thing = things[index]
    alike = [t for t in things if t.kind == thing.kind and (t.color == thing.color or not by_color)]
    return index if len(alike) == 1 else None


def counted(rng: np.random.Generator, things: Sequence[Thing]) -> Phrase:
    """ "two red balls", true only if there are two."""
    thing = pick(rng, things)
    count = sum((t.color, t.kind) == (thing.color, thing.kind) for t in things)
    return Phrase(f"two {thing.color} {plural(thing.kind)}", count >= 2, "coloured")


def class_alone(rng: np.random.Generator, things: Sequence[Thing], match: bool) -> Phrase:
    if not match:
        return Phrase(named(rng, "", other(rng, CLASSES, *(thing.kind for thing in things))), False, "class")
    index = int(rng.integers(len(things)))
    return Phrase(named(rng, "", things[index].kind), True, "class", only(things, index, by_color=False))


def ground_phrase(rng: np.random.Generator, ground: str, match: bool) -> Phrase:
    said = ground if match else other(rng, GROUND_NAMES, ground)
    forms = [said, said, f"the {said}", PLACES[said], PLACES[said]]
    if said in ("grass", "sand", "water", "road"):
        forms += [f"on {said}", f"a {said}"]
    return Phrase(pick(rng, forms), match, "ground")


def unknown(rng: np.random.Generator, things: Sequence[Thing]) -> Phrase:
    """Nouns that are never drawn, in and out of the vocabulary, and style words: none matches."""
    noun = UNSEEN if rng.random() < 0.4 else pick(rng, DECOYS)
    way = rng.random()
    if way < 0.45:
        text = worded(rng, noun)
    elif way < 0.75:
        text = worded(rng, f"{pick(rng, things).color} {noun}")
    elif way < 0.9:
        text = f"{worded(rng, pick(rng, things).kind)} {pick(rng, ('wearing', 'with', 'next to'))} {worded(rng, noun)}"
    else:
        text = pick(rng, STYLES)
    return Phrase(text, False, "unknown")


def relation(rng: np.random.Generator, things: Sequence[Thing], match: bool) -> Phrase | None:
    """ "a red ball left of an orange cat", between two things whose direction is clear."""
    pairs = [(a, b) for a in things for b in things if a is not b and direction(a, b)]
    if not pairs:
        return None
    a, b = pick(rng, pairs)
    if (a.color, a.kind) == (b.color, b.kind):
        return None
    said = direction(a, b)
    if not match:
        way = rng.random()
        if way < 0.62:
            a, b = b, a
        elif way < 0.74:
            said = other(rng, ("left of", "right of", "above", "below"), said)
        else:
            color, kind = false_pair(rng, things)
            a, b = (replace(a, color=color, kind=kind), b) if way < 0.87 else (a, replace(b, color=color, kind=kind))
    return Phrase(f"{said_of(rng, a)} {said} {said_of(rng, b)}", match, "relation")


def direction(a: Thing, b: Thing) -> str:
    """How `a` lies to `b`; empty where that is in doubt."""
    dx, dy = b.x - a.x, b.y - a.y
    if abs(dx) > CLEAR * abs(dy):
        return "left of" if dx > 0 else "right of"
    if abs(dy) > CLEAR * abs(dx):
        return "above" if dy > 0 else "below"
    return ""


def said_of(rng: np.random.Generator, thing: Thing) -> str:
    return thing.phrase if rng.random() < 0.7 else worded(rng, f"{thing.color} {thing.kind}")


def pair(rng: np.random.Generator, things: Sequence[Thing], match: bool) -> Phrase | None:
    """ "a red ball and a blue cat": true in either order."""
    if len(things) < 2:
        return None
    a, b = (things[index] for index in rng.permutation(len(things))[:2])
    if not match:
        color, kind = false_pair(rng, things)
        a = replace(a, color=color, kind=kind)
        a, b = (a, b) if rng.random() < 0.5 else (b, a)
    return Phrase(f"{said_of(rng, a)}{pick(rng, (' and', ',', ' with'))} {said_of(rng, b)}", match, "pair")


def placed(rng: np.random.Generator, things: Sequence[Thing], ground: str, match: bool) -> Phrase:
    """ "a red ball on the grass"."""
    thing = pick(rng, things)
    if not match:
        if rng.random() < 0.5:
            ground = other(rng, GROUND_NAMES, ground)
        else:
            color, kind = false_pair(rng, things)
            thing = replace(thing, color=color, kind=kind)
    return Phrase(f"{said_of(rng, thing)}{pick(rng, ('', '', ','))} {PLACES[ground]}", match, "placed")


def caption(rng: np.random.Generator, things: Sequence[Thing], ground: str, match: bool) -> Phrase:
    """The whole caption, at times with a style; false by one word or by an inverted relation."""
    said = list(things)
    if not match:
        way = rng.random()
        if way < 0.3:
            ground = other(rng, GROUND_NAMES, ground)
        elif way < 0.6 and len(things) == 2 and things[0].phrase != things[1].phrase:
            said.reverse()
        else:
            color, kind = false_pair(rng, things)
            index = int(rng.integers(len(said)))
            said[index] = replace(said[index], color=color, kind=kind)
    text = describe(tuple(said), ground)
    return Phrase(styled(rng, text), match, "caption")


def styled(rng: np.random.Generator, text: str) -> str:
    """A style says nothing of what is there."""
    way = rng.random()
    if way < 0.8:
        return text
    return f"{text}, {pick(rng, STYLES)}" if way < 0.9 else f"a {pick(rng, STYLES)} of {text}"


def short_phrase(rng: np.random.Generator, things: Sequence[Thing], ground: str) -> Phrase:
    kind = str(rng.choice(list(SHORT_KINDS), p=list(SHORT_KINDS.values())))
    match = bool(rng.random() < (0.54 if kind != "unknown" else 0))
    if kind == "coloured":
        return coloured(rng, things, match)
    if kind == "class":
        return class_alone(rng, things, match)
    return ground_phrase(rng, ground, match) if kind == "ground" else unknown(rng, things)


def long_phrase(rng: np.random.Generator, things: Sequence[Thing], ground: str) -> Phrase:
    kind = str(rng.choice(list(LONG_KINDS), p=list(LONG_KINDS.values())))
    match = bool(rng.random() < 0.5)
    made: Phrase | None = None
    if kind == "relation":
        made = relation(rng, things, match)
    elif kind == "pair":
        made = pair(rng, things, match)
    elif kind == "caption":
        made = caption(rng, things, ground, match)
    return made or placed(rng, things, ground, match)
