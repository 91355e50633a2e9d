"""Verbs: one key for all their forms, and what little the grammar needs to know of their meaning."""

from __future__ import annotations

import re
from functools import cache

from lib_automask.plan.lexicon import concept
from lib_automask.plan.wordlists import groups, mapping, names


@cache
def stem(verb: str) -> str:
    """One key for all forms of a verb, and for verbs that mean the same: sitting, sits, sat and seated give "sit"."""
    base = _bare(mapping("grammar", "irregular verb").get(verb, verb))
    return _groups().get(base, base)


@cache
def is_verb(word: str) -> bool:
    """Whether a word without -ing or -ed is listed as a verb, in any form."""
    return word in mapping("grammar", "irregular verb") or _bare(word) in _listed()


@cache
def is_participle(word: str) -> bool:
    """Whether a word is an irregular participle, and hardly ever anything else: worn, held, seen."""
    listed = mapping("grammar", "irregular verb")
    return word in listed and not word.endswith("s") and word not in names("grammar", "doubtful participle")


@cache
def resting(verb_stem: str) -> bool:
    """Whether a verb says little more than that something is there: stand, sit, be parked."""
    return any(verb_stem == stem(form) for form in names("synonyms", "at rest"))


@cache
def near(verb_stem: str) -> frozenset[str]:
    """The stems of other deeds that one picture may be told by: whoever tosses dough may spin it."""
    pairs = [(stem(verb), stem(other)) for verb, *others in groups("near", "verbs") for other in others]
    return frozenset(pair[pair[0] == verb_stem] for pair in pairs if verb_stem in pair)


@cache
def stems(section: str) -> frozenset[str]:
    """The stems of the verbs of a section of common.txt."""
    return frozenset(map(stem, names("common", section)))


@cache
def _uses() -> dict[str, frozenset[str]]:
    listed = groups("idioms", "verb implies")
    return {stem(verb): frozenset(concept(form.split())[0] for form in forms) for verb, *forms in listed}


def used_by(verb_stem: str) -> frozenset[str]:
    """The things that nobody need name beside a verb: surfing takes a surfboard."""
    return _uses().get(verb_stem, frozenset())


def agent_stem(noun: str) -> str:
    """The verb that somebody is named after: "dancer" gives the stem of "dance"; "" for other nouns."""
    root = re.sub(r"(er|or)$", "", noun)
    return stem(root) if root != noun else ""


def bases(form: str) -> tuple[str, ...]:
    """The verbs that a form may belong to: "given" → give; "swapped" and "swapping" → swapp, swap, swappe."""
    if form in (irregular := mapping("grammar", "irregular verb")):
        return (irregular[form],)
    root = form.removesuffix("ed").removesuffix("ing")
    return (root, root[:-1], f"{root}e")


def third_person(verb: str) -> str:
    """ "take" → "takes", "carry" → "carries", "do" → "does"."""
    irregular = {"have": "has", "be": "is"}
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return irregular.get(verb) or verb + ("es" if re.search(r"(?:[sxo]|ch|sh)$", verb) else "s")


def gerund(verb: str) -> str:
    """ "kneels" → "kneeling"; participles stay: "perched"."""
    if verb.endswith("ing") or not verb.endswith("s"):
        return verb
    base = verb[:-2] if verb.endswith(("shes", "ches", "sses", "xes")) else verb[:-1]
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", base):
        return f"{base}{base[-1]}ing"
    return base.removesuffix("e") + "ing" if not base.endswith("ee") else base + "ing"


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
    return {_bare(form): _bare(group[0]) for group in groups("synonyms", "verbs") for form in group}


@cache
def _listed() -> frozenset[str]:
    return frozenset(map(_bare, names("synonyms", "verbs") | names("synonyms", "at rest")))
