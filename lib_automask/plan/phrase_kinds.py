"""What part a noun phrase plays: a word for the picture, a collective, a substance, or part of a deed."""

from __future__ import annotations

import re

from lib_automask.plan import vocabulary
from lib_automask.plan.adjectives import attribute_kinds, is_attribute
from lib_automask.plan.noun_phrases import Phrase, make_thing
from lib_automask.plan.scene import Thing
from lib_automask.plan.verbs import gerund_of, verb_key
from lib_automask.plan.vocabulary import in_list, is_of_kind
from lib_automask.plan.word_lists import list_names

DOES = frozenset(map(verb_key, ("do", "perform", "strike", "practice")))
"""With these verbs the noun behind them is what is being done: a handstand."""
PARTICLE = re.compile(r"up|down|out|off|away|back|over|around|forward|apart")


def is_made(relation: str) -> bool:
    """Whether a material follows: "made of"."""
    return relation == "made" or relation in list_names("common", "made of")


def is_mood(word: str) -> bool:
    """Whether a word names weather or a time: "rainy", "autumn"."""
    return bool(attribute_kinds(word) & {"weather"}) or is_of_kind(word, "weather")


def says_how(thing: Thing) -> bool:
    """ "matte black" between commas: attributes alone, and no thing by that name."""
    colour = "colour" in attribute_kinds(thing.noun)
    thing_first = bool(thing.kinds & {"food", "celestial"}) and thing.noun != "orange"
    return is_attribute(thing.phrase) and not thing_first and (colour or not thing.kinds)


def is_substance(thing: Thing) -> bool:
    """What something can be of: "a door of glass", "a turban of saffron yellow"."""
    substance = attribute_kinds(thing.noun) & {"material", "colour"}
    return bool(substance) and not is_of_kind(thing.key, "food", "drink", "plant")


def is_view(thing: Thing) -> bool:
    """A word for the picture itself: "photo", "close up", "view"."""
    if thing.noun == "background":
        return not thing.attributes
    view = list_names("grammar", "view") | list_names("styles", "photo")
    return thing.noun in view or thing.noun.split()[-1] in view


def collects(thing: Thing) -> bool:
    """ "a group of", "a row of": it only arranges what follows."""
    last = thing.noun.split()[-1]
    listed = list_names("grammar", "collective")
    return last in listed or vocabulary.singular_of(last) in listed


def read_deed(text: str, after: Phrase, later: Phrase) -> str:
    """ "raises its head" → "raising its head", "takes off" → "taking off"; an object that is none is read with it."""
    doing = gerund_of(text, finite=True)
    if after.part in ("adverb", "prep") and later.part != "phrase" and PARTICLE.fullmatch(after.text):
        return f"{doing} {after.text}"
    thing = make_thing(after) if after.part == "phrase" else None
    does = verb_key(text) in DOES
    if thing is not None and (does or is_deed_object(thing)):
        doing = f"{doing} {after.text}"
        after.part = "skip" if does or not thing.attributes else after.part
    return doing


def is_deed_object(thing: Thing) -> bool:
    """What is part of a deed rather than a thing of its own: parts of a body, "push-ups", "a trick"."""
    body = is_of_kind(thing.key, "body") or in_list(thing.key, "everybody has")
    vague = vocabulary.is_abstract(thing.key) and not thing.attributes
    return body or vague or in_list(vocabulary.singular_of(thing.noun.split()[-1]), "activity")
