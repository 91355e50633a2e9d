"""Which part of the picture an edit means: from an edit and scored segments to a place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lib_automask.imaging import masks
from lib_automask.referring_expressions import Referent, read_referent
from lib_automask.types import Box, EditPlan, Mask, Segment

# Two segments whose scores differ by less are alike to BLIP; then the better outline decides.
ALIKE = 0.05
FOUND = 0.5
STRAY = 0.1
# Of two segments that overlap, one lies in the other where so much of it does.
INSIDE = 0.5
# Of a group that its two members cover, and by how little a member may be less like its phrase than the group.
WHOLE, AS_LIKE = 0.8, 0.02
WRONG_SIDE = 10.0
"""A thing on the wrong side of another is as far off as one on the right side that lies so many times as far away."""


@dataclass(frozen=True, eq=False)
class Location:
    """Where one edit goes: ``mask`` bool[H, W], how sure (0–1), and which segments it was made of (indices)."""

    mask: Mask
    score: float
    segments: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class SegmentScores:
    """``values`` float32[S, P]: how well each segment shows each phrase, 0–1."""

    segments: tuple[Segment, ...]
    phrases: tuple[str, ...]
    values: npt.NDArray[np.float32]

    def of(self, phrase: str) -> npt.NDArray[np.float32]:
        """float32[S] for one phrase, or for what the thing that it means looks like."""
        known = phrase if phrase in self.phrases else plain_name(phrase)
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


def plain_name(phrase: str) -> str:
    """What one of the things looks like: "red ball on the left" → "red ball", "two fish" → "fish"."""
    return read_referent(phrase).thing


def phrases_to_score(plan: EditPlan) -> tuple[str, ...]:
    """Every phrase that segments are compared with, each once, in order of mention."""
    targets = [edit.target for edit in plan.edits if edit.target and edit.kind not in ("restyle", "background")]
    named = [thing for target in targets for thing in read_referent(target).things]
    return tuple(dict.fromkeys((*named, *map(plain_name, plan.subjects))))


def locate_object(target: str, scores: SegmentScores, shape: tuple[int, int], least: float = FOUND) -> Location:
    """The place of what ``target`` names; where nothing is found, empty with the best score there was."""
    values = scores.of(target)
    chosen = find_referents(target, scores, least)
    mask = masks.unite_masks((drop_stray_spots(scores.segments[i]) for i in chosen), shape)
    certainty = float(values[chosen].min() if chosen else values.max(initial=0))
    return Location(mask, min(certainty, _certainty_of_anchor(target, scores, least)), tuple(chosen))


def find_referents(target: str, scores: SegmentScores, least: float = FOUND) -> list[int]:
    """The segment that shows ``target``, as an index; all of them where it says several, none where none does."""
    return _find_meant(read_referent(target), scores, least)


def drop_stray_spots(segment: Segment) -> Mask:
    """The segment without stray spots: a thing is of one piece, or of pieces that are not tiny beside the largest."""
    return masks.drop_islands(segment.mask, STRAY * segment.area)


def _find_meant(referent: Referent, scores: SegmentScores, least: float) -> list[int]:
    each = _find_each(referent, scores, least)
    if not each:
        return []
    anchors = _find_anchors(referent, scores, least)
    chosen = choose_referents([scores.segments[i] for i in each], referent, [scores.segments[i] for i in anchors])
    return [each[k] for k in chosen]


def _find_each(referent: Referent, scores: SegmentScores, least: float) -> list[int]:
    """Every thing that looks as ``referent`` says, the best first, each apart from those before it."""
    found = scores.found(referent.thing, least)
    found = [i for i in found if not _is_group(i, referent.thing, found, scores)]
    if referent.count is not None:
        # SAM offers things that are alike as one region too.
        found = [i for i in found if not masks.is_in_pieces(scores.segments[i].mask)] or found
    if referent.relation == "of":
        found = _without_owners(found, _find_anchors(referent, scores, least), scores) or found
    values, each = scores.of(referent.thing) if found else np.zeros(0, np.float32), []
    while found:
        best = _pick_best(found, values, scores)
        each.append(best)
        found = [i for i in found if not segments_overlap(scores.segments[i], scores.segments[best])]
    return each


def _is_group(group: int, phrase: str, found: Sequence[int], scores: SegmentScores) -> bool:
    """Whether a segment is the phrase's thing together with another named one, and each is there by itself.

    SAM offers neighbours as one region too, often with the surer outline. A man and his jacket are none: the jacket is
    part of what shows the man best.
    """
    for other in scores.phrases:
        if other == phrase or scores.of(other)[group] < FOUND:
            continue
        own = _members(group, phrase, other, found, scores)
        strangers = _members(group, other, phrase, range(len(scores.segments)), scores)
        if any(
            _make_up(scores.segments[i], scores.segments[k], scores.segments[group]) for i in own for k in strangers
        ):
            return True
    return False


def _members(group: int, phrase: str, other: str, among: Iterable[int], scores: SegmentScores) -> list[int]:
    """Segments that are as like a phrase as the group is, and not like the other one."""
    values, others = scores.of(phrase), scores.of(other)
    return [i for i in among if values[i] >= values[group] - AS_LIKE and others[i] < FOUND]


def _make_up(one: Segment, other: Segment, group: Segment) -> bool:
    """Whether two segments, apart from each other, are the parts of a third."""
    if segments_overlap(one, other) or one.area + other.area > group.area / WHOLE:
        return False
    return masks.mask_iou(one.mask | other.mask, group.mask) >= WHOLE


def _find_anchors(referent: Referent, scores: SegmentScores, least: float) -> list[int]:
    """The things that a phrase tells another thing by: any of them, unless one is singled out in its turn."""
    anchor = referent.anchor
    if anchor is None or anchor.thing == referent.thing:
        return []
    return _find_meant(anchor, scores, least) if anchor.singles_out else _find_each(anchor, scores, least)


def _certainty_of_anchor(target: str, scores: SegmentScores, least: float) -> float:
    """How sure the thing is, 0–1, that tells which of several is meant; 1 where there is but one."""
    referent = read_referent(target)
    if referent.anchor is None or len(_find_each(referent, scores, least)) < 2:
        return 1.0
    values = scores.of(referent.anchor.thing) if referent.anchor.thing in scores.phrases else np.zeros(1)
    return float(values.max(initial=0))


def _pick_best(found: Sequence[int], values: npt.NDArray[np.float32], scores: SegmentScores) -> int:
    """Of the segments that BLIP likes about equally, the one whose outline is surest."""
    alike = [i for i in found if values[i] >= values[found[0]] - ALIKE]
    return max(alike, key=lambda i: (_outline_quality(scores.segments[i]), scores.segments[i].area))


def _outline_quality(segment: Segment) -> float:
    """How sure SAM is of an outline: the quality it predicts, times how little the mask depends on the threshold."""
    return segment.predicted_iou * segment.stability_score


def segments_overlap(one: Segment, other: Segment) -> bool:
    """Whether one lies in the other."""
    return masks.nested_share(one.mask, other.mask) >= INSIDE


def _without_owners(found: Sequence[int], owners: Sequence[int], scores: SegmentScores) -> list[int]:
    """Without segments that hold the most of an owner: "the man's jacket" is not the man."""
    return [
        i
        for i in found
        if all(masks.share_inside(scores.segments[k].mask, scores.segments[i].mask) < 1 - STRAY for k in owners)
    ]


def choose_referents(candidates: Sequence[Segment], referent: Referent, anchors: Sequence[Segment]) -> list[int]:
    """Which of the ``candidates`` (indices) are meant, the best first; as many as the phrase says.

    ``anchors`` are the things that the phrase tells them by, none where it does not, or where they were not found.
    """
    ranked = list(range(len(candidates)))
    if referent.size:
        sign = -1 if referent.size == "large" else 1
        ranked.sort(key=lambda index: sign * candidates[index].area)
    if referent.side:
        ranked.sort(key=_from_side(candidates, referent.side))
    if anchors:
        boxes = [anchor.box for anchor in anchors]
        ranked.sort(
            key=lambda index: min(measure_misfit(candidates[index].box, box, referent.relation) for box in boxes)
        )
    if referent.count is None:
        return _that_side(ranked, candidates, referent.side)
    return ranked[referent.order - 1 : referent.order - 1 + referent.count]


def measure_misfit(box: Box, anchor: Box, relation: str) -> float:
    """How far a thing is from lying to another as ``relation`` says (``RELATIONS``, or "of"), pixels."""
    dx, dy = (one - other for one, other in zip(box.center, anchor.center))
    apart_x = max(box.left - anchor.right, anchor.left - box.right, 0)
    apart_y = max(box.top - anchor.bottom, anchor.top - box.bottom, 0)
    distance: float = (dx**2 + dy**2) ** 0.5
    along = {"left of": (-dx, dy), "right of": (dx, dy), "above": (-dy, dx), "below": (dy, dx)}
    if relation in along:
        ahead, aside = along[relation]
        return distance + WRONG_SIDE * max(0, abs(aside) - ahead)
    if relation == "on":  # what stands on a thing ends within its height
        return apart_x + max(anchor.top - box.bottom, box.bottom - anchor.bottom, 0) + distance / 10
    return apart_x + apart_y + distance / 10


def _from_side(candidates: Sequence[Segment], side: str) -> Callable[[int], float]:
    """Sorts candidates from a side of the picture; "middle" from the middle one of a row, or of the picture."""
    centers = [segment.box.center for segment in candidates]
    height, width = candidates[0].mask.shape
    x, y = width / 2, height / 2
    if len(centers) > 2:
        x, y = (sorted(axis)[len(centers) // 2] for axis in zip(*centers))
    if side == "middle":
        return lambda index: abs(centers[index][0] - x) + abs(centers[index][1] - y)
    return lambda index: _away(centers[index], side)


def _that_side(ranked: list[int], candidates: Sequence[Segment], side: str) -> list[int]:
    """Of "the dogs on the left" those in the left half; all, where there is none or no side was said."""
    if side in ("", "middle"):
        return ranked
    height, width = candidates[0].mask.shape
    border = _away((width / 2, height / 2), side)
    return [index for index in ranked if _away(candidates[index].box.center, side) < border] or ranked


def _away(point: tuple[float, float], side: str) -> float:
    """How far a point (x, y) is from a side, from a zero of its own for each side."""
    x, y = point
    return {"left": x, "right": -x, "top": y, "bottom": -y}[side]
