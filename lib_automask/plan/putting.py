"""Instructions that put something somewhere → changes: "add a hat", "put the dog on a beach", "give her a cup"."""

from __future__ import annotations

import re
from dataclasses import replace

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.becoming import become, is_description, modify
from lib_automask.plan.hanging import same_thing
from lib_automask.plan.meaning import bare, find, meant, owned, subject, target, thing_in
from lib_automask.plan.naming import name
from lib_automask.plan.phrases import read_scene
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.types import Edit

AT_PRONOUN = re.compile(
    r"\b(on top of|on|to|onto|over|behind|near|beside|in front of|next to|under|above|around) (him|her|it|them)$"
)


def add(text: str, caption: Scene) -> list[Change]:
    """ "add X", "put X on Y"; "put the dog on a beach" moves what is there already."""
    things = [thing for thing in read_scene([text]).things if not thing.mentioned]
    if not things:
        return []
    thing, *others = things
    if thing.key == "hair" and thing.attributes and thing.article in wordlists.names("grammar", "possessive"):
        return [modify("hair", " ".join(thing.attributes))]  # "put her hair in a bun"
    there = find(thing, caption)
    if thing.number and there is not None and thing.stands is not None and _is_at(there, thing.stands[1]):
        return [modify(name(there, caption), f"{thing.number} {thing.noun}")]
    known = there if thing.article in ("", "the", "his", "her", "their", "its") else None
    if known is not None and thing.stands is not None:
        return [_put(known, *thing.stands, caption)]
    called, relation = _stated_place(thing, text, caption)
    if called and _is_pattern(thing):
        return [modify(called, thing.phrase)]
    here = [other for other in others if other.article == "the" and find(other, caption) is not None]
    added = [thing, *(other for other in others if other.joined and not other.relation and other not in here)]
    return [Change(Edit("add", called, _made_of(item), relation), new=_made_of(item)) for item in added]


def _is_at(thing: Thing, place: Thing) -> bool:
    """Whether a thing of the caption stands where an instruction wants so many of it."""
    places = [thing.anchor, thing.stands[1] if thing.stands is not None else None]
    return any(other is not None and same_thing(other, place) for other in places)


def _made_of(thing: Thing) -> str:
    """ "crown of flowers"."""
    if thing.stands is None or thing.stands[0] != "of":
        return thing.counted
    return f"{thing.counted} of {thing.stands[1].phrase}"


def should_be(text: str, caption: Scene) -> list[Change]:
    """ "there should be two chairs": so many of what is there, or something new."""
    asked = thing_in(text)
    known = find(asked, caption) if asked is not None else None
    if asked is not None and asked.number and known is not None:
        return [modify(name(known, caption), f"{asked.number} {asked.noun}")]
    return add(text, caption)


def _stated_place(thing: Thing, text: str, caption: Scene) -> tuple[str, str | None]:
    """The anchor and relation that the instruction states; ("", None) where it states none."""
    stands = thing.stands
    if stands is not None and stands[0] == "of":
        stands = stands[1].stands  # "a crown of flowers on her head"
    if stands is not None:
        relation, anchor = stands
        return target(find(anchor, caption), owned(anchor), caption), relation
    if match := AT_PRONOUN.search(text):
        found = subject(caption, match[2])
        return (name(found, caption) if found else ""), match[1]
    return "", thing.region or None


def _put(thing: Thing, relation: str, where: Thing, caption: Scene) -> Change:
    text = f"{where.phrase} {where.stands[0]} {where.stands[1].phrase}" if where.stands else where.phrase
    if lexicon.is_place(where.key) or (where.stands is not None and lexicon.is_place(where.stands[1].key)):
        change = move_to(text, caption)
        where_before = name(thing.stands[1], caption) if thing.stands else change.edit.target
        return change if change.old else replace(change, edit=replace(change.edit, target=where_before))
    if (anchor := find(where, caption)) is not None:
        return Change(
            Edit("add", name(anchor, caption), thing.phrase, relation), new=f"{thing.phrase} {relation} {where.phrase}"
        )
    before = thing.stands[1] if thing.stands is not None else None
    if before is not None and thing.stands is not None and thing.stands[0] == relation == "in front of":
        return Change(Edit("background", name(before, caption), where.phrase), new=where.phrase, old=before.phrase)
    if before is not None and before.kind & where.kind:
        edit = Edit("replace", name(before, caption), where.phrase)
        return Change(edit, new=where.phrase, old=before.phrase)
    relation = "wearing" if lexicon.is_kind(where.key, "clothing") else relation
    return Change(Edit("add", name(thing, caption), where.phrase, relation), new=where.phrase)


def move_to(text: str, caption: Scene, kind: str = "") -> Change:
    """Everything put somewhere else, or into another time: then the setting of that ``kind`` goes, if there is one."""
    settings = [thing for thing in caption.things if thing.is_setting]
    place = thing_in(text)
    kind = kind or ("weather" if place is not None and lexicon.is_kind(place.key, "weather") else "place")
    setting = next((thing for thing in settings if kind in thing.kind), settings[0] if settings else None)
    edit = Edit("background", setting.phrase if setting else "background", bare(text))
    return Change(edit, new=bare(text), old=setting.located if setting else "")


def give(owner: str, what: str, caption: Scene, relation: str = "") -> list[Change]:
    """ "give the man a hat"; "give her red hair" changes the hair that the caption has."""
    things = [thing for thing in read_scene([what]).things if not (thing.mentioned or thing.relation)]
    had = meant(things[0].noun, caption) if len(things) == 1 else None
    if had is not None and not (things[0].key == "hair" != had.key):  # a beard is no hair of the head
        return [become(had, things[0].noun, what, caption)]
    holder = meant(owner, caption)
    if is_description(what):
        return [become(holder, owner, what, caption)]
    if len(things) == 1 and (before := _in_hand(holder, relation, caption)):
        return [
            Change(Edit("replace", name(before, caption), things[0].counted), new=things[0].phrase, old=before.phrase)
        ]
    if holder is not None and holder.vessel and len(things) == 1 and lexicon.is_kind(things[0].key, "food", "drink"):
        return [
            Change(Edit("replace", name(holder, caption), things[0].counted), new=things[0].phrase, old=holder.phrase)
        ]
    called = target(holder, owner, caption)
    return [_given(thing, called, relation) for thing in things]


def _in_hand(holder: Thing | None, relation: str, caption: Scene) -> Thing | None:
    """What somebody carries, rides or eats already: one thing at a time."""
    if holder is None or not relation or relation in ("wearing", "with", "having"):
        return None
    stem = verbs.stem(relation)
    return next(
        (thing for thing in caption.things if thing.anchor is holder and verbs.stem(thing.relation) == stem), None
    )


def _given(thing: Thing, called: str, relation: str) -> Change:
    if thing.key == "hair" or thing.key in wordlists.names("common", "everybody has"):
        return modify(thing.noun, thing.phrase)
    if _is_pattern(thing):
        return modify(called, thing.phrase)
    relation = relation or ("wearing" if lexicon.is_kind(thing.key, "clothing") else "with")
    return Change(Edit("add", called, thing.counted, relation), new=thing.phrase)


def _is_pattern(thing: Thing) -> bool:
    """ "polka dots", "a floral pattern": how a surface looks."""
    forms = (thing.phrase, " ".join([*thing.attributes, lexicon.singular(thing.noun)]))
    listed = any("pattern" in lexicon.attribute_kinds(form) for form in forms)
    return listed or thing.key in wordlists.names("common", "surface")
