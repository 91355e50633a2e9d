"""Words of an instruction that single out one of several: "the second dog from the left", "the car next to the tree".

The caption calls them all by one name, so these words are taken out before the thing is looked up in it, and given back
to the target: which of the dogs is the second, only the picture can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lib_automask.plan import lexicon
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.referring_expressions import ARTICLE, ORDINALS, RELATIONS, SIDES, SIZES, read_referent

PLACED = {
    "left": "on the left",
    "right": "on the right",
    "top": "at the top",
    "bottom": "at the bottom",
    "middle": "in the middle",
}


@dataclass(frozen=True)
class Singled:
    """One of several: the words that stood before and behind it, and how it was called without them."""

    before: str
    called: str
    behind: str


def counted_at_side(clause: str) -> str:
    """ "the second ball from the left" → "the second ball at the left": "change it from X to Y" says another thing."""
    return re.sub(rf"\b({_one_of(ORDINALS)})\b(.*?) from the (left|right|top|bottom)\b", r"\1\2 at the \3", clause)


def split_place(text: str) -> tuple[str, str]:
    """ "a hat on the left dog" → ("a hat on ", "the left dog"); the second is "" where no place is named."""
    match = re.match(
        r"(.+? (?:on|onto|over|around|in|into|behind|beside|near|next to|in front of|above|under|to|against|"
        r"on top of) )"
        r"((?:the|his|her|its|their) .+)$",
        text,
    )
    return (match[1], match[2]) if match else (text, "")


def take_out(text: str, shown: Scene) -> tuple[str, Singled | None]:
    """The text of an instruction without the words that single out a thing of which the caption has several."""
    several = _several(shown)
    if not several:
        return text, None
    text = re.sub(rf"^((?:the )?(?:{_one_of(ORDINALS)})) (?=at the )", r"\1 one ", text)
    match = _pattern(several, shown.things).match(text)
    if match is None or not (match["before"] or match["behind"]):
        return text, None
    if any(word in thing.attributes for thing in several for word in match["before"].split()):
        return text, None  # "a big cat and a little cat": the caption tells them apart
    called = re.sub(r"\bones?$", lexicon.singular(several[0].noun), match["called"])
    before, behind = match["before"].strip(), (match["behind"] or "").strip()
    if before in SIDES and not behind:
        before, behind = "", PLACED[SIDES[before]]
    singled = Singled(before, called, behind)
    return f"{match['article'] or ''}{called}{match['rest']}", singled


def put_back(change: Change, singled: Singled, shown: Scene) -> Change:
    """The change with a target that is the one of several."""
    edit = change.edit
    named = next((thing for thing in _several(shown) if thing.phrase == read_referent(edit.target).thing), None)
    if named is None:
        return change
    alike = {thing.phrase for thing in shown.things if thing.key == named.key}
    phrase = _one(named.phrase) if len(alike) == 1 else singled.called
    target = " ".join(part for part in (singled.before, phrase, singled.behind) if part)
    result = edit.replacement
    if result and result.endswith(f" {named.noun}"):
        result = _one(result)
    edit = replace(edit, target=target, replacement=result)
    return replace(change, edit=edit, old=phrase if change.old else "")


def _one(phrase: str) -> str:
    """ "red balls" → "red ball"."""
    *words, noun = phrase.split()
    return " ".join([*words, lexicon.singular(noun)])


def _several(shown: Scene) -> list[Thing]:
    """The things that there are several of, or that others have the name of."""
    keys = [thing.key for thing in shown.things]
    return [thing for thing in shown.things if thing.count not in (None, 1) or keys.count(thing.key) > 1]


def _pattern(several: Iterable[Thing], things: Iterable[Thing]) -> re.Pattern[str]:
    """(article, before, called, behind, rest) of a text about one of ``several``; ``things`` may be named behind it."""
    before = _one_of((*SIDES, *SIZES, *ORDINALS))
    side = rf"(?:on|at|to|in) the (?:{_one_of(SIDES)})(?: side)?(?! of\b)"
    place = rf"(?:{_one_of(RELATIONS)}) {ARTICLE}(?:\w+ )*?(?:{_one_of(_nouns(things))})"
    return re.compile(
        rf"(?P<article>{ARTICLE})?(?P<before>(?:(?:{before}) )*)"
        rf"(?P<called>(?:\w+ ){{0,3}}?(?:{_one_of(_nouns(several))}|ones?))"
        rf"(?P<behind> (?:(?:that|which) (?:is|are) )?(?:{side}|{place})\b)?(?P<rest>(?: .*)?)$"
    )


def _nouns(things: Iterable[Thing]) -> set[str]:
    """The nouns as typed and in the singular."""
    return {form for thing in things for form in (thing.noun, lexicon.singular(thing.noun))}


def _one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
