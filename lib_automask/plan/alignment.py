"""Which thing of the prompt is which thing of the caption, which one has been put in its place, what is left over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.hanging import contradict, same_thing, tell_apart
from lib_automask.plan.roles import plays, used_by
from lib_automask.plan.scene import Scene, Thing

Score = Callable[[Thing, Thing], float]
BESIDE = frozenset(("left of", "right of", "above", "below", "next to", "beside"))
LEAST = 2.0
"""Evidence that one thing took another's place: two good reasons, or one very good one."""


@dataclass(frozen=True)
class Alignment:
    """``same``: one thing, seen from both texts; ``swapped``: the second stands where the first was."""

    same: tuple[tuple[Thing, Thing], ...]
    swapped: tuple[tuple[Thing, Thing], ...]
    gone: tuple[Thing, ...]
    come: tuple[Thing, ...]

    def old(self, new: Thing) -> Thing | None:
        """The caption's thing that a thing of the prompt continues."""
        return next((before for before, after in (*self.same, *self.swapped) if after is new), None)


def align(shown: Scene, wanted: Scene) -> Alignment:
    """Pair the things of a caption with those of a prompt, best evidence first."""
    tell_apart(wanted, shown)
    tell_apart(shown, wanted)
    caption, prompt = shown.things, wanted.things
    denied = [old for old in caption if any(old.key == absent.key for absent in wanted.absent)]

    instead = [thing.key for thing in wanted.absent if thing.relation == "instead of"]
    forgone = [old for old in denied if old.key not in instead]

    def sameness(old: Thing, new: Thing) -> float:
        # "an owl instead of the bird": the owl is another.
        another = old in denied and old.key != new.key
        return 0 if another else _sameness(old, new, caption, prompt)

    same = _greedy(caption, prompt, sameness, least=0.01)
    matched = {id(thing) for pair in same for thing in pair}
    gone = [thing for thing in caption if id(thing) not in matched]
    come = [thing for thing in prompt if id(thing) not in matched]
    partner = {id(new): old for old, new in same}
    # What somebody has whom only one text calls by a role: a baker has bread.
    unsaid = frozenset(key for pair in same if pair[0].key != pair[1].key for one in pair for key in used_by(one.key))
    told = wanted.implied() | unsaid
    told |= {lexicon.singular(word) for thing in prompt for word in thing.words[:-1] if lexicon.is_kind(word, "body")}
    # What both imply says nothing of the thing itself: a turkey, in a turkey themed kitchen.
    told_of_subjects = told - shown.implied()
    lost = [
        thing
        for thing in gone
        if (thing in denied or not wanted.partial or any(_takes_over(new, thing, partner) for new in come))
        and thing.key not in (told if thing.relation else told_of_subjects)
        and not (thing.mentioned or wanted.is_sum(thing) or _is_in_compound(thing, same))
    ]
    vessels = {lexicon.singular(word) for thing in caption for word in thing.vessel.split()[-1:]}
    come = [thing for thing in come if not (thing.key in unsaid or shown.is_sum(thing))]
    come = [thing for thing in come if not (thing.article == "same" or (thing.tag and thing.key in vessels))]
    solid = [thing for thing in come if not (thing.tag and lexicon.is_kind(thing.key, "light"))]

    def substitution(old: Thing, new: Thing) -> float:
        # "carries a canoe instead of a ladder": the text itself takes the ladder away.
        # What both texts are about comes first in both.
        if old in forgone and not old.kind & new.kind:
            return 0  # "no glasses, whiskey" wants no whiskey on a nose
        evidence = _substitution(old, new, partner, len(lost), len(solid))
        return evidence + (old in denied) + (evidence > 0 and old is caption[0] and new is prompt[0])

    swapped = _greedy(lost, come, substitution, LEAST)
    matched = {id(thing) for pair in swapped for thing in pair}
    return Alignment(
        tuple(same),
        tuple(swapped),
        tuple(thing for thing in gone if id(thing) not in matched and thing.key not in unsaid),
        tuple(thing for thing in come if id(thing) not in matched),
    )


def _greedy(caption: list[Thing], prompt: list[Thing], score: Score, least: float) -> list[tuple[Thing, Thing]]:
    scored = [(score(old, new), -i, -j, old, new) for i, old in enumerate(caption) for j, new in enumerate(prompt)]
    pairs: list[tuple[Thing, Thing]] = []
    taken: set[int] = set()
    for value, _, _, old, new in sorted(scored, key=lambda entry: entry[:3], reverse=True):
        if value >= least and id(old) not in taken and id(new) not in taken:
            pairs.append((old, new))
            taken |= {id(old), id(new)}
    return sorted(pairs, key=lambda pair: caption.index(pair[0]))


def _sameness(old: Thing, new: Thing, caption: list[Thing], prompt: list[Thing]) -> float:
    """0 where the nouns differ; else higher the more of the rest agrees."""
    if not (same_thing(old, new) or _is_same_place(old, new) or plays(old, new, caption) or plays(new, old, prompt)):
        return 0
    value = 10.0 if old.key == new.key else 5.0
    value += sum(any(lexicon.same_attribute(a, b) for b in new.attributes) for a in old.attributes)
    value -= contradict(old.attributes, new.attributes)
    value += _same_key(old.anchor, new.anchor) + _same_key(old.owner, new.owner) + (old.relation == new.relation) / 2
    value += old.count == new.count
    value += old.stands is not None and old.stands[1].key in map(lexicon.singular, new.words[:-1])
    value += (bool(old.place) and old.place == new.place) * 3 - (old.place != new.place) * 0.5
    return value - abs(caption.index(old) - prompt.index(new)) * 0.01


def _is_same_place(old: Thing, new: Thing) -> bool:
    """ "the rain" and "a rainy day", "the mountains" and "a mountain trail"."""
    return old.is_setting and new.is_setting and (old.key in _told_by(new) or new.key in _told_by(old))


def _takes_over(new: Thing, old: Thing, partner: dict[int, Thing]) -> bool:
    """One place for another, one weather for another, what is chased for what was, although all else stays."""
    if _in_same_hands(old, new, partner) and _relation(old) == _relation(new):
        return True
    both = old.is_setting and new.is_setting and new.key not in wordlists.names("common", "anywhere")
    return both and lexicon.is_kind(old.key, "weather") == lexicon.is_kind(new.key, "weather")


def _is_in_compound(thing: Thing, same: list[tuple[Thing, Thing]]) -> bool:
    """The wheat of "a field of wheat", beside "a wheat field"."""
    return thing.relation == "of" and any(thing.key in map(lexicon.singular, new.words[:-1]) for _, new in same)


def _told_by(place: Thing) -> set[str]:
    words = [lexicon.singular(word) for word in place.words[:-1]]
    return set(words).union(*map(lexicon.implied, words))


def _same_key(one: Thing | None, other: Thing | None) -> float:
    return float(one is not None and other is not None and lexicon.same_concept(one.key, other.key))


def _substitution(old: Thing, new: Thing, partner: dict[int, Thing], gone: int, come: int) -> float:
    """How many reasons there are to think that ``new`` took the place of ``old``."""
    if new.tag and lexicon.is_kind(new.key, "light") and not (old.is_setting or new.is_setting):
        return 0
    if old.key in wordlists.names("common", "everybody has") or new.key in wordlists.names("common", "everybody has"):
        return 0
    if new.key == "hair" != old.key:
        return 0  # "brushing her hair" takes no thing's place
    if old.is_setting or new.is_setting:
        return _setting_substitution(old, new)
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
    value += (gone == come == 1 and _in_same_hands(old, new, partner)) * 2.5
    value += (gone == come == 1 and _stand_alike(old, new, partner)) * 2.5
    value += (bool(old.place) and old.place == new.place) * 2.0
    value += 0.5 * sum(any(lexicon.same_attribute(a, b) for b in new.attributes) for a in old.attributes)
    return value


def _in_same_hands(old: Thing, new: Thing, partner: dict[int, Thing]) -> bool:
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
    covers = lexicon.is_kind(other.key, "plant", "light") and lexicon.is_plural(other.words[-1]) and new.relation in ("in", "on")
    aboard = other.relation in ("in", "inside", "through", "aboard", "on", "on board") and lexicon.is_kind(
        other.key, "vehicle"
    )
    return 2.5 * (alike and (around_it or aboard or covers))


def _relation(thing: Thing) -> str:
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
    same_relation = _relation(old) == _relation(new)
    same_anchor = new.anchor is not None and partner.get(id(new.anchor)) is old.anchor
    return 2.0 * same_relation + 0.5 * (same_relation and same_anchor)
