"""Where each edit goes: the things it names, the background round them, or the room for something new."""

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
    """The place of each edit in a picture; an empty mask where there is none."""
    places: list[Location] = []
    added = np.zeros(view.shape, np.bool_)
    for edit in plan.edits:
        if edit.kind == "restyle":
            places.append(Location(np.ones(view.shape, np.bool_), 1.0))
        elif edit.kind == "background":
            places.append(locate_background(view))
        elif edit.kind == "add":
            places.append(locate_insertion(edit, view, added))
            added |= places[-1].mask
        else:
            found = trace_outline(locate_object(edit.target, view.scores, view.shape, view.least), view)
            places.append(locate_removal(found, view) if edit.kind == "remove" else found)
    return places


def trace_outline(place: Location, view: SceneView) -> Location:
    """The place of a thing, with the outline that its ground shows; a ground as the thing has none."""
    if not place.mask.any() or masks.count_sides_touched(place.mask) >= GROUND:
        return place
    return replace(place, mask=refine_outline(view.image, place.mask, view.named))


def locate_removal(place: Location, view: SceneView) -> Location:
    """The place of a thing that is removed: with its rim and its shadow."""
    if not place.mask.any():
        return place
    return replace(place, mask=extend_removal(view.image, place.mask, view.named))
