"""What differs between two mentions of one thing: its number, its attributes, what it does, what holds it."""

from __future__ import annotations

from dataclasses import replace

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.acting import acting, action_text, new_actions
from lib_automask.plan.hanging import exclude
from lib_automask.plan.naming import other_names
from lib_automask.plan.noun_phrase import joined_attributes
from lib_automask.plan.scene import MANY, Change, Scene, Thing
from lib_automask.types import Edit

FAMILIES = (
    ("surface", frozenset(("colour", "pattern", "material"))),
    ("form", frozenset(("length", "hair"))),
    ("size", frozenset(("size", "height", "width", "length"))),
)
"""Sections of attributes.txt that are about the same: striped and white are both about a surface."""


def differences(old: Thing, new: Thing, target: str, caption: Scene, prompt: Scene) -> list[Change]:
    """The changes from the caption's ``old`` to the prompt's ``new``; ``target`` is how the old one is called."""
    changes = []
    if old.vessel and new.vessel and not _same_vessel(old.vessel, new.vessel):
        changes.append(Change(Edit("replace", target, new.phrase, score=0.85), new=new.phrase, old=old.phrase))
    elif vessel := _new_vessel(old, new):
        text = f"{vessel} of {new.noun}"
        sure = bool(old.vessel.split()[:-1])
        edit = Edit("modify", target, text, score=0.9 if sure else 0.5)
        changes.append(Change(edit, new=text, old=old.phrase, unsaid=not sure))
    if number := _new_number(old, new):
        text = f"{number} {new.vessel} of {new.noun}" if new.vessel else f"{number} {new.noun}"
        changes.append(Change(Edit("modify", target, text, score=0.85), new=text, old=old.phrase, counted=True))
    shown = {thing.key for thing in caption.things}
    if said := [word for word in new.attributes if not (_is_said(word, old) or lexicon.implied(word) & shown)]:
        described = _described(old, new, said, target, other_names(old, caption))
        announced = prompt.partial or _is_singled_out(old, new, said, caption, prompt)
        changes.append(_announced(described) if announced else described)
    acted = [] if number and not old.actions else new_actions(old, new, caption, prompt)
    for action in acted:
        if _is_expression(verbs.gerund(action.text)) and any(map(_is_expression, said)):
            continue  # "happy, smiling" is one change
        text = action_text(action, new, prompt)
        edit = Edit("modify", target, text, score=0.8)
        # A verb that no list knows may say the same as the caption's: "spraying water", "squirting water".
        unknown = bool(old.actions) and not verbs.is_verb(action.text.split()[0])
        changes.append(Change(edit, new=f"{new.noun} {text}", old=acting(old), unsaid=unknown, shared=True))
    return changes


def _is_expression(word: str) -> bool:
    return "expression" in lexicon.attribute_kinds(word)


def _is_singled_out(old: Thing, new: Thing, said: list[str], caption: Scene, prompt: Scene) -> bool:
    """ "a small boat and a red large boat", where the caption has a small and a large one: only one became red."""
    alike = [
        [thing for thing in scene.things if thing.key == old.key and thing.attributes] for scene in (caption, prompt)
    ]
    if [len(things) for things in alike] != [2, 2]:
        return False
    repeated = all(any(lexicon.same_attribute(word, other) for other in new.attributes) for word in old.attributes)
    of_other = [word for thing in alike[1] if thing is not new for word in thing.attributes]
    return repeated and not any(_same_family(word, other, False) for word in said for other in of_other)


def _announced(change: Change) -> Change:
    """The change of a prompt that only says what is new: sure, although the caption says nothing against it."""
    return replace(change, unsaid=False, edit=replace(change.edit, score=max(change.edit.score, 0.85)))


def _same_vessel(one: str, other: str) -> bool:
    return lexicon.same_concept(lexicon.concept(one.split())[0], lexicon.concept(other.split())[0])


def _new_vessel(old: Thing, new: Thing) -> str:
    """The "ceramic cup" of "a ceramic cup of water", where the caption's cup is plastic or just a cup; else ""."""
    if not (old.vessel and new.vessel):
        return ""
    before, after = (joined_attributes(thing.vessel.split()[:-1]) for thing in (old, new))
    said = [word for word in after if lexicon.attribute_kinds(word) - {"nature"}]
    fresh = [word for word in said if not any(lexicon.same_attribute(word, other) for other in before)]
    if before and not any(exclude(one, other) for one in before for other in fresh):
        return ""
    return new.vessel if fresh else ""


def _new_number(old: Thing, new: Thing) -> str:
    """ "three" where the caption counts otherwise, "one" for a plural become singular, else ""."""
    if old.count == new.count == MANY and old.number != new.number:
        great, small = (wordlists.names("common", section) for section in ("great number", "small number"))
        opposed = (old.number in small and new.number in great) or (old.number in great and new.number in small)
        return new.number if opposed else ""
    if old.count is None or new.count is None or old.count == new.count:
        return ""
    if old.is_setting or bool(old.vessel) != bool(new.vessel):
        return ""
    uncounted = new.count == MANY and not new.number
    if uncounted and (old.key in wordlists.names("common", "mass") or lexicon.is_near(old.key, new.key)):
        return ""
    if uncounted:
        several = f"{new.group} of" if new.group else "several"
        many = old.count == 2 and new.group in wordlists.names("common", "great many")
        return several if old.count == 1 or many else ""
    if new.count == 1:
        return "one"
    return new.number


def _described(old: Thing, new: Thing, said: list[str], target: str, others: tuple[str, ...]) -> Change:
    """The change of attributes; without a contrast in the caption only the picture can tell."""
    hairdo = old.key == "hair" and lexicon.is_kind(lexicon.singular(said[-1]), "hair")
    text = " ".join(said if hairdo else [*said, new.noun])  # "tied up in a bun", "red hair"
    faces = all(map(_is_expression, said))
    if old.key == "background":
        return Change(Edit("background", target, text, score=0.9), new=text, old=old.phrase)
    if said and _are_compounds(old, new):
        return Change(Edit("replace", target, new.phrase, score=0.85), new=new.phrase, old=old.phrase, others=others)
    contrast = _contradicts(old, new, said)
    edit = Edit("modify", target, " ".join(said) if faces else text, score=0.95 if contrast else 0.5)
    return Change(edit, new=text, old=old.phrase, others=others, unsaid=not contrast)


def _are_compounds(old: Thing, new: Thing) -> bool:
    """ "a violin case" and "a guitar case" are two things, although both are cases."""
    modifiers = [thing.words[-2] for thing in (old, new) if len(thing.words) > 1]
    named = [word for word in modifiers if lexicon.kinds(word) and not lexicon.is_attribute(word)]
    return len(named) == 2 and not lexicon.same_concept(*(lexicon.concept([word])[0] for word in named))


def _is_said(attribute: str, old: Thing) -> bool:
    """Whether the caption says so already, of the thing or by what it does; or whether nobody could point at it."""
    if lexicon.attribute_kinds(attribute) == {"nature"}:
        return True
    if any(lexicon.same_attribute(attribute, word) for word in (*old.attributes, *old.words)):
        return True
    if lexicon.concept([attribute])[0] == old.key:
        return True  # "a female singer" is a woman
    if attribute in wordlists.mapping("people", "looks") and lexicon.is_kind(old.key, "person"):
        return True  # said of the hair
    return verbs.stem(attribute) in {action.stem for action in old.actions}


def _contradicts(old: Thing, new: Thing, said: list[str]) -> bool:
    """Whether the caption says otherwise: another colour, or another word that the prompt leaves out."""
    if lexicon.is_kind(old.key, "hair") and any(
        _is_other_hair(before, after) for before in old.attributes for after in said
    ):
        return True
    stated = [*old.attributes, *(verbs.gerund(action.text) for action in old.actions)]
    if any(exclude(before, after) for before in stated for after in said):
        return True
    repeated = (*new.attributes, *new.noun.split())
    dropped = [word for word in old.attributes if not any(lexicon.same_attribute(word, other) for other in repeated)]
    dropped = [word for word in dropped if lexicon.attribute_kinds(word) != {"nature"}]
    of_place = lexicon.is_place(old.key)
    return any(_same_family(before, after, of_place) for before in dropped for after in said)


def _is_other_hair(before: str, after: str) -> bool:
    """ "dark hair" may be black or brown, never white."""
    meant = next((colours for shade, *colours in wordlists.groups("people", "shades") if shade == before), None)
    return meant is not None and "colour" in lexicon.attribute_kinds(after) and after not in meant


def _same_family(one: str, other: str, of_place: bool) -> bool:
    """Whether two attributes are about the same, as far as one can tell: striped and white both about a surface."""
    first, second = (_family(word, of_place) for word in (one, other))
    return not first or not second or bool(first & second)


def _family(attribute: str, of_place: bool) -> frozenset[str]:
    """Only a place has weather: a clear sky is no surface, a clear umbrella may be one."""
    kinds = lexicon.attribute_kinds(attribute) - (frozenset() if of_place else {"weather"})
    return kinds.union(name for name, sections in FAMILIES if kinds & sections)
