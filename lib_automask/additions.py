"""Where something new goes: what the prompt says of its place, what things of its kind are like, and the free room."""

from __future__ import annotations

import numpy as np

from lib_automask import figure, masks, placement, room
from lib_automask.placement import Wanted
from lib_automask.plan import usual
from lib_automask.selection import FOUND, Place, thing
from lib_automask.structures import Edit, Heat, Mask, box_of
from lib_automask.view import GROUND, View

ANYWHERE = 0.7
"""How sure a place is that the prompt does not name."""
LARGEST = 1 / 3
"""Of the picture's shorter side: how large something is that stands beside nothing of known size."""
IN_HAND = 0.4
"""Up to this size, in sizes of the figure, what somebody is "with" is held; larger things stand beside."""
HOT, GATHERED, SPREAD = 0.5, 0.95, 0.05
"""Heat counts from this share of its peak. It is decided where one spot, of at most ``SPREAD`` of the picture, holds
``GATHERED`` of what counts: in the icon world it then lies on the thing in 94 of 100 cases, else in 82."""
WIDER = 2.2
"""How much wider a thing is than the spot of its heat, in the icon world."""
SHOWN = 0.5
"""From this probability on the picture counts as showing an anchor."""
LOOSE = ("", "with", "has", "having", "on", "to", "in", "wearing", "dressed in", "clad in")
"""Relations that leave it to the thing where on its wearer it is worn."""


def addition(edit: Edit, view: View, added: Mask) -> Place:
    """The place of something new. ``added`` (bool[H, W]) is where other new things go."""
    new, relation = edit.replacement or "", edit.relation or ""
    taken = view.named | added
    anchor = _found(edit.target, view)
    wearer = _wearer(edit, anchor, view)
    if wearer is not None:
        return _on_figure(edit, wearer, taken, view)
    if anchor is not None:
        return _at_anchor(edit, anchor, taken, view)
    if where := usual.region(f"{relation} {edit.target}"):
        return _in_picture(new, where, taken, view)
    if edit.target:
        return _by_heat(edit, taken, view)
    at_home = _in_picture(new, usual.home(new) or "ground", taken, view)
    return at_home if at_home.mask.any() else _in_picture(new, None, taken, view)


def _found(target: str, view: View) -> Place | None:
    place = thing(target, view.scores, view.shape) if target else None
    return place if place is not None and place.segments else None


def _wearer(edit: Edit, anchor: Place | None, view: View) -> Place | None:
    """The person or animal that a thing is put on, where it is a part of one that the prompt names or implies."""
    owner, _, _ = edit.target.partition("'s ")
    if usual.part(edit.target):
        return view.find(owner) or _largest_figure(view)
    if not usual.worn_at(edit.replacement or "") or (edit.relation or "") not in LOOSE:
        return None
    if not edit.target:
        return _largest_figure(view)
    return anchor if usual.is_figure(edit.target) else None


def _largest_figure(view: View) -> Place | None:
    figures = [view.find(phrase) for phrase in view.scores.phrases if usual.is_figure(phrase)]
    return max((place for place in figures if place), key=lambda place: int(place.mask.sum()), default=None)


def _on_figure(edit: Edit, wearer: Place, taken: Mask, view: View) -> Place:
    """Worn on a figure, held by it, or at its feet."""
    new = edit.replacement or ""
    worn, part = usual.worn_at(new), usual.part(edit.target)
    size = Wanted(_share(new, "person"), usual.shape(new))
    others = masks.grow(taken & ~wearer.mask, 1)
    if part == "hands" and worn != "hands":
        mask = placement.beside(wearer.mask, "holding", taken, size)
    elif part == "feet" and worn != "feet":
        mask = placement.at_foot(wearer.mask, taken, size)
    else:
        mask = figure.worn(wearer.mask, part or worn or "body") & ~others
    return _placed(mask, wearer)


def _at_anchor(edit: Edit, anchor: Place, taken: Mask, view: View) -> Place:
    """Beside a thing of the picture, on it, or wherever the relation says."""
    new, relation = edit.replacement or "", _told_relation(edit)
    size = Wanted(_share(new, edit.target), usual.shape(new))
    ground = masks.sides_touched(anchor.mask) >= GROUND
    if relation.endswith("between"):
        mask = placement.between(*_two(anchor, view), taken, size)
    elif ground and placement.way(relation) in ("on", "in", "near", "foot"):
        mask = room.fit(anchor.mask & ~masks.grow(taken & ~anchor.mask, 1), _alone(new, view))
    else:
        mask = placement.beside(anchor.mask, relation, taken, size)
    return _placed(mask, anchor)


def _told_relation(edit: Edit) -> str:
    """The relation; what "with" means is told by the two things: held, beside a person, or on a thing."""
    relation = edit.relation or "next to"
    if relation not in ("with", "has", "having", "to"):
        return relation
    if not usual.is_figure(edit.target):
        return "on"
    return "holding" if _share(edit.replacement or "", edit.target) <= IN_HAND else "next to"


def _two(anchor: Place, view: View) -> tuple[Mask, Mask]:
    """The two things that something lies between: two that the anchor names, or it and its nearest neighbour."""
    if len(anchor.segments) > 1:
        first, second = (view.scores.segments[index].mask for index in anchor.segments[:2])
        return first, second
    places = [view.find(phrase) for phrase in view.scores.phrases]
    others = [place.mask for place in places if place and not (place.mask & anchor.mask).any()]
    return anchor.mask, min(others, key=lambda mask: _distance(mask, anchor.mask), default=anchor.mask)


def _distance(one: Mask, other: Mask) -> float:
    """Pixels between the middles of two things."""
    (ay, ax), (by, bx) = (np.argwhere(mask).mean(0) for mask in (one, other))
    return float(np.hypot(ax - bx, ay - by))


def _in_picture(new: str, where: str | None, taken: Mask, view: View) -> Place:
    """Free room in a part of the picture, or anywhere in it; in the sky's own segment where there is one."""
    seen = view.find(where) if where else None
    within = room.region(where, view.shape) if where else np.ones(view.shape, np.bool_)
    within = seen.mask if seen is not None else within
    mask = room.fit(within & ~masks.grow(taken, 1), _alone(new, view))
    return Place(mask, ANYWHERE if mask.any() else 0.0, seen.segments if seen else ())


def _by_heat(edit: Edit, taken: Mask, view: View) -> Place:
    """Beside an anchor that is no segment, if the picture shows it and BLIP looks for it in one spot; else nowhere."""
    best = float(view.scores.of(edit.target).max(initial=0))
    nowhere = Place(np.zeros(view.shape, np.bool_), min(best, FOUND))
    shown = view.shown([edit.target])[0]
    spot = hot_spot(view.heat([edit.target])[0]) if shown >= SHOWN else None
    box = box_of(spot) if spot is not None else None
    if box is None:
        return nowhere
    around = room.box_at(box.center, (WIDER * box.width, WIDER * box.height), view.shape)
    return _at_anchor(edit, Place(around, min(shown, ANYWHERE)), taken & ~around, view)


def hot_spot(heat: Heat) -> Mask | None:
    """The one spot where a phrase is looked for, from its heat (float32[H, W], 0–1); None where there are several."""
    hot = heat >= HOT * heat.max() if heat.max() > 0 else np.zeros(heat.shape, np.bool_)
    spot = masks.drop_islands(hot, hot.size)
    decided = hot.any() and spot.sum() >= GATHERED * hot.sum() and spot.mean() <= SPREAD
    return spot if decided else None


def _share(new: str, anchor: str) -> float:
    """The size of something new in sizes of its anchor."""
    mine, its = usual.size(new), usual.size(anchor)
    share = mine / its if mine and its else Wanted().share
    return share * (1.5 if usual.is_several(new) else 1)


def _alone(new: str, view: View) -> tuple[float, float]:
    """(width, height) in pixels of something that stands by itself, by the scale of the things that are named."""
    longest = LARGEST * min(view.shape)
    mine = usual.size(new)
    scales = [
        max(box.width, box.height) / size
        for phrase in view.scores.phrases
        if (size := usual.size(phrase)) and (place := view.find(phrase)) and (box := box_of(place.mask))
    ]
    longer = min(mine * float(np.median(scales)), longest) if mine and scales else longest
    return Wanted(1, usual.shape(new)).pixels(longer, view.shape)


def _placed(mask: Mask, anchor: Place) -> Place:
    """A place as sure as its anchor; of no certainty where there was no room."""
    return Place(mask, anchor.score if mask.any() else 0.0, anchor.segments)
