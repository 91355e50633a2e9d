"""Words with their part of speech, told by their place in the clause more than by lists.

A content word is a noun (or stands before one) unless its place says verb: an -ing form that no article opens, a form
in -s that its noun agrees with and that an article or preposition follows, a participle behind its noun.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from lib_automask.plan import lexicon, verbs

Tag = Literal["article", "owner", "number", "pronoun", "be", "have", "and", "not", "adverb", "at", "who", "modal", "verb", "noun"]

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
OPENS_PHRASE = ("article", "owner", "number")
ENDS_PHRASE = ("article", "owner", "at", "adverb", "and", "number", "be", "pronoun", "who", "not", "modal")


@dataclass(frozen=True)
class Word:
    """One word, or a fixed phrase such as "in front of", with its tag."""

    text: str
    tag: Tag


OWNED = Word("ownedby", "owner")
"""The possessive ending: "the man's jacket" → the, man, OWNED, jacket."""


def tag_words(clause: str) -> list[Word]:
    """The tagged words of one clause, in lower case."""
    tokens = _without_repeats(re.findall(r"[^\W_]+(?:[.'/-][^\W_]+)*", _apart(clause)))
    closed = _closed_words(tokens)
    words: list[Word] = []
    for index, (text, tag) in enumerate(closed):
        words.append(Word(text, tag or _open_tag(closed, index, words)))
    return words


def _apart(clause: str) -> str:
    """Possessive endings as words of their own: "man's jacket" → "man 's jacket"."""
    clause = re.sub(r"\b(it|he|she|that|who|there|what)'s\b", r"\1 is", clause)
    clause = re.sub(r"(\w)'s\b", r"\1 ~own", clause)
    return re.sub(r"(\ws)'(?=\s)", r"\1 ~own", clause).replace("~own", "ownedby")


def _without_repeats(tokens: list[str]) -> list[str]:
    """BLIP's glitch "a bird bird" → "a bird"."""
    return [token for index, token in enumerate(tokens) if index == 0 or token != tokens[index - 1]]


@cache
def _closed() -> dict[str, Tag]:
    found: dict[str, Tag] = {}
    for tag, section in CLOSED:
        for form in lexicon.names("grammar", section) if tag != "number" else lexicon.mapping("grammar", section):
            found.setdefault(form, tag)
    return found


def _closed_words(tokens: list[str]) -> list[tuple[str, Tag | None]]:
    """Tokens with the longest closed-class phrases joined; open words have no tag yet."""
    found: list[tuple[str, Tag | None]] = []
    tokens = _pairs_joined(tokens)
    start = 0
    while start < len(tokens):
        length = next((n for n in (6, 5, 4, 3, 2, 1) if " ".join(tokens[start : start + n]) in _closed()), 0)
        text = " ".join(tokens[start : start + max(length, 1)])
        tag: Tag | None = _closed()[text] if length else None
        if text == "ownedby":
            tag = "owner"
        elif re.fullmatch(r"\d{1,3}", text):
            tag = "number"
        if text in ("that", "this") and found and found[-1][1] is None:
            tag = "who"
        if tag == "modal" and not _before_verb(tokens[start + 1 : start + 2]):
            tag = None
        found.append((text, tag))
        start += max(length, 1)
    return found


def _before_verb(following: list[str]) -> bool:
    """A modal has its verb behind it; "a trash can on the street" has not."""
    return bool(following) and (following[0] not in _closed() or _closed()[following[0]] in ("not", "be", "adverb", "pronoun", "have"))


def _pairs_joined(tokens: list[str]) -> list[str]:
    """ "black and white cow" has one colour, "gray haired man" one adjective: joined to one token."""
    found: list[str] = []
    for index, token in enumerate(tokens):
        colours = found[-2:-1] + [token]
        follows = index + 1 < len(tokens)
        if follows and found[-1:] == ["and"] and len(found) > 1 and all(map(_is_colour, colours)):
            found[-2:] = [f"{found[-2]} and {token}"]
        elif found and token in lexicon.mapping("idioms", "part") and lexicon.is_attribute(found[-1]):
            found[-1] = f"{found[-1]} {token}"
        elif found and token in COMPOUNDING and follows and not {found[-1], tokens[index + 1]} & _closed().keys():
            found[-1] = f"{found[-1]}-{token}"
        else:
            found.append(token)
    return found


COMPOUNDING = ("covered", "filled", "capped", "topped", "lined", "shaped", "flavored", "themed", "coated", "dusted")


def _is_colour(word: str) -> bool:
    return "colour" in lexicon.attribute_kinds(word)


def _open_tag(closed: list[tuple[str, Tag | None]], index: int, before: list[Word]) -> Tag:
    text = closed[index][0]
    previous = before[-1] if before else None
    following: tuple[str, Tag | None] = closed[index + 1] if index + 1 < len(closed) else ("", "and")
    return "verb" if _is_verb_here(text, previous, following, _run_before(before)) else "noun"


def _run_before(before: list[Word]) -> list[Word]:
    """The unfinished noun phrase to the left: its opening word and its content words."""
    run: list[Word] = []
    for word in reversed(before):
        if word.tag != "noun":
            return [word, *run] if word.tag in OPENS_PHRASE else run
        run.insert(0, word)
    return run


def _is_verb_here(text: str, previous: Word | None, following: tuple[str, Tag | None], run: list[Word]) -> bool:
    nouns = [word for word in run if word.tag == "noun"]
    if previous is not None and previous.text == "and" and following[1] is not None and not lexicon.kinds(text):
        return verbs.is_verb(text) and not lexicon.is_attribute(text)
    if previous is not None and _asks_for_verb(previous, text):
        return True
    if text.endswith("ing") and text not in lexicon.names("grammar", "ing nouns") and len(text) > 4:
        return _ing_is_verb(text, previous, following, nouns)
    if text.endswith("ed") and len(text) > 4 and not lexicon.kinds(text):
        return _participle_is_verb(text, previous, following, nouns)
    if previous is not None and previous.tag == "be":
        return verbs.is_verb(text) and not lexicon.is_attribute(text) and following[1] is not None
    if not nouns:
        return previous is None and _listed_participle(text) and following[1] in ENDS_PHRASE
    return _listed_participle(text) or _finite(text, run, following)


def _asks_for_verb(previous: Word, text: str) -> bool:
    """After "would", after a pronoun that is a subject, after "who": "you notice", "that runs around it"."""
    if previous.tag == "not" and verbs.is_verb(text) and not lexicon.kinds(text):
        return True
    if previous.tag == "modal" or previous.tag == "pronoun" and previous.text in ("i", "you", "he", "she", "they", "we"):
        return not text.endswith("ly")
    return previous.tag == "who" and (verbs.is_verb(text) or lexicon.is_plural(text) and not lexicon.kinds(text))


def _ing_is_verb(text: str, previous: Word | None, following: tuple[str, Tag | None], nouns: list[Word]) -> bool:
    if previous is not None and previous.tag in OPENS_PHRASE:
        return following[1] is not None
    if following[1] is None and nouns:
        return not all(lexicon.is_attribute(word.text) for word in nouns) or len(nouns) > 2
    if following[1] is None and previous is None:
        return verbs.stem(text) not in verbs.stems("intransitive")
    return True


def _participle_is_verb(text: str, previous: Word | None, following: tuple[str, Tag | None], nouns: list[Word]) -> bool:
    if nouns:
        return following[1] is not None or not all(lexicon.is_attribute(word.text) for word in nouns)
    predicate = previous is not None and previous.tag == "be"
    return not lexicon.is_attribute(text) and (predicate or following[1] in ENDS_PHRASE)


def _listed_participle(text: str) -> bool:
    irregular = lexicon.mapping("grammar", "irregular verb")
    return text in irregular and not text.endswith("s") and text not in ("saw", "lit", "cut", "set", "read", "wound", "fed")


def _finite(text: str, run: list[Word], following: tuple[str, Tag | None]) -> bool:
    """ "a cat stretches with", "hikers take a", "a guy plays the": a verb that agrees with the noun before it."""
    last = run[-1].text
    if text.endswith("s") and lexicon.is_plural(text):
        return _third_person(text, run, following)
    if following[1] not in ENDS_PHRASE:
        return False
    if following[1] in ("article", "owner", "pronoun"):
        return verbs.is_verb(text) or not lexicon.kinds(text)
    several = lexicon.is_plural(last) or run[0].tag == "number" or last in lexicon.names("common", "still noun")
    return several and verbs.is_verb(text) and not lexicon.kinds(text)


def _third_person(text: str, run: list[Word], following: tuple[str, Tag | None]) -> bool:
    if lexicon.is_plural(run[-1].text) or run[-1].tag == "noun" and lexicon.is_attribute(run[-1].text):
        return False
    if lexicon.kinds(lexicon.singular(text)):
        return verbs.is_verb(text) and following[1] in ENDS_PHRASE
    if verbs.is_verb(text):
        return True
    one = run[0].text in ("a", "an", "one", "this")
    return following[1] in ("article", "owner") or (one and following[1] in ENDS_PHRASE and bool(following[0]))
