"""Verbs that agree with the noun before them: "a cat stretches with", "hikers take a", "two players play tennis"."""

from __future__ import annotations

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.spot import Spot


def is_finite(spot: Spot) -> bool:
    """ "a cat stretches with", "hikers take a", "a guy plays the": a verb that agrees with the noun before it."""
    text, last = spot.text, spot.nouns[-1]
    agrees = spot.run[0].text in ("a", "an") and lexicon.is_plural(text)  # "a bird bathes", no "a bird baths"
    if lexicon.concept([*spot.nouns, text])[1] > 1 and not agrees:
        return False  # "a street corner"
    if text.endswith("s") and lexicon.is_plural(text):
        return _is_third_person(spot)
    described = lexicon.is_attribute(last) and not lexicon.kinds(last)
    if _is_done_by_several(spot):
        return True
    if spot.before_noun or spot.precedes("have") or described:
        return False
    if spot.subject == "several" and spot.after is None and verbs.is_verb(text) and not lexicon.kinds(text):
        return True  # "two ladies on a bench argue"
    if spot.precedes("article", "owner", "pronoun", "number"):
        return verbs.is_verb(text) or not lexicon.kinds(text)
    if spot.after is None and text in ("sit", "lie", "hang", "lean"):
        return True  # "on which a cup of coffee and a bagel sit"
    counted = spot.run[0].tag == "number"
    alive = lexicon.is_kind(lexicon.concept(spot.nouns)[0], "person", "animal")
    if spot.joined and alive and spot.precedes("at") and verbs.is_verb(text):
        return True
    several = (lexicon.is_plural(last) and (alive or not lexicon.kinds(text))) or last in wordlists.names(
        "common", "still noun"
    )
    both = spot.joined and (alive or spot.after is not None)  # "a cat and a dog stand", but "a rack and a coat stand"
    if lexicon.is_attribute(text) and not alive:
        return False  # "curtains open"
    unlisted = not lexicon.kinds(text) and (counted or both)
    return verbs.is_verb(text) and (several or unlisted)


def _is_done_by_several(spot: Spot) -> bool:
    """ "two players play tennis", "men drink beer"."""
    several = lexicon.is_plural(spot.nouns[-1])
    alive = lexicon.is_kind(lexicon.concept(spot.nouns)[0], "person", "animal")
    verb = verbs.is_verb(spot.text) and not (lexicon.kinds(spot.text) or lexicon.is_attribute(spot.text))
    return several and alive and verb and spot.before_noun and not spot.text.endswith(("ing", "ed"))


def _named(nouns: list[str]) -> str:
    """What a run of nouns names: the eyes of "eyes closed"."""
    late = len(nouns) > 1 and lexicon.is_attribute(nouns[-1]) and lexicon.is_kind(lexicon.singular(nouns[-2]), "body")
    return nouns[-2] if late else nouns[-1]


def _is_third_person(spot: Spot) -> bool:
    text, last = spot.text, _named(spot.nouns)
    bare_tag = spot.after is None and spot.run[0].tag == "noun"
    verb = verbs.is_verb(text) or (spot.after is None and spot.run[0].tag != "noun")
    if spot.subject == "one" and spot.hung and verb and not lexicon.kinds(lexicon.singular(text)):
        return True  # "a girl with braids picks pears"
    if lexicon.is_plural(last) and spot.precedes("at", "article", "owner", "number"):
        alive = lexicon.is_kind(lexicon.concept(spot.nouns)[0], "person", "animal") and spot.precedes("at")
        return (verbs.is_verb(text) or alive) and not lexicon.kinds(lexicon.singular(text))
    said_of = spot.hung and "material" in lexicon.attribute_kinds(last) and spot.precedes("at")
    if said_of and verbs.resting(verbs.stem(text)):
        return True  # "a couch made of velvet stands in a lobby"
    if bare_tag or lexicon.is_plural(last) or (lexicon.is_attribute(last) and not lexicon.kinds(last)):
        return False
    alive = bool(lexicon.kinds(last) & {"person", "animal"})
    if lexicon.kinds(lexicon.singular(text)):
        acts = alive or spot.precedes("article", "owner", "number") or verbs.resting(verbs.stem(text))
        handled = alive and spot.precedes("article", "owner", "number")  # "a man hammers a nail"
        single = alive and spot.run[0].text in ("a", "an")  # "a woman lifts weights"
        return (verbs.is_verb(text) or handled) and acts and (single or not spot.before_noun)
    if verbs.is_verb(text) or spot.precedes("article", "owner"):
        return True
    one = spot.run[0].text in ("a", "an", "one", "this")
    return one and spot.after is not None and (alive or not spot.before_noun)
