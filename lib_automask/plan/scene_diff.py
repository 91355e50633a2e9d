"""Alignment → candidates: what may be replaced, modified, added, removed, moved elsewhere or restyled."""

from __future__ import annotations

from collections.abc import Iterator

from lib_automask.plan import predicates, vocabulary
from lib_automask.plan.alignment import in_same_place
from lib_automask.plan.attribute_diff import compare_thing, list_moods
from lib_automask.plan.naming import find_anchor, name_thing, other_names
from lib_automask.plan.removal_diff import list_removals
from lib_automask.plan.scene import Alignment, Change, Scene, Thing
from lib_automask.plan.tags import figure_part, tag_role
from lib_automask.plan.word_lists import list_groups
from lib_automask.types import Edit, EditKind

FILLERS = frozenset(("style", "art", "photo", "photograph", "picture", "image"))
"""Words of a style that say nothing of it."""


UNSEEN_ROLES = frozenset(("quality", "meta", "other", "view", "count"))
"""Roles of tags that name nothing in the picture."""


def list_changes(caption: Scene, prompt: Scene, found: Alignment, unwanted: Scene) -> list[Change]:
    """Every candidate between two scenes; ``unwanted`` is what the negative prompt names."""
    changes: list[Change] = []
    for old, new in found.same:
        other = list(_narrowed(old, new, found, caption))
        compared = compare_thing(old, new, found, caption, prompt)
        changes += [
            one
            for one in compared
            if not other
            or (one.edit.replacement not in (new.phrase, None) and " " + new.noun not in f" {one.edit.replacement}")
        ]
        changes += other
    changes += [_replaced(old, new, found, caption) for old, new in found.swapped if not _is_contained(old, new, found)]
    for likeness, depicted, old in _likenesses(found, prompt):
        changes = [
            change for change in changes if change.old != old.phrase or change.edit.kind not in ("replace", "modify")
        ]
        text = f"{likeness.phrase} of {depicted.phrase}"
        changes.append(
            Change(Edit("replace", name_thing(old, caption), text), new=text, old=old.phrase, reading="likeness")
        )
    changes += [change for thing in found.come for change in _arrived(thing, found, caption, prompt)]
    changes += list_removals(found, caption, prompt, unwanted)
    changes += list_moods(caption, prompt)
    changes += compare_styles(caption, prompt)
    return _merge_settings(_drop_repeated(changes))


def _likenesses(found: Alignment, prompt: Scene) -> Iterator[tuple[Thing, Thing, Thing]]:
    """ "a sculpture of a bear" for a bear: (the sculpture, its bear, the caption's)."""
    known = [id(new) for _, new in found.same]
    for thing in list(prompt.things):
        holder = thing.anchor
        if (
            thing.relation == "of"
            and holder is not None
            and vocabulary.in_list(holder.key, "solid", "styles")
            and id(holder) not in known
        ):
            old = found.old_of(thing) or found.old_of(holder)
            if old is not None and not vocabulary.in_list(old.key, "solid", "styles"):
                found.come = [one for one in found.come if one is not holder and one is not thing]
                yield holder, thing, old


def _drop_repeated(changes: list[Change]) -> list[Change]:
    """An attribute that several things get ("a cherry tree", "the cherry tree's reflection") is told once."""
    seen: list[set[str]] = []
    kept = []
    for change in sorted(changes, key=lambda one: one.edit.kind == "modify"):
        words = set((change.edit.replacement or "").split())
        fresh = words - set(change.old.split())
        if (
            change.edit.kind == "modify"
            and change.reading.endswith("attribute in place")
            and any(len(fresh & other) >= 2 for other in seen)
        ):
            continue
        seen.append(words)
        kept.append(change)
    return [change for change in changes if change in kept]


def _merge_settings(changes: list[Change]) -> list[Change]:
    """ "a street at night" for a garden is one other setting; a time of day between commas then goes with it."""
    moved = any(change.reading == "other setting" for change in changes)
    return [
        change
        for change in changes
        if not (moved and change.reading in ("new setting", "new time tag", "new setting tag"))
    ]


def _narrowed(old: Thing, new: Thing, found: Alignment, caption: Scene) -> Iterator[Change]:
    relation = vocabulary.relate_nouns(old.key, new.key)
    told = old.attributes and not any(
        predicates.agree_attributes(one, two) for one in old.attributes for two in new.attributes
    )
    if relation == "narrower" and told and new.key.endswith(f" {old.key}"):
        yield Change(
            Edit("replace", name_thing(old, caption), new.counted),
            new=new.phrase,
            old=old.phrase,
            reading="other thing",
        )
        return
    copied = in_same_place(old, new, found) and found.novelty < 0.5
    if relation in ("narrower", "near") and old.noun != new.noun:
        person = (
            "person" if "person" in old.kinds and vocabulary.relate_nouns(old.key, new.key) == "narrower" else "thing"
        )
        reading = f"{relation} {person}" + (" in place" if copied else "")
        kind: EditKind = "background" if old.is_setting and new.is_setting else "replace"
        yield Change(Edit(kind, name_thing(old, caption), new.counted), new=new.phrase, old=old.phrase, reading=reading)


def _is_contained(old: Thing, new: Thing, found: Alignment) -> bool:
    """ "a glass of milk" for "a cup of tea" is told with the cup."""
    return old.relation == new.relation == "of" and (old.anchor, new.anchor) in found.swapped


def _replaced(old: Thing, new: Thing, found: Alignment, caption: Scene) -> Change:
    called = name_thing(old, caption)
    for one, other in found.swapped:
        if _is_contained(one, other, found) and (one.anchor, other.anchor) == (old, new) and not old.is_ground:
            text, before = f"{new.counted} of {other.phrase}", f"{old.phrase} of {one.phrase}"
            return Change(Edit("replace", before, text), new=text, old=before, reading="other thing")
    if old.is_ground and (new.is_setting or (old.is_setting and (new.is_ground or in_same_place(old, new, found)))):
        text = new.phrase
        return Change(Edit("background", called, text), new=text, old=old.phrase, reading="other setting")
    return Change(
        Edit("replace", called, new.counted),
        new=new.phrase,
        old=old.phrase,
        reading="other thing",
        others=other_names(old, caption, new),
    )


def _arrived(thing: Thing, found: Alignment, caption: Scene, prompt: Scene) -> Iterator[Change]:
    """What a thing that only the prompt names may stand for."""
    if _comes_along(thing, found, caption, prompt):
        return
    role = tag_role(thing.counted) if thing.tag else None
    if role in UNSEEN_ROLES or (role == "person" and any("person" in new.kinds for _, new in found.same)):
        return
    figure = next((one for one in caption.things if one.is_alive), None)
    if role in ("pose", "action", "expression"):
        said = caption.mentions()
        if figure is not None and not any(predicates.verb_key(word) in said for word in thing.phrase.split()):
            text = thing.phrase
            yield Change(
                Edit("modify", name_thing(figure, caption), text),
                new=f"{figure.noun} {text}",
                old=figure.phrase,
                reading="tag of figure",
            )
        return
    if role in ("clothes", "accessory") and figure is not None:
        yield Change(Edit("add", "", thing.counted), new=thing.phrase, reading="worn tag")
        return
    body = (
        role in ("hair", "eyes", "skin", "body")
        or (vocabulary.is_of_kind(thing.key, "body") and "plant" not in thing.kinds)
        or vocabulary.in_list(thing.key, "everybody has")
    )
    if body and (not thing.attributes or any(other.is_alive for other in [*caption.things, *prompt.things])):
        yield from _body_part(thing, found, caption)
        return
    if thing.is_setting and not (thing.stands and not thing.relation):
        if vocabulary.is_of_kind(thing.key, "light") or (
            thing.key in ("morning", "evening", "day", "golden hour") and thing.tag
        ):
            yield Change(
                Edit("background", "background", thing.phrase, score=0.7),
                new=thing.phrase,
                reading="light tag" if thing.tag else "light",
            )
            return
        weather = "weather" in thing.kinds or thing.key in ("snow", "rain", "fog")
        passing = weather and not vocabulary.in_list(thing.key, "season")
        bare = not any(one.is_setting for one in caption.things)
        reading = (
            "new setting"
            if not thing.tag
            else "new time tag"
            if passing
            else "new setting tag"
            if not bare
            else "first setting tag"
        )
        yield Change(Edit("background", "background", thing.phrase, score=0.7), new=thing.phrase, reading=reading)
        return
    target, relation = find_anchor(thing, found, caption)
    reading = "new thing" if not thing.tag else "new thing tag"
    features = {"add joined": float(thing.joined)}
    yield Change(Edit("add", target, thing.counted, relation), new=thing.phrase, reading=reading, features=features)


def _body_part(thing: Thing, found: Alignment, caption: Scene) -> Iterator[Change]:
    if not thing.attributes:
        return
    owner = found.old_of(thing.owner or thing.anchor) or next((one for one in caption.things if one.is_alive), None)
    several = sum(one.is_alive for one in caption.things) > 1
    part = (figure_part(thing.phrase) or ("", ()))[0] or thing.noun
    known = any(one.key == thing.key for one in caption.things)
    if (
        owner is not None
        and not known
        and part not in ("hair", "eyes", "fur", "beard", "skin", "tail", "wings", "feathers")
    ):
        called = owner.phrase
    else:
        called = f"{owner.phrase}'s {part}" if owner is not None and several else part
    yield Change(Edit("modify", called, thing.phrase), new=thing.phrase, reading="body part")


def _comes_along(thing: Thing, found: Alignment, caption: Scene, prompt: Scene) -> bool:
    """What is named with something else that is new, or is there in the caption without a phrase of its own."""
    holder = thing.owner or thing.anchor
    if vocabulary.in_list(thing.key, "activity") and not thing.attributes:
        return True
    if vocabulary.is_abstract(thing.key) and (not thing.tag or tag_role(thing.counted) is None):
        return True
    if (
        thing.tag
        and not thing.article
        and tag_role(thing.counted) in (None, "person")
        and "person" in thing.kinds
        and any("person" in new.kinds for _, new in found.same)
    ):
        return True
    swapped = [new for _, new in found.swapped]
    if (
        holder in swapped
        and not thing.is_alive
        and "clothing" not in thing.kinds
        and predicates.verb_key(thing.relation) != thing.relation
        and thing.relation not in ("holding", "with")
    ):
        return thing.relation.endswith("with")
    if (
        holder is not None
        and holder in found.come
        and holder.key not in ("1girl", "1boy")
        and thing.relation not in ("", "behind", "next to")
        and not thing.is_setting
    ):
        return not (thing.relation not in ("with", "of", "in", "wearing", "holding") and thing.is_alive)
    if thing.relation == "of" and holder is not None and not thing.is_setting:
        return True
    if thing.key in ("1girl", "1boy") and any("person" in new.kinds for _, new in found.same):
        return True
    if (
        thing.article != "another"
        and (thing.key in caption.mentions() or thing.key in caption.signs())
        and not any(predicates.attribute_kinds(word) & {"colour", "material"} for word in thing.attributes)
    ):
        return True
    if any(named <= {other.key for other in caption.things} for named in vocabulary.named_together(thing.key)):
        return True
    known = thing.article in ("its", "his", "her", "their") and any(
        one.stands and one.stands[1] is thing for one in found.come
    )
    return known or (vocabulary.in_list(thing.key, "always there") and not thing.attributes)


def compare_styles(caption: Scene, prompt: Scene) -> Iterator[Change]:
    said = set(caption.words).union(*(style.split() for style in caption.styles))
    look = {
        name
        for group in list_groups("styles", "same")
        for name in group
        if any(f" {form} " in f" {style} " for form in group for style in caption.styles)
    }
    style = next((one for one in prompt.styles if not set(one.split()) - FILLERS <= said | look), "")
    if style:
        yield Change(Edit("restyle", "whole image", style), new="", reading="style")
