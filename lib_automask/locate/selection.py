"""Which segments a phrase means: from a phrase and scored segments to a location.

Every thing that looks as the phrase says is found first; side, order, size and other things then single out those that
are meant (``referring_expressions``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lib_automask.imaging import masks
from lib_automask.referring_expressions import DIRECTIONS, Referent, read_referent
from lib_automask.types import Box, EditPlan, Mask, Segment, Size

ALIKE = 0.05
"""Two segments whose scores differ by less are alike to BLIP; then the better outline decides.

Like ``STRAY`` chosen on the icon world, seeds 31001 to 31004 (docs/benchmarks.md).
"""
FOUND = 0.5
"""From this score on, 0–1, a segment shows a phrase: where BLIP thinks it likelier than not."""
STRAY = 0.1
"""Pieces of a segment below this share of its area are stray spots, and what covers all but this share of a thing's
owner is the owner."""
NESTED = 0.5
"""Of two segments one lies in the other where so much of the smaller one does: a guess."""
GROUP_SHARE, GROUP_TOLERANCE = 0.8, 0.02
"""The IoU of a group with its two members together, and how much less than the group a member may score: guesses."""
WRONG_SIDE = 10.0
"""A thing on the wrong side of another counts as so many times as far away as it is: a guess."""


@dataclass(frozen=True, eq=False)
class Location:
    """Where an edit goes: ``mask`` bool[H, W], its certainty ``score`` 0–1, and the ``segments`` in it (indices)."""

    mask: Mask
    score: float
    segments: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class SegmentScores:
    """``values`` float32[S, P]: how well each of S segments shows each of P phrases, 0–1."""

    segments: tuple[Segment, ...]
    phrases: tuple[str, ...]
    values: npt.NDArray[np.float32]

    def of(self, phrase: str) -> npt.NDArray[np.float32]:
        """float32[S] for one phrase; where it was not scored itself, for its ``plain_name``, which must have been."""
        scored = phrase if phrase in self.phrases else plain_name(phrase)
        column: npt.NDArray[np.float32] = self.values[:, self.phrases.index(scored)]
        return column

    def matching(self, phrase: str, min_score: float) -> list[int]:
        """The segments (indices) that may show the phrase, the best first; none where the phrase was not scored."""
        if phrase not in self.phrases:
            return []
        values = self.of(phrase)
        return [int(i) for i in np.argsort(-values, kind="stable") if values[i] >= min(min_score, FOUND)]

    def row(self, index: int) -> dict[str, float]:
        """The scores of one segment by phrase."""
        return {phrase: float(value) for phrase, value in zip(self.phrases, self.values[index])}


def plain_name(phrase: str) -> str:
    """What one of the things looks like: "red ball on the left" → "red ball", "two fish" → "fish"."""
    return read_referent(phrase).thing


def phrases_to_score(plan: EditPlan) -> tuple[str, ...]:
    """Every phrase that segments are compared with, each once, in order of mention."""
    targets = [edit.target for edit in plan.edits if edit.target and edit.kind not in ("restyle", "background")]
    things = [thing for target in targets for thing in read_referent(target).things]
    return tuple(dict.fromkeys((*things, *map(plain_name, plan.subjects))))


def locate_object(target: str, scores: SegmentScores, size: Size, min_score: float = FOUND) -> Location:
    """The location of what ``target`` names, in a picture of ``size``.

    Its score is that of the least certain segment; where none is found, the mask is empty and the score is the best
    that any segment has.
    """
    values = scores.of(target)
    chosen = find_referents(target, scores, min_score)
    mask = masks.unite_masks((drop_stray_spots(scores.segments[i]) for i in chosen), size)
    certainty = float(values[chosen].min() if chosen else values.max(initial=0))
    return Location(mask, min(certainty, _certainty_of_anchor(target, scores, min_score)), tuple(chosen))


def find_referents(target: str, scores: SegmentScores, min_score: float = FOUND) -> list[int]:
    """The segments (indices) that ``target`` means: one, several where it is a plural or counts them, or none."""
    return _find_referents(read_referent(target), scores, min_score)


def drop_stray_spots(segment: Segment) -> Mask:
    """The segment's mask without stray spots: pieces that are tiny beside the whole."""
    return masks.drop_islands(segment.mask, STRAY * segment.area)


def _find_referents(referent: Referent, scores: SegmentScores, min_score: float) -> list[int]:
    each = _find_each(referent, scores, min_score)
    if not each:
        return []
    anchors = _find_anchors(referent, scores, min_score)
    chosen = choose_referents([scores.segments[i] for i in each], referent, [scores.segments[i] for i in anchors])
    return [each[k] for k in chosen]


def _find_each(referent: Referent, scores: SegmentScores, min_score: float) -> list[int]:
    """Every thing that looks as ``referent`` says, the best first; none of them overlaps another."""
    matching = scores.matching(referent.thing, min_score)
    matching = [i for i in matching if not _is_group(i, referent.thing, matching, scores)]
    if referent.count is not None:
        # SAM offers things that are alike as one region too.
        matching = [i for i in matching if not masks.is_in_pieces(scores.segments[i].mask)] or matching
    if referent.relation == "of":
        matching = _without_owners(matching, _find_anchors(referent, scores, min_score), scores) or matching
    values, each = scores.of(referent.thing) if matching else np.zeros(0, np.float32), []
    while matching:
        best = _pick_best(matching, values, scores)
        each.append(best)
        matching = [i for i in matching if not segments_overlap(scores.segments[i], scores.segments[best])]
    return each


def _is_group(group: int, phrase: str, matching: Sequence[int], scores: SegmentScores) -> bool:
    """Whether a segment is the phrase's thing together with another named one, and each is a segment by itself.

    SAM offers neighbours as one region too, often with the surer outline. A man and his jacket are none: the jacket is
    part of what shows the man best.
    """
    for other in scores.phrases:
        if other == phrase or scores.of(other)[group] < FOUND:
            continue
        own = _members(group, phrase, other, matching, scores)
        others = _members(group, other, phrase, range(len(scores.segments)), scores)
        pairs = ((scores.segments[i], scores.segments[k]) for i in own for k in others)
        if any(_make_up(one, another, scores.segments[group]) for one, another in pairs):
            return True
    return False


def _members(group: int, phrase: str, other: str, among: Iterable[int], scores: SegmentScores) -> list[int]:
    """Segments (indices) that show a phrase as well as the group does, and do not show the other one."""
    values, others = scores.of(phrase), scores.of(other)
    return [i for i in among if values[i] >= values[group] - GROUP_TOLERANCE and others[i] < FOUND]


def _make_up(one: Segment, other: Segment, group: Segment) -> bool:
    """Whether two segments that do not overlap are the parts of a third."""
    if segments_overlap(one, other) or one.area + other.area > group.area / GROUP_SHARE:
        return False
    return masks.mask_iou(one.mask | other.mask, group.mask) >= GROUP_SHARE


def _find_anchors(referent: Referent, scores: SegmentScores, min_score: float) -> list[int]:
    """The things that single out another: all of that name, or those that the phrase singles out in their turn."""
    anchor = referent.anchor
    if anchor is None or anchor.thing == referent.thing:
        return []
    return _find_referents(anchor, scores, min_score) if anchor.singles_out else _find_each(anchor, scores, min_score)


def _certainty_of_anchor(target: str, scores: SegmentScores, min_score: float) -> float:
    """The best score, 0–1, of the thing that singles out one of several; 1 where there is only one."""
    referent = read_referent(target)
    if referent.anchor is None or len(_find_each(referent, scores, min_score)) < 2:
        return 1.0
    values = scores.of(referent.anchor.thing) if referent.anchor.thing in scores.phrases else np.zeros(1)
    return float(values.max(initial=0))


def _pick_best(matching: Sequence[int], values: npt.NDArray[np.float32], scores: SegmentScores) -> int:
    """Of the segments that BLIP scores about alike, the one whose outline is surest; of those alike, the largest."""
    alike = [i for i in matching if values[i] >= values[matching[0]] - ALIKE]
    return max(alike, key=lambda i: (measure_outline_quality(scores.segments[i]), scores.segments[i].area))


def measure_outline_quality(segment: Segment) -> float:
    """How sure SAM is of an outline: the quality it predicts, times how little the mask depends on the threshold."""
    return segment.predicted_iou * segment.stability_score


def segments_overlap(one: Segment, other: Segment) -> bool:
    """Whether one lies in the other."""
    return masks.nested_share(one.mask, other.mask) >= NESTED


def _without_owners(matching: Sequence[int], owners: Sequence[int], scores: SegmentScores) -> list[int]:
    """Without segments that cover nearly all of an owner: "the man's jacket" is not the man."""
    return [
        i
        for i in matching
        if all(masks.share_inside(scores.segments[k].mask, scores.segments[i].mask) < 1 - STRAY for k in owners)
    ]


def choose_referents(candidates: Sequence[Segment], referent: Referent, anchors: Sequence[Segment]) -> list[int]:
    """Which of the ``candidates`` (indices) are meant, the best first; at most as many as the phrase counts.

    ``anchors`` are the things that single them out; none where the phrase names none, or where none was found.
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
        return _on_side(ranked, candidates, referent.side)
    return ranked[referent.order - 1 : referent.order - 1 + referent.count]


def measure_misfit(box: Box, anchor: Box, relation: str) -> float:
    """How far a thing is from lying to another as ``relation`` says, in pixels; 0 is a perfect fit.

    ``relation`` is a ``SpatialRelation.compared``, or "of" for what belongs to the anchor.
    """
    dx, dy = (one - other for one, other in zip(box.center, anchor.center))
    apart_x = max(box.left - anchor.right, anchor.left - box.right, 0)
    apart_y = max(box.top - anchor.bottom, anchor.top - box.bottom, 0)
    distance: float = (dx**2 + dy**2) ** 0.5
    if relation in DIRECTIONS:
        x, y = DIRECTIONS[relation]
        ahead, aside = dx * x + dy * y, dx * y - dy * x
        return distance + WRONG_SIDE * max(0, abs(aside) - ahead)
    if relation == "on":  # what stands on a thing ends within its height
        return apart_x + max(anchor.top - box.bottom, box.bottom - anchor.bottom, 0) + distance / 10
    return apart_x + apart_y + distance / 10


def _from_side(candidates: Sequence[Segment], side: str) -> Callable[[int], float]:
    """The key that sorts candidates from a side of the picture; for "middle", from the middle one of three or more,
    or from the middle of the picture."""
    centers = [segment.box.center for segment in candidates]
    height, width = Size.of(candidates[0].mask)
    x, y = width / 2, height / 2
    if len(centers) > 2:
        x, y = (sorted(axis)[len(centers) // 2] for axis in zip(*centers))
    if side == "middle":
        return lambda index: abs(centers[index][0] - x) + abs(centers[index][1] - y)
    return lambda index: _distance_from(centers[index], side)


def _on_side(ranked: list[int], candidates: Sequence[Segment], side: str) -> list[int]:
    """Of "the dogs on the left" those in the left half; all of them where none lies there, or no side is named."""
    if side in ("", "middle"):
        return ranked
    height, width = Size.of(candidates[0].mask)
    border = _distance_from((width / 2, height / 2), side)
    return [index for index in ranked if _distance_from(candidates[index].box.center, side) < border] or ranked


def _distance_from(point: tuple[float, float], side: str) -> float:
    """A number that grows with the distance of a point (x, y) from a side; of one side only are they comparable."""
    x, y = point
    return {"left": x, "right": -x, "top": y, "bottom": -y}[side]
