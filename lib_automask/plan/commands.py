"""Instructions → changes: what is to become of the things that the caption names."""

from __future__ import annotations

import re
from dataclasses import replace

from lib_automask.plan import lexicon
from lib_automask.plan.becoming import become, is_description, modify
from lib_automask.plan.hanging import same_thing
from lib_automask.plan.instruction import Command
from lib_automask.plan.meaning import bare, find, meant, owned, subject, target, thing_in
from lib_automask.plan.naming import name
from lib_automask.plan.phrases import read_scene
from lib_automask.plan.putting import add, give, move_to, should_be
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.plan.styles import names_style
from lib_automask.types import Edit


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
        return give(command.old, command.new, caption) if command.old else add(command.new, caption)
    if command.verb == "should":
        return should_be(command.new, caption)
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


def _turn_whole(text: str, caption: Scene) -> Change:
    """What becomes of "it" or "the picture": a style, another time or place, or another subject."""
    text = re.sub(
        r" (?:would|might|did|had|does)(?: have)?(?: (?:painted|drawn|done|made|paint|draw|do))?(?: it)?$", "", text
    )
    style = bare(re.sub(r"^(?:the )?(?:style|manner|look) of (?:an? )?|[ -]style$", "", bare(text)))
    thing, about = thing_in(text), subject(caption)
    counted = find(thing, caption) if thing is not None and thing.number else None
    if thing is not None and counted is not None:
        return modify(name(counted, caption), thing.counted)  # "make it four pillows"
    if names_style(style) or text.endswith("style"):
        return Change(Edit("restyle", "whole image", style))
    if "weather" in lexicon.attribute_kinds(style) or (
        thing is not None and (lexicon.is_place(thing.key) or _is_mood(thing))
    ):
        return move_to(style, caption)
    if about is not None and (is_description(style) or (thing is not None and thing.kind)):
        return become(about, "it", text, caption)
    return Change(Edit("restyle", "whole image", style))


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
