"""The records that go from stage to stage: things, scenes, alignments and changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lib_automask.plan import predicates, vocabulary
from lib_automask.types import Edit

MANY = -1
"""The count of a plural without a number."""
INSIDE = frozenset(("in", "inside", "at", "among", "aboard", "in front of", "on top of", "outside", "around"))
"""By these relations a building is the setting."""


@dataclass(frozen=True)
class Action:
    """Something being done; ``key`` is one for all forms of the verb, ``text`` how people read it."""

    key: str
    text: str
    position: int = -1


@dataclass(eq=False)
class Thing:
    """One noun phrase.

    Args:
        key: the concept of its head, one for all synonyms.
        noun: the words of the head, as typed.
        attributes: the words before the head, and what is said of it later ("is green").
        number: the count as typed, "" where there is none.
        count: 1, several, or None where the phrase does not say; ``MANY`` for a plural.
        article: the determiner as typed.
        group: what several are called together: the "herd" of "a herd of deer".
        relation: how it hangs on its ``anchor``, read "anchor relation thing": man wearing hat; "" at the top.
        stands: the first place that the text gives for it: ("on", the table).
        owner: whose it is: the man of "the man's jacket".
        side: "left", "right", "top" or "bottom", where the text says so.
        joined: stands behind "and" or a comma in a list.
        tag: stands alone between commas.
        span: first and last word in the scene's words.
        writing: what is written on it.
    """

    key: str
    noun: str
    attributes: list[str] = field(default_factory=list)
    number: str = ""
    count: int | None = None
    article: str = ""
    group: str = ""
    relation: str = ""
    anchor: Thing | None = None
    stands: tuple[str, Thing] | None = None
    owner: Thing | None = None
    side: str = ""
    region: str = ""
    joined: bool = False
    tag: bool = False
    span: tuple[int, int] = (0, 0)
    actions: list[Action] = field(default_factory=list)
    writing: str = ""
    proper: bool = False
    made: list[str] = field(default_factory=list)

    @property
    def phrase(self) -> str:
        """As people read it, with its own adjectives: "small sailboat"."""
        return " ".join([*self.attributes, self.noun])

    @property
    def counted(self) -> str:
        """The phrase with its number: "three candles"."""
        return f"{self.number} {self.phrase}" if self.number else self.phrase

    @property
    def kinds(self) -> frozenset[str]:
        """What kinds of thing it is."""
        return vocabulary.kinds_of(self.key)

    @property
    def is_alive(self) -> bool:
        """Whether it is a person or an animal."""
        return bool(self.kinds & {"person", "animal"})

    @property
    def is_setting(self) -> bool:
        """Where or when the picture takes place, rather than something in it."""
        if vocabulary.is_of_kind(self.key, "weather", "light") or self.key in ("background", "backdrop"):
            return True
        building = vocabulary.is_of_kind(self.key, "building")
        if self.proper and not self.kinds - {"food", "drink", "person", "animal"} and self.relation in ("in", "at"):
            return True
        if not (vocabulary.is_scenery(self.key) or building):
            return False
        if self.tag:
            return not building or vocabulary.in_list(self.key, "interior")
        if building and not vocabulary.is_scenery(self.key):
            return self.relation in INSIDE
        if self.relation == "of" and self.anchor is not None and vocabulary.is_scenery(self.key):
            return self.anchor.key in ("floor", "wall", "middle", "edge", "corner", "ground") or self.anchor.is_setting
        return vocabulary.in_list(self.relation, "setting relation")

    @property
    def is_ground(self) -> bool:
        """Whether it is where everything stands, be it only a table."""
        lies = self.relation in ("on", "in", "at", "in front of", "inside", "against", "on top of", "under", "among")
        lies = lies or (self.tag and "building" in self.kinds)
        return self.is_setting or (lies and not self.is_alive and "clothing" not in self.kinds)

    def hang_on(self, anchor: Thing | None) -> None:
        """Set the anchor, unless that hangs on this thing, as in "of a barn, the barn ...": no circle is made."""
        one = anchor
        while one is not None:
            if one is self:
                return
            one = one.anchor
        self.anchor = anchor

    def holders(self) -> Iterator[Thing]:
        """What it hangs on, and what that hangs on."""
        seen: set[int] = set()
        thing = self.owner or self.anchor
        while thing is not None and id(thing) not in seen:
            seen.add(id(thing))
            yield thing
            thing = thing.owner or thing.anchor


@dataclass
class Scene:
    """A whole description.

    Args:
        things: in the order in which they are named.
        words: every word in lower case, lemmas where they are nouns or verbs.
        styles: media and styles, as typed.
        absent: things that the text says are not there.
        moods: attributes that stand alone: "rainy".
        residue: words that could not be placed.
        partial: the text only says what is new, and that all else stays.
    """

    things: list[Thing] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    absent: list[Thing] = field(default_factory=list)
    moods: list[str] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)
    partial: bool = False

    @property
    def subject(self) -> Thing | None:
        """The first thing that is no place."""
        return next((thing for thing in self.things if not thing.is_setting), None)

    def mentions(self, generous: bool = False) -> set[str]:
        """Every lemma of the text, and what its words bring along; ``generous``: a surfboard with any surfing."""
        named = set(self.words)
        handled = {predicates.verb_key(thing.relation) for thing in self.things if thing.relation}
        for thing in self.things:
            named.add(thing.key)
            named |= thing.kinds
            for word in (thing.key, *thing.attributes):
                named |= vocabulary.implied_by(word) | {predicates.verb_key(word)}
                named |= {vocabulary.singular_of(part) for part in word.split("-")} if "-" in word else set()
            for action in thing.actions:
                named |= {action.key, *map(predicates.verb_key, action.text.split())}
                named |= vocabulary.implied_by(action.text)
                named |= predicates.used_by_verb(action.key) if generous or action.key not in handled else set()
        return named

    def signs(self) -> set[str]:
        """The things and deeds that the people of the scene have by what they are called: a surfer has a surfboard."""
        return {
            form
            for thing in self.things
            for sign in vocabulary.signs_of_role(thing.key)
            for form in (sign, predicates.verb_key(sign))
        }


@dataclass
class Alignment:
    """Which thing of the prompt is which of the caption.

    Args:
        same: pairs that are one thing.
        swapped: pairs of which the second takes the place of the first.
        gone: things of the caption without a partner.
        come: things of the prompt without a partner.
        blocks: for each word of the caption and of the prompt the number of the difference that it lies in, or -1.
        coverage: share of the caption's content words that the prompt repeats.
        novelty: share of the prompt's content words that the caption has not.
        tags: share of the prompt's things that stand alone between commas.
    """

    same: list[tuple[Thing, Thing]] = field(default_factory=list)
    swapped: list[tuple[Thing, Thing]] = field(default_factory=list)
    gone: list[Thing] = field(default_factory=list)
    come: list[Thing] = field(default_factory=list)
    blocks: tuple[list[int], list[int]] = ((), ())  # type: ignore[assignment]
    coverage: float = 0.0
    novelty: float = 0.0
    tags: float = 0.0

    def old_of(self, new: Thing | None) -> Thing | None:
        """The caption's thing that a thing of the prompt is, or replaces."""
        return next((old for old, other in [*self.same, *self.swapped] if other is new), None)

    def new_of(self, old: Thing | None) -> Thing | None:
        """The prompt's thing that a thing of the caption is, or becomes."""
        return next((new for other, new in [*self.same, *self.swapped] if other is old), None)


@dataclass
class Change:
    """A candidate edit with what the picture can be asked and what the scorer looks at.

    Args:
        edit: what the texts alone say.
        new: what the picture shows if it is done already; "" where asking makes no sense.
        old: what the picture shows if it is not.
        reading: what kind of difference was read: "another thing", "unsaid attribute" ...
        features: named values for the scorer.
    """

    edit: Edit
    new: str = ""
    old: str = ""
    reading: str = ""
    others: tuple[str, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
