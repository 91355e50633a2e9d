"""What words mean, as far as a picture goes: visual kinds, hypernyms, synonyms.

From WordNet and lists of our own: see `word_table`. Of an unknown compound the last word counts ("garden gnome" is a
gnome). Of a word with several meanings those count that make up at least .15 of its use in descriptions of what can be
seen. Unknown words have no kinds, no synonyms, and similarity 0.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from lib_automask.plan.word_table import (
    NOTHING,
    REMEMBERED,
    Entry,
    can_be_verb,
    decode_numbers,
    find_entry,
    is_plural,
    lemma_of,
    pos_share,
    read_lexicon,
    verb_lemma,
)

__all__ = [
    "adjective_kinds",
    "are_synonyms",
    "can_be_verb",
    "is_hypernym",
    "is_plural",
    "lemma_of",
    "noun_kinds",
    "noun_similarity",
    "pos_share",
    "verb_lemma",
]


class Tree(NamedTuple):
    """Each meaning's parent (-1: none) and depth, and further parents."""

    parents: list[int]
    depths: list[int]
    further: dict[int, list[int]]


@lru_cache(REMEMBERED)
def noun_kinds(noun: str) -> frozenset[str]:
    """Visual kinds of a noun's dominant meanings, such as {"animal", "bird"}; see training/lexicon_rules.txt.

    person, animal, bird, plant, food, drink, vehicle, clothing, accessory, furniture, building, structure, body_part,
    hair, container, instrument, weapon, tool, device, toy, place, room, terrain, water, road, celestial, weather,
    light, time, effect, material, colour, pattern, surface, shape, art, text, expression, pose, artist; and where no
    meaning has one of these: event, quantity, group, substance, object, abstract.
    """
    return _noun(noun).kinds


@lru_cache(REMEMBERED)
def is_hypernym(general: str, special: str) -> bool:
    """Whether the general noun names a kind that the special one belongs to: bird of owl; never of itself."""
    over = set(_noun(general).meanings)
    below = _noun(special).meanings
    return bool(over) and not over & set(below) and any(over & _steps_up(meaning).keys() for meaning in below[:2])


@lru_cache(REMEMBERED)
def are_synonyms(one: str, other: str) -> bool:
    """Whether two words name the same: base forms equal, one meaning as noun or adjective, or listed as the same."""
    if one == other or lemma_of(one) == lemma_of(other):
        return True
    if _share_group(one, other, "same words") or _share_group(lemma_of(one), lemma_of(other), "same words"):
        return True
    first, second = _whole_noun(one), _whole_noun(other)
    if first and second and first.meanings[:1] == second.meanings[:1] and first.meanings:
        return True
    return bool(set(_adjective(one).adjective_meanings[:1]) & set(_adjective(other).adjective_meanings[:1]))


@lru_cache(REMEMBERED)
def noun_similarity(one: str, other: str) -> float:
    """0–1, Wu and Palmer's (1994): twice the depth of what both are, over the same and the steps from it to each; the
    best of any two dominant meanings. 1 for synonyms only."""
    if are_synonyms(one, other):
        return 1.0
    pairs = ((a, b) for a in _noun(one).meanings for b in _noun(other).meanings)
    return min(0.99, max((_likeness(a, b) for a, b in pairs), default=0.0))


def _likeness(one: int, other: int) -> float:
    first, second = _steps_up(one), _steps_up(other)
    depths = _tree().depths
    shared = (2 * depths[m] / (2 * depths[m] + first[m] + second[m]) for m in first.keys() & second.keys() if depths[m])
    return max(shared, default=0.0)


@lru_cache(REMEMBERED)
def adjective_kinds(word: str) -> frozenset[str]:
    """Kinds of an attribute: material, colour, pattern, size, age, shape, state, texture, emotion, weather, light,
    quality, number, position, taste, person. A noun that is a material or a colour counts ("oak", "salmon").

    >>> sorted(adjective_kinds("golden"))
    ['colour', 'material']
    """
    found = _adjective(word).adjective_kinds
    return found or noun_kinds(word) & {"material", "colour", "pattern"}


@lru_cache(REMEMBERED)
def _noun(noun: str) -> Entry:
    """Of a word or compound, of its base form, or of a compound's last word."""
    whole = _whole_noun(noun)
    return whole or (_noun(noun.partition(" ")[2]) if " " in noun else NOTHING)


@lru_cache(REMEMBERED)
def _whole_noun(noun: str) -> Entry | None:
    entries = (find_entry(form) for form in (noun, lemma_of(noun)))
    return next((entry for entry in entries if entry is not None and entry.kinds), None)


def _adjective(word: str) -> Entry:
    found = find_entry(word) or NOTHING
    return found if "a" in found.shares else find_entry(lemma_of(word, "a")) or NOTHING


@lru_cache(REMEMBERED)
def _steps_up(meaning: int) -> dict[int, int]:
    """A meaning and everything over it, with the number of steps on the shortest way."""
    tree = _tree()
    found = {meaning: 0}
    for parent in (tree.parents[meaning], *tree.further.get(meaning, ())):
        for over, steps in _steps_up(parent).items() if parent >= 0 else ():
            found[over] = min(found.get(over, steps + 1), steps + 1)
    return found


@cache
def _tree() -> Tree:
    depths = np.frombuffer(read_lexicon()["depths"].encode("ascii"), np.uint8).astype(np.int64)
    depths -= np.where(depths > ord("Z"), ord("a") - 26, ord("A"))
    parents = np.full(len(depths), -1)
    for depth in range(1, int(depths.max()) + 1):
        here, over = np.flatnonzero(depths == depth), np.flatnonzero(depths == depth - 1)
        before = np.searchsorted(over, here) - 1
        parents[here] = over[before]
    further: dict[int, list[int]] = {}
    for line in read_lexicon()["further parents"].splitlines():
        child, parent = decode_numbers(line)
        further.setdefault(child, []).append(parent)
    return Tree(parents.tolist(), depths.tolist(), further)


@cache
def _groups_of(section: str) -> dict[str, frozenset[int]]:
    """Word → numbers of the groups of words for the same that it is in."""
    found: dict[str, set[int]] = {}
    for number, line in enumerate(read_lexicon()[section].splitlines()):
        for word in line.split(","):
            found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


def _share_group(one: str, other: str, section: str) -> bool:
    groups = _groups_of(section)
    return not groups.get(one, frozenset()).isdisjoint(groups.get(other, ()))
