"""For those who hold several texts about one picture: a caption made anew from its things, two prompts of one hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from lib_automask.plan import vocabulary
from lib_automask.plan.parser import parse_scene
from lib_automask.plan.prompt_filters import split_clauses
from lib_automask.plan.prompt_syntax import read_prompt
from lib_automask.plan.scene import Thing
from lib_automask.plan.scorer import SHOWN
from lib_automask.types import Edit, EditKind, EditPlan, Presence

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
SURE = 0.9
"""Of an edit that is only another word; a guess."""


def find_first_thing(caption: str) -> str:
    """What a caption of one thing calls it, with its adjectives: "a green box on the grass" → "green box".

    "" where it names none, or several.
    """
    things = list_things(caption)
    phrases = {thing.phrase for thing in things if not thing.is_setting}
    counts = {thing.count for thing in things}
    return phrases.pop() if len(phrases) == 1 and counts <= {1, None} else ""


def retell_caption(caption: str, things: Sequence[str], presence: Presence) -> str:
    """The caption with ``things`` in place of what it names itself and the picture does not show.

    two green fish, in the snow | green fish, green box   →   a green fish, a green box, in the snow
    """
    named = list_things(caption)
    others = [thing.phrase for thing in named if not thing.is_setting and not _is_among(thing.phrase, things)]
    shown = [name for name, share in zip(others, presence(others) if others else []) if share >= SHOWN]
    counted = [_count_phrase(name, count) for name, count in Counter([*things, *shown]).items()]
    return ", ".join([*counted, *(_locate_phrase(thing) for thing in named if thing.is_setting)])


def apply_renaming(plan: EditPlan, before: str, after: str) -> EditPlan:
    """The plan from ``before`` to ``after``, two prompts of one hand, with what only got another name replaced.

    Of a caption and a prompt, "hat" and "cap" are one thing described by two people; of a picture's own prompt and the
    new one they are what the user has typed anew.
    """
    old, new = list_things(before), list_things(after)
    gone = [thing for thing in old if thing.key not in {other.key for other in new}]
    come = [thing for thing in new if thing.key not in {other.key for other in old}]
    edits = list(plan.edits)
    for thing in gone:
        other = next((one for one in come if vocabulary.name_same_thing(thing.key, one.key)), None)
        if other is None or any(thing.phrase in edit.target for edit in edits):
            continue
        kind: EditKind = "background" if thing.is_setting and other.is_setting else "replace"
        edits.append(Edit(kind, thing.phrase, other.phrase, score=SURE))
        come.remove(other)
    keep = tuple(phrase for phrase in plan.keep if not any(phrase == edit.target for edit in edits))
    confidence = min([plan.confidence, *(edit.score for edit in edits)])
    return replace(plan, edits=tuple(edits), keep=keep, confidence=confidence)


def list_things(text: str) -> list[Thing]:
    """The things that a caption or a prompt names."""
    return parse_scene(split_clauses(read_prompt(text).text)).things


def _is_among(name: str, things: Sequence[str]) -> bool:
    """Whether one of the things is of that kind."""
    concept = vocabulary.find_concept(name.split())[0]
    return any(vocabulary.name_same_thing(vocabulary.find_concept(thing.split())[0], concept) for thing in things)


def _count_phrase(name: str, count: int) -> str:
    """ "a green box", "two green boxes"; more than the numbers that have a name are "many"."""
    if count == 1:
        return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    head = name.split()[-1]
    ending = "es" if head.endswith(("s", "x", "z", "sh", "ch")) else "s"
    number = NUMBERS[count] if count < len(NUMBERS) else "many"
    return f"{number} {name}{ending if vocabulary.singular_of(head + ending) == head else ''}"


def _locate_phrase(thing: Thing) -> str:
    """With the preposition and article it was typed with: "on the grass"."""
    return " ".join(part for part in (thing.relation, thing.article, thing.phrase) if part)
