"""One thing of the caption turned into another, or described otherwise."""

from __future__ import annotations

import re

from lib_automask.plan import lexicon, wordlists
from lib_automask.plan.meaning import bare, target, thing_in
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.types import Edit

FILLING = re.compile(
    r"^(?:(?:look(?! (?:at|to|away|up|down|left|right|out|toward|towards|back)\b)|be|appear|seem|become|turn|to be|"
    r"to look|to|being|a lot|much|more|very|really|all|a bit|into|in|of|out of|made of|made out of) )+"
)
"""Words before a description that add nothing to it: "look much more ..."."""
MADE = re.compile(
    r"(?:(?:be|look|to be|to look|entirely|all) )*(?:(?:made|built|carved|knitted|woven) )?(?:of|from|out of) "
)
"""What follows is a material, whatever it names: "made of newspaper"."""
BESIDES = ("and", "with", "dark", "light", "bright")


def become(thing: Thing | None, old: str, new: str, caption: Scene) -> Change:
    """One thing turned into another, or described otherwise; ``old`` is how the user calls it."""
    called = target(thing, old, caption)
    noun = noun_for(thing, old, called)
    new = re.sub(r"[ -]colou?red$", "", re.sub(r"(?<= )ones?$", noun, new))
    if new in wordlists.mapping("grammar", "number") or new.isdigit():
        return modify(called, f"{new} {lexicon.singular(noun) if new in ('one', '1') else noun}")
    if is_description(new):
        text = FILLING.sub("", new)
        text = wordlists.mapping("idioms", "compared").get(text, text)
        alone = text.split()[-1] == noun or "expression" in lexicon.attribute_kinds(text)
        return modify(called, text if alone else f"{text} {noun}")
    if bare(new) in wordlists.mapping("people", "looks"):
        return modify(called, bare(new))  # "a brunette"
    if thing is not None and bare(old) in thing.attributes:
        return modify(called, bare(new))  # "exchange bricks for logs"
    result = thing_in(new)
    if result is None or MADE.match(new):
        return modify(called, bare(FILLING.sub("", new)))
    sky = called.split()[-1:] == ["sky"]
    somewhere = lexicon.is_place(result.key) or not result.kind  # "a candy land"
    if somewhere and (sky or (thing is not None and _is_around(thing, caption))):
        return Change(Edit("background", called, bare(new)), new=bare(new), old=called)
    if result.key in (thing.key if thing else "", lexicon.concept(noun.split())[0]):
        return modify(called, result.counted)
    return Change(Edit("replace", called, result.counted), new=result.phrase, old=called)


def _is_around(thing: Thing, caption: Scene) -> bool:
    """The setting, or a wall that everything stands in front of; a waterfall that is the subject is neither."""
    whole = thing.relation in wordlists.names("common", "whole setting") or len(caption.things) == 1
    wall = thing.relation == "in front of" and lexicon.is_kind(thing.key, "fixture", "furniture")
    return wall or (thing.is_setting and whole)


def modify(called: str, text: str) -> Change:
    """The change of a thing that stays."""
    return Change(Edit("modify", called, text), new=text, old=called)


def noun_for(thing: Thing | None, typed: str, called: str) -> str:
    """The noun for what is changed: as typed where the user says whose it is ("the man's jacket", of two jackets)."""
    asked = thing_in(typed)
    if asked is not None and asked.owner is not None:
        return asked.noun
    return thing.noun if thing else called.split()[-1]


def is_description(text: str) -> bool:
    """Whether a text names no thing, only how one is: "matte black", "bigger", "hardwood", "striped"."""
    phrase = FILLING.sub("", text)
    if not phrase or re.match(r"(?:an?|some)\b", text):
        return False
    compared = wordlists.mapping("idioms", "compared")
    words = (word for word in phrase.split() if word not in BESIDES)
    return lexicon.is_attribute(phrase) or all(lexicon.is_attribute(word) or word in compared for word in words)
