"""Phrases that find a thing in the picture: "red ball", "man's jacket", "dog on the left"."""

from __future__ import annotations

from lib_automask.plan import lexicon, wordlists
from lib_automask.plan.alignment import Alignment
from lib_automask.plan.scene import Scene, Thing
from lib_automask.referring_expressions import named_region

WORN = ("in", "with", "wearing", "holding", "carrying", "has", "wears", "holds", "carries")
SIDES = (
    ("left of", "left", "right"),
    ("right of", "right", "left"),
    ("above", "top", "bottom"),
    ("below", "bottom", "top"),
)
"""(relation, where its first thing lies, where its second)."""


def name(thing: Thing, scene: Scene) -> str:
    """A phrase that finds this thing of a scene and not its like."""
    alike = [other for other in scene.things if other is not thing and other.key == thing.key]
    if not any(other.phrase == thing.phrase for other in alike):
        # "two fish": where the noun does not show that there are several, the number has to.
        counted = thing.number and thing.count != 1 and lexicon.singular(thing.noun) == thing.noun
        return f"{thing.number} {thing.phrase}" if counted else thing.phrase
    if side := thing.place or _side(thing, alike):
        return f"{thing.phrase} {'on' if side in ('left', 'right') else 'at'} the {side}"
    holder = thing.owner or (thing.anchor if thing.relation in WORN else None)
    if holder is not None:
        return f"{holder.phrase}'s {thing.phrase}"
    if thing.stands is not None and not any(other.stands == thing.stands for other in alike):
        return f"{thing.phrase} {thing.stands[0]} the {thing.stands[1].phrase}"
    return thing.phrase


def other_names(thing: Thing, scene: Scene, new: Thing | None = None) -> tuple[str, ...]:
    """What else may find a thing whose caption is wrong in a word: with the new one's adjectives, or with none.

    None where the scene has its like, since they would then name both.
    """
    if any(other.key == thing.key for other in scene.things if other is not thing):
        return ()
    described = [" ".join([*new.attributes, thing.noun])] if new is not None and new.attributes else []
    return tuple(phrase for phrase in (*described, thing.noun) if phrase != thing.phrase)


def _side(thing: Thing, alike: list[Thing]) -> str:
    """Where a thing lies that stands left of, or above, another of its like: "left", "bottom"; else ""."""
    for relation, here, there in SIDES:
        if thing.stands is not None and thing.stands[0].endswith(relation) and thing.stands[1] in alike:
            return here
        if thing.relation.endswith(relation) and thing.anchor in alike:
            return there
    return ""


def anchor(thing: Thing, alignment: Alignment, caption: Scene) -> tuple[str, str | None]:
    """Where the prompt puts a new thing: (the anchor in the caption's words where it has any, the relation).

    ("", None) where the prompt does not say, or only names the setting of everything.
    """
    candidates = [place for place in _stated_places(thing) if not _is_shared(thing, place[1], alignment)]
    if lexicon.is_kind(thing.key, "celestial", "weather"):
        candidates = [place for place in candidates if place[0] != "with"]  # "kids with a rainbow overhead"
    for relation, place in candidates:
        if place.key in wordlists.names("common", "everybody has"):
            return place.phrase, relation
        old = alignment.old(place)
        if old is not None and not (relation == "with" and _is_scenery(place)):
            return name(old, caption), relation
    for relation, place in candidates:
        if not lexicon.is_place(place.key):
            return place.phrase, relation
    regions = [(relation, place) for relation, place in candidates if relation != "with"]
    skies = (f"{relation} the {place.phrase}" for relation, place in regions if named_region(place.phrase))
    return "", thing.region or next(skies, None)


def _is_scenery(place: Thing) -> bool:
    """ "a city with fireworks": the fireworks may be anywhere."""
    solid = lexicon.is_kind(place.key, "building", "fixture", "vehicle", "furniture", "plant", "terrain")
    return place.is_setting or (lexicon.is_place(place.key) and not solid)


def _is_shared(thing: Thing, place: Thing, alignment: Alignment) -> bool:
    """ "a cup with a spoon on a windowsill": the sill is where the cup stood before."""
    holder = alignment.old(thing.anchor) if thing.anchor is not None else None
    stands = holder.stands if holder is not None else None
    return stands is not None and stands[0] not in ("with", "of") and stands[1] is alignment.old(place)


def _stated_places(thing: Thing) -> list[tuple[str, Thing]]:
    """What the prompt says of a thing's place, the most telling first."""
    places = []
    if thing.stands is not None and not _places_everything(thing, *thing.stands):
        places.append(thing.stands)
    overhead = thing.relation == "under" and lexicon.is_kind(thing.key, "celestial")
    if thing.relation and thing.anchor is not None and not overhead:
        places.append((thing.relation, thing.anchor))
    return places


def _places_everything(thing: Thing, relation: str, place: Thing) -> bool:
    """ "a boat with a red sail on a calm sea": the sea is where all of it is."""
    if relation == "in" and place.anchor is thing and lexicon.is_kind(place.key, "clothing"):
        return True  # "a rider in a red coat" is nowhere yet
    if (
        relation in ("with", "of", "like")
        or lexicon.is_kind(place.key, "weather")
        or (relation, place.key) == ("under", "sky")
    ):
        return True
    hangs = thing.anchor is not None and not thing.anchor.is_setting
    return place.is_setting and (thing.joined or hangs)
