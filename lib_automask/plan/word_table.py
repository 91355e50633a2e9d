"""The lexicon's file: what it says of each word, and which base form a word is a form of.

The facts are WordNet 3.0's (Princeton University), compiled with a few hundred words of our own by
`python -m training.lexicon`. `words/wordnet.txt.gz` is sorted text in sections that start with "#name"; the lines of
"#words" are: word, shares of its parts of speech ("n7v3"), letters of its noun kinds, its dominant noun meanings,
letters of its adjective kinds, its dominant adjective meanings. Meanings are numbers in preorder along the tree of
hypernyms, in base 36, so that the depth of each is all that has to be stored of the tree. Words are in lower case,
compounds with blanks ("fire hydrant").
"""

from __future__ import annotations

import gzip
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
REMEMBERED = 20_000
"""Words that each look-up keeps; a guess at what a batch of prompts holds."""
FIELDS = 5
PREFIX = 3
"""Letters by which the lines are narrowed down before a word is searched; with 2 or 4 look-ups took longer."""
LAST = "\x7f"
"""Sorts behind all letters of the file."""
RULES = {
    "n": (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss"), ("xes", "x"),
          ("zes", "z"), ("oes", "o"), ("men", "man"), ("s", ""), ("es", "")),
    "v": (("ies", "y"), ("ied", "y"), ("ying", "ie"), ("es", ""), ("s", ""), ("ed", "e"), ("ed", ""), ("ing", "e"),
          ("ing", "")),
    "a": (("ier", "y"), ("iest", "y"), ("er", "e"), ("er", ""), ("est", "e"), ("est", "")),
}  # fmt: skip
"""By part of speech: what stands in place of an ending, the likeliest first."""
SHORTEST = 2
"""Letters that a base form has at least."""


def base_forms(word: str, pos: str) -> list[str]:
    """What a word may be a form of: "running", "v" → ["runne", "runn", "run"]; the word itself is not among them."""
    found = []
    for ending, base in RULES[pos]:
        stem = word[: -len(ending)]
        if not word.endswith(ending) or len(stem) < SHORTEST or (ending == "s" and word.endswith("ss")):
            continue
        found.append(stem + base)
        if not base and ending != "s" and stem[-1:] == stem[-2:-1] and pos != "n":
            found.append(stem[:-1])
    return found


class Entry(NamedTuple):
    """What the file says of one word; ``shares`` by part of speech: n, v, a(djective), r (adverb), p (a noun that is
    written with a capital: a name, "chihuahua")."""

    shares: dict[str, float]
    kinds: frozenset[str]
    meanings: tuple[int, ...]
    adjective_kinds: frozenset[str]
    adjective_meanings: tuple[int, ...]


NOTHING = Entry({}, frozenset(), (), frozenset(), ())


@lru_cache(REMEMBERED)
def lemma_of(word: str, pos: str = "n") -> str:
    """The base form of a noun ("n"), verb ("v") or adjective ("a"); the word itself if it has no other.

    Of a compound the last word is reduced: "polar bears" → "polar bear".
    """
    front, space, last = word.rpartition(" ")
    if pos == "n" and space and find_entry(word) is None:
        return f"{front} {lemma_of(last)}"
    if form := _irregular().get((word, pos)):
        return form
    if _can_be(word, pos):
        return word
    known = (base for base in base_forms(word, pos) if _can_be(base, pos))
    return next(known, _regular(word) if pos == "n" else word)


def _can_be(word: str, pos: str) -> bool:
    shares = (find_entry(word) or NOTHING).shares
    return pos in shares or (pos == "n" and "p" in shares)


def verb_lemma(word: str) -> str:
    """ "riding" → "ride"; the word itself if no known verb has this form."""
    return lemma_of(word, "v")


def _regular(word: str) -> str:
    """An unknown noun loses a plural's ending: "drones", not "glass" or "hibiscus"."""
    several = word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3
    return next(iter(base_forms(word, "n")), word) if several else word


def is_plural(noun: str) -> bool:
    """Whether a noun is a plural's form: "bears", "geese", but not "glass" or "sheep"."""
    return lemma_of(noun) != noun


@lru_cache(REMEMBERED)
def pos_share(word: str) -> dict[str, float]:
    """How often a word is a noun, verb, adjective, adverb, name: {"n": .7, "v": .3}; inflected forms count as well."""
    shares = dict((find_entry(word) or NOTHING).shares)
    for pos in "nva":
        base = lemma_of(word, pos)
        if base != word and (entry := find_entry(base)):
            for same in ("n", "p") if pos == "n" else (pos,):
                shares[same] = max(shares.get(same, 0.0), entry.shares.get(same, 0.0))
    total = sum(shares.values())
    return {pos: share / total for pos, share in shares.items() if share} if total else {}


def can_be_verb(word: str) -> bool:
    """Whether WordNet knows a word, or what it is a form of, as a verb."""
    return "v" in pos_share(word)


@lru_cache(REMEMBERED)
def find_entry(word: str) -> Entry | None:
    line = _find_line(word) if word and word.isprintable() else None
    if line is None:
        return None
    shares, kinds, meanings, attributes, clusters = (line.split("\t")[1:] + [""] * FIELDS)[:FIELDS]
    found = {shares[at]: int(shares[at + 1]) / 10 for at in range(0, len(shares), 2)}
    return Entry(
        found,
        _named("kinds", kinds),
        decode_numbers(meanings),
        _named("adjective kinds", attributes),
        decode_numbers(clusters),
    )


def _find_line(word: str) -> str | None:
    """The line of a word, between a line's end and a tab."""
    text = _word_lines()
    low, high = _lines_from(word[:PREFIX]), _lines_from(word[:PREFIX] + LAST)
    at = text.find(f"\n{word}\t", max(low - 1, 0), high)
    return text[at + 1 : text.find("\n", at + 1)] if at >= 0 else None


@lru_cache(REMEMBERED)
def _lines_from(start: str) -> int:
    """Where the lines begin that are not before a word in the order of the alphabet; by halving."""
    text = _word_lines()
    low, high = 1, len(text)
    while low < high:
        begin = text.rfind("\n", low, (low + high) // 2) + 1 or low
        end = text.find("\n", begin)
        low, high = (end + 1, high) if text[begin:end] < start else (low, begin)
    return low


@cache
def _word_lines() -> str:
    return f"\n{read_lexicon()['words']}\n"


def _named(section: str, letters: str) -> frozenset[str]:
    names = read_lexicon()[section].split()
    return frozenset(names[LETTERS.index(letter)] for letter in letters)


def decode_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(code, 36) for code in text.split())


@cache
def _irregular() -> dict[tuple[str, str], str]:
    fields = (line.split() for line in read_lexicon()["irregular"].splitlines())
    return {(form, pos): lemma for form, pos, lemma in fields}


@cache
def read_lexicon() -> dict[str, str]:
    packed = (resources.files(__package__) / "words" / "wordnet.txt.gz").read_bytes()
    parts = gzip.decompress(packed).decode("utf-8").split("\n#")
    found = (part.removeprefix("#").partition("\n") for part in parts)
    return {name: text.rstrip("\n") for name, _, text in found}
