"""A caption told anew, by what was said of the picture's things one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lib_automask.plan import lexicon
from lib_automask.plan.meaning import things_in, with_article
from lib_automask.plan.presence import SHOWN
from lib_automask.plan.scene import Thing
from lib_automask.plan.syntax import read_syntax
from lib_automask.types import Presence

NUMBERS = ("no", "one", "two", "three", "four")


def first_thing(caption: str) -> str:
    """What a caption of one thing calls it, with its adjectives: "a green box on the grass" → "green box".

    "" where it names none, or several.
    """
    things = _things(caption)
    phrases = {thing.phrase for thing in things if not thing.is_setting}
    counts = {thing.count for thing in things}
    return phrases.pop() if len(phrases) == 1 and counts <= {1, None} else ""


def retold(caption: str, things: Sequence[str], presence: Presence) -> str:
    """The caption with ``things`` in place of what it names itself and the picture does not show.

    two green fish, in the snow | green fish, green box   →   a green fish, a green box, in the snow
    """
    said = _things(caption)
    others = [thing.phrase for thing in said if not thing.is_setting and not _is_among(thing.phrase, things)]
    shown = [name for name, share in zip(others, presence(others) if others else []) if share >= SHOWN]
    counted = [_counted(name, count) for name, count in Counter([*things, *shown]).items()]
    return ", ".join([*counted, *(thing.located for thing in said if thing.is_setting)])


def _things(caption: str) -> list[Thing]:
    return things_in(read_syntax(caption).text)


def _is_among(name: str, things: Sequence[str]) -> bool:
    """Whether one of the things is of that kind."""
    concept = lexicon.concept(name.split())[0]
    return any(lexicon.same_concept(lexicon.concept(thing.split())[0], concept) for thing in things)


def _counted(name: str, count: int) -> str:
    """ "a green box", "two green boxes"."""
    if count == 1:
        return with_article(name)
    head = name.split()[-1]
    ending = "es" if head.endswith(("s", "x", "z", "sh", "ch")) else "s"
    return f"{NUMBERS[count]} {name}{ending if lexicon.singular(head + ending) == head else ''}"
