"""Instructions → changes: what is to become of the things that the caption names."""

from __future__ import annotations

import re
from dataclasses import replace

from lib_automask.plan import lexicon, verbs
from lib_automask.plan.hanging import same_thing
from lib_automask.plan.instruction import Command
from lib_automask.plan.meaning import bare, find, meant, owned, subject, target, thing_in
from lib_automask.plan.naming import name
from lib_automask.plan.phrases import read_scene
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.plan.styles import names_style
from lib_automask.structures import Edit

FILLING = re.compile(
    r"^(?:(?:look(?! (?:at|to|away|up|down|left|right|out|toward|towards|back)\b)|be|appear|seem|become|turn|to be|to look|to|being|a lot|much|more|very|really|all|a bit|into|in|of|"
    r"out of|made of|made out of) )+"
)
"""Words before a description that add nothing to it: "look much more ..."."""
MADE = re.compile(
    r"(?:(?:be|look|to be|to look|entirely|all) )*(?:(?:made|built|carved|knitted|woven) )?(?:of|from|out of) "
)
"""What follows is a material, whatever it names: "made of newspaper"."""
BESIDES = ("and", "with", "dark", "light", "bright")
AT_PRONOUN = re.compile(
    r"\b(on top of|on|to|onto|over|behind|near|beside|in front of|next to|under|above|around) (him|her|it|them)$"
)


def obey(command: Command, caption: Scene) -> list[Change]:
    """The changes that an instruction other than "make ..." asks for; none for "keep"."""
    if command.verb in ("replace", "become"):
        old = command.old.removesuffix("'s")
        if _is_time(old):
            return [move_to(command.new, caption, "weather")]
        return [become(meant(old, caption), old, command.new, caption)]
    if command.verb == "remove":
        return _remove(command.old, caption)
    if command.verb == "add":
        return give(command.old, command.new, caption) if command.old else _add(command.new, caption)
    if command.verb == "should":
        return _should_be(command.new, caption)
    if command.verb == "background":
        return [move_to(command.new, caption)]
    if command.verb == "restyle":
        return [_turn_whole(command.new, caption)]
    return []


def _is_time(text: str) -> bool:
    """ "turn day into night", "change the weather to rain"."""
    asked = thing_in(text)
    return bare(text) in ("weather", "time", "time of day", "season") or (asked is not None and _is_mood(asked))


def _is_mood(thing: Thing) -> bool:
    return lexicon.is_kind(thing.key, "weather", "light") and not lexicon.is_kind(thing.key, "place")


def in_place_of(changes: list[Change], gone: str, caption: Scene) -> list[Change]:
    """What would have been added replaces what it is to be there instead of."""
    asked = thing_in(gone)
    if not changes or asked is None:
        return changes
    owner = changes[0].edit.target
    alike = [thing for thing in caption.things if same_thing(thing, asked)]
    held = [thing for thing in alike if thing.anchor is not None and name(thing.anchor, caption) == owner]
    old = held[0] if held else find(asked, caption)
    if old is None:
        return changes
    return [
        replace(change, edit=Edit("replace", name(old, caption), change.edit.replacement), old=old.phrase)
        if change.edit.kind == "add"
        else change
        for change in changes
    ]


def become(thing: Thing | None, old: str, new: str, caption: Scene) -> Change:
    """One thing turned into another, or described otherwise; ``old`` is how the user calls it."""
    called = target(thing, old, caption)
    noun = noun_for(thing, old, called)
    new = re.sub(r"\bones?$", noun, new)
    if new in lexicon.mapping("grammar", "number") or new.isdigit():
        return modify(called, f"{new} {noun}")
    if is_description(new):
        text = FILLING.sub("", new)
        text = lexicon.mapping("idioms", "compared").get(text, text)
        return modify(called, text if text.split()[-1] == noun else f"{text} {noun}")
    result = thing_in(new)
    if result is None or MADE.match(new):
        return modify(called, bare(FILLING.sub("", new)))
    if thing is not None and _is_around(thing, caption) and lexicon.is_place(result.key):
        return Change(Edit("background", called, bare(new)), new=bare(new), old=called)
    if result.key in (thing.key if thing else "", lexicon.concept(noun.split())[0]):
        return modify(called, result.counted)
    return Change(Edit("replace", called, result.counted), new=result.phrase, old=called)


def _is_around(thing: Thing, caption: Scene) -> bool:
    """The setting, or a wall that everything stands in front of; a waterfall that is the subject is neither."""
    whole = thing.relation in lexicon.names("common", "whole setting") or len(caption.things) == 1
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
    compared = lexicon.mapping("idioms", "compared")
    words = (word for word in phrase.split() if word not in BESIDES)
    return lexicon.is_attribute(phrase) or all(lexicon.is_attribute(word) or word in compared for word in words)


def give(owner: str, what: str, caption: Scene, relation: str = "") -> list[Change]:
    """ "give the man a hat"; "give her red hair" changes the hair that the caption has."""
    things = [thing for thing in read_scene([what]).things if not (thing.mentioned or thing.relation)]
    if len(things) == 1 and (had := meant(things[0].noun, caption)):
        return [become(had, things[0].noun, what, caption)]
    holder = meant(owner, caption)
    if len(things) == 1 and (before := _in_hand(holder, relation, caption)):
        return [
            Change(Edit("replace", name(before, caption), things[0].counted), new=things[0].phrase, old=before.phrase)
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
    if thing.key == "hair" or thing.key in lexicon.names("common", "everybody has"):
        return modify(thing.noun, thing.phrase)
    relation = relation or ("wearing" if lexicon.is_kind(thing.key, "clothing") else "with")
    return Change(Edit("add", called, thing.counted, relation), new=thing.phrase)


def move_to(text: str, caption: Scene, kind: str = "") -> Change:
    """Everything put somewhere else, or into another time: then the setting of that ``kind`` goes, if there is one."""
    settings = [thing for thing in caption.things if thing.is_setting]
    setting = next((thing for thing in settings if kind in thing.kind), settings[0] if settings else None)
    edit = Edit("background", setting.phrase if setting else "background", bare(text))
    return Change(edit, new=bare(text), old=setting.located if setting else "")


def _remove(text: str, caption: Scene) -> list[Change]:
    if re.fullmatch(r"the \S+ ones?", text) and (one := meant(text, caption)) is not None:
        return [Change(Edit("remove", name(one, caption)), old=one.phrase)]
    wanted = [thing for thing in read_scene([text]).things if thing.anchor is None and not thing.mentioned]
    changes = []
    for asked in wanted:
        typed = owned(asked) + (f" on the {asked.place}" if asked.place else "")
        called = target(find(asked, caption), typed, caption)
        changes.append(Change(Edit("remove", called), old=called))
    return changes


def _add(text: str, caption: Scene) -> list[Change]:
    """ "add X", "put X on Y"; "put the dog on a beach" moves what is there already."""
    things = [thing for thing in read_scene([text]).things if not thing.mentioned]
    if not things:
        return []
    thing, *others = things
    if thing.key == "hair" and thing.attributes and thing.article in lexicon.names("grammar", "possessive"):
        return [modify("hair", " ".join(thing.attributes))]  # "put her hair in a bun"
    there = find(thing, caption)
    if thing.number and there is not None and thing.stands is not None and _is_at(there, thing.stands[1]):
        return [modify(name(there, caption), f"{thing.number} {thing.noun}")]
    known = there if thing.article in ("", "the", "his", "her", "their", "its") else None
    if known is not None and thing.stands is not None:
        return [_put(known, *thing.stands, caption)]
    called, relation = _stated_place(thing, text, caption)
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


def _should_be(text: str, caption: Scene) -> list[Change]:
    """ "there should be two chairs": so many of what is there, or something new."""
    asked = thing_in(text)
    known = find(asked, caption) if asked is not None else None
    if asked is not None and asked.number and known is not None:
        return [modify(name(known, caption), f"{asked.number} {asked.noun}")]
    return _add(text, caption)


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


def _turn_whole(text: str, caption: Scene) -> Change:
    """What becomes of "it" or "the picture": a style, another time or place, or another subject."""
    style = bare(re.sub(r"^(?:the )?(?:style|manner|look) of (?:an? )?|[ -]style$", "", bare(text)))
    thing, about = thing_in(text), subject(caption)
    if names_style(style) or text.endswith("style"):
        return Change(Edit("restyle", "whole image", style))
    if "weather" in lexicon.attribute_kinds(style) or (
        thing is not None and (lexicon.is_place(thing.key) or _is_mood(thing))
    ):
        return move_to(style, caption)
    if about is not None and (is_description(style) or (thing is not None and thing.kind)):
        return become(about, "it", text, caption)
    return Change(Edit("restyle", "whole image", style))
