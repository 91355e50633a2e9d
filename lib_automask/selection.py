"""Which part of the picture an edit means: from an edit and scored segments to a place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lib_automask import masks
from lib_automask.choosing import choose
from lib_automask.referring import Referent, read_referent
from lib_automask.structures import EditPlan, Mask, Segment

# Two segments whose scores differ by less are alike to BLIP; then the better outline decides.
ALIKE = 0.05
FOUND = 0.5
STRAY = 0.1
# Of two segments that overlap, one lies in the other where so much of it does.
INSIDE = 0.5
# Of a group that its two members cover, and by how little a member may be less like its phrase than the group.
WHOLE, AS_LIKE = 0.8, 0.02


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
        """float32[S] for one phrase, or for what the thing that it means looks like."""
        known = phrase if phrase in self.phrases else plain(phrase)
        column: npt.NDArray[np.float32] = self.values[:, self.phrases.index(known)]
        return column

    def found(self, phrase: str, least: float) -> list[int]:
        """The segments (indices) that may show the phrase, the best first; none where it was not compared."""
        if phrase not in self.phrases:
            return []
        values = self.of(phrase)
        return [int(i) for i in np.argsort(-values, kind="stable") if values[i] >= min(least, FOUND)]

    def row(self, index: int) -> dict[str, float]:
        """The scores of one segment by phrase."""
        return {phrase: float(value) for phrase, value in zip(self.phrases, self.values[index])}


def plain(phrase: str) -> str:
    """What one of the things looks like: "red ball on the left" → "red ball", "two fish" → "fish"."""
    return read_referent(phrase).thing


def phrases_to_score(plan: EditPlan) -> tuple[str, ...]:
    """Every phrase that segments are compared with, each once, in order of mention."""
    targets = [edit.target for edit in plan.edits if edit.target and edit.kind not in ("restyle", "background")]
    named = [thing for target in targets for thing in read_referent(target).things]
    return tuple(dict.fromkeys((*named, *map(plain, plan.subjects))))


def thing(target: str, scores: Scores, shape: tuple[int, int], least: float = FOUND) -> Place:
    """The place of what ``target`` names; where nothing is found, empty with the best score there was."""
    values = scores.of(target)
    chosen = meant(target, scores, least)
    mask = masks.union((whole(scores.segments[i]) for i in chosen), shape)
    certainty = float(values[chosen].min() if chosen else values.max(initial=0))
    return Place(mask, min(certainty, _certainty_of_anchor(target, scores, least)), tuple(chosen))


def meant(target: str, scores: Scores, least: float = FOUND) -> list[int]:
    """The segment that shows ``target``, as an index; all of them where it says several, none where none does."""
    return _meant(read_referent(target), scores, least)


def whole(segment: Segment) -> Mask:
    """The segment without stray spots: a thing is of one piece, or of pieces that are not tiny beside the largest."""
    return masks.drop_islands(segment.mask, STRAY * segment.area)


def _meant(referent: Referent, scores: Scores, least: float) -> list[int]:
    each = _each(referent, scores, least)
    if not each:
        return []
    anchors = _anchors(referent, scores, least)
    chosen = choose([scores.segments[i] for i in each], referent, [scores.segments[i] for i in anchors])
    return [each[k] for k in chosen]


def _each(referent: Referent, scores: Scores, least: float) -> list[int]:
    """Every thing that looks as ``referent`` says, the best first, each apart from those before it."""
    found = scores.found(referent.thing, least)
    found = [i for i in found if not _is_group(i, referent.thing, found, scores)]
    if referent.count is not None:
        # SAM offers things that are alike as one region too.
        found = [i for i in found if not masks.in_pieces(scores.segments[i].mask)] or found
    if referent.relation == "of":
        found = _parts(found, _anchors(referent, scores, least), scores) or found
    values, each = scores.of(referent.thing) if found else np.zeros(0, np.float32), []
    while found:
        best = _best(found, values, scores)
        each.append(best)
        found = [i for i in found if not overlap(scores.segments[i], scores.segments[best])]
    return each


def _is_group(group: int, phrase: str, found: Sequence[int], scores: Scores) -> bool:
    """Whether a segment is the phrase's thing together with another named one, and each is there by itself.

    SAM offers neighbours as one region too, often with the surer outline. A man and his jacket are none: the jacket is
    part of what shows the man best.
    """
    for other in scores.phrases:
        if other == phrase or scores.of(other)[group] < FOUND:
            continue
        own = _members(group, phrase, other, found, scores)
        strangers = _members(group, other, phrase, range(len(scores.segments)), scores)
        if any(_make(scores.segments[i], scores.segments[k], scores.segments[group]) for i in own for k in strangers):
            return True
    return False


def _members(group: int, phrase: str, other: str, among: Iterable[int], scores: Scores) -> list[int]:
    """Segments that are as like a phrase as the group is, and not like the other one."""
    values, others = scores.of(phrase), scores.of(other)
    return [i for i in among if values[i] >= values[group] - AS_LIKE and others[i] < FOUND]


def _make(one: Segment, other: Segment, group: Segment) -> bool:
    """Whether two segments, apart from each other, are the parts of a third."""
    if overlap(one, other) or one.area + other.area > group.area / WHOLE:
        return False
    return masks.iou(one.mask | other.mask, group.mask) >= WHOLE


def _anchors(referent: Referent, scores: Scores, least: float) -> list[int]:
    """The things that a phrase tells another thing by: any of them, unless one is singled out in its turn."""
    anchor = referent.anchor
    if anchor is None or anchor.thing == referent.thing:
        return []
    return _meant(anchor, scores, least) if anchor.singles_out else _each(anchor, scores, least)


def _certainty_of_anchor(target: str, scores: Scores, least: float) -> float:
    """How sure the thing is, 0–1, that tells which of several is meant; 1 where there is but one."""
    referent = read_referent(target)
    if referent.anchor is None or len(_each(referent, scores, least)) < 2:
        return 1.0
    values = scores.of(referent.anchor.thing) if referent.anchor.thing in scores.phrases else np.zeros(1)
    return float(values.max(initial=0))


def _best(found: Sequence[int], values: npt.NDArray[np.float32], scores: Scores) -> int:
    """Of the segments that BLIP likes about equally, the one whose outline is surest."""
    alike = [i for i in found if values[i] >= values[found[0]] - ALIKE]
    return max(alike, key=lambda i: (_quality(scores.segments[i]), scores.segments[i].area))


def _quality(segment: Segment) -> float:
    """How sure SAM is of an outline: the quality it predicts, times how little the mask depends on the threshold."""
    return segment.predicted_iou * segment.stability_score


def overlap(one: Segment, other: Segment) -> bool:
    """Whether one lies in the other."""
    return masks.nested(one.mask, other.mask) >= INSIDE


def _parts(found: Sequence[int], owners: Sequence[int], scores: Scores) -> list[int]:
    """Without segments that hold the most of an owner: "the man's jacket" is not the man."""
    return [
        i
        for i in found
        if all(masks.share_inside(scores.segments[k].mask, scores.segments[i].mask) < 1 - STRAY for k in owners)
    ]
