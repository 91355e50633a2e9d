"""Which part of the picture an edit means: from an edit and scored segments to a place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lib_automask import masks
from lib_automask.structures import EditPlan, Mask, Segment

SIDE = re.compile(r"\s+(?:on|at|to|in) the (left|right|top|bottom|middle|center)(?:\s+side)?$")
# More than one is meant by a number, or by a plural: "two fish", "red balls", but not "dress" or "octopus".
NUMBER = re.compile(r"^(?:all|both|two|three|four|five|six|seven|eight|nine|ten|several|many)\s+(?:the\s+)?")
PLURAL = re.compile(r"[^\Wsui]s$")
# Two segments whose scores differ by less are alike to BLIP; then the better outline decides.
ALIKE = 0.05
FOUND = 0.5
STRAY = 0.1


@dataclass(frozen=True, eq=False)
class Place:
    """Where one edit goes: ``mask`` bool[H, W], how sure (0–1), and which segments it was made of (indices)."""

    mask: Mask
    score: float
    segments: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Scores:
    """``values`` float32[S, P]: how well each segment shows each phrase, 0–1."""

    segments: tuple[Segment, ...]
    phrases: tuple[str, ...]
    values: npt.NDArray[np.float32]

    def of(self, phrase: str) -> npt.NDArray[np.float32]:
        """float32[S] for one phrase."""
        column: npt.NDArray[np.float32] = self.values[:, self.phrases.index(plain(phrase))]
        return column

    def row(self, index: int) -> dict[str, float]:
        """The scores of one segment by phrase."""
        return {phrase: float(value) for phrase, value in zip(self.phrases, self.values[index])}


def plain(phrase: str) -> str:
    """What one of the things looks like: "red ball on the left" → "red ball", "two fish" → "fish"."""
    return NUMBER.sub("", SIDE.sub("", phrase))


def phrases_to_score(plan: EditPlan) -> tuple[str, ...]:
    """Every phrase that segments are compared with, each once, in order of mention."""
    targets = [edit.target for edit in plan.edits if edit.target and edit.kind not in ("restyle", "background")]
    return tuple(dict.fromkeys(plain(phrase) for phrase in (*targets, *plan.subjects)))


def thing(target: str, scores: Scores, shape: tuple[int, int], least: float = FOUND) -> Place:
    """The place of what ``target`` names; where nothing is found, empty with the best score there was."""
    values = scores.of(target)
    chosen = meant(target, scores, least)
    mask = masks.union((whole(scores.segments[i]) for i in chosen), shape)
    certainty = values[chosen].min() if chosen else values.max(initial=0)
    return Place(mask, float(certainty), tuple(chosen))


def meant(target: str, scores: Scores, least: float = FOUND) -> list[int]:
    """The segment that shows ``target``, as an index; all of them where it says several, none where none does."""
    values = scores.of(target)
    found = [int(i) for i in np.argsort(-values) if values[i] >= min(least, FOUND)]
    if not found:
        return []
    if side := SIDE.search(target):
        return [_at_side(_distinct(found, scores), side.group(1), scores)]
    if NUMBER.search(target) or PLURAL.search(target):
        return _distinct(found, scores)
    return [_best(found, values, scores)]


def whole(segment: Segment) -> Mask:
    """The segment without stray spots: a thing is of one piece, or of pieces that are not tiny beside the largest."""
    return masks.drop_islands(segment.mask, STRAY * segment.area)


def _best(found: Sequence[int], values: npt.NDArray[np.float32], scores: Scores) -> int:
    """Of the segments that BLIP likes about equally, the one whose outline is surest."""
    alike = [i for i in found if values[i] >= values[found[0]] - ALIKE]
    return max(alike, key=lambda i: (_quality(scores.segments[i]), scores.segments[i].area))


def _quality(segment: Segment) -> float:
    """How sure SAM is of an outline: the quality it predicts, times how little the mask depends on the threshold."""
    return segment.predicted_iou * segment.stability_score


def _distinct(found: Sequence[int], scores: Scores) -> list[int]:
    """Without segments that lie in, or hold, a better one."""
    chosen: list[int] = []
    for i in sorted(found, key=lambda i: -_quality(scores.segments[i])):
        mask = scores.segments[i].mask
        others = [scores.segments[j].mask for j in chosen]
        if all(max(masks.share_inside(mask, other), masks.share_inside(other, mask)) < 0.5 for other in others):
            chosen.append(i)
    return chosen


def _at_side(found: Sequence[int], side: str, scores: Scores) -> int:
    """The one that lies furthest to a side, or nearest to the middle."""
    height, width = scores.segments[0].mask.shape

    def distance(index: int) -> float:
        x, y = scores.segments[index].box.center
        middle = abs(x - width / 2) + abs(y - height / 2)
        return {"left": x, "right": -x, "top": y, "bottom": -y}.get(side, middle)

    return min(found, key=distance)
