"""A word with its tag, and a word at its place in the clause: what tells nouns from verbs."""

from __future__ import annotations

from dataclasses import dataclass

from lib_automask.plan.tokens import OWN, Tag, Token


@dataclass(frozen=True)
class Word:
    """One word, or a fixed phrase such as "in front of", with its tag."""

    text: str
    tag: Tag


OWNED = Word(OWN, "owner")
"""The possessive ending: "the man's jacket" → the, man, OWNED, jacket."""


@dataclass(frozen=True)
class Spot:
    """An open word at its place.

    Args:
        text: the word.
        before: the word before it, None at the start.
        after: the token behind it, None at the end.
        run: the unfinished noun phrase to its left, with the word that opens it.
        joined: "and" stands before that.
        hung: a preposition stands before that.
        subject: "several" or "one", where the clause opened with people or animals that do nothing so far; else "".
    """

    text: str
    before: Word | None
    after: Token | None
    run: tuple[Word, ...]
    joined: bool = False
    hung: bool = False
    subject: str = ""

    @property
    def nouns(self) -> list[str]:
        """The content words to the left."""
        return [word.text for word in self.run if word.tag == "noun"]

    @property
    def before_noun(self) -> bool:
        """Whether another open word follows, so that this one may belong to it."""
        return self.after is not None and self.after.tag is None

    def follows(self, *tags: Tag) -> bool:
        """Whether the word before has one of the tags."""
        return self.before is not None and self.before.tag in tags

    def precedes(self, *tags: Tag) -> bool:
        """Whether the token behind has one of the tags."""
        return self.after is not None and self.after.tag in tags
