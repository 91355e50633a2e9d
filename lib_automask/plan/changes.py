"""Alignment → changes: what was replaced, modified, added, removed, moved elsewhere or restyled."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lib_automask.plan import lexicon
from lib_automask.plan.alignment import Alignment
from lib_automask.plan.hanging import exclude
from lib_automask.plan.scene import MANY, Action, Scene, Thing
from lib_automask.plan.styles import is_photo
from lib_automask.structures import Edit

EVERYBODY_HAS = frozenset(
    """eye face nose mouth ear lip tooth tongue cheek chin forehead neck head shoulder arm hand finger leg foot knee thigh
    chest back waist belly stomach skin body fur feather hip lap palm whisker claw hoof beak snout eyebrow eyelash fist wrist elbow ankle toe nail paw smile""".split()
)
ALWAYS_THERE = frozenset("floor ceiling ground wall roof sky background".split())
SEASONS = ("spring", "summer", "autumn", "fall", "winter", "christmas", "halloween", "evening", "morning")
POSTURE = frozenset(map(lexicon.stem, "sit stand lie kneel lean sleep hang float fly run walk jump swim".split()))
SIDES = (("left of", "left", "right"), ("right of", "right", "left"), ("above", "top", "bottom"), ("below", "bottom", "top"))


@dataclass(frozen=True)
class Change:
    """An edit with the phrases that the picture can be asked about.

    Args:
        edit: what the texts alone say.
        new: what the picture shows if it is done already; "" where asking makes no sense.
        old: what the picture shows if it is not.
        shared: several things do it together.
        unsaid: the caption says nothing against it, so that only the picture can make it an edit.
    """

    edit: Edit
    new: str = ""
    old: str = ""
    unsaid: bool = False
    shared: bool = False


def find_changes(caption: Scene, prompt: Scene, alignment: Alignment, unwanted: Scene) -> list[Change]:
    """Every change between two scenes, in the order in which the caption names the things."""
    changes = [change for old, new in alignment.same for change in _modified(old, new, caption, prompt)]
    changes += [_swapped(old, new, caption) for old, new in alignment.swapped]
    changes += [change for thing in alignment.come if (change := _added(thing, alignment, caption, prompt))]
    changes += _removed(alignment, caption, prompt, unwanted)
    changes += _restyled(caption, prompt)
    return _once(changes)


def _once(changes: list[Change]) -> list[Change]:
    """One background, and what several do together told once."""
    backgrounds = [change for change in changes if change.edit.kind == "background" and not change.unsaid]
    changes = [change for change in changes if change not in backgrounds[1:]]
    seen: set[tuple[str, str | None]] = set()
    kept = []
    for change in changes:
        key = (change.edit.kind, change.edit.replacement if change.shared else f"{change.edit.target}>{change.edit.replacement}")
        if key not in seen:
            kept.append(change)
        seen.add(key)
    return kept


def name(thing: Thing, scene: Scene) -> str:
    """A phrase that finds this thing and not its like: "red ball", "man's jacket", "dog on the left"."""
    alike = [other for other in scene.things if other is not thing and other.key == thing.key]
    if not any(other.phrase == thing.phrase for other in alike):
        return thing.phrase
    if side := thing.place or _side(thing, alike):
        return f"{thing.phrase} {'on' if side in ('left', 'right') else 'at'} the {side}"
    holder = thing.owner or (thing.anchor if thing.relation in ("in", "with", "wearing", "has") else None)
    if holder is not None:
        return f"{holder.phrase}'s {thing.phrase}"
    if thing.stands is not None:
        relation, anchor = thing.stands
        return f"{thing.phrase} {relation} the {anchor.phrase}"
    return thing.phrase


def _side(thing: Thing, alike: list[Thing]) -> str:
    """Where a thing lies that stands left of, or above, another of its like: "left", "bottom"; else ""."""
    for relation, here, there in SIDES:
        if thing.stands is not None and thing.stands[0].endswith(relation) and thing.stands[1] in alike:
            return here
        if thing.relation.endswith(relation) and thing.anchor in alike:
            return there
    return ""


def _modified(old: Thing, new: Thing, caption: Scene, prompt: Scene) -> list[Change]:
    target = name(old, caption)
    changes = []
    if old.vessel and new.vessel and not _same_vessel(old.vessel, new.vessel):
        changes.append(Change(Edit("replace", target, new.phrase, score=0.85), new=new.phrase, old=old.phrase))
    if number := _new_number(old, new):
        text = f"{number} {new.noun}"
        changes.append(Change(Edit("modify", target, text, score=0.85), new=text, old=old.phrase))
    if said := [word for word in new.attributes if not _said(word, old, caption)]:
        text = " ".join([*said, new.noun])
        contrast = _contrast(old, new, said)
        if old.key == "background":
            return [Change(Edit("background", target, text, score=0.9), new=text, old=old.phrase)]
        score = 0.95 if contrast else 0.5
        changes.append(Change(Edit("modify", target, text, score=score), new=text, old=old.phrase, unsaid=not contrast))
    if action := _new_action(old, new, caption):
        text = _action_text(action, new, prompt)
        edit = Edit("modify", target, text, score=0.8)
        changes.append(Change(edit, new=f"{new.noun} {text}", old=_acting(old), shared=True))
    return changes


def _same_vessel(one: str, other: str) -> bool:
    return lexicon.same_concept(lexicon.concept(one.split())[0], lexicon.concept(other.split())[0])


def _said(attribute: str, old: Thing, caption: Scene) -> bool:
    """Whether the caption says so already, of the thing or by what it does."""
    if lexicon.attribute_kinds(attribute) == {"nature"} or attribute == new_noun_part(old, attribute):
        return True
    if any(lexicon.same_attribute(attribute, word) for word in (*old.attributes, *old.words)):
        return True
    return lexicon.stem(attribute) in {action.stem for action in old.actions}


def new_noun_part(old: Thing, word: str) -> str:
    """The word itself where it is part of the old noun ("sports" of "sports car"), else ""."""
    return word if word in old.noun.split() else ""


def _contrast(old: Thing, new: Thing, said: list[str]) -> bool:
    """Whether the caption says otherwise: another colour, or another word that the prompt leaves out."""
    if any(exclude(a, b) for a in old.attributes for b in said):
        return True
    dropped = [a for a in old.attributes if not any(lexicon.same_attribute(a, b) for b in new.attributes)]
    dropped = [a for a in dropped if a not in new.noun.split() and lexicon.attribute_kinds(a) != {"nature"}]
    return any(not _family(a) or not _family(b) or _family(a) & _family(b) for a in dropped for b in said)


def _family(attribute: str) -> frozenset[str]:
    """What an attribute is about: colour, pattern and material all say how a surface looks."""
    surface = {"colour", "pattern", "material"}
    return frozenset("surface" if kind in surface else kind for kind in lexicon.attribute_kinds(attribute))


def _new_number(old: Thing, new: Thing) -> str:
    """ "three" where the caption counts otherwise, "one" for a plural become singular, else ""."""
    if old.count is None or new.count is None or old.count == new.count or old.is_setting:
        return ""
    if bool(old.vessel) != bool(new.vessel):
        return ""
    plural_only = new.count == MANY and not new.number
    if plural_only and old.count != 1 or old.count == MANY and not old.number and new.count != 1 and not new.number:
        return ""
    if new.count == 1:
        return "one"
    return "several" if plural_only else new.number


def _new_action(old: Thing, new: Thing, caption: Scene) -> Action | None:
    """Something the prompt's thing does that nothing in the caption does."""
    done = {action.stem for thing in caption.things for action in thing.actions}
    done |= {lexicon.stem(word) for thing in caption.things for word in thing.words}
    done |= {lexicon.stem(word) for word in old.attributes}
    before = {action.stem for action in old.actions} & POSTURE
    for action in new.actions:
        if action.stem in done or _is_still(new) and (not old.actions or lexicon.resting(action.stem)):
            continue
        if not lexicon.resting(action.stem) or (before and action.stem in POSTURE):
            return action
    return None


def _is_still(thing: Thing) -> bool:
    """What cannot move by itself: a verb behind it says how it looks or where it is."""
    return lexicon.is_kind(thing.key, "clothing", "furniture", "building", "place", "body", "hair", "container", "food", "fixture")


def _action_text(action: Action, thing: Thing, prompt: Scene) -> str:
    """ "stretches" → "stretching"; with the part of the body that it moves: "spreading its wings"."""
    for part in prompt.things:
        if part.relation == action.text and part.anchor is thing and lexicon.is_kind(part.key, "body"):
            return " ".join(filter(None, (gerund(action.text), part.article, part.phrase)))
    return gerund(action.text)


def gerund(verb: str) -> str:
    """ "kneels" → "kneeling"; participles stay: "perched"."""
    if verb.endswith("ing") or not verb.endswith("s"):
        return verb
    base = verb[:-2] if verb.endswith(("shes", "ches", "sses", "xes")) else verb[:-1]
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", base):
        return f"{base}{base[-1]}ing"
    return (base[:-1] if base.endswith("e") and not base.endswith("ee") else base) + "ing"


def _acting(thing: Thing) -> str:
    return " ".join([thing.noun, *(gerund(action.text) for action in thing.actions[:1])])


def _swapped(old: Thing, new: Thing, caption: Scene) -> Change:
    target, phrase = name(old, caption), counted(new)
    if old.is_setting or new.is_setting:
        return Change(Edit("background", target, phrase, score=0.9), new=new.located, old=old.located)
    return Change(Edit("replace", target, phrase, score=0.9), new=new.phrase, old=old.phrase)


def counted(thing: Thing) -> str:
    """The phrase with its number: "three candles"."""
    return f"{thing.number} {thing.phrase}" if thing.number else thing.phrase


def _added(thing: Thing, alignment: Alignment, caption: Scene, prompt: Scene) -> Change | None:
    if thing.key in EVERYBODY_HAS or (lexicon.is_kind(thing.key, "body") and thing.article in ("his", "her", "its", "their")):
        return _body_part(thing, alignment, caption)
    if thing.mentioned or (thing.relation == "of" and thing.anchor is not None and not thing.is_setting):
        return None
    if _is_told(thing, caption) or (thing.tag and lexicon.is_kind(thing.key, "light")):
        return None
    if thing.is_setting:
        if lexicon.is_kind(thing.key, "light") and not thing.attributes:
            return None
        if thing.relation not in ("", "in", "on", "at", "by", "during", "under", "through", "near", "against", "across", "over"):
            return None
        unsaid = thing.tag and (not lexicon.is_kind(thing.key, "weather") or thing.key in SEASONS)
        return Change(Edit("background", "background", thing.phrase, score=0.7), new=thing.located, unsaid=unsaid)
    target, relation = _anchor(thing, alignment, caption)
    known = bool(lexicon.kinds(thing.key))
    score = 0.9 if known else 0.7
    return Change(Edit("add", target, counted(thing), relation, score), new=thing.phrase)


def _is_told(thing: Thing, caption: Scene) -> bool:
    """Whether the caption names it, or does it, in other words: "on a walk", "in flight"."""
    words = {lexicon.singular(word) for other in caption.things for word in other.words[:-1]}
    words |= {lexicon.singular(word) for other in caption.things for word in other.vessel.split()} | caption.hinted
    words |= {lexicon.implied(word) for other in caption.things for word in other.attributes}
    stems = {action.stem for other in caption.things for action in other.actions}
    return thing.key in words or lexicon.stem(thing.key) in stems


def _body_part(thing: Thing, alignment: Alignment, caption: Scene) -> Change | None:
    """Everybody has eyes: named with an attribute they are a question to the picture, without one nothing."""
    attributes = [word for word in thing.attributes if lexicon.attribute_kinds(word) - {"nature"}]
    if not attributes:
        return None
    return Change(Edit("modify", thing.noun, thing.phrase, score=0.5), new=thing.phrase, unsaid=True)


def _anchor(thing: Thing, alignment: Alignment, caption: Scene) -> tuple[str, str | None]:
    """Where the prompt puts a new thing: (the anchor in the caption's words, the relation)."""
    if thing.stands is not None and thing.stands[1].key in EVERYBODY_HAS:
        return thing.stands[1].phrase, thing.stands[0]
    candidates: list[tuple[str, Thing]] = []
    if thing.stands is not None and thing.stands[0] not in ("with", "of") and not lexicon.is_kind(thing.stands[1].key, "weather"):
        setting = thing.stands[1].is_setting
        if not (setting and (thing.joined or thing.anchor is not None and not thing.anchor.is_setting)):
            candidates.append(thing.stands)
    if thing.relation and thing.anchor is not None:
        candidates.append((thing.relation, thing.anchor))
    for relation, anchor in candidates:
        if relation == "with" and lexicon.is_place(anchor.key):
            continue
        if (old := alignment.old(anchor)) is not None:
            return name(old, caption), relation
    for relation, anchor in candidates:
        if not lexicon.is_place(anchor.key):
            return anchor.phrase, relation
    return "", None


def _removed(alignment: Alignment, caption: Scene, prompt: Scene, unwanted: Scene) -> list[Change]:
    """What the prompt says is not there, and what it leaves out although it repeats the rest."""
    changes: list[Change] = []
    replaced = [old for old, _ in alignment.swapped]
    for thing in caption.things:
        denied = thing not in replaced and _named_in(thing, prompt.absent)
        denied = denied or (_named_in(thing, unwanted.things) and thing in alignment.gone)
        left_out = thing in alignment.gone and _repeats(alignment) and _is_missed(thing, alignment, prompt)
        follows = thing.anchor is not None and thing.anchor in (*replaced, *alignment.gone)
        if denied or left_out and not follows:
            edit = Edit("remove", name(thing, caption), score=0.95 if denied else 0.75)
            changes.append(Change(edit, old=thing.phrase))
    for absent in prompt.absent:
        if not _named_in(absent, caption.things):
            changes.append(Change(Edit("remove", absent.phrase, score=0.6), old=absent.phrase, unsaid=True))
    return changes


def _named_in(thing: Thing, things: list[Thing]) -> bool:
    return any(lexicon.same_concept(thing.key, other.key) for other in things)


def _repeats(alignment: Alignment) -> bool:
    """Whether the prompt says enough of what the caption says for a gap to mean something."""
    matched = len(alignment.same) + len(alignment.swapped)
    return matched > 0 and matched >= len([thing for thing in alignment.gone if not thing.is_setting])


def _is_missed(thing: Thing, alignment: Alignment, prompt: Scene) -> bool:
    """Places, parts of a body, containers and what another phrase implies are left out without being removed."""
    if thing.mentioned or thing.is_setting or lexicon.is_place(thing.key) or thing.key in EVERYBODY_HAS | ALWAYS_THERE:
        return False
    if thing.relation in ("of", "for", "from", "like", "as", "to", "at"):
        return False
    told = {lexicon.singular(word) for other in prompt.things for word in other.words[:-1]}
    told |= prompt.hinted
    told |= {lexicon.singular(word.split("-")[0]) for other in prompt.things for word in other.attributes if "-" in word}
    told |= {lexicon.implied(word) for other in prompt.things for word in other.attributes}
    told |= {action.stem for other in prompt.things for action in other.actions}
    told |= {word for other in prompt.things for word in other.vessel.split()}
    return thing.key not in told and lexicon.singular(thing.words[-1]) not in told and lexicon.stem(thing.key) not in told


def _restyled(caption: Scene, prompt: Scene) -> list[Change]:
    drawn = [style for style in caption.styles if not is_photo(style)]
    for style in prompt.styles:
        if is_photo(style) and not drawn:
            continue
        if any(set(style.split()) & set(before.split()) for before in caption.styles):
            continue
        return [Change(Edit("restyle", "whole image", style, score=0.9))]
    return []
