"""Where each edit goes: the things it names, the background round them, or the room for something new."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lib_automask import masks
from lib_automask.additions import addition
from lib_automask.background import background
from lib_automask.ground import outlined
from lib_automask.removal import removed
from lib_automask.selection import Place, thing
from lib_automask.structures import EditPlan
from lib_automask.view import GROUND, View


def find_places(plan: EditPlan, view: View) -> list[Place]:
    """The place of each edit in a picture; an empty mask where there is none."""
    places: list[Place] = []
    added = np.zeros(view.shape, np.bool_)
    for edit in plan.edits:
        if edit.kind == "restyle":
            places.append(Place(np.ones(view.shape, np.bool_), 1.0))
        elif edit.kind == "background":
            places.append(background(view))
        elif edit.kind == "add":
            places.append(addition(edit, view, added))
            added |= places[-1].mask
        else:
            found = traced(thing(edit.target, view.scores, view.shape, view.least), view)
            places.append(without_trace(found, view) if edit.kind == "remove" else found)
    return places


def traced(place: Place, view: View) -> Place:
    """The place of a thing, with the outline that its ground shows; a ground as the thing has none."""
    if not place.mask.any() or masks.sides_touched(place.mask) >= GROUND:
        return place
    return replace(place, mask=outlined(view.image, place.mask, view.named))


def without_trace(place: Place, view: View) -> Place:
    """The place of a thing that is removed: with its rim and its shadow."""
    if not place.mask.any():
        return place
    return replace(place, mask=removed(view.image, place.mask, view.named))
