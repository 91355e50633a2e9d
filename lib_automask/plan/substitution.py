"""How much speaks for it that one thing of the prompt stands where another of the caption was."""

from __future__ import annotations

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.scene import Thing

BESIDE = frozenset(("left of", "right of", "above", "below", "next to", "beside"))


def same_key(one: Thing | None, other: Thing | None) -> float:
    return float(one is not None and other is not None and lexicon.same_concept(one.key, other.key))


def substitution(old: Thing, new: Thing, partner: dict[int, Thing], gone: int, come: int) -> float:
    """How many reasons there are to think that ``new`` took the place of ``old``."""
    if new.tag and lexicon.is_kind(new.key, "light") and not (old.is_setting or new.is_setting):
        return 0
    if old.key in wordlists.names("common", "everybody has") or new.key in wordlists.names("common", "everybody has"):
        return 0
    if new.key == "hair" != old.key:
        return 0  # "brushing her hair" takes no thing's place
    if old.is_setting or new.is_setting:
        return _setting_substitution(old, new) or 2.5 * _stand_behind_one(old, new, partner)
    value = 0.0
    kinds = lexicon.kinds(old.key) & lexicon.kinds(new.key) - {"place"}
    value += 2.0 * bool(kinds)
    alive = all(lexicon.is_kind(thing.key, "person", "animal") for thing in (old, new))
    value -= 0.5 * (bool(lexicon.kinds(old.key)) and bool(lexicon.kinds(new.key)) and not (kinds or alive))
    value += 2.0 * (not old.relation and not new.relation and old.joined == new.joined)
    value += _same_role(old, new, partner)
    holder = partner.get(id(new.anchor)) if new.anchor is not None else None
    value -= 1.5 * (holder is not None and old.anchor is not None and holder is not old.anchor)
    value += (new.tag and gone == come == 1) * 2.5
    value += (gone == come == 1 and not old.relation and not new.relation) * 1.0
    # The only one that is gone and the only new one, both beside the same thing; captions mistake sides.
    beside = old.relation in BESIDE and new.relation in BESIDE
    value += (gone == come == 1 and beside and holder is not None and holder is old.anchor) * 2.5
    value += (gone == come == 1 and in_same_hands(old, new, partner)) * 2.5
    value += (gone == come == 1 and _stand_alike(old, new, partner)) * 2.5
    value += (bool(old.place) and old.place == new.place) * 2.0
    value += 0.5 * sum(any(lexicon.same_attribute(a, b) for b in new.attributes) for a in old.attributes)
    return value


def in_same_hands(old: Thing, new: Thing, partner: dict[int, Thing]) -> bool:
    """Whether somebody who did something with one does something with the other: "kicks a ball", "plays a lute"."""
    prepositions = wordlists.names("grammar", "preposition")
    done = all(thing.relation and thing.relation not in prepositions for thing in (old, new))
    fixed = lexicon.is_kind(old.key, "fixture", "furniture", "building", "place", "terrain", "clothing", "body")
    return done and not fixed and new.anchor is not None and partner.get(id(new.anchor)) is old.anchor


def _stand_alike(old: Thing, new: Thing, partner: dict[int, Thing]) -> bool:
    """Whether both texts put them at one place: "a mug on top of a book", "with a mouse on top of the book"."""
    if old.stands is None or new.stands is None or old.stands[0] != new.stands[0]:
        return False
    return partner.get(id(new.stands[1])) is old.stands[1]


def _stand_behind_one(old: Thing, new: Thing, partner: dict[int, Thing]) -> bool:
    """ "a window in front of a tree", "a window in front of a tower": as places go, the tower could be one."""
    same = old.relation == new.relation and old.anchor is not None
    return same and new.anchor is not None and partner.get(id(new.anchor)) is old.anchor and not old.is_setting


def _setting_substitution(old: Thing, new: Thing) -> float:
    """One setting for another; or for what only looks like none: an unlisted "in a dojo", a wall behind everything."""
    if old.is_setting and new.is_setting:
        return 3.0
    around = wordlists.names("common", "setting relation")
    other = new if old.is_setting else old
    hangs = other.anchor is not None and bool(other.anchor.relation)
    if old.relation not in around:
        return 0.0
    somewhere = new.is_setting or lexicon.is_kind(new.key, "building") or not new.kind
    vehicles = all(lexicon.is_kind(thing.key, "vehicle") for thing in (old, new))
    if new.tag and vehicles:
        return 2.5  # "a man in a train", "man, boat"
    alike = not hangs and (old.relation == new.relation or (new.tag and somewhere))
    inside = old.relation in ("in", "at", "inside") and new.relation in around
    if not other.kind:
        return 2.5 * (alike or inside)
    around_it = lexicon.is_kind(other.key, "building", "furniture", "fixture", "terrain")
    covers = (
        lexicon.is_kind(other.key, "plant", "light")
        and lexicon.is_plural(other.words[-1])
        and new.relation in ("in", "on")
    )
    aboard = other.relation in ("in", "inside", "through", "aboard", "on", "on board") and lexicon.is_kind(
        other.key, "vehicle"
    )
    return 2.5 * (alike and (around_it or aboard or covers))


def relation(thing: Thing) -> str:
    """One word for all relations that mean the same: "with a bear in her arms" is held, "on a horse" ridden."""
    in_hand = thing.stands is not None and thing.stands[1].key in ("arm", "hand", "lap", "palm", "paw")
    if thing.relation == "with" and in_hand:
        return verbs.stem("hold")
    mounted = thing.relation == "on" and lexicon.is_kind(thing.key, "vehicle", "animal")
    rider = thing.anchor is not None and lexicon.is_kind(thing.anchor.key, "person")
    return verbs.stem("ride" if mounted and rider else thing.relation)


def _same_role(old: Thing, new: Thing, partner: dict[int, Thing]) -> float:
    """The same verb or preposition, hanging on the same thing."""
    if not old.relation or not new.relation:
        return 0
    same_relation = relation(old) == relation(new)
    same_anchor = new.anchor is not None and partner.get(id(new.anchor)) is old.anchor
    return 2.0 * same_relation + 0.5 * (same_relation and same_anchor)
