"""Verbs: one key for all their forms, and what little the plan needs to know of their meaning."""

from __future__ import annotations

import re
from functools import cache

from lib_automask.plan import wordnet
from lib_automask.plan.word_lists import list_groups, list_names, map_entries


@cache
def verb_key(form: str) -> str:
    """One key for all forms of a verb and for verbs that mean the same: sits, seated → sit."""
    base = _bare(map_entries("grammar", "irregular verb").get(form, form))
    return _groups().get(base, base)


@cache
def is_verb(word: str) -> bool:
    """Whether a word is listed as a verb, in any form."""
    return word in map_entries("grammar", "irregular verb") or _bare(word) in _listed()


@cache
def is_at_rest(key: str) -> bool:
    """Whether a verb says little more than that something is there: stand, sit, be parked."""
    return any(key == verb_key(form) for form in list_names("synonyms", "at rest"))


@cache
def near_verbs(one: str, other: str) -> bool:
    """Whether one picture may be described by both verbs: whoever tosses dough may spin it."""
    return one == other or frozenset((one, other)) in _near()


@cache
def _near() -> frozenset[frozenset[str]]:
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
    return gerund_of(_third_person(wordnet.verb_lemma(participle)))


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
def _groups() -> dict[str, str]:
    return {_bare(form): _bare(group[0]) for group in list_groups("synonyms", "verbs") for form in group}


@cache
def _listed() -> frozenset[str]:
    return frozenset(map(_bare, list_names("synonyms", "verbs") | list_names("synonyms", "at rest")))
