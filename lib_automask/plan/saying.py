"""Noun phrases that name no thing of their own, but say something of the one they hang on."""

from __future__ import annotations

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.clause import Clause
from lib_automask.plan.noun_phrase import NounPhrase
from lib_automask.plan.scene import Thing

CARRIED = ("clothing", "carrier", "weapon", "tool", "device", "hair", "animal", "person", "food", "drink", "container",
           "instrument", "reading", "toy", "plaything", "vehicle")  # fmt: skip
"""What somebody has in hand or on, rather than what they wear has it."""


def described_by(phrase: NounPhrase, clause: Clause) -> Thing | None:
    """Whose material, colour, hairdo or writing a phrase is: "made of gravel", "her hair in a bun", "says stop"."""
    holder = clause.holder
    if holder is None:
        return None
    if _is_material(phrase, clause) or (clause.relation == "in" and _is_colour_of(phrase, holder)):
        return _whole(holder, clause)
    if clause.relation == "with" and _is_patterned(phrase) and not lexicon.is_kind(holder.key, "person"):
        return holder
    hairdo = clause.relation == "in" and lexicon.is_kind(holder.key, "hair") and lexicon.is_kind(phrase.head, "hair")
    return holder if hairdo or _is_writing(holder, clause) else None


def is_dressed_in(phrase: NounPhrase, clause: Clause) -> bool:
    """ "a woman in red", "dressed in black": the colour of what somebody wears."""
    worn = clause.relation == "in" or clause.relation in wordlists.names("common", "worn")
    alive = clause.holder is not None and lexicon.is_kind(clause.holder.key, "person")
    return worn and alive and _is_colour(phrase)


def is_carried(thing: Thing, worn: Thing) -> bool:
    """Of "a man in a suit with a briefcase" the man has it; a belt is the suit's."""
    wearer = worn.anchor
    if (
        wearer is None
        or not lexicon.is_kind(worn.key, "clothing")
        or not lexicon.is_kind(wearer.key, "person", "animal")
    ):
        return False
    return lexicon.is_kind(thing.key, *CARRIED) and thing.key not in wordlists.names("common", "trimming")


def is_used(phrase: NounPhrase, clause: Clause) -> bool:
    """ "eating salmon": behind such a verb a word that is a colour, too, is a thing."""
    acting = clause.after_verb and clause.relation.endswith(("s", "ing"))
    return acting and bool(lexicon.kinds(phrase.head)) and verbs.stem(clause.relation) in verbs.stems("using")


def _is_material(phrase: NounPhrase, clause: Clause) -> bool:
    """ "made of gravel", "a door of glass"."""
    of = clause.relation == "of" and not clause.vessel and phrase.is_surface
    blocks = len(phrase.nouns) > 1 and lexicon.is_plural(phrase.nouns[-1])
    parts = blocks and not lexicon.is_attribute(phrase.head)  # "glass blocks"
    return of or (clause.relation in wordlists.names("common", "made of") and not parts)


def _is_patterned(phrase: NounPhrase) -> bool:
    """ "a bag with polka dots"; "red stripes" are things that can turn blue."""
    coloured = any("colour" in lexicon.attribute_kinds(word) for word in phrase.nouns[:-1])
    return not (phrase.number or coloured) and "pattern" in lexicon.attribute_kinds(" ".join(phrase.nouns))


def _is_colour_of(phrase: NounPhrase, holder: Thing) -> bool:
    """ "a hut in bright yellow"; people are dressed in it."""
    return _is_colour(phrase) and not lexicon.is_kind(holder.key, "person")


def _is_colour(phrase: NounPhrase) -> bool:
    return phrase.says_how and "colour" in lexicon.attribute_kinds(phrase.nouns[-1])


def _whole(thing: Thing, clause: Clause) -> Thing:
    """ "a statue of an angel made of stone": the statue is."""
    made = clause.relation in wordlists.names("common", "made of")
    return thing.anchor if made and thing.relation == "of" and thing.anchor is not None else thing


def _is_writing(holder: Thing, clause: Clause) -> bool:
    """ "a sign that says stop": what it says is an attribute of the sign; people read books."""
    people = lexicon.is_kind(holder.key, "person", "animal")
    return clause.after_verb and verbs.stem(clause.relation) in verbs.stems("writing" if people else "lettering")
