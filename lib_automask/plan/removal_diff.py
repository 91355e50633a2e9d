"""What the prompt denies, does not want, or leaves out although it repeats the rest."""

from __future__ import annotations

from collections.abc import Iterator

from lib_automask.plan import vocabulary
from lib_automask.plan.alignment import role_class
from lib_automask.plan.naming import name_thing, other_names
from lib_automask.plan.scene import Alignment, Change, Scene, Thing
from lib_automask.types import Edit


def list_removals(found: Alignment, caption: Scene, prompt: Scene, unwanted: Scene) -> Iterator[Change]:
    """What the prompt denies, does not want, or leaves out although it repeats the rest."""
    for thing in caption.things:
        denied = any(_is_one(thing, absent) for absent in prompt.absent)
        disliked = thing in found.gone and any(_is_one(thing, other) for other in unwanted.things)
        if denied or disliked:
            yield _removal(thing, caption, "denied")
        elif thing in found.gone and not prompt.partial and _is_missed(thing, found, caption, prompt):
            yield _removal(thing, caption, "left out", found.novelty)
    for thing in prompt.absent:
        if not any(_is_one(other, thing) for other in [*caption.things, *caption.absent]):
            yield Change(Edit("remove", thing.phrase), old=thing.phrase, reading="denied unseen")


def _is_one(thing: Thing, other: Thing) -> bool:
    return vocabulary.relate_nouns(thing.key, other.key) in ("same", "narrower", "broader", "near")


def _removal(thing: Thing, caption: Scene, reading: str, novelty: float = 1.0) -> Change:
    features = (
        {
            "left out ground": float(thing.is_ground),
            "left out had": float(role_class(thing) == "had"),
            "left out joined": float(thing.joined),
            "left out on top": float(not thing.relation),
            "left out object": float(role_class(thing) == "object"),
            "left out contents": float(thing.relation == "of"),
            "left out, nothing new": float(novelty == 0),
        }
        if reading == "left out"
        else {}
    )
    return Change(
        Edit("remove", name_thing(thing, caption)),
        old=thing.phrase,
        reading=reading,
        others=other_names(thing, caption),
        features=features,
    )


def _is_missed(thing: Thing, found: Alignment, caption: Scene, prompt: Scene) -> bool:
    if vocabulary.in_list(thing.key, "everybody has") or vocabulary.in_list(thing.key, "always there"):
        return False
    if (vocabulary.is_of_kind(thing.key, "body") and thing.key != "beard") or thing.key in ("hair", "expression"):
        return False
    if (
        vocabulary.is_abstract(thing.key)
        or thing.key in prompt.signs()
        or any(other.key in prompt.signs() for other in [thing])
    ):
        return False
    if any(one.key == thing.key and one.count not in (1, None) for one in prompt.things):
        return False
    twin = any(old.key == thing.key for old, _ in found.same)
    if (thing.key in prompt.mentions(generous=True) and not twin) or vocabulary.is_of_kind(
        thing.key, "light", "weather"
    ):
        return False
    holder = thing.owner or thing.anchor
    if "person" in thing.kinds and any(
        one.key in ("1girl", "1boy") and one.count not in (1, None) for one in prompt.things
    ):
        return False
    gone = [*found.gone, *(old for old, _ in found.swapped)]
    if thing.is_setting or (holder is not None and holder in gone):
        return False
    retold = len(found.same) + len(found.swapped)
    others = [one for one in found.gone if not one.is_setting]
    return bool(found.same) and (retold > len(others) or found.novelty < 0.15)
