"""Where each edit goes: the thing that it names, the background round what stays, or the room for a new thing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lib_automask.imaging import masks
from lib_automask.locate.extent import extend_removal, locate_background, refine_outline
from lib_automask.locate.insertion import locate_insertion
from lib_automask.locate.scene_view import GROUND, SceneView
from lib_automask.locate.selection import Location, locate_object
from lib_automask.types import EditPlan


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
