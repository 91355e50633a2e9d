"""What a caption or a prompt says, and what is to change: things, scenes and changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.types import Edit

MANY = -1
"""The count of a plural without a number."""


@dataclass(frozen=True)
class Action:
    """Something being done.

    Args:
        stem: one for all forms of the verb.
        text: how people read it.
        toward: where somebody looks, as typed: "up", "at viewer"; "" where the text does not say.
    """

    stem: str
    text: str
    toward: str = ""


@dataclass(eq=False)
class Thing:
    """One noun phrase.

    Args:
        words: its content words as typed, without articles and numbers.
        key: the concept of its head, one for all synonyms.
        noun: the words of the head, as typed.
        attributes: the words before the head and what is said of it later ("is green").
        count: 1, several, or None where the phrase does not say; ``MANY`` for a plural.
        number: the count as typed, "" where there is none.
        group: what several are called together: the "herd" of "a herd of deer".
        vessel: what holds it: the "white cup" of "a white cup of coffee".
        article: the determiner as typed, "" where there is none.
        relation: how its ``anchor`` hangs on it, read "anchor relation thing": man wearing hat; "" at the top.
        stands: the first place that the text gives for it: ("on", the table).
        owner: whose it is: the man of "the man's jacket", the house of "the roof of the house".
        mentioned: only named as an owner: the truck of "a truck's bed".
        place: "left" or "right" of the picture, where the text says so.
        region: the part of the picture that the text puts it in, as typed: "in the top corner".
        joined: stands behind "and" or "plus".
        tag: stands alone between commas.
    """

    words: tuple[str, ...]
    key: str
    noun: str
    attributes: list[str] = field(default_factory=list)
    count: int | None = None
    number: str = ""
    group: str = ""
    vessel: str = ""
    article: str = ""
    relation: str = ""
    anchor: Thing | None = None
    stands: tuple[str, Thing] | None = None
    owner: Thing | None = None
    actions: list[Action] = field(default_factory=list)
    mentioned: bool = False
    place: str = ""
    region: str = ""
    joined: bool = False
    tag: bool = False

    @property
    def phrase(self) -> str:
        """As people read it, with its own adjectives: "small sailboat", "cup of coffee"."""
        phrase = " ".join([*self.attributes, self.noun])
        return f"{self.vessel} of {phrase}" if self.vessel else phrase

    @property
    def counted(self) -> str:
        """The phrase with its number: "three candles"."""
        return f"{self.number} {self.phrase}" if self.number else self.phrase

    @property
    def kind(self) -> frozenset[str]:
        """The sections of things.txt that it stands in."""
        return lexicon.kinds(self.key)

    @property
    def is_setting(self) -> bool:
        """Where or when the picture takes place, rather than something in it."""
        if not (lexicon.is_place(self.key) or lexicon.is_kind(self.key, "building")) or "toy" in self.words:
            return False
        solid = lexicon.is_kind(self.key, "vehicle", "building")
        if self.vessel or (solid and self.relation in wordlists.names("common", "outside")):
            return False  # "a cup of water", and nobody is in a bus "next to a bus"
        outside = lexicon.is_kind(self.key, "building", "vehicle", "celestial")
        if self.tag and (not outside or self.key in wordlists.names("common", "interior")):
            return True
        if lexicon.is_kind(self.key, "celestial") and self.relation in ("under", "below", "beneath"):
            return False
        around = ("in", "inside", "at", "on top of", "in front of", "among", "amongst", "aboard", "on board")
        inside = lexicon.is_kind(self.key, "building") and self.relation in around
        if not lexicon.is_place(self.key):
            return inside
        return lexicon.is_kind(self.key, "weather") or self.relation in wordlists.names("common", "setting relation")

    @property
    def located(self) -> str:
        """With the preposition and article it was typed with: "on the grass"."""
        return " ".join(part for part in (self.relation, self.article, self.phrase) if part)


@dataclass
class Scene:
    """A whole description.

    Args:
        things: in the order in which they are named.
        styles: media and styles, as typed.
        absent: things that the text says are not there.
        several: things that were named together before each got its own: the cats of "two cats, one black".
        hinted: words that only stand before a word for the picture: the mirror of "a mirror selfie".
        residue: words that the grammar could not place.
        partial: the text only says what is new, and that all else stays.
    """

    things: list[Thing] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    absent: list[Thing] = field(default_factory=list)
    several: Thing | None = None
    hinted: set[str] = field(default_factory=set)
    residue: list[str] = field(default_factory=list)
    partial: bool = False

    def implied(self) -> set[str]:
        """What other things bring along: the surfboard of "a surfer", the flowers of "a flower-filled vase"."""
        named: set[str] = set()
        for thing in self.things:
            named = named.union(*map(lexicon.implied, (thing.key, *thing.attributes)))
            named |= {lexicon.singular(word.split("-")[0]) for word in thing.attributes if "-" in word}
        return named

    def is_sum(self, thing: Thing) -> bool:
        """Whether everybody whom a word names is there by themselves: the man and the woman of "a couple"."""
        keys = {other.key for other in self.things}
        return any(named <= keys for named in lexicon.several(thing.key))

    def by_the_way(self) -> set[str]:
        """What is named without a noun phrase of its own: the tree of "a tree branch", and what is implied."""
        named = self.implied() | self.hinted
        for thing in self.things:
            words = (*thing.words[:-1], *thing.attributes, *thing.vessel.split())
            named |= {lexicon.singular(word) for word in words if "colour" not in lexicon.attribute_kinds(word)}
            named |= {action.stem for action in thing.actions} | thing.kind
            named = named.union(*(verbs.used_by(action.stem) for action in thing.actions))
        return named


@dataclass(frozen=True)
class Change:
    """An edit with the phrases that the picture can be asked about.

    Args:
        edit: what the texts alone say.
        new: what the picture shows if it is done already; "" where asking makes no sense.
        old: what the picture shows if it is not.
        others: what else the target may be found by, where the caption is wrong in a word: "cat" for "yellow cat".
        unsaid: the caption says nothing against it, so that only the picture can make it an edit.
        shared: several things do it together.
        counted: it is about how many there are.
    """

    edit: Edit
    new: str = ""
    old: str = ""
    others: tuple[str, ...] = ()
    unsaid: bool = False
    shared: bool = False
    counted: bool = False
