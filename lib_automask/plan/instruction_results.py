"""What an instruction makes of a thing, of the setting or of the whole picture."""

from __future__ import annotations

import re

from lib_automask.plan import predicates, vocabulary
from lib_automask.plan.naming import (
    bare_phrase,
    find_subject,
    find_thing,
    name_target,
    name_thing,
    parse_phrase,
    resolve_phrase,
    with_owner,
)
from lib_automask.plan.parser import parse_scene
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.plan.word_lists import map_entries
from lib_automask.types import Edit

FILLING = re.compile(
    r"^(?:(?:look(?! (?:at|to|away|up|down|left|right|out|toward|towards|back)\b)|be|appear|seem|become|turn|to be|"
    r"to look|to|being|a lot|much|more|very|really|all|a bit|into|in|of|out of|made of|made out of|like) )+"
)
"""Words before a description that add nothing to it: "look much more ..."."""
MADE = re.compile(r"(?:(?:be|look|to be|entirely|all) )*(?:(?:made|built|carved|knitted|woven) )?(?:of|from|out of) ")
"""What follows is a material, whatever it names: "made of newspaper"."""
AT_PRONOUN = re.compile(
    r"\b(on top of|on|to|onto|over|behind|near|beside|in front of|next to|under|above|around) (him|her|it|them)$"
)
WHOLES = frozenset(("image", "picture", "photo", "photograph", "scene", "whole image", "whole picture"))


def modify_thing(called: str, text: str) -> Change:
    return Change(Edit("modify", called, text), new=text, old=called, reading="asked")


def move_to(text: str, caption: Scene, kind: str = "") -> Change:
    """Everything put somewhere else, or into another time: then the setting of that ``kind`` goes."""
    settings = [thing for thing in caption.things if thing.is_setting]
    place = parse_phrase(text)
    kind = kind or ("weather" if place is not None and vocabulary.is_of_kind(place.key, "weather") else "place")
    setting = next(
        (one for one in settings if kind in one.kinds), settings[0] if settings and kind == "place" else None
    )
    if setting is None and kind == "place":
        setting = next(
            (
                one
                for one in caption.things
                if one.relation in ("on", "in", "in front of", "against", "at")
                and not one.is_alive
                and "clothing" not in one.kinds
            ),
            None,
        )
    edit = Edit("background", setting.phrase if setting else "background", bare_phrase(text))
    return Change(edit, new=bare_phrase(text), old=setting.phrase if setting else "", reading="asked")


def restyle_whole(style: str) -> Change:
    return Change(Edit("restyle", "whole image", style), reading="asked")


def become_thing(thing: Thing | None, old: str, new: str, caption: Scene) -> Change:
    """One thing turned into another, or described otherwise; ``old`` is how the user calls it."""
    if bare_phrase(old) in WHOLES:
        return restyle_whole(bare_phrase(new))
    called = name_target(thing, old, caption)
    asked = parse_phrase(old)
    noun = asked.noun if asked is not None and asked.owner is not None else thing.noun if thing else called.split()[-1]
    new = re.sub(r"[ -]colou?red$", "", re.sub(r"(?<= )ones?$", noun, new))
    if new in map_entries("grammar", "number") or new.isdigit():
        return modify_thing(called, f"{new} {vocabulary.singular_of(noun) if new in ('one', '1') else noun}")
    if is_description(new):
        text = FILLING.sub("", new)
        alone = text.split()[-1] == noun or "expression" in predicates.attribute_kinds(text)
        return modify_thing(called, text if alone else f"{text} {noun}")
    result = parse_phrase(new)
    if (thing is not None and bare_phrase(old) in thing.attributes) or result is None or MADE.match(new):
        return modify_thing(called, bare_phrase(FILLING.sub("", new)))
    if _is_around(thing, called, caption) and (vocabulary.is_scenery(result.key) or not result.kinds):
        return Change(Edit("background", called, bare_phrase(new)), new=bare_phrase(new), old=called, reading="asked")
    if result.key in (thing.key if thing else "", vocabulary.find_concept(noun.split())[0]):
        return modify_thing(called, result.counted)
    return Change(Edit("replace", called, result.counted), new=result.phrase, old=called, reading="asked")


def _is_around(thing: Thing | None, called: str, caption: Scene) -> bool:
    """The setting, or a wall that everything stands in front of; a waterfall that is the subject is neither."""
    if called.split()[-1:] == ["sky"]:
        return True
    if thing is None:
        return False
    whole = vocabulary.in_list(thing.relation, "whole setting") or len(caption.things) == 1
    return (
        (thing.is_setting and whole)
        or thing.relation == "in front of"
        or (thing.relation in ("on", "in") and vocabulary.is_scenery(thing.key))
    )


def is_description(text: str) -> bool:
    """Whether a text names no thing, only how one is: "matte black", "bigger", "hardwood", "striped"."""
    phrase = FILLING.sub("", text)
    if not phrase or re.match(r"(?:an?|some)\b", text):
        return False
    words = [word for word in phrase.split() if word not in ("and", "with", "dark", "light", "bright")]
    return predicates.is_attribute(phrase) or all(
        predicates.is_attribute(word)
        or (bool(re.fullmatch(r"\w{3,}(?:er|est)", word)) and not vocabulary.kinds_of(word))
        for word in words
    )


def add_things(text: str, caption: Scene) -> list[Change]:
    """ "add X", "put X on Y"; "put the dog on a beach" moves what is there already."""
    scene = parse_scene([text])
    if not scene.things:
        return []
    top = [one for one in scene.things if not one.relation or one.relation == "of"]
    if not top:
        return []
    thing, others = top[0], [one for one in scene.things if one is not top[0]]
    if thing.key == "hair" and thing.attributes and thing.article in ("his", "her", "their", "its"):
        return [modify_thing("hair", " ".join(thing.attributes))]  # "put her hair in a bun"
    there = find_thing(thing, caption)
    known = there if thing.article in ("", "the", "his", "her", "their", "its") else None
    if known is not None and thing.stands is not None:
        return [_put(known, *thing.stands, caption)]
    content = next((one for one in others if one.relation == "of" and one.anchor is thing), None)
    if thing.number and there is not None and thing.stands is not None and _is_at(there, thing.stands[1]):
        return [modify_thing(name_thing(there, caption), f"{thing.number} {thing.noun}")]
    called, relation = _stated_place(content if content is not None and thing.stands is None else thing, text, caption)
    if called and _is_pattern(thing):
        return [modify_thing(called, thing.phrase)]
    added = [
        thing,
        *(
            one
            for one in others
            if one.joined and not one.relation and not (one.article == "the" and find_thing(one, caption))
        ),
    ]
    names = [f"{one.counted} of {content.phrase}" if one is thing and content else one.counted for one in added]
    return [Change(Edit("add", called, name, relation), new=name, reading="asked") for name in names]


def _is_at(thing: Thing, place: Thing) -> bool:
    """Whether a thing of the caption stands where an instruction wants so many of it."""
    places = [thing.anchor, thing.stands[1] if thing.stands is not None else None]
    return any(one is not None and one.key == place.key for one in places)


def _stated_place(thing: Thing, text: str, caption: Scene) -> tuple[str, str | None]:
    """The anchor and relation that the instruction states; ("", None) where it states none."""
    stands = thing.stands
    if stands is not None:
        return name_target(find_thing(stands[1], caption), with_owner(stands[1]), caption), stands[0]
    if match := AT_PRONOUN.search(text):
        found = find_subject(caption, match[2])
        return (name_thing(found, caption) if found else ""), match[1]
    return "", thing.region or None


def _put(thing: Thing, relation: str, where: Thing, caption: Scene) -> Change:
    text = f"{where.phrase} {where.stands[0]} {where.stands[1].phrase}" if where.stands else where.phrase
    if vocabulary.is_scenery(where.key) or (where.stands is not None and vocabulary.is_scenery(where.stands[1].key)):
        return move_to(text, caption)
    if (anchor := find_thing(where, caption)) is not None:
        edit = Edit("add", name_thing(anchor, caption), thing.phrase, relation)
        return Change(edit, new=f"{thing.phrase} {relation} {where.phrase}", reading="asked")
    before = thing.stands[1] if thing.stands is not None else None
    if before is not None and thing.stands is not None and thing.stands[0] == relation == "in front of":
        edit = Edit("background", name_thing(before, caption), where.phrase)
        return Change(edit, new=where.phrase, old=before.phrase, reading="asked")
    if before is not None and before.kinds & where.kinds:
        edit = Edit("replace", name_thing(before, caption), where.phrase)
        return Change(edit, new=where.phrase, old=before.phrase, reading="asked")
    relation = "wearing" if "clothing" in where.kinds else relation
    return Change(Edit("add", name_thing(thing, caption), where.phrase, relation), new=where.phrase, reading="asked")


def give_things(owner: str, what: str, caption: Scene, relation: str = "") -> list[Change]:
    """ "give the man a hat"; "give her red hair" changes the hair that the caption has."""
    things = [thing for thing in parse_scene([what]).things if not thing.relation]
    had = resolve_phrase(things[0].noun, caption) if len(things) == 1 else None
    if had is not None and things[0].key == had.key:
        return [become_thing(had, things[0].noun, what, caption)]
    holder = resolve_phrase(owner, caption)
    if is_description(what):
        return [become_thing(holder, owner, what, caption)]
    if len(things) == 1 and (before := _in_hand(holder, relation, caption)):
        edit = Edit("replace", name_thing(before, caption), things[0].counted)
        return [Change(edit, new=things[0].phrase, old=before.phrase, reading="asked")]
    called = name_target(holder, owner, caption)
    return [_given(thing, called, relation) for thing in things]


def _in_hand(holder: Thing | None, relation: str, caption: Scene) -> Thing | None:
    """What somebody carries, rides or eats already: one thing at a time."""
    if holder is None or relation in ("", "wearing", "with", "having"):
        return None
    key = predicates.verb_key(relation)
    return next(
        (one for one in caption.things if one.anchor is holder and predicates.verb_key(one.relation) == key), None
    )


def _given(thing: Thing, called: str, relation: str) -> Change:
    if thing.key == "hair" or vocabulary.in_list(thing.key, "everybody has"):
        return modify_thing(thing.noun, thing.phrase)
    if _is_pattern(thing):
        return modify_thing(called, thing.phrase)
    relation = relation or ("wearing" if "clothing" in thing.kinds else "with")
    return Change(Edit("add", called, thing.counted, relation), new=thing.phrase, reading="asked")


def _is_pattern(thing: Thing) -> bool:
    """ "polka dots", "a floral pattern": how a surface looks."""
    forms = (thing.phrase, " ".join([*thing.attributes, vocabulary.singular_of(thing.noun)]))
    listed = any("pattern" in predicates.attribute_kinds(form) for form in forms)
    return listed or vocabulary.in_list(thing.key, "surface")
