"""A closer look, where the caption of the whole picture was too poor to say what changes: one thing at a time.

BLIP miscounts and leaves out where there are several things ("two green fish" for a fish and a box). Of one thing
alone, the ground painted over all else, it says less that is wrong; and what it says is believed only where its
matcher, which sees the thing in the picture itself, agrees.

Who says what changes: the prompt that the picture itself was made with, and what BLIP says of the picture.

Most people generate a picture, change a word of its prompt and generate again. What they changed is then known to the
word, and the picture need not be described. But a picture's own prompt may describe something else, as that of an
earlier inpaint pass ("blue hair") does: so it is heard only where it is about the same things as the new prompt, and
where the picture shows what would change; else, or besides, the caption is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lib_automask.imaging import masks
from lib_automask.interfaces import Models
from lib_automask.locate.scene_view import GROUND
from lib_automask.locate.selection import FOUND, plain_name, segments_overlap
from lib_automask.plan import UNREAD, lexicon, plan_edits
from lib_automask.plan.boosters import drop_boosters, split_clauses
from lib_automask.plan.instruction import read_commands
from lib_automask.plan.presence import SHOWN
from lib_automask.plan.renaming import with_renamed
from lib_automask.plan.retelling import first_thing
from lib_automask.plan.syntax import read_syntax
from lib_automask.types import Box, Edit, EditPlan, EvidenceSource, Image, Presence, Segment, bounding_box

MOST_OBJECTS = 4
"""So many things are looked at: each costs a caption."""
SMALLEST_OBJECT, LARGEST_OBJECT = 0.01, 0.5
"""Of a thing, in shares of the picture."""
WIDER = 1.6
"""The side of what is seen, in longer sides of the thing."""
MARGIN, RING = 0.01, 0.03
"""What is kept round a thing, and how far the ground reaches whose colour replaces all else, in shorter sides."""

CHANGED = ("replace", "modify", "remove")
"""Kinds of edit whose target must be in the picture."""

ONE = re.compile(r"\b1 ?(?=(?:girl|boy|man|woman)s?\b)")
"""The number in tags such as "1girl", which nobody says of a picture."""


def caption_objects(image: Image, segments: Sequence[Segment], models: Models) -> list[str]:
    """What the largest things of ``image`` uint8[H, W, 3] are, by captions of each alone: "green fish", "green box"."""
    seen = separate_objects(segments)[:MOST_OBJECTS]
    names = [first_thing(models.captioner.caption(isolate_object(image, segment))) for segment in seen]
    phrases = list(dict.fromkeys(filter(None, names)))
    if not phrases:
        return []
    scores = models.matcher.score_segments(image, seen, phrases)
    return [name for name, row in zip(names, scores) if name and row[phrases.index(name)] >= FOUND]


def separate_objects(segments: Sequence[Segment]) -> list[Segment]:
    """Things apart from one another, the largest first; of those that overlap the surest outline, and no ground."""
    surest = sorted(segments, key=lambda one: -one.predicted_iou * one.stability_score)
    things: list[Segment] = []
    for segment in surest:
        share = segment.area / segment.mask.size
        is_thing = masks.count_sides_touched(segment.mask) < GROUND and SMALLEST_OBJECT <= share <= LARGEST_OBJECT
        if is_thing and not any(segments_overlap(segment, other) for other in things):
            things.append(segment)
    return sorted(things, key=lambda one: -one.area)


def isolate_object(image: Image, segment: Segment) -> Image:
    """A square of the picture round a thing, all else painted over with the colour of the ground next to it."""
    shorter = min(segment.mask.shape)
    kept = masks.grow_mask(segment.mask, max(1, round(MARGIN * shorter)))
    ring = masks.grow_mask(kept, max(2, round(RING * shorter))) & ~kept
    painted = image.copy()
    painted[~kept] = np.median(image[ring], axis=0) if ring.any() else 127
    box = bounding_box(segment.mask)
    assert box is not None, "a segment is never empty"
    rows, columns = _square_around(box, segment.mask.shape)
    return np.ascontiguousarray(painted[rows, columns])


def _square_around(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns round a box, as far as the picture goes."""
    half = WIDER * max(box.width, box.height) / 2
    x, y = box.center
    return (
        slice(max(0, round(y - half)), min(shape[0], round(y + half))),
        slice(max(0, round(x - half)), min(shape[1], round(x + half))),
    )


@dataclass(frozen=True)
class PlanEvidence:
    """What changes, and who said so.

    Args:
        plan: the edits.
        witness: see ``MaskResult``.
        own_prompt: the picture's own prompt, "" where it was not heard.
        caption: of the picture, "" where nobody asked for it.
        same: whether the new prompt says what the picture's own did.
        found: whether the picture shows all that would change.
        certain: whether no second witness is needed.
        closer: whether the caption was told anew, by captions of single things.
    """

    plan: EditPlan
    witness: EvidenceSource
    own_prompt: str = ""
    caption: str = ""
    same: bool = False
    found: bool = True
    certain: bool = True
    closer: bool = False


class CachedPresence:
    """A ``Presence`` that asks the picture about each phrase once."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._answers: dict[str, float] = {}

    def __call__(self, phrases: Sequence[str]) -> list[float]:
        new = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self._answers]
        if new:
            self._answers.update(zip(new, self._presence(new)))
        return [self._answers[phrase] for phrase in phrases]


def plan_from_own_prompt(own: str, prompt: str, presence: Presence, least: float) -> PlanEvidence | None:
    """What the change from a picture's own prompt to the new one says; None where that does not describe the picture.

    Args:
        own: the prompt that the picture was made with.
        prompt: the new one.
        presence: asks the picture whether it shows a phrase.
        least: the confidence, 0–1, from which the plan needs no second witness.
    """
    before = read_clauses(own)
    if read_commands(before)[0]:
        return None  # "make her hair blue" says what was to be done to an earlier picture, and describes none
    if before == read_clauses(prompt):
        return PlanEvidence(EditPlan(keep=tuple(before)), "own prompt", own, same=True)
    described = ONE.sub("", ", ".join(before))
    if not describe_same_picture(plan_edits(described, prompt), presence):
        return None
    plan = drop_old_residue(plan_edits(described, prompt, presence), described)
    plan = with_renamed(plan, described, ONE.sub("", ", ".join(read_clauses(prompt))))
    found = targets_are_shown(plan, presence)
    return PlanEvidence(
        plan, "own prompt", own, found=found, certain=found and not plan.residue and plan.confidence >= least
    )


def combine_evidence(first: PlanEvidence | None, second: PlanEvidence, least: float) -> PlanEvidence:
    """One testimony of two, where the first was not certain.

    Where both agree, they are surer than either. The caption, ``second``, may name better what the change is made to,
    but what it shall become is what the user typed anew. Where neither helps, the first stays, with its doubts.
    """
    if first is None:
        return second
    heard = replace(first, caption=second.caption)
    if plans_agree(first.plan, second.plan):
        confidence = 1 - (1 - first.plan.confidence) * (1 - second.plan.confidence)
        named = first.plan if first.found else second.plan
        return replace(heard, plan=replace(named, confidence=round(confidence, 3)), witness="both")
    plan = filter_edits(second.plan, first.plan)
    if plan.edits and plan.confidence >= least:
        return replace(heard, plan=plan, witness="caption")
    return heard


def read_clauses(prompt: str) -> list[str]:
    """What a prompt says in plain words, without syntax, quality tags and artists."""
    return drop_boosters(split_clauses(read_syntax(prompt).text))


def describe_same_picture(plan: EditPlan, presence: Presence) -> bool:
    """Whether an own prompt describes the picture that the new prompt asks for, by the ``plan`` of the texts alone.

    They share a thing, or the picture shows what would change; and no more is new than was known before, as it would
    be after a pass whose prompt named only a part.
    """
    known = [edit for edit in plan.edits if not brings_new_object(edit)]
    shared = bool(plan.keep) or any(edit.kind == "modify" for edit in plan.edits)
    if not shared and not (known and targets_are_shown(plan, presence)):
        return False
    return len(plan.keep) + len(known) >= len(plan.edits) - len(known)


def brings_new_object(edit: Edit) -> bool:
    """Whether an edit brings something that the old text has nothing of."""
    return edit.kind == "add" or (edit.kind == "background" and edit.target == "background")


def targets_are_shown(plan: EditPlan, presence: Presence) -> bool:
    """Whether the picture shows all that would change."""
    targets = [plain_name(edit.target) for edit in plan.edits if edit.kind in CHANGED]
    return all(value >= SHOWN for value in presence(targets)) if targets else True


def drop_old_residue(plan: EditPlan, own: str) -> EditPlan:
    """Words that nobody could place are no doubt where the old prompt has them too."""
    left = tuple(words for words in plan.residue if words not in own)
    if left or not plan.residue:
        return replace(plan, residue=left)
    return replace(plan, residue=(), confidence=round(plan.confidence / UNREAD, 3))


def filter_edits(plan: EditPlan, change: EditPlan) -> EditPlan:
    """The edits of a plan that bring, or take away, what those of ``change`` do; none where one of them is missing.

    All of them where the change could not be read.
    """
    if not change.edits:
        return plan
    told = {
        edit: [other for other in plan.edits if edits_are_alike(edit, other, by_target=False)] for edit in change.edits
    }
    found = [other for other in plan.edits if any(other in others for others in told.values())]
    return replace(plan, edits=tuple(found) if all(told.values()) else ())


def plans_agree(first: EditPlan, second: EditPlan) -> bool:
    """Whether two plans, not empty, change the same things into the same."""
    one, other = (list(plan.edits) for plan in (first, second))
    if not one or len(one) != len(other):
        return False
    return all(any(edits_are_alike(edit, candidate) for candidate in other) for edit in one)


def edits_are_alike(one: Edit, other: Edit, by_target: bool = True) -> bool:
    """Whether two edits bring, or take away, things of the same name, whatever their attributes.

    ``by_target`` asks for the same kind of edit too, of things of the same name.
    """
    if (by_target or not one.replacement) and not (
        one.kind == other.kind and name_same_object(one.target, other.target)
    ):
        return False
    return name_same_object(one.replacement or "", other.replacement or "")


def name_same_object(one: str, other: str) -> bool:
    """ "red hair" and "long hair" are both hair."""
    if not one or not other:
        return one == other
    first, second = (lexicon.concept(phrase.lower().split())[0] for phrase in (one, other))
    return lexicon.same_concept(first, second)
