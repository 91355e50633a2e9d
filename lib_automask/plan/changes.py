"""Alignment → changes: what was replaced, modified, added, removed, moved elsewhere or restyled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lib_automask.plan import lexicon, wordlists
from lib_automask.plan.alignment import Alignment
from lib_automask.plan.arriving import arrived, is_left_over
from lib_automask.plan.differences import differences
from lib_automask.plan.hanging import same_thing
from lib_automask.plan.leaving import removed
from lib_automask.plan.naming import name, other_names
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.plan.styles import is_photo
from lib_automask.types import Edit

FLAT = ("plate", "tray", "platter", "saucer")
"""Vessels that things lie on."""


def find_changes(caption: Scene, prompt: Scene, alignment: Alignment, unwanted: Scene) -> list[Change]:
    """Every change between two scenes; ``unwanted`` is what the negative prompt names."""
    changes: list[Change] = []
    prompt.residue += [thing.phrase for thing in alignment.come if is_left_over(thing)]
    for old, new in alignment.same:
        changes += differences(old, new, name(old, caption), caption, prompt)
    changes += [_swapped(old, new, caption) for old, new in alignment.swapped]
    changes += [change for thing in alignment.come for change in arrived(thing, alignment, caption, prompt)]
    changes += removed(alignment, caption, prompt, unwanted)
    changes += restyled(caption, prompt)
    return list(_once(_wished(changes, alignment)))


def _wished(changes: list[Change], alignment: Alignment) -> list[Change]:
    """A place named between commas may be where the picture is anyway.

    Where nothing else changes, and the caption knows of no place that stays, it is the wish.
    """
    placed = any(old.is_setting for old, _ in alignment.same)
    if placed or any(not change.unsaid for change in changes):
        return changes
    return [replace(change, unsaid=False) if change.edit.kind == "background" else change for change in changes]


def _once(changes: Iterable[Change]) -> Iterator[Change]:
    """One background, and what several do together told once."""
    seen: set[tuple[str, str | None]] = set()
    for change in changes:
        edit = change.edit
        what = edit.replacement if change.shared else f"{edit.target} → {edit.replacement}"
        key = (edit.kind, "" if edit.kind == "background" and not change.unsaid else what)
        if key not in seen:
            yield change
        seen.add(key)


def speaks_of_part(caption: Scene, prompt: Scene) -> bool:
    """Whether a prompt only says how something known is: "the tie is navy", of a man in a tie.

    It opens with "the ...", and does not name what the caption is about.
    """
    first = next(iter(prompt.things), None)
    definite = wordlists.names("grammar", "possessive") | {"the"}
    if first is None or not caption.things or first.article not in definite or first.relation:
        return False
    named = [thing for thing in prompt.things if not thing.mentioned]
    return not first.is_setting and not any(same_thing(caption.things[0], thing) for thing in named)


def _swapped(old: Thing, new: Thing, caption: Scene) -> Change:
    stood = lexicon.is_kind(old.key, "plant", "vehicle", "animal", "person", "terrain")
    house = lexicon.is_kind(new.key, "building") and stood  # "in front of a tree", "in front of a tower"
    if old.is_setting or (new.is_setting and not house) or old.key == "background":
        edit = Edit("background", name(old, caption), new.counted, score=0.9)
        return Change(edit, new=new.located, old=old.located)
    if new.vessel and not old.vessel and lexicon.same_concept(_vessel(new), old.key):
        relation = "on" if old.key in FLAT else "in"
        return Change(Edit("add", name(old, caption), _content(new), relation, score=0.85), new=new.phrase)
    if old.vessel and "empty" in new.attributes:
        return Change(Edit("modify", name(old, caption), new.phrase, score=0.9), new=new.phrase, old=old.phrase)
    if old.vessel and not new.vessel and lexicon.same_concept(_vessel(old), new.key):
        return Change(Edit("remove", _content(old), score=0.85), old=old.phrase)
    edit = Edit("replace", name(old, caption), new.counted, score=0.9)
    others = other_names(old, caption, new)
    return Change(edit, new=new.phrase, old=old.phrase, others=others, unsaid=_may_be_part(new, old))


def _may_be_part(new: Thing, old: Thing) -> bool:
    """ "a panda eating bamboo", "a panda eating bamboo shoots": no list knows them, and the picture may show them."""
    named = {lexicon.concept([word])[0] for word in new.words[:-1]}
    return not new.kind and old.key in named


def _vessel(thing: Thing) -> str:
    """The plate of "a plate of cookies"."""
    return lexicon.concept(thing.vessel.split())[0]


def _content(thing: Thing) -> str:
    """The cookies of "a plate of cookies"."""
    return " ".join([*thing.attributes, thing.noun])


def _is_known(style: str, named: list[str]) -> bool:
    """A monochrome photograph of what is black and white already."""
    groups = [group for group in wordlists.groups("styles", "same") if any(form in style for form in group)]
    return any(form in other for group in groups for form in group for other in named)


def restyled(caption: Scene, prompt: Scene) -> list[Change]:
    """The first style that the caption has not; "a photo of" is one only where the caption shows a drawing."""
    drawn = any(not is_photo(style) for style in caption.styles)
    named = [*caption.styles, *(word for thing in caption.things for word in thing.attributes)]  # "an anime girl"
    known = {word for style in named for word in style.split() if not is_photo(word)}
    for style in prompt.styles:
        if (drawn or not is_photo(style)) and known.isdisjoint(style.split()) and not _is_known(style, named):
            return [Change(Edit("restyle", "whole image", style, score=0.9))]
    return []
