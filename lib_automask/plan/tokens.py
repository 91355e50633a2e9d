"""A clause → its words, the closed classes of English tagged, open words not yet."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

from lib_automask.plan import lexicon, verbs, wordlists

Tag = Literal[
    "article", "owner", "number", "pronoun", "be", "have", "and", "not", "adverb", "at", "who", "modal", "verb", "noun"
]
CLOSED: tuple[tuple[Tag, str], ...] = (
    ("number", "number"),
    ("at", "preposition"),
    ("be", "copula"),
    ("have", "possession"),
    ("not", "negation"),
    ("and", "conjunction"),
    ("article", "determiner"),
    ("owner", "possessive"),
    ("pronoun", "pronoun"),
    ("who", "relative"),
    ("modal", "modal"),
    ("adverb", "adverb"),
)
"""(tag, section of grammar.txt); a word of two sections gets the first."""
LONGEST = 6
"""Words of the longest fixed phrase."""
OWN = "ownedby"
"""Stands for the possessive ending: "the man's jacket" → the, man, OWN, jacket."""


class Token(NamedTuple):
    """One word, or a fixed phrase such as "in front of"; ``tag`` is None for a word of an open class."""

    text: str
    tag: Tag | None


def tokenize(clause: str) -> list[Token]:
    """The tokens of a clause in lower case."""
    words = _joined(_without_repeats(re.findall(r"[^\W_]+(?:[.'/-][^\W_]+)*", _apart(clause))))
    found: list[Token] = []
    start = 0
    while start < len(words):
        length = next((n for n in range(LONGEST, 0, -1) if " ".join(words[start : start + n]) in _closed()), 1)
        if length == 1 and _is_laden(words[start : start + 2]):
            length = 2
        if " ".join(words[start : start + 3]) in lexicon.joined_by_of():
            length = 3
        text = " ".join(words[start : start + length])
        start += length
        found.append(Token(text, _tag(text, found, words[start : start + 1])))
    return found


def _is_laden(words: list[str]) -> bool:
    """ "piled with", "littered with" say no more than "with" does."""
    return words[-1] == "with" and words[0].endswith("ed") and len(words[0]) > 4


def _apart(clause: str) -> str:
    """Possessive endings as words of their own; "it's" becomes "it is"."""
    clause = re.sub(r"\b(it|he|she|that|who|there|what)'s\b", r"\1 is", clause)
    return re.sub(r"(?<=\w)'s\b|(?<=\ws)'(?=\s)", f" {OWN}", clause)


def _without_repeats(words: list[str]) -> list[str]:
    """BLIP's glitch "a bird bird" → "a bird"."""
    return [word for index, word in enumerate(words) if index == 0 or word != words[index - 1]]


def _joined(words: list[str]) -> list[str]:
    """ "black and white cow" has one colour, "gray haired man" and "snow covered bench" one adjective."""
    found: list[str] = []
    for word, following in zip(words, [*words[1:], ""]):
        before = found[-1] if found else ""
        if before == "and" and len(found) > 1 and _is_colour(found[-2]) and _is_colour(word):
            found[-2:] = [f"{found[-2]} and {word}"]
        elif word in wordlists.mapping("idioms", "part") and lexicon.is_attribute(before):
            found[-1] = f"{before} {word}"
        elif (
            following
            and word in wordlists.names("common", "compounding")
            and not {before, following} & _closed().keys()
        ):
            found[-1] = f"{before}-{word}"
        else:
            found.append(word)
    return found


def _is_colour(word: str) -> bool:
    return "colour" in lexicon.attribute_kinds(word)


def _tag(text: str, before: list[Token], following: list[str]) -> Tag | None:
    if text == OWN:
        return "owner"
    if re.fullmatch(r"\d{1,3}", text):
        return "number"
    if text.endswith("ed with"):
        return "at"
    if text in ("that", "this") and before and before[-1].tag is None:
        return "who"
    if text in ("her", "his") and not following:
        return "pronoun"  # "beside her"
    if text == "well" and before and before[-1].text != "as" and not _is_before_participle(following):
        return None  # "a stone well"
    if text == "back" and before and before[-1].tag == "owner":
        return None  # "on its back"
    if text == "round" and following and _closed().get(following[0]) in ("article", "owner"):
        return "at"  # "round a fire"
    tag = _closed().get(text)
    if text in ("do", "does", "did") and following and _is_object(following[0]):
        return None  # "does push-ups"
    return None if tag == "modal" and not _is_before_verb(following) else tag


def _is_before_participle(following: list[str]) -> bool:
    """ "well lit", "well dressed"."""
    return bool(following) and following[0].endswith(("ed", "t", "n")) and following[0] not in _closed()


def _is_object(word: str) -> bool:
    """Whether a word behind "does" is what is done: no other verb, and of no closed class."""
    return word not in _closed() and not verbs.is_verb(word)


def _is_before_verb(following: list[str]) -> bool:
    """A modal has its verb behind it; "a trash can on the street" has not."""
    allowed = ("not", "be", "adverb", "pronoun", "have", None)
    return bool(following) and _closed().get(following[0]) in allowed


@cache
def _closed() -> dict[str, Tag]:
    found: dict[str, Tag] = {"": "and"}
    for tag, section in CLOSED:
        forms = wordlists.mapping("grammar", section) if tag == "number" else wordlists.names("grammar", section)
        for form in forms:
            found.setdefault(form, tag)
    return found
