"""What nouns mean, as far as the plan asks: the lexicon, and short lists of what it does not know.

A concept is one key for all names of a thing: couch for "sofa". Kinds are broad ("animal", "place") or narrow ("dog",
"bird"). The lists say what people call one thing in a picture, which a dictionary keeps apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

from lib_automask.plan import lexicon
from lib_automask.plan.predicates import is_attribute
from lib_automask.plan.tags import tag_role
from lib_automask.plan.word_lists import list_groups, list_names, list_parents, map_entries, read_sections

NounRelation = Literal["same", "narrower", "broader", "near", "sibling", "other"]
"""How the prompt's noun stands to the caption's: narrower is "owl" for "bird"."""
UNSEEN = frozenset(("abstract", "event", "quantity", "time", "group"))
"""Kinds of the lexicon that nobody can see."""
SEEN_TAGS = frozenset(("object", "clothes", "accessory", "food", "animal", "setting"))
"""Roles of tags that name what one can see, whatever the lexicon thinks: "gift"."""
FROM_LEXICON = {
    "person": "person", "animal": "animal", "bird": "bird", "plant": "plant", "food": "food", "drink": "drink",
    "vehicle": "vehicle", "clothing": "clothing", "furniture": "furniture", "building": "building", "body_part": "body",
    "hair": "hair", "instrument": "instrument", "weapon": "weapon", "tool": "tool", "device": "device", "toy": "toy",
    "place": "place", "room": "place", "terrain": "place", "water": "place", "road": "place", "celestial": "celestial",
    "weather": "weather", "container": "container",
}  # fmt: skip
"""The lexicon's kinds and what they are called here."""


@cache
def singular_of(noun: str) -> str:
    """The singular of a noun; a singular comes back as it is."""
    irregular = map_entries("grammar", "irregular plural")
    if noun in irregular:
        return irregular[noun]
    if not noun.endswith("s") or noun.endswith("ss") or len(noun) < 4 or noun in list_names("grammar", "not plural"):
        return noun
    if noun[:-1] in _listed() or not noun.endswith("es"):
        return noun[:-1]
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-2] if noun[:-2] in _listed() or re.search(r"(ch|sh|x|ss|zz)es$", noun) else noun[:-1]


@cache
def _listed() -> frozenset[str]:
    things = frozenset(form for section in read_sections("things") for form in list_names("things", section))
    return things | list_names("synonyms", "nouns")


@cache
def _concepts() -> dict[str, str]:
    found: dict[str, str] = {}
    for group in list_groups("synonyms", "nouns"):
        for form in group:
            found.setdefault(form, group[0])
    return found


@cache
def _listed_kinds() -> dict[str, frozenset[str]]:
    """Concept → the sections of things.txt that it stands in, with the sections above them."""
    found: dict[str, set[str]] = {}
    for section in read_sections("things"):
        above = [section]
        while above[-1] in list_parents("things"):
            above.append(list_parents("things")[above[-1]])
        for form in list_names("things", section):
            for key in (form, _concepts().get(form, form)):
                found.setdefault(key, set()).update(above)
    for role, *_ in list_groups("people", "roles"):
        found.setdefault(_concepts().get(role, role), set()).add("person")
    return {form: frozenset(sections) for form, sections in found.items()}


def find_concept(nouns: Sequence[str]) -> tuple[str, int]:
    """What the last words of a phrase name, and how many of them: ["old", "bedside", "table"] → ("nightstand", 2)."""
    last = singular_of(nouns[-1])
    for length in (3, 2, 1):
        if length == 1 and len(nouns) > 1 and last in _kinds_if_listed(nouns[-2]):
            return find_concept(nouns[:-1])[0], 2  # an oak tree is an oak, a salmon fish a salmon
        if (
            length == 1
            and len(nouns) > 1
            and last in list_names("common", "part of things")
            and _is_compound(nouns[-2])
        ):
            return f"{nouns[-2]} {last}", 2  # a treasure chest is no chest of a body
        words = [*nouns[-length:-1], last]
        joined = "".join(words)
        known = length == 2 == len(words) and lexicon.noun_kinds(last) and not is_attribute(words[0])
        if known and lexicon.noun_kinds(joined):
            return _concepts().get(joined, joined), 2  # a chess board is a chessboard
        for phrase in (" ".join(form).replace("-", " ") for form in (nouns[-length:], words)):
            if length <= len(nouns) and (phrase in _concepts() or phrase in _listed_kinds()):
                return _concepts().get(phrase, phrase), length
    return last, 1


def _kinds_if_listed(key: str) -> frozenset[str]:
    return _listed_kinds().get(key) or _listed_kinds().get(_concepts().get(key, ""), frozenset())


def _is_compound(before: str) -> bool:
    """Whether a word before a noun is another noun, as far as lists and endings tell."""
    if before in list_names("common", "which limb") or is_attribute(before):
        return False
    if _kinds_if_listed(singular_of(before)) & {"person", "animal", "body"}:
        return False
    return not re.search(r"(?:ed|ing|y|ful|ous|ive|ic|al|less|er|ish|en)$", before)


@cache
def kinds_of(key: str) -> frozenset[str]:
    """The kinds of thing that a concept is: animal, dog, furniture, place; the lexicon's where no list has it."""
    listed = list_kinds(key)
    return listed or frozenset(FROM_LEXICON[kind] for kind in lexicon.noun_kinds(key) if kind in FROM_LEXICON)


@cache
def list_kinds(key: str) -> frozenset[str]:
    """The kinds that the lists know, by the ending where they lack the word: a riverboat is a boat."""
    if listed := _kinds_if_listed(key):
        return listed
    for ending, kind in map_entries("common", "kind ending").items():
        if key.endswith(ending) and key != ending:
            return _kinds_if_listed(kind) | {kind}
    return frozenset(("place",)) if key.endswith(tuple(list_names("common", "place ending"))) else frozenset()


def is_of_kind(key: str, *wanted: str) -> bool:
    """Whether a concept is of one of these kinds."""
    return not kinds_of(key).isdisjoint(wanted)


def is_scenery(key: str) -> bool:
    """Whether a picture can be set there, then or in that weather."""
    return is_of_kind(key, "place", "weather", "terrain")


@cache
def is_abstract(noun: str) -> bool:
    """Whether a noun names nothing that one can see: "difficulty"."""
    found = lexicon.noun_kinds(noun)
    return bool(found) and found <= UNSEEN and not list_kinds(noun) and tag_role(noun) not in SEEN_TAGS


@cache
def relate_nouns(old: str, new: str) -> NounRelation:
    """How the concept of the prompt stands to that of the caption."""
    if old.replace(" ", "") == new.replace(" ", ""):
        return "same"
    if old in kinds_of(new) or new.endswith(f" {old}"):
        return "narrower"
    if new in kinds_of(old) or old.endswith(f" {new}"):
        return "broader"
    if frozenset((old, new)) in _near():
        return "near"
    if not (list_kinds(old) and list_kinds(new)):
        if lexicon.are_synonyms(old, new):
            return "near"
        if lexicon.is_hypernym(old, new):
            return "narrower"
        if lexicon.is_hypernym(new, old):
            return "broader"
    return "sibling" if kinds_of(old) & kinds_of(new) else "other"


def name_same_thing(one: str, other: str) -> bool:
    """Whether two concepts may name one thing: equal, one a kind of the other, or near."""
    return relate_nouns(one, other) not in ("sibling", "other")


@cache
def _near() -> frozenset[frozenset[str]]:
    """Pairs of concepts that one picture may be described by, although neither is a kind of the other."""
    concept = {form: find_concept(form.split())[0] for group in list_groups("near", "nouns") for form in group}
    groups = list_groups("near", "nouns")
    return frozenset(frozenset((concept[word], concept[other])) for word, *others in groups for other in others)


def signs_of_role(key: str) -> frozenset[str]:
    """The verbs and things that make a person one: a surfer has a surfboard."""
    return _roles().get(key, frozenset())


@cache
def _roles() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for word, *signs in list_groups("people", "roles"):
        key = find_concept(word.split())[0]
        found[key] = found.get(key, frozenset()).union(signs)
    return found


@cache
def implied_by(word: str) -> frozenset[str]:
    """The things that a word names by the way: "bearded" → beard."""
    entries = (*list_groups("idioms", "implies"), *list_groups("people", "together"))
    listed = frozenset(find_concept(form.split())[0] for name, *forms in entries if name == word for form in forms)
    dressed = next((noun for noun in (word.removesuffix("ed"), word.removesuffix("d")) if noun != word), "")
    return listed or (frozenset([find_concept([dressed])[0]]) if dressed in _listed_kinds() else frozenset())


@cache
def named_together(key: str) -> tuple[frozenset[str], ...]:
    """Whom one word names together: a couple is a man and a woman."""
    groups = list_groups("people", "together")
    return tuple(frozenset(named) for word, *named in groups if find_concept([word])[0] == key)


@cache
def is_mostly_verb(word: str) -> bool:
    """Whether a form is a verb's more often than a noun's; words that a list knows as things are none."""
    if _kinds_if_listed(singular_of(word)):
        return False
    shares, other = lexicon.pos_share(word), lexicon.pos_share(lexicon.verb_lemma(word))
    return max(shares.get("v", 0.0), other.get("v", 0.0)) > shares.get("n", 0.0)


def is_verb_too(word: str) -> bool:
    """Whether a word is a verb's base form often enough to open an instruction: "photograph"."""
    return lexicon.pos_share(word).get("v", 0.0) >= 0.1


@cache
def is_unknown(word: str) -> bool:
    """Whether neither the lexicon nor a list has a word: "sks"."""
    forms = (word, singular_of(word), lexicon.verb_lemma(word))
    return not any(lexicon.pos_share(form) or _kinds_if_listed(form) or is_attribute(form) for form in forms)


def in_list(word: str, section: str, file: str = "common") -> bool:
    """Whether a word stands in a section of a word list."""
    return word in list_names(file, section)
