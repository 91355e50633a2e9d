"""One of several that look alike: told apart by the prompt, or singled out by an instruction.

    two red cats, snow | a red cat left of a blue dog   →   a red cat left of a red cat, snow
    two red cats, snow | a red cat on the right         →   a red cat on the left and a red cat on the right, snow

The grammar knows the left and the right of a picture. Its top and bottom are called so while two alike are told apart,
and by their own names again in the plan. Of an instruction ("the second dog from the left") the words that single one
out are taken off before the thing is looked up in the caption, and given back to the target.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lib_automask.plan import vocabulary
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.plan.scorer import SHOWN
from lib_automask.referring_expressions import ARTICLE, ORDINALS, RELATIONS, SIDES, SIZES, read_referent
from lib_automask.types import Edit, EditPlan, Presence

ACROSS = re.compile(r"\b(?:on|at|to) the (?:left|right)\b|\b(?:left|right) of\b")
DOWN = re.compile(r"\b(?:on|at|to) the (?:top|bottom)\b|\b(?:above|below)\b")
TURNED = {
    r"\b(?:on|at|to) the top\b": "on the left",
    r"\b(?:on|at|to) the bottom\b": "on the right",
    r"\babove\b": "left of",
    r"\bbelow\b": "right of",
}
TURNED_BACK = {"on the left": "at the top", "on the right": "at the bottom"}
COUNTED = re.compile(r"\btwo((?: [\w-]+){1,4})")
REPEATED = re.compile(r"\ban? ([\w -]+?) (?:left of|right of|above|below) an? \1\b")
AT_START = re.compile(r"^(?!an? |the )(?=[\w -]+ on the (?:left|right)$)")
PLACED = {
    "left": "on the left",
    "right": "on the right",
    "top": "at the top",
    "bottom": "at the bottom",
    "middle": "in the middle",
}


@dataclass(frozen=True)
class Doubles:
    """Caption and prompt as clauses, with two alike told apart.

    Args:
        turned: top and bottom are called by sides.
        one: each of the two, "red cat"; "" where nothing was told apart.
    """

    caption: list[str]
    prompt: list[str]
    turned: bool = False
    one: str = ""

    def doubt(self, changes: list[Change]) -> list[Change]:
        """The changes, for the picture to judge by what is new alone.

        A caption that counts two alike may have counted another thing of that colour: that the picture shows a red cat
        then says nothing of the second one.
        """
        mine = [bool(self.one) and self.one in change.old for change in changes]
        return [replace(change, old="", others=()) if own else change for change, own in zip(changes, mine)]

    def name_sides(self, plan: EditPlan) -> EditPlan:
        """The plan with the sides of its targets as they are in the picture."""
        if not self.turned:
            return plan
        return replace(plan, edits=tuple(replace(edit, target=_turn_back(edit.target)) for edit in plan.edits))


def separate_doubles(caption: list[str], prompt: list[str]) -> Doubles:
    """Caption and prompt as they are, unless the caption counts two alike and the prompt says where one is."""
    text = ", ".join(prompt)
    across, down = bool(ACROSS.search(text)), bool(DOWN.search(text))
    pair = next((found for clause in caption if (found := _find_pair(clause))), None)
    if pair is None or across == down or COUNTED.search(text):
        return Doubles(caption, prompt)
    counted, one = pair
    one = f"{'an' if one[0] in 'aeiou' else 'a'} {one}"
    prompt = [_turn_sides(clause) for clause in prompt] if down else prompt
    # As a tag alone it would say nothing of the other; with an article it describes all that there is to be.
    prompt = [AT_START.sub("a ", clause) for clause in prompt]
    at_sides = any(f"on the {side}" in clause for clause in prompt for side in ("left", "right"))
    both = f"{one} on the left and {one} on the right" if at_sides else f"{one} left of {one}"
    return Doubles([clause.replace(counted, both) for clause in caption], prompt, down, pair[1])


def correct_miscount(caption: list[str], changes: list[Change], presence: Presence | None) -> list[Change]:
    """The changes, where the caption counts two alike for one and another thing: "two red cats" for a cat and a dog.

    Then a prompt that says "a red dog" turns neither cat into it: the picture shows the dog, and a cat that is to go.
    """
    pair = next((found for clause in caption if (found := _find_pair(clause))), None)
    if presence is None or pair is None:
        return changes
    counted, one = pair[0].removeprefix("two "), pair[1]
    return [_as_removal(change, one, presence) if change.old == counted else change for change in changes]


def _as_removal(change: Change, one: str, presence: Presence) -> Change:
    if change.edit.kind != "replace" or not change.new or min(presence([change.new, one])) < SHOWN:
        return change
    return Change(Edit("remove", one), old=one, reading="denied")


def _find_pair(clause: str) -> tuple[str, str] | None:
    """("two red cats", "red cat") where a clause counts two, or names one beside its like; else None."""
    if match := REPEATED.search(clause):
        return match[0], match[1]
    match = COUNTED.search(clause)
    words = match[1].split() if match else []
    for end, word in enumerate(words, 1):
        if vocabulary.singular_of(word) != word or (end == len(words) and vocabulary.kinds_of(word)):
            return f"two {' '.join(words[:end])}", " ".join([*words[: end - 1], vocabulary.singular_of(word)])
    return None


def _turn_sides(clause: str) -> str:
    for pattern, side in TURNED.items():
        clause = re.sub(pattern, side, clause)
    return clause


def _turn_back(target: str) -> str:
    for side, other in TURNED_BACK.items():
        target = target.replace(side, other)
    return target


@dataclass(frozen=True)
class Selector:
    """One of several: the words that stood before and behind it, and how it was called without them."""

    before: str
    called: str
    behind: str


def normalize_ordinals(clause: str) -> str:
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


def extract_selector(text: str, shown: Scene) -> tuple[str, Selector | None]:
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
    called = re.sub(r"\bones?$", vocabulary.singular_of(several[0].noun), match["called"])
    before, behind = match["before"].strip(), (match["behind"] or "").strip()
    if before in SIDES and not behind:
        before, behind = "", PLACED[SIDES[before]]
    singled = Selector(before, called, behind)
    return f"{match['article'] or ''}{called}{match['rest']}", singled


def restore_selector(change: Change, singled: Selector, shown: Scene) -> Change:
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
    return " ".join([*words, vocabulary.singular_of(noun)])


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
    return {form for thing in things for form in (thing.noun, vocabulary.singular_of(thing.noun))}


def _one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
