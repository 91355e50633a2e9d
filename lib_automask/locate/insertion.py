"""Where something new goes: what the prompt says of its place, what things of its kind are like, and the free room."""

from __future__ import annotations

import numpy as np

from lib_automask.imaging import masks
from lib_automask.locate import commonsense, geometry, placement
from lib_automask.locate.placement import WantedSize
from lib_automask.locate.scene_view import GROUND, SceneView
from lib_automask.locate.selection import FOUND, Location, locate_object
from lib_automask.referring_expressions import named_region
from lib_automask.types import Edit, Heat, Mask, bounding_box

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


def locate_insertion(edit: Edit, view: SceneView, added: Mask) -> Location:
    """The place of something new. ``added`` (bool[H, W]) is where other new things go."""
    new, relation = edit.replacement or "", edit.relation or ""
    taken = view.named | added
    anchor = _find_anchor(edit.target, view)
    wearer = _find_wearer(edit, anchor, view)
    if wearer is not None:
        return _place_on_figure(edit, wearer, taken, view)
    if anchor is not None:
        return _place_at_anchor(edit, anchor, taken, view)
    if where := named_region(f"{relation} {edit.target}"):
        return _place_in_region(new, where, taken, view)
    if edit.target:
        return _place_by_heat(edit, taken, view)
    at_home = _place_in_region(new, commonsense.typical_region(new) or "ground", taken, view)
    return at_home if at_home.mask.any() else _place_in_region(new, None, taken, view)


def _find_anchor(target: str, view: SceneView) -> Location | None:
    place = locate_object(target, view.scores, view.shape) if target else None
    return place if place is not None and place.segments else None


def _find_wearer(edit: Edit, anchor: Location | None, view: SceneView) -> Location | None:
    """The person or animal that a thing is put on, where it is a part of one that the prompt names or implies."""
    owner, _, _ = edit.target.partition("'s ")
    if commonsense.body_part_band(edit.target):
        return view.find(owner) or _find_largest_figure(view)
    if not commonsense.worn_at(edit.replacement or "") or (edit.relation or "") not in LOOSE:
        return None
    if not edit.target:
        return _find_largest_figure(view)
    return anchor if commonsense.is_figure(edit.target) else None


def _find_largest_figure(view: SceneView) -> Location | None:
    figures = [view.find(phrase) for phrase in view.scores.phrases if commonsense.is_figure(phrase)]
    return max((place for place in figures if place), key=lambda place: int(place.mask.sum()), default=None)


def _place_on_figure(edit: Edit, wearer: Location, taken: Mask, view: SceneView) -> Location:
    """Worn on a figure, held by it, or at its feet."""
    new = edit.replacement or ""
    worn, part = commonsense.worn_at(new), commonsense.body_part_band(edit.target)
    size = WantedSize(_relative_size(new, "person"), commonsense.typical_shape(new))
    others = masks.grow_mask(taken & ~wearer.mask, 1)
    if part == "hands" and worn != "hands":
        mask = placement.place_beside(wearer.mask, "holding", taken, size)
    elif part == "feet" and worn != "feet":
        mask = placement.place_at_foot(wearer.mask, taken, size)
    else:
        mask = geometry.worn_region(wearer.mask, part or worn or "body") & ~others
    return _make_location(mask, wearer)


def _place_at_anchor(edit: Edit, anchor: Location, taken: Mask, view: SceneView) -> Location:
    """Beside a thing of the picture, on it, or wherever the relation says."""
    new, relation = edit.replacement or "", _resolve_relation(edit)
    size = WantedSize(_relative_size(new, edit.target), commonsense.typical_shape(new))
    ground = masks.count_sides_touched(anchor.mask) >= GROUND
    if relation.endswith("between"):
        mask = placement.place_between(*_pick_two_anchors(anchor, view), taken, size)
    elif ground and placement.placement_of(relation) in ("on", "in", "near", "foot"):
        mask = geometry.fit_box(anchor.mask & ~masks.grow_mask(taken & ~anchor.mask, 1), _default_size(new, view))
    else:
        mask = placement.place_beside(anchor.mask, relation, taken, size)
    return _make_location(mask, anchor)


def _resolve_relation(edit: Edit) -> str:
    """The relation; what "with" means is told by the two things: held, beside a person, or on a thing."""
    relation = edit.relation or "next to"
    if relation not in ("with", "has", "having", "to"):
        return relation
    if not commonsense.is_figure(edit.target):
        return "on"
    return "holding" if _relative_size(edit.replacement or "", edit.target) <= IN_HAND else "next to"


def _pick_two_anchors(anchor: Location, view: SceneView) -> tuple[Mask, Mask]:
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


def _place_in_region(new: str, where: str | None, taken: Mask, view: SceneView) -> Location:
    """Free room in a part of the picture, or anywhere in it; in the sky's own segment where there is one."""
    seen = view.find(where) if where else None
    within = geometry.picture_region(where, view.shape) if where else np.ones(view.shape, np.bool_)
    within = seen.mask if seen is not None else within
    mask = geometry.fit_box(within & ~masks.grow_mask(taken, 1), _default_size(new, view))
    return Location(mask, ANYWHERE if mask.any() else 0.0, seen.segments if seen else ())


def _place_by_heat(edit: Edit, taken: Mask, view: SceneView) -> Location:
    """Beside an anchor that is no segment, if the picture shows it and BLIP looks for it in one spot; else nowhere."""
    best = float(view.scores.of(edit.target).max(initial=0))
    nowhere = Location(np.zeros(view.shape, np.bool_), min(best, FOUND))
    shown = view.shown([edit.target])[0]
    spot = find_hot_spot(view.heat([edit.target])[0]) if shown >= SHOWN else None
    box = bounding_box(spot) if spot is not None else None
    if box is None:
        return nowhere
    around = geometry.box_at(box.center, (WIDER * box.width, WIDER * box.height), view.shape)
    return _place_at_anchor(edit, Location(around, min(shown, ANYWHERE)), taken & ~around, view)


def find_hot_spot(heat: Heat) -> Mask | None:
    """The one spot where a phrase is looked for, from its heat (float32[H, W], 0–1); None where there are several."""
    hot = heat >= HOT * heat.max() if heat.max() > 0 else np.zeros(heat.shape, np.bool_)
    spot = masks.drop_islands(hot, hot.size)
    decided = hot.any() and spot.sum() >= GATHERED * hot.sum() and spot.mean() <= SPREAD
    return spot if decided else None


def _relative_size(new: str, anchor: str) -> float:
    """The size of something new in sizes of its anchor."""
    mine, its = commonsense.typical_size(new), commonsense.typical_size(anchor)
    share = mine / its if mine and its else WantedSize().share
    return share * (1.5 if commonsense.is_several(new) else 1)


def _default_size(new: str, view: SceneView) -> tuple[float, float]:
    """(width, height) in pixels of something that stands by itself, by the scale of the things that are named."""
    longest = LARGEST * min(view.shape)
    mine = commonsense.typical_size(new)
    scales = [
        max(box.width, box.height) / size
        for phrase in view.scores.phrases
        if (size := commonsense.typical_size(phrase))
        and (place := view.find(phrase))
        and (box := bounding_box(place.mask))
    ]
    longer = min(mine * float(np.median(scales)), longest) if mine and scales else longest
    return WantedSize(1, commonsense.typical_shape(new)).pixels(longer, view.shape)


def _make_location(mask: Mask, anchor: Location) -> Location:
    """A place as sure as its anchor; of no certainty where there was no room."""
    return Location(mask, anchor.score if mask.any() else 0.0, anchor.segments)
