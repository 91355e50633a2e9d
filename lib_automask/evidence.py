"""What a plan is made from: the picture's own prompt, its caption, or captions of single things.

Most people generate a picture, change a word of its prompt and generate again. The change is then known to the word,
and the picture need not be described (``plan_from_own_prompt``). But a picture's own prompt may describe something
else, as that of an earlier inpaint pass ("blue hair") does: so it counts only where it is about the same things as the
new prompt, and where the picture shows what would change. Otherwise, or besides, the caption counts
(``combine_evidence``).

Where the caption is too poor, single things are captioned (``caption_objects``): BLIP miscounts and leaves things out
where there are several ("two green fish" for a fish and a box). With everything else painted over it makes fewer
mistakes about one thing, and a caption counts only where its matcher agrees on the whole picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lib_automask.imaging import masks
from lib_automask.interfaces import Models
from lib_automask.locate.scene_view import GROUND
from lib_automask.locate.selection import FOUND, measure_outline_quality, plain_name, segments_overlap
from lib_automask.plan import plan_edits, vocabulary
from lib_automask.plan.instructions import read_commands
from lib_automask.plan.prompt_filters import read_clauses
from lib_automask.plan.recaption import apply_renaming, find_first_thing
from lib_automask.plan.scorer import SHOWN
from lib_automask.types import Box, Edit, EditPlan, EvidenceSource, Image, Presence, Segment, Size

MOST_OBJECTS = 4
"""So many things are captioned: each costs a caption (a guess)."""
SMALLEST_OBJECT, LARGEST_OBJECT = 0.01, 0.5
"""Of a thing that is captioned alone, in shares of the picture: guesses."""
SURROUNDINGS = 1.6
"""The side of the picture that BLIP is shown of a thing, in longer sides of the thing: a guess."""
MARGIN, RING = 0.01, 0.03
"""What is kept round a thing, and the width of the ring whose colour replaces all else, in shorter sides: guesses."""

KINDS_WITH_TARGET = ("replace", "modify", "remove")
"""Kinds of edit whose target must be in the picture."""
TAG_NUMBER = re.compile(r"\b1 ?(?=(?:girl|boy|man|woman)s?\b)")
"""The number in tags such as "1girl", which sentences do not have."""


@dataclass(frozen=True)
class PlanEvidence:
    """A plan, and what it was made from.

    Args:
        plan: the edits.
        source: see ``MaskResult.witness``.
        own_prompt: the picture's own prompt, "" where it was not used.
        caption: of the picture, "" where none was made.
        same_prompt: whether the new prompt says what the picture's own did.
        targets_shown: whether the picture shows all that would change.
        sufficient: whether the plan needs no caption besides.
        recaptioned: whether the caption was made of captions of single things.
    """

    plan: EditPlan
    source: EvidenceSource
    own_prompt: str = ""
    caption: str = ""
    same_prompt: bool = False
    targets_shown: bool = True
    sufficient: bool = True
    recaptioned: bool = False


class CachedPresence:
    """A ``Presence`` that compares each phrase with the picture once."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._probabilities: dict[str, float] = {}

    def __call__(self, phrases: Sequence[str]) -> list[float]:
        new = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self._probabilities]
        if new:
            self._probabilities.update(zip(new, self._presence(new)))
        return [self._probabilities[phrase] for phrase in phrases]


def plan_from_own_prompt(own: str, prompt: str, presence: Presence, min_confidence: float) -> PlanEvidence | None:
    """The plan between a picture's own prompt and the new one; None where the own prompt does not describe the picture.

    Args:
        own: the prompt that the picture was made with.
        prompt: the new one.
        presence: whether the picture shows a phrase.
        min_confidence: the confidence, 0–1, from which the plan is sufficient by itself.
    """
    clauses = read_clauses(own)
    if read_commands(clauses)[0]:
        return None  # "make her hair blue" is an instruction for an earlier picture, and describes none
    if clauses == read_clauses(prompt):
        return PlanEvidence(EditPlan(keep=tuple(clauses)), "own prompt", own, same_prompt=True)
    described = TAG_NUMBER.sub("", ", ".join(clauses))
    if not describe_same_picture(plan_edits(described, prompt), presence):
        return None
    plan = drop_old_residue(plan_edits(described, prompt, presence), described)
    plan = apply_renaming(plan, described, TAG_NUMBER.sub("", ", ".join(read_clauses(prompt))))
    shown = targets_are_shown(plan, presence)
    sufficient = shown and not plan.residue and plan.confidence >= min_confidence
    return PlanEvidence(plan, "own prompt", own, targets_shown=shown, sufficient=sufficient)


def combine_evidence(own: PlanEvidence | None, caption: PlanEvidence, min_confidence: float) -> PlanEvidence:
    """The evidence of own prompt and caption together, where the own prompt was not sufficient.

    Where both agree, they are surer than either. The caption may name better what the change is made to, but what it
    becomes is in the words that the user changed. Where neither is enough, the plan of the own prompt stays.
    """
    if own is None:
        return caption
    own = replace(own, caption=caption.caption)
    if plans_agree(own.plan, caption.plan):
        confidence = 1 - (1 - own.plan.confidence) * (1 - caption.plan.confidence)
        plan = own.plan if own.targets_shown else caption.plan
        return replace(own, plan=replace(plan, confidence=round(confidence, 3)), source="both")
    plan = filter_edits(caption.plan, own.plan)
    if plan.edits and plan.confidence >= min_confidence:
        return replace(own, plan=plan, source="caption")
    return own


def caption_objects(image: Image, segments: Sequence[Segment], models: Models) -> list[str]:
    """What the largest things of ``image`` uint8[H, W, 3] are, by captions of each alone: "green fish", "green box"."""
    objects = separate_objects(segments)[:MOST_OBJECTS]
    names = [find_first_thing(models.captioner.caption(isolate_object(image, segment))) for segment in objects]
    phrases = list(dict.fromkeys(filter(None, names)))
    if not phrases:
        return []
    scores = models.matcher.score_segments(image, objects, phrases)
    return [name for name, row in zip(names, scores) if name and row[phrases.index(name)] >= FOUND]


def separate_objects(segments: Sequence[Segment]) -> list[Segment]:
    """Things that do not overlap, the largest first; of those that do, the one with the surest outline; no ground."""
    objects: list[Segment] = []
    for segment in sorted(segments, key=lambda one: -measure_outline_quality(one)):
        share = segment.area / segment.mask.size
        is_object = masks.count_sides_touched(segment.mask) < GROUND and SMALLEST_OBJECT <= share <= LARGEST_OBJECT
        if is_object and not any(segments_overlap(segment, other) for other in objects):
            objects.append(segment)
    return sorted(objects, key=lambda one: -one.area)


def isolate_object(image: Image, segment: Segment) -> Image:
    """A square of the picture round a thing, all else painted over with the colour of the ground next to it."""
    shorter = Size.of(segment.mask).shorter
    kept = masks.grow_mask(segment.mask, max(1, round(MARGIN * shorter)))
    ring = masks.grow_mask(kept, max(2, round(RING * shorter))) & ~kept
    painted = image.copy()
    painted[~kept] = np.median(image[ring], axis=0) if ring.any() else 127
    rows, columns = _square_around(segment.box, Size.of(segment.mask))
    return np.ascontiguousarray(painted[rows, columns])


def describe_same_picture(plan: EditPlan, presence: Presence) -> bool:
    """Whether an own prompt describes the picture that the new prompt asks for, by the ``plan`` of the texts alone.

    They share a thing, or the picture shows what would change; and no more is new than is shared or changed, as it
    would be after an inpaint pass whose prompt names only a part of the picture.
    """
    changes = [edit for edit in plan.edits if not brings_new_object(edit)]
    shared = bool(plan.keep) or any(edit.kind == "modify" for edit in plan.edits)
    if not shared and not (changes and targets_are_shown(plan, presence)):
        return False
    return len(plan.keep) + len(changes) >= len(plan.edits) - len(changes)


def brings_new_object(edit: Edit) -> bool:
    """Whether the old text has nothing of what an edit brings."""
    return edit.kind == "add" or (edit.kind == "background" and edit.target == "background")


def targets_are_shown(plan: EditPlan, presence: Presence) -> bool:
    """Whether the picture shows all that would change."""
    targets = [plain_name(edit.target) for edit in plan.edits if edit.kind in KINDS_WITH_TARGET]
    return all(value >= SHOWN for value in presence(targets)) if targets else True


def drop_old_residue(plan: EditPlan, own: str) -> EditPlan:
    """The plan without the residue that the old prompt has too: it is no reason for doubt."""
    residue = tuple(words for words in plan.residue if words not in own)
    if residue or not plan.residue:
        return replace(plan, residue=residue)
    return replace(plan, residue=())


def filter_edits(plan: EditPlan, change: EditPlan) -> EditPlan:
    """The edits of a plan that bring, or take away, what those of ``change`` do; none where one of them is missing.

    All of them where ``change`` has no edits.
    """
    if not change.edits:
        return plan
    alike = [[edit for edit in plan.edits if edits_are_alike(one, edit, by_target=False)] for one in change.edits]
    edits = tuple(edit for edit in plan.edits if any(edit in group for group in alike))
    return replace(plan, edits=edits if all(alike) else ())


def plans_agree(first: EditPlan, second: EditPlan) -> bool:
    """Whether two plans, not empty, change the same things into the same."""
    if not first.edits or len(first.edits) != len(second.edits):
        return False
    return all(any(edits_are_alike(edit, other) for other in second.edits) for edit in first.edits)


def edits_are_alike(one: Edit, other: Edit, by_target: bool = True) -> bool:
    """Whether two edits bring, or take away, things of the same name, whatever their attributes.

    With ``by_target`` their kind and the name of their targets must be the same too.
    """
    if (by_target or not one.replacement) and not (
        one.kind == other.kind and name_same_object(one.target, other.target)
    ):
        return False
    return name_same_object(one.replacement or "", other.replacement or "")


def name_same_object(one: str, other: str) -> bool:
    """Whether two phrases name the same kind of thing: "red hair" and "long hair" do."""
    if not one or not other:
        return one == other
    first, second = (vocabulary.find_concept(phrase.lower().split())[0] for phrase in (one, other))
    return vocabulary.name_same_thing(first, second)


def _square_around(box: Box, picture: Size) -> tuple[slice, slice]:
    """Rows and columns of a square round a box, clipped to the picture."""
    half = SURROUNDINGS * max(box.width, box.height) / 2
    x, y = box.center
    return (
        slice(max(0, round(y - half)), min(picture.height, round(y + half))),
        slice(max(0, round(x - half)), min(picture.width, round(x + half))),
    )
