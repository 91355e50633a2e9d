"""A caption told anew, by what was said of the picture's things one by one."""

from __future__ import annotations

from collections.abc import Sequence

from lib_automask.plan import lexicon
from lib_automask.plan.boosters import split_clauses
from lib_automask.plan.phrases import read_scene
from lib_automask.plan.scene import Thing
from lib_automask.plan.syntax import read_syntax


def first_thing(caption: str) -> str:
    """What a caption of one thing calls it, with its adjectives: "a green box on the grass" → "green box".

    "" where it names none, or several.
    """
    things = [thing for thing in _things(caption) if not thing.is_setting and not thing.mentioned]
    alone = len({thing.phrase for thing in things}) == 1 and things[0].count in (1, None)
    return things[0].phrase if alone else ""


def retold(caption: str, things: Sequence[str]) -> str:
    """The caption with ``things`` ("green fish", "green box") in place of those that it names itself.

    two green fish, in the snow | green fish, green box   →   a green fish, a green box, in the snow
    """
    places = [thing.located for thing in _things(caption) if thing.is_setting]
    return ", ".join([*(f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in things), *places])


def named(caption: str) -> list[str]:
    """The things, not places, that a caption names."""
    return [thing.phrase for thing in _things(caption) if not thing.is_setting]


def is_among(name: str, things: Sequence[str]) -> bool:
    """Whether one of the things is of that kind."""
    concepts = [lexicon.concept(thing.split())[0] for thing in things]
    return any(lexicon.same_concept(lexicon.concept(name.split())[0], concept) for concept in concepts)


def _things(caption: str) -> list[Thing]:
    return read_scene(split_clauses(read_syntax(caption).text)).things
