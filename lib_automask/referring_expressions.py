"""Which one of several a phrase means: "second red ball from the left", "the man's jacket", "the dog next to a tree".

Text alone. The words that single one thing out are read and taken off; what is left says what the thing looks like.
``SPATIAL_RELATIONS`` is the one table of how things lie to each other: it is read here, where segments are compared
(``locate.selection``) and where new things are placed (``locate.insertion``, ``locate.placement``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Placement = Literal[
    "left", "right", "above", "below", "under", "on", "in", "foot", "front", "ridden", "behind",
    "near", "between", "hands", "crown",
]  # fmt: skip
"""Where a new thing goes, seen from its anchor: on a side, under or on it, near it, or to a band of a body."""


@dataclass(frozen=True)
class SpatialRelation:
    """One row of the table: how one thing lies to another.

    Args:
        placed: where a new thing goes.
        compared: how the boxes of two things in the picture are compared: a picture is flat, so what is behind a thing
            counts as next to it. "" where no phrase of the row singles out a thing.
        phrases: that single out one of several things, and place new ones.
        more: phrases that only place new things.
        worn: those of both that leave it to the new thing where on its wearer it goes: a hat "on" a man.
        direction: (x, y), y downwards, of a thing that lies to one side of the other; None for the rest.
        foot: where the foot of a new thing stands that covers a part of its anchor: in half widths of the anchor from
            its middle, and in heights of the anchor from its top (guesses). None where it keeps clear of the anchor.
    """

    placed: Placement
    compared: str = ""
    phrases: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    worn: tuple[str, ...] = ()
    direction: tuple[int, int] | None = None
    foot: tuple[float, float] | None = None


SPATIAL_RELATIONS = (
    SpatialRelation(
        "left",
        "left of",
        ("left of", "to the left of", "on the left of", "on the left side of"),
        direction=(-1, 0),
    ),
    SpatialRelation(
        "right",
        "right of",
        ("right of", "to the right of", "on the right of", "on the right side of"),
        direction=(1, 0),
    ),
    SpatialRelation("above", "above", ("above", "over"), direction=(0, -1)),
    SpatialRelation("below", "below", ("below",), direction=(0, 1)),
    SpatialRelation("under", "below", ("under", "underneath", "beneath"), ("hanging from",)),
    SpatialRelation(
        "on",
        "on",
        ("on", "on top of"),
        ("onto", "upon", "atop", "at the top of", "topped with"),
        worn=("on",),
        foot=(0, 0.35),
    ),
    SpatialRelation(
        "in",
        "on",
        ("in", "inside"),
        ("into", "within", "filled with", "full of", "in the middle of", "in the center of", "dressed in", "clad in"),
        worn=("in", "dressed in", "clad in"),
        foot=(0, 0.85),
    ),
    SpatialRelation("foot", more=("at the foot of", "at the base of"), foot=(0.6, 1.05)),
    SpatialRelation("front", "next to", ("in front of",), ("before",), foot=(0, 1.1)),
    SpatialRelation("ridden", more=("riding",), foot=(0, 1.15)),
    SpatialRelation("behind", "next to", ("behind",)),
    SpatialRelation("near", "next to", ("next to", "close to", "closest to", "nearest to", "beside", "near", "by")),
    SpatialRelation("near", "next to", ("with",), ("has", "having", "to"), worn=("with", "has", "having", "to")),
    SpatialRelation("between", more=("between", "in-between")),
    SpatialRelation("hands", "next to", ("holding",), ("carrying", "eating", "drinking", "reading", "in the hands of")),
    SpatialRelation("crown", "next to", ("wearing",), worn=("wearing",)),
)
NEAR = next(row for row in SPATIAL_RELATIONS if row.placed == "near")
"""What a relation that the table does not have means for a new thing."""
BY_PHRASE = {phrase: row for row in SPATIAL_RELATIONS for phrase in (*row.phrases, *row.more)}
RELATIONS = {phrase: row.compared for row in SPATIAL_RELATIONS for phrase in row.phrases}
"""The phrases that single out a thing, and how the boxes are then compared."""
DIRECTIONS = {row.compared: row.direction for row in SPATIAL_RELATIONS if row.direction}

SIDES = {
    **dict.fromkeys(("left", "leftmost", "left-most", "far left"), "left"),
    **dict.fromkeys(("right", "rightmost", "right-most", "far right"), "right"),
    **dict.fromkeys(("top", "upper", "topmost", "uppermost", "highest"), "top"),
    **dict.fromkeys(("bottom", "lower", "bottommost", "lowermost", "lowest"), "bottom"),
    **dict.fromkeys(("middle", "center", "centre", "central"), "middle"),
}
SIZES = {
    **dict.fromkeys(("big", "bigger", "biggest", "large", "larger", "largest", "taller", "tallest"), "large"),
    **dict.fromkeys(("small", "smaller", "smallest", "little", "tiny", "shorter", "shortest"), "small"),
}
DEPTHS = {"foreground": "large", "background": "small", "distance": "small"}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
NUMBERS = {"one": 1, "two": 2, "both": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
MANY = ("all", "several", "many", "some")
MOST_ANCHORS = 5
"""A guess, more than anybody writes: so many things that single out another are read, one by the next."""


def _one_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


ARTICLE = r"(?:(?:the|a|an|his|her|their|its|my|your)\s+)"
QUANTITY = re.compile(rf"^(?P<number>{_one_of((*NUMBERS, *MANY))})\s+(?:of\s+)?{ARTICLE}?")
SINGLING_WORD = re.compile(rf"^(?P<word>{_one_of((*SIDES, *SIZES, *ORDINALS))})\s+(?!of\b)")
AT_SIDE = re.compile(rf"^(?P<rest>.+?)\s+(?:on|at|to|in|from) the (?P<side>{_one_of(SIDES)})(?:\s+side)?$")
IN_DEPTH = re.compile(rf"^(?P<rest>.+?)\s+in the (?P<depth>{_one_of(DEPTHS)})$")
RELATED = re.compile(
    rf"^(?P<rest>.+?)\s+(?:(?:that|which|who) (?:is|are)\s+)?(?P<relation>{_one_of(RELATIONS)})\s+"
    rf"{ARTICLE}?(?P<anchor>.+)$"
)
OWNED = re.compile(r"^(?P<owner>.+)(?:'s|’s|s'|s’)\s+(?P<rest>.+)$")
PART_OF = re.compile(r"^(?P<rest>.+?)\s+of\s+(?:the|his|her|their|its|my|your)\s+(?P<owner>.+)$")
# A plural, but not "dress", "octopus" or "tennis".
PLURAL = re.compile(r"(?:[^\Wsui]s|people|men|children|geese|mice)$")

PICTURE_REGIONS = (
    (re.compile(r"\b(?:sky|heavens|clouds|in the air|midair)\b"), "sky"),
    (re.compile(r"\b(?:background|distance|horizon)\b"), "background"),
    (re.compile(r"\b(?:foreground)\b"), "foreground"),
    (re.compile(r"\b(?:top|upper) left\b"), "top left"),
    (re.compile(r"\b(?:top|upper) right\b"), "top right"),
    (re.compile(r"\b(?:bottom|lower) left\b"), "bottom left"),
    (re.compile(r"\b(?:bottom|lower) right\b"), "bottom right"),
    (re.compile(r"\bcorner\b"), "corner"),
)
"""How people name a part of the picture; where several match, the first one counts."""
EDGES = re.compile(r"^(?:on|at|to|in) (?:the |its )?(left|right|top|bottom|middle|center|centre)\b")


@dataclass(frozen=True)
class Referent:
    """What a phrase means.

    Args:
        thing: what one of the things looks like.
        count: how many are meant; None for as many as there are.
        side: "left", "right", "top", "bottom" or "middle" of all that look so; "" where the phrase names none.
        order: 2 for the second from the ``side``.
        size: "large" or "small" beside the others that look so, or "".
        relation: how it lies to the ``anchor``: ``SpatialRelation.compared``, "of" for what belongs to it, or "".
        anchor: the other thing that singles it out.
    """

    thing: str
    count: int | None = 1
    side: str = ""
    order: int = 1
    size: str = ""
    relation: str = ""
    anchor: Referent | None = None

    @property
    def singles_out(self) -> bool:
        """Whether the phrase says more than what the thing looks like."""
        return bool(self.side or self.size or self.relation)

    @property
    def things(self) -> tuple[str, ...]:
        """What it and every other thing that the phrase names look like."""
        return (self.thing, *(self.anchor.things if self.anchor else ()))


def read_referent(phrase: str) -> Referent:
    """What ``phrase`` means; never fails, whatever text it is.

    Of things that single out one another, ``MOST_ANCHORS`` are read and the rest is ignored.
    """
    chain: list[dict[str, str]] = []
    phrase = " ".join(phrase.split())  # the patterns take a time that is quadratic in a run of spaces
    while phrase and len(chain) <= MOST_ANCHORS:
        chain.append(_read_parts(phrase))
        phrase = chain[-1].get("anchor") or chain[-1].get("owner", "")
    anchor: Referent | None = None
    for parts in reversed(chain):
        anchor = _make_referent(parts, anchor)
    return anchor or Referent("")


def find_relation(relation: str) -> SpatialRelation:
    """The row that places a new thing, by the longest phrase at the end: "sitting on top of" → "on"."""
    endings = [phrase for phrase in BY_PHRASE if relation == phrase or relation.endswith(f" {phrase}")]
    return BY_PHRASE[max(endings, key=len)] if endings else NEAR


def is_worn_by(relation: str) -> bool:
    """Whether a relation leaves it to the new thing where on its wearer it goes; also where there is none ("")."""
    return not relation or (relation in BY_PHRASE and relation in BY_PHRASE[relation].worn)


def is_ambiguous(relation: str) -> bool:
    """Whether the place depends on the two things: a cup "with" a man is held, a tree "with" a house is put on it."""
    return is_worn_by(relation) and relation in BY_PHRASE and BY_PHRASE[relation].placed == "near"


def named_region(place: str) -> str | None:
    """The part of the picture that "in the sky" or "in the upper left corner" names; None for other places."""
    text = place.lower().strip()
    named = next((name for pattern, name in PICTURE_REGIONS if pattern.search(text)), None)
    edge = EDGES.match(text)
    return named or (edge[1].replace("centre", "middle").replace("center", "middle") if edge else None)


def _read_parts(phrase: str) -> dict[str, str]:
    """The parts of a phrase by name ("number", "side", "depth", "relation", "anchor", "owner"), and its "rest"."""
    parts: dict[str, str] = {}
    rest = re.sub(rf"^{ARTICLE}", "", phrase)
    if match := QUANTITY.match(rest):
        parts.update(match.groupdict())
        rest = rest[match.end() :]
    for pattern in (AT_SIDE, IN_DEPTH, RELATED, OWNED, PART_OF):
        if not parts.keys() & {"anchor", "owner"} and (match := pattern.match(rest)):
            parts.update(match.groupdict())
            rest = match["rest"]
    return {**parts, "rest": rest}


def _make_referent(parts: dict[str, str], anchor: Referent | None) -> Referent:
    words, thing = _take_singling_words(parts["rest"])
    ordinal = _last_of(words, ORDINALS)
    relation = "of" if "owner" in parts else RELATIONS.get(parts.get("relation", ""), "")
    return Referent(
        thing=thing,
        count=_count_of(thing, parts.get("number", "")),
        side=SIDES.get(parts.get("side") or _last_of(words, SIDES), "left" if ordinal else ""),
        order=ORDINALS.get(ordinal, 1),
        size=SIZES.get(_last_of(words, SIZES)) or DEPTHS.get(parts.get("depth", ""), ""),
        relation=relation if anchor is not None else "",
        anchor=anchor,
    )


def _take_singling_words(text: str) -> tuple[list[str], str]:
    """Words such as "left", "big" and "second" at the start of a text, and the text without them."""
    words, start = [], 0
    while match := SINGLING_WORD.match(text[start:]):
        words.append(match["word"])
        start += match.end()
    return words, text[start:]


def _last_of(words: list[str], known: Iterable[str]) -> str:
    """The last of the words that is known, or ""."""
    return next((word for word in reversed(words) if word in known), "")


def _count_of(thing: str, number: str) -> int | None:
    if number in NUMBERS:
        return NUMBERS[number]
    return None if number or PLURAL.search(thing) else 1
