"""The word lists of ``words/*.txt``, and what can be asked of them: concepts, kinds, attributes.

The lists are small on purpose. The grammar tells nouns from verbs by their place in the sentence; a list only says
what place cannot: that a couch is a sofa, that a corgi is a dog, that red and blue exclude each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from lib_automask.plan.wordlists import groups, mapping, names, parents, sections


@cache
def singular(noun: str) -> str:
    """ "dogs" → "dog"; a noun that is not a plural comes back as it is."""
    irregular = mapping("grammar", "irregular plural")
    if noun in irregular:
        return irregular[noun]
    if not noun.endswith("s") or noun.endswith("ss") or len(noun) < 4 or noun in names("grammar", "not plural"):
        return noun
    if noun[:-1] in _nouns() or not noun.endswith("es"):
        return noun[:-1]
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-2] if noun[:-2] in _nouns() or re.search(r"(ch|sh|x|ss|zz)es$", noun) else noun[:-1]


@cache
def is_word(word: str) -> bool:
    """Whether something could be an English word: letters with a vowel among them, or listed."""
    plain = re.sub("[^a-z]", "", "".join(char for char in unicodedata.normalize("NFD", word) if char.isascii()))
    spelled = len(plain) > 1 and bool(re.search("[aeiouy]", plain)) and not re.search("[^aeiouy]{6}", plain)
    return spelled or word in _nouns() or is_attribute(word)


def is_listed(word: str) -> bool:
    """Whether a word is a listed noun, in the singular or plural, or a listed attribute."""
    return word in _nouns() or is_attribute(word) or singular(word) in _nouns()


@cache
def _nouns() -> frozenset[str]:
    listed = frozenset(form for section in sections("things") for form in names("things", section))
    return listed | names("synonyms", "nouns")


@cache
def joined_by_of() -> frozenset[str]:
    """The listed nouns of three words with "of" between them: "suit of armor"."""
    return frozenset(noun for noun in _nouns() if noun.split()[1:2] == ["of"] and len(noun.split()) == 3)


def is_plural(noun: str) -> bool:
    """Whether the form of a noun says that there are several."""
    return singular(noun) != noun


@cache
def _noun_groups() -> dict[str, str]:
    found: dict[str, str] = {}
    for group in groups("synonyms", "nouns"):
        for form in group:
            found.setdefault(form, group[0])
    return found


@cache
def _kinds() -> dict[str, frozenset[str]]:
    """Concept → the sections of things.txt that it stands in, with the sections above them."""
    found: dict[str, set[str]] = {}
    for section in sections("things"):
        for form in names("things", section):
            above: str | None = section
            while above:
                found.setdefault(_noun_groups().get(form, form), set()).add(above)
                found.setdefault(form, set()).add(above)
                above = parents("things").get(above)
    for role, *_ in groups("people", "roles"):
        for form in (role, _noun_groups().get(role, role)):
            found.setdefault(form, set()).add("person")
    return {form: frozenset(sections) for form, sections in found.items()}


def concept(nouns: Sequence[str]) -> tuple[str, int]:
    """What the last words of a phrase name, and how many of them: ["old", "bedside", "table"] → ("nightstand", 2)."""
    last = singular(nouns[-1])
    for length in (3, 2, 1):
        if length == 1 and nouns[-2:-1] and last in _kinds().get(nouns[-2], ()):
            return concept(nouns[:-1])[0], 2  # an oak tree is an oak, a salmon fish a salmon
        if length == 1 and last in names("common", "part of things") and _is_compound(nouns[-2:-1]):
            return f"{nouns[-2]} {last}", 2  # a treasure chest is no chest of a body
        words = [*nouns[-length:-1], last]
        for phrase in (" ".join(form).replace("-", " ") for form in (nouns[-length:], words)):
            if length <= len(nouns) and (phrase in _noun_groups() or phrase in _kinds()):
                return _noun_groups().get(phrase, phrase), length
    return last, 1


def _is_compound(before: Sequence[str]) -> bool:
    """Whether a word before a noun is another noun, as far as lists and endings tell."""
    if (
        not before
        or before[0] in names("common", "which limb")
        or is_attribute(before[0])
        or kinds(singular(before[0])) & {"person", "animal", "body"}
    ):
        return False
    return not re.search(r"(?:ed|ing|y|ful|ous|ive|ic|al|less|er|ish|en)$", before[0])


@cache
def kinds(key: str) -> frozenset[str]:
    """The sections of things.txt that a concept stands in; empty for an unlisted one."""
    listed = _kinds().get(key) or _kinds().get(_noun_groups().get(key, ""))
    if listed:
        return listed
    for ending, kind in mapping("common", "kind ending").items():
        if key.endswith(ending) and key != ending:
            return kinds(kind) | {kind}
    return frozenset(("place",)) if key.endswith(tuple(names("common", "place ending"))) else frozenset()


def is_kind(key: str, *wanted: str) -> bool:
    """Whether a concept stands in one of the sections of things.txt."""
    return not kinds(key).isdisjoint(wanted)


def is_place(key: str) -> bool:
    """Whether a concept is somewhere, or some time of day, that a picture can be set in."""
    return is_kind(key, "place", "weather")


def same_concept(one: str, other: str) -> bool:
    """Equal, or one is a kind of the other: corgi and dog; or near: firewood and logs."""
    return one == other or one in kinds(other) or other in kinds(one) or is_near(one, other)


def is_near(one: str, other: str) -> bool:
    """Whether one picture may be told by both, although neither is a kind of the other: firewood and logs."""
    return other in near(one)


def near(key: str) -> frozenset[str]:
    """The concepts that one picture may be told by as well as by this one."""
    return _near().get(key, frozenset())


@cache
def _near() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for word, *others in groups("near", "nouns"):
        key = concept(word.split())[0]
        for other in (concept(form.split())[0] for form in others):
            found.setdefault(key, set()).add(other)
            found.setdefault(other, set()).add(key)
    return {key: frozenset(others) for key, others in found.items()}


@cache
def _implications() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for word, *forms in (*groups("idioms", "implies"), *groups("people", "together")):
        found[word] = found.get(word, frozenset()).union(concept(form.split())[0] for form in forms)
    return found


@cache
def _roles() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for word, *signs in groups("people", "roles"):
        key = concept(word.split())[0]
        found[key] = found.get(key, frozenset()).union(signs)
    return found


def same_head(compound: str, head: str) -> bool:
    """Whether a compound is the thing that its last word names: a dining table, but no hot dog."""
    if " " in head or compound.split()[-1:] != [head]:
        return False
    return not kinds(compound) or not kinds(head) or bool(kinds(compound) & kinds(head))


def implied(word: str) -> frozenset[str]:
    """The things that a word names by the way: "bearded" → beard, "caged" → cage."""
    listed = _implications().get(word, frozenset())
    dressed = next((noun for noun in (word.removesuffix("ed"), word.removesuffix("d")) if noun != word), "")
    return listed or (frozenset([concept([dressed])[0]]) if dressed in _kinds() else frozenset())


def signs(role: str) -> frozenset[str]:
    """The verbs and things, as listed, that make somebody one: a baker bakes bread; empty for who is no role."""
    return _roles().get(role, frozenset())


@cache
def several(key: str) -> tuple[frozenset[str], ...]:
    """Whom one word may name together: a couple is a man and a woman, or a bride and a groom."""
    return tuple(frozenset(named) for word, *named in groups("people", "together") if concept([word])[0] == key)


@cache
def _attributes() -> dict[str, dict[str, str]]:
    """Attribute → {section: the first form of its group}."""
    found: dict[str, dict[str, str]] = {}
    for section in sections("attributes"):
        for group in groups("attributes", section):
            for form in group:
                found.setdefault(form, {}).setdefault(section, group[0])
    return found


@cache
def attribute_kinds(word: str) -> frozenset[str]:
    """The sections of attributes.txt that a word stands in: "gold" → {"colour", "material"}."""
    last = word.split(" ")[-1]
    return frozenset(_attributes().get(word, {}) or _attributes().get(last, {}))


@cache
def is_attribute(word: str) -> bool:
    """Whether a word, a phrase of two, or both sides of an "and" are listed as attributes."""
    return all(part in _attributes() or _is_shade(part) for part in word.split(" and "))


def _is_shade(phrase: str) -> bool:
    """ "sage green", "fire-engine red"."""
    shade, _, colour = phrase.rpartition(" ")
    return shade in names("common", "shade") and "colour" in _attributes().get(colour, {})


@cache
def same_attribute(one: str, other: str) -> bool:
    """Equal, or of one group: big and huge, "black and white" and "white and black"."""
    first, second = _attributes().get(one, {}), _attributes().get(other, {})
    if sorted(one.split()) == sorted(other.split()):
        return True
    return any(first[section] == second.get(section) for section in first)


def _equipped(match: re.Match[str]) -> str | None:
    """ "white-cabineted" has white cabinets; a "half-timbered" house has no timbers of its own."""
    noun = match[2].removesuffix("ed")
    return noun if noun != match[2] and "-" in match[0] and noun in _nouns() and is_attribute(match[1]) else None


@cache
def part_of(attribute: str) -> tuple[str, str] | None:
    """ "gray-haired" → ("gray", "hair"), "blue eyed" → ("blue", "eyes"); None for other attributes."""
    match = re.fullmatch(r"(\w+)[- ](\w+)", attribute)
    noun = mapping("idioms", "part").get(match[2]) or _equipped(match) if match else None
    return (match[1], noun) if match and noun else None
