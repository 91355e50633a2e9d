"""What holds something, told apart from it: "milk in a plastic bottle" is the caption's "bottle of milk"."""

from __future__ import annotations

from lib_automask.plan import lexicon
from lib_automask.plan.scene import Scene, Thing


def rejoin(wanted: Scene, shown: Scene) -> None:
    """ "plastic bottle, milk" beside a caption's "glass bottle of milk": the bottle becomes the milk's vessel."""
    for old in (thing for thing in shown.things if thing.vessel):
        held = next((thing for thing in wanted.things if thing.key == old.key and not thing.vessel), None)
        vessel = next((thing for thing in wanted.things if held is not None and _holds(thing, held, old)), None)
        if held is not None and vessel is not None:
            _pour(held, vessel, wanted)


def _holds(vessel: Thing, held: Thing, old: Thing) -> bool:
    """Whether a thing that is described is the vessel, standing as a tag or behind "in" and "from"."""
    beside = vessel.tag or (vessel.anchor is held and vessel.relation in ("in", "from"))
    described = vessel is not held and bool(vessel.attributes)
    return beside and described and vessel.key == lexicon.concept(old.vessel.split())[0]


def _pour(held: Thing, vessel: Thing, scene: Scene) -> None:
    held.vessel, held.stands = vessel.phrase, vessel.stands
    held.count, held.number = vessel.count, vessel.number
    scene.things.remove(vessel)
    for thing in scene.things:
        thing.anchor = held if thing.anchor is vessel else thing.anchor
