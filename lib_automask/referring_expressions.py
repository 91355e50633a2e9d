"""Which one of several a phrase means: "second red ball from the left", "the man's jacket", "the dog next to a tree".

Text alone. The words that single one out are read and taken off; what is left says what one of the things looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

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
RELATIONS = {
    **dict.fromkeys(("left of", "to the left of", "on the left of", "on the left side of"), "left of"),
    **dict.fromkeys(("right of", "to the right of", "on the right of", "on the right side of"), "right of"),
    **dict.fromkeys(("next to", "close to", "closest to", "nearest to", "beside", "near", "by"), "next to"),
    **dict.fromkeys(("above", "over"), "above"),
    **dict.fromkeys(("below", "under", "underneath", "beneath"), "below"),
    **dict.fromkeys(("on", "on top of", "in", "inside"), "on"),
    **dict.fromkeys(("behind", "in front of", "with", "wearing", "holding"), "next to"),
}
"""Relations as they are said, and as they are looked at: in a flat picture what is behind a thing is next to it."""


def _one_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


ARTICLE = r"(?:(?:the|a|an|his|her|their|its|my|your)\s+)"
QUANTITY = re.compile(rf"^(?P<number>{_one_of((*NUMBERS, *MANY))})\s+(?:of\s+)?{ARTICLE}?")
FIRST = re.compile(rf"^(?P<word>{_one_of((*SIDES, *SIZES, *ORDINALS))})\s+(?!of\b)")
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


@dataclass(frozen=True)
class Referent:
    """What a phrase means.

    Args:
        thing: what one of them looks like.
        count: how many are meant; None for as many as there are.
        side: "left", "right", "top", "bottom" or "middle" of all that look so; "" where none is said.
        order: 2 for the second from the ``side``.
        size: "large" or "small" beside the others that look so, or "".
        relation: how it lies to the ``anchor``, as in ``RELATIONS``, "of" for what belongs to it, or "".
        anchor: the other thing that tells which one is meant.
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
        """Whether more is said than what the thing looks like."""
        return bool(self.side or self.size or self.relation)

    @property
    def things(self) -> tuple[str, ...]:
        """What it and every other thing that the phrase names look like."""
        return (self.thing, *(self.anchor.things if self.anchor else ()))


def read_referent(phrase: str) -> Referent:
    """What ``phrase`` means; never fails, whatever it holds."""
    said: dict[str, str] = {}
    rest = _take_match(QUANTITY, re.sub(rf"^{ARTICLE}", "", phrase.strip()), said)
    for pattern in (AT_SIDE, IN_DEPTH, RELATED, OWNED, PART_OF):
        if not said.keys() & {"anchor", "owner"} and (match := pattern.match(rest)):
            said.update(match.groupdict())
            rest = match["rest"]
    words = []
    while match := FIRST.match(rest):
        words.append(match["word"])
        rest = rest[match.end() :]
    ordinal = _last_known(words, ORDINALS)
    size = SIZES.get(_last_known(words, SIZES)) or DEPTHS.get(said.get("depth", ""), "")
    anchor = said.get("anchor") or said.get("owner")
    return Referent(
        thing=rest,
        count=_count_of(rest, said.get("number", "")),
        side=SIDES.get(said.get("side") or _last_known(words, SIDES), "left" if ordinal else ""),
        order=ORDINALS.get(ordinal, 1),
        size=size,
        relation="of" if "owner" in said else RELATIONS.get(said.get("relation", ""), ""),
        anchor=read_referent(anchor) if anchor else None,
    )


def _take_match(pattern: re.Pattern[str], text: str, said: dict[str, str]) -> str:
    """The text without what the pattern finds at its start, which is added to what is ``said``."""
    match = pattern.match(text)
    if match is None:
        return text
    said.update(match.groupdict())
    return text[match.end() :]


def _last_known(words: list[str], known: Iterable[str]) -> str:
    """The last of the words that is known, or ""."""
    return next((word for word in reversed(words) if word in known), "")


def _count_of(thing: str, number: str) -> int | None:
    if number in NUMBERS:
        return NUMBERS[number]
    return None if number or PLURAL.search(thing) else 1


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
"""How people name a part of the picture, the most telling first."""
EDGES = re.compile(r"^(?:on|at|to|in) (?:the |its )?(left|right|top|bottom|middle|center|centre)\b")


def named_region(place: str) -> str | None:
    """The part of the picture that "in the sky" or "in the upper left corner" names; None for other places."""
    text = place.lower().strip()
    named = next((name for pattern, name in PICTURE_REGIONS if pattern.search(text)), None)
    edge = EDGES.match(text)
    return named or (edge[1].replace("centre", "middle").replace("center", "middle") if edge else None)
