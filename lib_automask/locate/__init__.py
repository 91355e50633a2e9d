"""Where each edit goes: the thing that it names, the background round what stays, room for a new thing; their mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lib_automask.imaging import masks
from lib_automask.locate.extent import extend_removal, locate_background, refine_outline
from lib_automask.locate.insertion import locate_insertion
from lib_automask.locate.scene_view import GROUND, SceneView
from lib_automask.locate.selection import FOUND, Location, SegmentScores, find_referents, locate_object, plain_name
from lib_automask.sampling_defaults import choose_grow
from lib_automask.types import Edit, EditPlan, Mask, MaskRequest, Segment

MOST_OF_PICTURE = 0.5
"""A thing that covers more than this share, and is a ground, may have been taken for what stands on it: a guess."""


def locate_edits(plan: EditPlan, view: SceneView) -> list[Location]:
    """The location of each edit of the plan, in its order; with an empty mask where none is found."""
    locations: list[Location] = []
    added = np.zeros(view.size, np.bool_)
    for edit in plan.edits:
        if edit.kind == "restyle":
            location = Location(np.ones(view.size, np.bool_), 1.0)
        elif edit.kind == "background":
            location = locate_background(view)
        elif edit.kind == "add":
            location = locate_insertion(edit, view, added)
            added |= location.mask
        else:
            location = trace_outline(locate_object(edit.target, view.scores, view.size, view.min_score), view)
            location = locate_removal(location, view) if edit.kind == "remove" else location
        locations.append(location)
    return locations


def trace_outline(location: Location, view: SceneView) -> Location:
    """A thing with its outline refined against the ground; a ground as the thing is left as it is."""
    if not location.mask.any() or masks.count_sides_touched(location.mask) >= GROUND:
        return location
    return replace(location, mask=refine_outline(view.image, location.mask, view.named))


def locate_removal(location: Location, view: SceneView) -> Location:
    """A thing that is removed, with its rim and its shadow."""
    if not location.mask.any():
        return location
    return replace(location, mask=extend_removal(view.image, location.mask, view.named))


def spare_location(location: Location, segments: Sequence[Segment], left_out: Mask) -> Location:
    """The location without what is left out; nothing of it where that is every segment that it was made of."""
    made_of = [segments[index].mask for index in location.segments]
    is_gone = bool(made_of) and not any((mask & ~left_out).any() for mask in made_of)
    return replace(location, mask=np.zeros_like(location.mask) if is_gone else location.mask & ~left_out)


def all_located(plan: EditPlan, scores: SegmentScores, locations: Sequence[Location], min_confidence: float) -> bool:
    """Whether every edit has a location that is certain enough.

    A background and a new thing go where other things are not, so for them all that is named must be found, and as
    something that stands on the ground rather than as the ground itself.
    """
    if not all(location.mask.any() and location.score >= min_confidence for location in locations):
        return False
    if any(may_include_more(edit, location, scores) for edit, location in zip(plan.edits, locations)):
        return False
    needs_all = any(edit.kind in ("add", "background") for edit in plan.edits)
    return not needs_all or all(is_found_object(phrase, scores) for phrase in scores.phrases)


def may_include_more(edit: Edit, location: Location, scores: SegmentScores) -> bool:
    """Whether a location may be more than the thing, or the anchor, that is meant: a ground that is most of the
    picture, or the thing together with another named one."""
    if edit.kind in ("background", "restyle"):
        return False
    is_ground = masks.count_sides_touched(location.mask) >= GROUND
    if edit.kind != "add" and is_ground and location.mask.mean() > MOST_OF_PICTURE:
        return True
    own = plain_name(edit.target)
    others = [phrase for phrase in scores.phrases if phrase not in (own, edit.target)]
    return any(scores.of(phrase)[index] >= FOUND for phrase in others for index in location.segments)


def is_found_object(phrase: str, scores: SegmentScores) -> bool:
    """Whether a segment shows what the phrase means, and is no ground."""
    return any(
        masks.count_sides_touched(scores.segments[index].mask) < GROUND for index in find_referents(phrase, scores)
    )


def compose_mask(plan: EditPlan, locations: Sequence[Location], request: MaskRequest) -> Mask:
    """One mask of all locations: holes filled, islands dropped, the user's own combined, grown or shrunk."""
    options = request.options
    mask = np.zeros(request.size, np.bool_)
    for edit, location in zip(plan.edits, locations):
        # A background or a ground goes round the things that stand on it: those holes are meant.
        is_ground = edit.kind == "background" or masks.count_sides_touched(location.mask) >= GROUND
        filled = masks.fill_holes(location.mask) if options.fill_holes and not is_ground else location.mask
        mask |= masks.grow_mask(filled, choose_grow(edit.kind, location.mask, options))
    mask = masks.drop_islands(mask, options.min_island / 100 * mask.size)
    mask = masks.combine_masks(mask, request.user_mask, options.combine)
    return masks.grow_mask(mask, options.grow)


def compose_edit_masks(plan: EditPlan, locations: Sequence[Location], request: MaskRequest) -> tuple[Mask, ...]:
    """The mask of each of several edits, as if it were the only one; none where there is only one edit."""
    if len(locations) < 2:
        return ()
    return tuple(
        compose_mask(replace(plan, edits=(edit,)), [location], request) for edit, location in zip(plan.edits, locations)
    )
