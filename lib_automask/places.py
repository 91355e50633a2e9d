"""Where each edit goes: the things it names, the background round them, or the room for something new."""

from __future__ import annotations

import numpy as np

from lib_automask import masks, placement
from lib_automask.selection import FOUND, Place, Scores, meant, thing, whole
from lib_automask.structures import Edit, EditPlan, Mask


def find_places(plan: EditPlan, scores: Scores, shape: tuple[int, int], least: float = FOUND) -> list[Place]:
    """The place of each edit in a picture of ``shape`` (H, W); an empty mask where there is none.

    ``least`` is the score, 0–1, from which a segment can be what an edit means.
    """
    places: list[Place] = []
    added = np.zeros(shape, np.bool_)
    for edit in plan.edits:
        if edit.kind == "restyle":
            places.append(Place(np.ones(shape, np.bool_), 1.0))
        elif edit.kind == "background":
            places.append(background(scores, shape))
        elif edit.kind == "add":
            places.append(addition(edit, scores, shape, added))
            added |= places[-1].mask
        else:
            places.append(thing(edit.target, scores, shape, least))
    return places


def background(scores: Scores, shape: tuple[int, int]) -> Place:
    """Everything but the things that stay, held away from their outline so that nothing grows from behind them."""
    subjects = _subjects(scores)
    if not subjects:
        return Place(np.zeros(shape, np.bool_), 0.0)
    kept = masks.union((whole(scores.segments[i]) for i in subjects), shape)
    margin = max(1, round(0.006 * min(shape)))
    certainty = float(scores.values[subjects].max(1).min())
    return Place(~masks.grow(kept, margin), certainty, tuple(subjects))


def addition(edit: Edit, scores: Scores, shape: tuple[int, int], added: Mask) -> Place:
    """Free room for a new thing: beside its anchor where the prompt names one, else where most of it is.

    ``added`` is where other new things go.
    """
    taken = added | masks.union((scores.segments[i].mask for i in _subjects(scores)), shape)
    anchor = thing(edit.target, scores, shape) if edit.target else None
    if anchor is not None and anchor.segments:
        mask = placement.beside(anchor.mask, edit.relation or "next to", taken)
        return Place(mask, anchor.score if mask.any() else 0.0, anchor.segments)
    return Place(placement.free_room(taken), 1.0 if anchor is None else anchor.score)


def _subjects(scores: Scores) -> list[int]:
    """The segments of every thing in the picture that is named: those kept and those changed."""
    return sorted({index for phrase in scores.phrases for index in meant(phrase, scores)})
