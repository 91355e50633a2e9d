"""What is known of things without looking: how large they usually are, where they are worn, where they belong."""

from __future__ import annotations

import re

from lib_automask.plan import lexicon, wordlists

FIGURES = ("person", "animal")


def size(phrase: str) -> float | None:
    """The longer side in metres, roughly; None for what is not listed."""
    found = _listed("size", phrase)
    return float(found) if found else None


def shape(phrase: str) -> float:
    """Width over height; 1 for what is not listed."""
    return float(_listed("shape", phrase) or 1)


def worn_at(phrase: str) -> str | None:
    """The band of a figure where something is worn: "red hat" → "crown"; None for what nobody wears."""
    return _listed("worn", phrase)


def part(phrase: str) -> str | None:
    """The band of a figure that a part of the body names: "her feet" → "feet"; None for other things."""
    return _listed("part", phrase)


def home(phrase: str) -> str | None:
    """The region of the picture where something is when nobody says where: "birds" → "sky"."""
    if key(phrase) in wordlists.names("usual", "ground bird"):
        return None
    return _listed("home", phrase)


def is_figure(phrase: str) -> bool:
    """Whether it has a head to put a hat on: a person or an animal."""
    return lexicon.is_kind(key(phrase), *FIGURES)


def is_several(phrase: str) -> bool:
    """Whether the phrase is a plural: "birds", but not "glasses"."""
    words = phrase.lower().split()
    return bool(words) and lexicon.is_plural(words[-1])


def key(phrase: str) -> str:
    """The concept that a phrase names: "a small bird" → "bird", "a vase of flowers" → "vase"."""
    holder, _, content = phrase.lower().partition(" of ")
    name = lexicon.concept(holder.split() or [""])[0]
    if content and not lexicon.is_kind(name, "container"):
        name = lexicon.concept(content.split() or [""])[0]
    return name


def _listed(section: str, phrase: str) -> str | None:
    """The entry of the concept itself, else of the smallest kind that has one."""
    table = wordlists.mapping("usual", section)
    name = key(phrase)
    head = name.rsplit(" ", 1)[-1]
    if name in table or head in table:
        return table.get(name) or table[head]
    kinds = [kind for kind in lexicon.kinds(name) if kind in table]
    # A kind that stands below another one says more: a fish is an animal, and a fish first.
    kinds.sort(key=lambda kind: kind in wordlists.parents("things"), reverse=True)
    return table[kinds[0]] if kinds else None


REGIONS = (
    (re.compile(r"\b(?:sky|heavens|clouds|in the air|midair)\b"), "sky"),
    (re.compile(r"\b(?:background|distance|horizon)\b"), "background"),
    (re.compile(r"\b(?:foreground)\b"), "foreground"),
    (re.compile(r"\b(?:top|upper) left\b"), "top left"),
    (re.compile(r"\b(?:top|upper) right\b"), "top right"),
    (re.compile(r"\b(?:bottom|lower) left\b"), "bottom left"),
    (re.compile(r"\b(?:bottom|lower) right\b"), "bottom right"),
    (re.compile(r"\bcorner\b"), "corner"),
)
"""How people name a part of the picture, the most telling first."""
EDGES = re.compile(r"^(?:on|at|to|in) (?:the |its )?(left|right|top|bottom|middle|center|centre)\b")


def region(place: str) -> str | None:
    """The part of the picture that "in the sky" or "in the upper left corner" names; None for other places."""
    text = place.lower().strip()
    named = next((name for pattern, name in REGIONS if pattern.search(text)), None)
    edge = EDGES.match(text)
    return named or (edge[1].replace("centre", "middle").replace("center", "middle") if edge else None)
