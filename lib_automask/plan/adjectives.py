"""Adjectives: what they say, which say the same, and which exclude each other."""

from __future__ import annotations

import re
from functools import cache

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
