"""One noun phrase, gathered word by word: article, number, attributes and head."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.scene import MANY, Action, Thing
from lib_automask.plan.spot import OWNED, Word

PAIRS = frozenset(("pair", "set", "kind", "type", "piece"))
"""Collectives that do not make several of one: a pair of slippers."""


@dataclass
class NounPhrase:
    """The phrase being gathered; ``nouns`` are its content words, the last of them the head."""

    article: str = ""
    number: str = ""
    nouns: list[str] = field(default_factory=list)

    def take(self, word: Word) -> bool:
        """Add a word; False when it does not belong to the phrase any more."""
        if word.tag == "noun":
            if self._is_next(word.text):
                return False
            self.nouns.append(word.text)
            self._put_attribute_first()
        elif self.nouns or word == OWNED or word.tag not in ("article", "owner", "number"):
            return False
        elif word.tag == "number":
            self.number = word.text
        else:
            self.article = word.text
        return True

    def _is_next(self, word: str) -> bool:
        """ "outside the theater people ...": who is named behind a place is somebody else."""
        several = lexicon.is_plural(word) and lexicon.is_kind(lexicon.singular(word), "person")
        return (
            several and self.article == "the" and bool(self.nouns) and lexicon.is_place(lexicon.concept(self.nouns)[0])
        )

    def _put_attribute_first(self) -> None:
        """ "eyes open" → "open eyes": an adjective behind a noun that is one for sure."""
        if len(self.nouns) < 2 or not lexicon.is_attribute(self.nouns[-1]):
            return
        last, before = (lexicon.kinds(lexicon.singular(noun)) for noun in (self.nouns[-1], self.nouns[-2]))
        told = lexicon.attribute_kinds(self.nouns[-1]) & {"colour", "state"}  # "a fence white", "curtains open"
        sure = before & {"body", "person", "animal", "clothing"} or (told and before)
        if sure and not last and not lexicon.is_attribute(self.nouns[-2]):
            self.nouns.insert(-1, self.nouns.pop())

    @property
    def head(self) -> str:
        """The last word, in the singular."""
        return lexicon.singular(self.nouns[-1])

    @property
    def only_attributes(self) -> bool:
        """Whether every word is an attribute: "matte black"."""
        return all(lexicon.is_attribute(word) for word in joined_attributes(self.nouns))

    @property
    def says_how(self) -> bool:
        """Attributes alone, and no thing by that name: "ice cream" is one; orange is a colour first."""
        key, length = lexicon.concept(self.nouns)
        is_thing = bool(lexicon.kinds(key)) and (length > 1 or "colour" not in lexicon.attribute_kinds(self.nouns[-1]))
        return not self.article and self.only_attributes and not is_thing

    @property
    def is_shade(self) -> bool:
        """A colour behind words that no list knows: "iridescent blue"."""
        *shade, colour = self.nouns
        unlisted = bool(shade) and not any(lexicon.kinds(lexicon.singular(word)) for word in shade)
        return unlisted and not self.article and "colour" in lexicon.attribute_kinds(colour)

    @property
    def is_surface(self) -> bool:
        """What something can be of: "(a door of) glass", "(a turban of) saffron yellow"."""
        listed = len(self.nouns) > 1 and lexicon.concept(self.nouns)[1] > 1
        surface = lexicon.attribute_kinds(self.nouns[-1]) & {"material", "colour"}
        return bool(surface) and not self.article and len(self.nouns) <= 2 and not listed

    @property
    def counts(self) -> bool:
        """Whether it only arranges what follows "of": a group, a row."""
        collective = wordlists.names("grammar", "collective")
        return self.head in collective or self.nouns[-1] in collective

    @property
    def is_filler(self) -> bool:
        """A word for the picture or a part of it, or one that only counts: no thing of its own."""
        if len(self.nouns) > 1 and (self.nouns[-1] in ("background", "backdrop") or lexicon.concept(self.nouns)[1] > 1):
            return False  # "black background", "street corner"
        if self._is_garment:
            return False
        if self.article in wordlists.names("grammar", "possessive") and lexicon.is_kind(self.head, "body"):
            return False  # "on its back"
        listed = bool(lexicon.kinds(lexicon.concept(self.nouns)[0]))
        view = not {self.nouns[-1], self.head}.isdisjoint(wordlists.names("grammar", "view"))
        return view or (self.counts and not listed and len(self.nouns) == 1)

    @property
    def _is_garment(self) -> bool:
        """ "a white top", "her striped top"; "the wooden top" may be a table's."""
        look = lexicon.attribute_kinds(self.nouns[-2]) if len(self.nouns) > 1 else frozenset[str]()
        return self.nouns[-1] == "top" and self.article != "the" and bool(look & {"colour", "pattern"})

    def thing(self, collective: str = "") -> Thing:
        """The thing that the phrase names; ``collective`` is the "group" of "a group of"."""
        if self.article and self.nouns[-1] in wordlists.mapping("people", "looks"):
            self.nouns.append("person")  # "a blonde"
        key, length = lexicon.concept(self.nouns)
        modifiers = joined_attributes(self.nouns[:-length])
        doing = [word for word in modifiers if _is_doing(word)]
        return Thing(
            words=tuple(self.nouns),
            key=key,
            noun=" ".join(self.nouns[-length:]),
            attributes=[word for word in modifiers if word not in doing],
            count=self._count(collective),
            number=self.number,
            group=collective if collective not in PAIRS else "",
            article=self.article,
            actions=[Action(verbs.stem(word), word) for word in doing],
        )

    def _count(self, collective: str) -> int | None:
        number = wordlists.mapping("grammar", "number").get(self.number, self.number)
        if number:
            return MANY if number == "many" else int(number)
        if (collective and collective not in PAIRS) or lexicon.is_plural(self.nouns[-1]):
            return MANY
        if self.nouns[-1] in wordlists.names("common", "group noun"):
            return None
        return 1 if self.article in ("a", "an", "one", "another") else None


def _is_doing(word: str) -> bool:
    """ "a sleeping cat" does something, a string light does not."""
    noun = lexicon.kinds(word) or word in wordlists.names("grammar", "ing nouns")
    return bool(re.fullmatch(r"\w+ing", word)) and not noun


def joined_attributes(words: list[str]) -> list[str]:
    """Two words that are one attribute joined: ["matte", "black"] → ["matte black"]."""
    found: list[str] = []
    for word in words:
        if found and lexicon.is_attribute(f"{found[-1]} {word}"):
            found[-1] = f"{found[-1]} {word}"
        else:
            found.append(word)
    return found
