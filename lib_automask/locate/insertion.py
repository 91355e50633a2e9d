"""Where a new thing goes: by the relation and anchor in the prompt, by what is usual for its kind, by the free room.

``locate_insertion`` tries in turn: on the figure that wears or holds it, at its anchor, in the part of the picture that
the prompt names, at an anchor that only the heat shows, where things of its kind usually are, anywhere.
"""

from __future__ import annotations

import numpy as np

from lib_automask.imaging import masks
from lib_automask.locate import commonsense, geometry, placement
from lib_automask.locate.placement import WantedSize
from lib_automask.locate.scene_view import GROUND, SceneView
from lib_automask.locate.selection import FOUND, Location, locate_object
from lib_automask.referring_expressions import find_relation, is_ambiguous, is_worn_by, named_region
from lib_automask.types import Edit, Heat, Mask, bounding_box

UNNAMED = 0.7
"""How sure a place is, 0–1, that the prompt does not name: a guess."""
LARGEST = 1 / 3
"""Of the picture's shorter side: how large a thing is that stands beside nothing of known size (a guess)."""
IN_HAND = 0.4
"""Up to this size, in sizes of the figure, what somebody is "with" is held; larger things stand beside (a guess)."""
HOT, GATHERED, SPREAD = 0.5, 0.95, 0.05
"""Heat counts from this share of its peak. It is decided where one spot, of at most ``SPREAD`` of the picture, holds
``GATHERED`` of what counts: in the icon world it then lies on the thing in 94 of 100 cases, else in 82."""
WIDER = 2.2
"""How much wider a thing is than the spot of its heat, in the icon world."""
SHOWN = 0.5
"""From this probability on the picture counts as showing an anchor: a guess."""


def locate_insertion(edit: Edit, view: SceneView, added: Mask) -> Location:
    """The place of a new thing; empty where there is none. ``added`` bool[H, W] is where other new things go."""
    new, relation = edit.replacement or "", edit.relation or ""
    taken = view.named | added
    anchor = _find_anchor(edit.target, view)
    wearer = _find_wearer(edit, anchor, view)
    if wearer is not None:
        return _place_on_figure(edit, wearer, taken, view)
    if anchor is not None:
        return _place_at_anchor(edit, anchor, taken, view)
    if region := named_region(f"{relation} {edit.target}"):
        return _place_in_region(new, region, taken, view)
    if edit.target:
        return _place_by_heat(edit, taken, view)
    usual = _place_in_region(new, commonsense.typical_region(new) or "ground", taken, view)
    return usual if usual.mask.any() else _place_in_region(new, None, taken, view)


def _find_anchor(target: str, view: SceneView) -> Location | None:
    """The thing that the new one is put to; None where it is not named, or not found."""
    location = locate_object(target, view.scores, view.size) if target else None
    return location if location is not None and location.segments else None


def _find_wearer(edit: Edit, anchor: Location | None, view: SceneView) -> Location | None:
    """The person or animal that a thing is put on, where it is a part of one that the prompt names or implies."""
    owner, _, _ = edit.target.partition("'s ")
    if commonsense.body_part_band(edit.target):
        return view.find(owner) or _find_largest_figure(view)
    if not commonsense.worn_at(edit.replacement or "") or not is_worn_by(edit.relation or ""):
        return None
    if not edit.target:
        return _find_largest_figure(view)
    return anchor if commonsense.is_figure(edit.target) else None


def _find_largest_figure(view: SceneView) -> Location | None:
    figures = [view.find(phrase) for phrase in view.scores.phrases if commonsense.is_figure(phrase)]
    return max(filter(None, figures), key=lambda figure: int(figure.mask.sum()), default=None)


def _place_on_figure(edit: Edit, wearer: Location, taken: Mask, view: SceneView) -> Location:
    """Worn by a figure, held by it, or at its feet."""
    new = edit.replacement or ""
    worn, part = commonsense.worn_at(new), commonsense.body_part_band(edit.target)
    size = WantedSize(_relative_size(new, "person"), commonsense.typical_aspect(new))
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
    size = WantedSize(_relative_size(new, edit.target), commonsense.typical_aspect(new))
    placed = find_relation(relation).placed
    is_ground = masks.count_sides_touched(anchor.mask) >= GROUND
    if placed == "between":
        mask = placement.place_between(*_pick_two_anchors(anchor, view), taken, size)
    elif is_ground and placed in ("on", "in", "near", "foot"):
        mask = geometry.fit_box(anchor.mask & ~masks.grow_mask(taken & ~anchor.mask, 1), _default_size(new, view))
    else:
        mask = placement.place_beside(anchor.mask, relation, taken, size)
    return _make_location(mask, anchor)


def _resolve_relation(edit: Edit) -> str:
    """The relation. What "with" means depends on the two things: held by a person or beside one, or on a thing."""
    relation = edit.relation or "next to"
    if not is_ambiguous(relation):
        return relation
    if not commonsense.is_figure(edit.target):
        return "on"
    return "holding" if _relative_size(edit.replacement or "", edit.target) <= IN_HAND else "next to"


def _pick_two_anchors(anchor: Location, view: SceneView) -> tuple[Mask, Mask]:
    """The two things that something lies between: two that the anchor names, or it and its nearest neighbour."""
    if len(anchor.segments) > 1:
        first, second = (view.scores.segments[index].mask for index in anchor.segments[:2])
        return first, second
    named = filter(None, map(view.find, view.scores.phrases))
    others = [thing.mask for thing in named if not (thing.mask & anchor.mask).any()]
    return anchor.mask, min(others, key=lambda mask: _distance(mask, anchor.mask), default=anchor.mask)


def _distance(one: Mask, other: Mask) -> float:
    """Pixels between the middles of two things."""
    (ay, ax), (by, bx) = (np.argwhere(mask).mean(0) for mask in (one, other))
    return float(np.hypot(ax - bx, ay - by))


def _place_in_region(new: str, region: str | None, taken: Mask, view: SceneView) -> Location:
    """Free room in a part of the picture, or anywhere in it; in the sky's own segment where there is one."""
    found = view.find(region) if region else None
    if found is not None:
        within = found.mask
    else:
        within = geometry.picture_region(region, view.size) if region else np.ones(view.size, np.bool_)
    mask = geometry.fit_box(within & ~masks.grow_mask(taken, 1), _default_size(new, view))
    return Location(mask, UNNAMED if mask.any() else 0.0, found.segments if found else ())


def _place_by_heat(edit: Edit, taken: Mask, view: SceneView) -> Location:
    """Beside an anchor that is no segment, if the picture shows it and BLIP looks for it in one spot; else nowhere."""
    best_score = float(view.scores.of(edit.target).max(initial=0))
    shown = view.presence([edit.target])[0]
    spot = find_hot_spot(view.heat([edit.target])[0]) if shown >= SHOWN else None
    box = bounding_box(spot) if spot is not None else None
    if box is None:
        return Location(np.zeros(view.size, np.bool_), min(best_score, FOUND))
    around = geometry.box_at(box.center, (WIDER * box.width, WIDER * box.height), view.size)
    return _place_at_anchor(edit, Location(around, min(shown, UNNAMED)), taken & ~around, view)


def find_hot_spot(heat: Heat) -> Mask | None:
    """The one spot where a phrase is looked for, from its heat (float32[H, W], 0–1); None where there are several."""
    hot = heat >= HOT * heat.max()  # without any heat that is the whole picture, and so no spot
    spot = masks.drop_islands(hot, hot.size)
    decided = spot.sum() >= GATHERED * hot.sum() and spot.mean() <= SPREAD
    return spot if decided else None


def _relative_size(new: str, anchor: str) -> float:
    """The size of something new in sizes of its anchor."""
    own_size, anchor_size = commonsense.typical_size(new), commonsense.typical_size(anchor)
    share = own_size / anchor_size if own_size and anchor_size else WantedSize().share
    return share * (1.5 if commonsense.is_several(new) else 1)


def _default_size(new: str, view: SceneView) -> tuple[float, float]:
    """(width, height) in pixels of something that stands by itself, by the scale of the things that are named."""
    longest = LARGEST * view.size.shorter
    metres = commonsense.typical_size(new)
    pixels_per_metre = [
        max(box.width, box.height) / size
        for phrase in view.scores.phrases
        if (size := commonsense.typical_size(phrase))
        and (found := view.find(phrase))
        and (box := bounding_box(found.mask))
    ]
    longer = min(metres * float(np.median(pixels_per_metre)), longest) if metres and pixels_per_metre else longest
    return WantedSize(1, commonsense.typical_aspect(new)).to_pixels(longer, view.size)


def _make_location(mask: Mask, anchor: Location) -> Location:
    """A location as sure as its anchor; of certainty 0 where there is no room."""
    return Location(mask, anchor.score if mask.any() else 0.0, anchor.segments)
