"""Which thing of the prompt is which thing of the caption, which one has been put in its place, what is left over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lib_automask.plan import lexicon, wordlists
from lib_automask.plan.hanging import contradict, same_thing, tell_apart
from lib_automask.plan.roles import plays, used_by
from lib_automask.plan.scene import Scene, Thing
from lib_automask.plan.substitution import in_same_hands, relation, same_key, substitution
from lib_automask.plan.vessels import rejoin

Score = Callable[[Thing, Thing], float]
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
    rejoin(wanted, shown)
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

    def exchange(old: Thing, new: Thing) -> float:
        # "carries a canoe instead of a ladder": the text itself takes the ladder away.
        # What both texts are about comes first in both.
        if old in forgone and not old.kind & new.kind:
            return 0  # "no glasses, whiskey" wants no whiskey on a nose
        evidence = substitution(old, new, partner, len(lost), len(solid))
        return (
            evidence
            + (old in denied)
            + (old.key in instead)
            + (evidence > 0 and old is caption[0] and new is prompt[0])
        )

    swapped = _greedy(lost, come, exchange, LEAST)
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
    value += same_key(old.anchor, new.anchor) + same_key(old.owner, new.owner) + (old.relation == new.relation) / 2
    value += old.count == new.count
    value += _company(old, new, caption, prompt)
    value += old.stands is not None and old.stands[1].key in map(lexicon.singular, new.words[:-1])
    value += (bool(old.place) and old.place == new.place) * 3 - (old.place != new.place) * 0.5
    return value - abs(caption.index(old) - prompt.index(new)) * 0.01


def _company(old: Thing, new: Thing, caption: list[Thing], prompt: list[Thing]) -> int:
    """ "the man in the blue shirt": more is alike where both have or wear the same, less where it is not the same."""
    pairs = [
        (mine, theirs)
        for mine in caption
        for theirs in prompt
        if mine.anchor is old and theirs.anchor is new and mine.relation == theirs.relation and mine.key == theirs.key
    ]
    return sum(-1 if contradict(mine.attributes, theirs.attributes) else 1 for mine, theirs in pairs)


def _is_same_place(old: Thing, new: Thing) -> bool:
    """ "the rain" and "a rainy day", "the mountains" and "a mountain trail"."""
    return old.is_setting and new.is_setting and (old.key in _told_by(new) or new.key in _told_by(old))


def _takes_over(new: Thing, old: Thing, partner: dict[int, Thing]) -> bool:
    """One place for another, one weather for another, what is chased for what was, although all else stays."""
    if in_same_hands(old, new, partner) and relation(old) == relation(new):
        return True
    both = old.is_setting and new.is_setting and new.key not in wordlists.names("common", "anywhere")
    return both and lexicon.is_kind(old.key, "weather") == lexicon.is_kind(new.key, "weather")


def _is_in_compound(thing: Thing, same: list[tuple[Thing, Thing]]) -> bool:
    """The wheat of "a field of wheat", beside "a wheat field"."""
    return thing.relation == "of" and any(thing.key in map(lexicon.singular, new.words[:-1]) for _, new in same)


def _told_by(place: Thing) -> set[str]:
    words = [lexicon.singular(word) for word in place.words[:-1]]
    return set(words).union(*map(lexicon.implied, words))
