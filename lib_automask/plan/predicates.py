"""What is said of things: adjectives, which say the same and which exclude each other; verbs, one key for all forms."""

from __future__ import annotations

import re
from functools import cache

from lib_automask.plan import lexicon
from lib_automask.plan.word_lists import list_groups, list_names, map_entries, read_sections

TRIVIAL = frozenset(("nature",))
"""The section of attributes that nobody could point at: "beautiful"."""


@cache
def _attributes() -> dict[str, dict[str, str]]:
    """Attribute → {section: the first form of its group}."""
    found: dict[str, dict[str, str]] = {}
    for section in read_sections("attributes"):
        for group in list_groups("attributes", section):
            for form in group:
                found.setdefault(form, {}).setdefault(section, group[0])
    return found


@cache
def attribute_kinds(word: str) -> frozenset[str]:
    """What an adjective says: colour, size, material, state ...; empty for an unlisted word."""
    return frozenset(_attributes().get(word, {}) or _attributes().get(word.split(" ")[-1], {}))


@cache
def is_attribute(word: str) -> bool:
    """Whether a word, a phrase of two, or both sides of an "and" are listed as saying how something is."""
    return all(part in _attributes() or _is_shade(part) for part in word.split(" and "))


def _is_shade(phrase: str) -> bool:
    """ "sage green", "fire-engine red"."""
    shade, _, colour = phrase.rpartition(" ")
    return shade in list_names("common", "shade") and "colour" in _attributes().get(colour, {})


def is_trivial(word: str) -> bool:
    """Whether an adjective says nothing one could point at."""
    return attribute_kinds(word) == TRIVIAL


@cache
def agree_attributes(one: str, other: str) -> bool:
    """Whether two adjectives say the same: big and huge, "black and white" and "white and black"."""
    first, second = _attributes().get(one, {}), _attributes().get(other, {})
    return sorted(one.split()) == sorted(other.split()) or any(first[name] == second.get(name) for name in first)


def exclude_attributes(one: str, other: str) -> bool:
    """Whether two adjectives exclude each other: red and blue."""
    shared = (attribute_kinds(one) & attribute_kinds(other)) - TRIVIAL
    return bool(shared) and not agree_attributes(one, other)


@cache
def split_part(attribute: str) -> tuple[str, str] | None:
    """ "gray-haired" → ("gray", "hair"); None for other attributes."""
    match = re.fullmatch(r"(\w+)[- ](\w+)", attribute)
    noun = map_entries("idioms", "part").get(match[2]) if match else None
    return (match[1], noun) if match and noun else None


@cache
def verb_key(form: str) -> str:
    """One key for all forms of a verb and for verbs that mean the same: sits, seated → sit."""
    base = _bare(map_entries("grammar", "irregular verb").get(form, form))
    return _verb_groups().get(base, base)


@cache
def is_verb(word: str) -> bool:
    """Whether a word is listed as a verb, in any form."""
    return word in map_entries("grammar", "irregular verb") or _bare(word) in _listed_verbs()


@cache
def is_at_rest(key: str) -> bool:
    """Whether a verb says little more than that something is there: stand, sit, be parked."""
    return any(key == verb_key(form) for form in list_names("synonyms", "at rest"))


@cache
def near_verbs(one: str, other: str) -> bool:
    """Whether one picture may be described by both verbs: whoever tosses dough may spin it."""
    return one == other or frozenset((one, other)) in _near_verbs()


@cache
def _near_verbs() -> frozenset[frozenset[str]]:
    groups = list_groups("near", "verbs")
    return frozenset(frozenset((verb_key(verb), verb_key(other))) for verb, *others in groups for other in others)


@cache
def used_by_verb(key: str) -> frozenset[str]:
    """The things, as listed, that nobody need name beside a verb: surfing takes a surfboard."""
    listed = list_groups("idioms", "verb implies")
    return frozenset(form for verb, *forms in listed if verb_key(verb) == key for form in forms)


def gerund_of(form: str, finite: bool = False) -> str:
    """ "jumps" → "jumping"; participles stay: "perched". ``finite``: "jump" is one too."""
    if finite and not form.endswith(("s", "ing", "ed")) and is_verb(form):
        form = _third_person(form)
    if form.endswith("ing") or not form.endswith("s"):
        return form
    base = form[:-2] if form.endswith(("shes", "ches", "sses", "xes", "oes")) else form[:-1]
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", base):
        return f"{base}{base[-1]}ing"
    return base.removesuffix("e") + "ing" if not base.endswith("ee") else base + "ing"


def active_of(participle: str) -> str:
    """ "chased" → "chasing"."""
    return gerund_of(_third_person(lexicon.verb_lemma(participle)))


def _third_person(verb: str) -> str:
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if re.search(r"(?:[sxo]|ch|sh)$", verb) else "s")


@cache
def _bare(verb: str) -> str:
    """A verb without its ending, double consonant and final e: racing, raced and race give "rac"."""
    for ending in ("ing", "ied", "ed", "ies", "es", "s"):
        root = verb.removesuffix(ending)
        if verb.endswith("eed"):
            break
        root += "y" if len(root) > 1 and ending in ("ied", "ies") and root != verb else ""
        if root != verb and len(root) > 1 and re.search("[aeiouy]", root) and not verb.endswith("ss"):
            verb = root
            break
    if len(verb) > 3 and verb[-1] == verb[-2] and verb[-1] not in "lsz":
        verb = verb[:-1]
    return verb.removesuffix("e") if len(verb) > 2 else verb


@cache
def _verb_groups() -> dict[str, str]:
    return {_bare(form): _bare(group[0]) for group in list_groups("synonyms", "verbs") for form in group}


@cache
def _listed_verbs() -> frozenset[str]:
    return frozenset(map(_bare, list_names("synonyms", "verbs") | list_names("synonyms", "at rest")))
