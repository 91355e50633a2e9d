"""Two alike, which the caption only counts ("two red cats"), told apart as the prompt tells them: by their sides.

    two red cats, snow | a red cat left of a blue dog   →   a red cat left of a red cat, snow
    two red cats, snow | a red cat on the right         →   a red cat on the left and a red cat on the right, snow

The grammar knows the left and the right of a picture. Its top and bottom are called so while two alike are told apart,
and by their own names again in the plan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lib_automask.plan import lexicon
from lib_automask.plan.meaning import with_article
from lib_automask.plan.presence import SHOWN
from lib_automask.plan.scene import Change
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

    def name(self, plan: EditPlan) -> EditPlan:
        """The plan with the sides of its targets as they are in the picture."""
        if not self.turned:
            return plan
        return replace(plan, edits=tuple(replace(edit, target=_turned_back(edit.target)) for edit in plan.edits))


def tell_apart(caption: list[str], prompt: list[str]) -> Doubles:
    """Caption and prompt as they are, unless the caption counts two alike and the prompt says where one is."""
    said = ", ".join(prompt)
    across, down = bool(ACROSS.search(said)), bool(DOWN.search(said))
    pair = next((found for clause in caption if (found := _pair(clause))), None)
    if pair is None or across == down or COUNTED.search(said):
        return Doubles(caption, prompt)
    counted, one = pair
    one = with_article(one)
    prompt = [_turned(clause) for clause in prompt] if down else prompt
    # As a tag alone it would say nothing of the other; with an article it describes all that there is to be.
    prompt = [AT_START.sub("a ", clause) for clause in prompt]
    at_sides = any(f"on the {side}" in clause for clause in prompt for side in ("left", "right"))
    both = f"{one} on the left and {one} on the right" if at_sides else f"{one} left of {one}"
    return Doubles([clause.replace(counted, both) for clause in caption], prompt, down, pair[1])


def miscounted(caption: list[str], changes: list[Change], presence: Presence | None) -> list[Change]:
    """The changes, where the caption counts two alike for one and another thing: "two red cats" for a cat and a dog.

    Then a prompt that says "a red dog" turns neither cat into it: the picture shows the dog, and a cat that is to go.
    """
    pair = next((found for clause in caption if (found := _pair(clause))), None)
    if presence is None or pair is None:
        return changes
    counted, one = pair[0].removeprefix("two "), pair[1]
    return [_gone(change, one, presence) if change.old == counted else change for change in changes]


def _gone(change: Change, one: str, presence: Presence) -> Change:
    if change.edit.kind != "replace" or not change.new or min(presence([change.new, one])) < SHOWN:
        return change
    return Change(Edit("remove", one, score=0.8), old=one)


def _pair(clause: str) -> tuple[str, str] | None:
    """("two red cats", "red cat") where a clause counts two, or names one beside its like; else None."""
    if match := REPEATED.search(clause):
        return match[0], match[1]
    match = COUNTED.search(clause)
    words = match[1].split() if match else []
    for end, word in enumerate(words, 1):
        if lexicon.singular(word) != word or (end == len(words) and lexicon.kinds(word)):
            return f"two {' '.join(words[:end])}", " ".join([*words[: end - 1], lexicon.singular(word)])
    return None


def _turned(clause: str) -> str:
    for pattern, side in TURNED.items():
        clause = re.sub(pattern, side, clause)
    return clause


def _turned_back(target: str) -> str:
    for side, other in TURNED_BACK.items():
        target = target.replace(side, other)
    return target
