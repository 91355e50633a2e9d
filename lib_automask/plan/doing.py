"""Who does what a verb says: not the ladder that somebody is on, nor the horse that holds no sword."""

from __future__ import annotations

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.scene import Action, Thing
from lib_automask.plan.spot import Word


def action(verb: Word, following: str, later: str) -> Action:
    """What a verb says, with where somebody looks, or the "off" of what takes off."""
    if verbs.stem(verb.text) == verbs.stem("look") and following in wordlists.names("common", "direction"):
        return Action(verbs.stem("look"), verb.text, following)
    handled = wordlists.names("grammar", "determiner") | wordlists.names("grammar", "possessive")
    if verbs.stem(verb.text) == verbs.stem("take") and following == "off" and later not in handled:
        return Action(verbs.stem("fly"), verb.text, following)
    return Action(verbs.stem(verb.text), verb.text)


def bears(thing: Thing) -> bool:
    """The ladder of "a man on a ladder cleaning": what somebody is on does nothing itself."""
    under = thing.relation in (
        "on",
        "on top of",
        "at",
        "under",
        "behind",
        "in front of",
        "next to",
        "against",
        "inside",
    )
    moves = lexicon.is_kind(thing.key, "person", "animal", "vehicle", "toy", "weather") or not thing.kind
    alive = thing.anchor is not None and lexicon.is_kind(thing.anchor.key, "person", "animal")
    return under and alive and not moves


def hand(actor: Thing | None, stem: str) -> Thing | None:
    """ "a policeman on a horse holding": what takes a hand, people do."""
    person = actor.anchor if actor is not None else None
    if person is None or not lexicon.is_kind(person.key, "person") or stem not in verbs.stems("by people"):
        return actor
    return actor if actor is not None and lexicon.is_kind(actor.key, "person") else person


def person(thing: Thing) -> Thing:
    """Whom "him" means: the musician, not the banjo that he plays."""
    person = thing
    while person.anchor is not None and not lexicon.is_kind(person.key, "person", "animal"):
        person = person.anchor
    return person if lexicon.is_kind(person.key, "person", "animal") else thing


def is_state_of(thing: Thing, verb: str) -> bool:
    """ "a car parked", "eyes closed", "arms raised" say how a thing is, not what it does."""
    if is_body(thing) and (verb.endswith("ed") or verbs.is_participle(verb)):
        return True
    return lexicon.is_attribute(verb) and (verb.endswith("ed") or is_body(thing))


def is_body(thing: Thing | None) -> bool:
    return thing is not None and lexicon.is_kind(thing.key, "body")
