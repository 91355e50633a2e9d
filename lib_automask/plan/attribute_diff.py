"""One thing in caption and prompt: what is said of it that is not what was said before."""

from __future__ import annotations

from collections.abc import Iterator

from lib_automask.plan import predicates, vocabulary
from lib_automask.plan.naming import name_thing, other_names
from lib_automask.plan.parser import WHEREABOUTS
from lib_automask.plan.scene import MANY, Action, Alignment, Change, Scene, Thing
from lib_automask.plan.tags import tag_role
from lib_automask.types import Edit, EditKind

LIGHT = frozenset(map(predicates.verb_key, (
    "go", "have", "get", "take", "give", "make", "work", "use", "be", "come", "appear", "seem", "keep", "let",
    "see", "pose",
)))  # fmt: skip
"""Verbs that say little without what stands behind them."""


HAS = frozenset(map(predicates.verb_key, ("hold", "carry", "have", "use")))


EMPTY = frozenset(("empty", "deserted", "vacant", "unoccupied"))
"""Said of a place that somebody is in, these are about him."""


def compare_thing(old: Thing, new: Thing, found: Alignment, caption: Scene, prompt: Scene) -> list[Change]:
    """The candidates that a thing in both texts gives: attributes, number, deeds, writing."""
    called = name_thing(old, caption)
    if (sitter := _sitter_on(old, caption)) is not None and EMPTY.intersection(new.attributes):
        gone = name_thing(sitter, caption)
        return [Change(Edit("remove", gone), old=sitter.phrase, reading="denied")]
    changes = [
        _compare_attributes(old, new, called, found, caption),
        _compare_number(old, new, called, caption),
        _compare_writing(old, new, called),
        *_compare_actions(old, new, called, found, caption, prompt),
    ]
    return [change for change in changes if change is not None]


def _sitter_on(place: Thing, caption: Scene) -> Thing | None:
    """Who or what is on a thing that is to be empty."""
    return next((one for one in caption.things if one.is_alive and one.stands and one.stands[1] is place), None)


def _compare_attributes(old: Thing, new: Thing, called: str, found: Alignment, caption: Scene) -> Change | None:
    before = [*old.attributes, *(action.text for action in old.actions), old.noun, old.group]
    mentioned = caption.mentions()
    fresh = [word for word in new.attributes if not _is_known(word, before, mentioned)]
    if not fresh:
        return None
    contradicted = [
        word for word in fresh if any(predicates.exclude_attributes(word, other) for other in old.attributes)
    ]
    if new.made and any("material" in predicates.attribute_kinds(word) for word in old.attributes):
        contradicted = contradicted or [word for word in new.made if word in fresh]
    lost = [
        word for word in old.attributes if not any(predicates.agree_attributes(word, other) for other in new.attributes)
    ]
    if contradicted:
        reading = "excluded attribute"
    elif lost and in_place(new, fresh, found):
        reading = "attribute in place"
    elif all(predicates.is_trivial(word) for word in fresh):
        reading = "trivial attribute"
    else:
        reading = "unsaid attribute"
        fresh = [word for word in fresh if not predicates.is_trivial(word)]
    if reading != "trivial attribute":
        fresh = [word for word in fresh if not predicates.is_trivial(word)] or fresh
    phrase = " ".join([*fresh, new.noun])
    kind: EditKind = "background" if old.key in ("background", "backdrop") else "modify"
    edit = Edit(kind, called, new.phrase if reading == "excluded attribute" and len(new.attributes) < 3 else phrase)
    return Change(edit, new=phrase, old=old.phrase, reading=reading, others=other_names(old, caption, new))


def in_place(new: Thing, words: list[str], found: Alignment) -> bool:
    """Whether the words before a noun stand where the caption has others."""
    blocks = found.blocks[1][new.span[0] : new.span[1]]
    numbers = {block for block in blocks if block >= 0}
    return any(number in found.blocks[0] for number in numbers)


def _is_known(word: str, before: list[str], mentioned: set[str]) -> bool:
    """Whether the caption says so already, in whatever way."""
    if any(other == word or predicates.agree_attributes(word, other) for other in before):
        return True
    parts = [part for other in before for part in other.split()]
    pieces = word.replace("-", " ").split()
    if all(piece in parts or predicates.verb_key(piece) in map(predicates.verb_key, parts) for piece in pieces):
        return True
    if "-" in word and vocabulary.singular_of(pieces[0]) in mentioned:
        return True
    stems = {vocabulary.singular_of(piece) for piece in pieces} | {predicates.verb_key(piece) for piece in pieces}
    return len(pieces) == 1 and not predicates.attribute_kinds(word) & {"colour"} and bool(stems & mentioned)


def _compare_number(old: Thing, new: Thing, called: str, caption: Scene) -> Change | None:
    if new.count == sum(other.key == old.key for other in caption.things) > 1:
        return None  # "a dog above a dog" are two dogs
    if new.key in ("1girl", "1boy") and new.tag and old.count in (1, new.count, MANY):
        return None
    if new.count == old.count or new.count is None or (old.count is None and not new.number):
        return None
    if new.group and not old.group and old.count == 1:
        text = f"{new.group} of {new.noun}"
        return Change(Edit("modify", called, text), new=text, old=old.counted, reading="number")
    counted = (new.number and old.count in (1, None)) or (old.number and new.count == 1)
    if MANY in (new.count, old.count) and not counted:
        return _plural_only(old, new, called)
    if new.tag and not new.number:
        return None
    text = f"{new.number or new.article} {new.noun}"
    return Change(Edit("modify", called, text), new=text, old=old.counted, reading="number")


def _plural_only(old: Thing, new: Thing, called: str) -> Change | None:
    """ "cyclists" against "a cyclist"."""
    if (
        {old.count, new.count} != {1, MANY}
        or new.tag
        or new.article == "the"
        or old.article == "the"
        or (new.count == 1 and not new.article)
    ):
        return None
    text = f"one {new.noun}" if new.count == 1 else f"several {new.noun}"
    return Change(Edit("modify", called, text), new=new.noun, old=old.noun, reading="plural")


def _compare_writing(old: Thing, new: Thing, called: str) -> Change | None:
    if not new.writing or new.writing == old.writing:
        return None
    text = f"{new.noun} that says {new.writing}"
    return Change(Edit("modify", called, text), new=text, old=old.phrase, reading="writing")


def _compare_actions(
    old: Thing, new: Thing, called: str, found: Alignment, caption: Scene, prompt: Scene
) -> list[Change]:
    keys = {action.key for action in old.actions}
    mentioned = caption.mentions()
    fresh = [action for action in new.actions if not _is_done(action, keys, mentioned)]
    fresh = [action for action in fresh if not _brings_thing(action, new, found, prompt)]
    fresh = [action for action in fresh if action.key not in LIGHT or (" " in action.text and not _is_vague(action))]
    if not fresh:
        return []
    action = fresh[0]
    kept = keys & {other.key for other in new.actions}
    reading = "other deed" if old.actions and not kept else "unsaid deed"
    resting = predicates.is_at_rest(action.key) and " " not in action.text
    if action.text == "looking" or (resting and not old.is_alive):
        return []
    if (resting or action.key == "look") and (kept or not old.actions):
        reading = "unsaid rest"
    role = tag_role(action.text)
    if reading == "unsaid deed" and role in ("expression", "pose"):
        reading = "unsaid face" if role == "expression" else "unsaid pose"
    edit = Edit("modify", called, action.text)
    return [Change(edit, new=f"{new.noun} {action.text}", old=old.phrase, reading=reading)]


def _is_vague(action: Action) -> bool:
    """ "taking a break": what is done is a noun that names no thing."""
    noun = vocabulary.singular_of(action.text.split()[-1])
    return vocabulary.is_abstract(noun) or vocabulary.in_list(noun, "activity")


def _is_done(action: Action, keys: set[str], mentioned: set[str]) -> bool:
    if action.key in ("wear", "have", "dress"):
        return True
    if " " in action.text and vocabulary.singular_of(action.text.split()[-1]) in mentioned:
        return True
    return action.key in mentioned or any(predicates.near_verbs(action.key, key) for key in keys)


def _brings_thing(action: Action, new: Thing, found: Alignment, prompt: Scene) -> bool:
    """ "flying a kite" is told by the kite that comes, "wearing a hat" by the hat."""
    objects = [
        thing for thing in prompt.things if thing.anchor is new and predicates.verb_key(thing.relation) == action.key
    ]
    same = {id(other): old for old, other in found.same}
    at = [same[id(thing)].relation for thing in objects if id(thing) in same]
    if (
        objects
        and (action.key in HAS or (action.key == "rid" and at == ["on"]))
        and all(id(thing) in same for thing in objects)
    ):
        return True
    swapped = {id(other) for _, other in found.swapped}
    return any(thing in found.come or id(thing) in swapped for thing in objects)


def list_moods(caption: Scene, prompt: Scene) -> Iterator[Change]:
    said = caption.mentions()
    about = caption.subject
    for word in prompt.moods:
        if word not in said and ("weather" in predicates.attribute_kinds(word) or word in WHEREABOUTS):
            yield Change(
                Edit("background", "background", word), new=word, reading="mood" if word in WHEREABOUTS else "mood tag"
            )
        elif (
            about is not None
            and word not in said
            and predicates.attribute_kinds(word) & {"state", "size", "colour", "age", "material", "pattern"}
        ):
            yield _unsaid_mood(word, about, caption)


def _unsaid_mood(word: str, about: Thing, caption: Scene) -> Change:
    if any(predicates.exclude_attributes(word, other) for other in about.attributes):
        return Change(
            Edit("modify", name_thing(about, caption), word),
            new=f"{word} {about.noun}",
            old=about.phrase,
            reading="excluded attribute",
        )
    text = f"{word} {about.noun}"
    return Change(Edit("modify", name_thing(about, caption), text), new=text, old=about.phrase, reading="unsaid mood")
