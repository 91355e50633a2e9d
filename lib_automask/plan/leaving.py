"""What the caption names and the prompt does not want: said so, or left out of a prompt that repeats the rest."""

from __future__ import annotations

from collections.abc import Iterator

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.alignment import Alignment
from lib_automask.plan.arriving import by_the_way
from lib_automask.plan.hanging import same_thing
from lib_automask.plan.naming import name, other_names
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.types import Edit


def removed(alignment: Alignment, caption: Scene, prompt: Scene, unwanted: Scene) -> Iterator[Change]:
    """What the prompt says is not there, and what it leaves out although it repeats the rest."""
    replaced = [old for old, _ in alignment.swapped]
    for thing in caption.things:
        denied = thing not in replaced and any(_is_denied(thing, absent) for absent in prompt.absent)
        unwelcome = thing in alignment.gone and _is_named(thing, unwanted.things)
        if denied or unwelcome:
            yield _taken_away(thing, caption, 0.95)
        elif prompt.partial:
            continue
        elif thing in alignment.gone and _repeats(alignment, prompt) and _is_missed(thing, prompt, alignment):
            yield _taken_away(thing, caption, 0.75)
    for thing in prompt.absent:
        if not _is_named(thing, caption.things):
            yield Change(Edit("remove", thing.phrase, score=0.6), old=thing.phrase, unsaid=True)


def _taken_away(thing: Thing, caption: Scene, score: float) -> Change:
    edit = Edit("remove", name(thing, caption), score=score)
    return Change(edit, old=thing.phrase, others=other_names(thing, caption))


def _is_denied(thing: Thing, absent: Thing) -> bool:
    """Whether a thing is what "a dog without a hat" speaks of: a hat, and not the cat's."""
    holder, without = thing.anchor, absent.anchor
    alive = [one for one in (holder, without) if one is not None and lexicon.is_kind(one.key, "person", "animal")]
    another = len(alive) == 2 and not same_thing(*alive)
    return lexicon.same_concept(thing.key, absent.key) and not another


def _is_named(thing: Thing, things: list[Thing]) -> bool:
    return any(lexicon.same_concept(thing.key, other.key) for other in things)


def _repeats(alignment: Alignment, prompt: Scene) -> bool:
    """Whether the prompt says enough of what the caption says for a gap to mean something."""
    matched = len(alignment.same) + len(alignment.swapped)
    gone = len([thing for thing in alignment.gone if not (thing.is_setting or thing.mentioned or _is_common(thing))])
    return bool(alignment.same) and (matched > gone or (matched == gone == 1 and not prompt.absent))


def _is_common(thing: Thing) -> bool:
    return thing.key in wordlists.names("common", "everybody has") | wordlists.names("common", "always there")


def _is_missed(thing: Thing, prompt: Scene, alignment: Alignment) -> bool:
    """Places, parts of a body, and what hangs on something that goes, are left out without being removed."""
    left = [*alignment.gone, *(old for old, _ in alignment.swapped)]
    moved = any(old.is_setting for old, _ in alignment.swapped)
    if moved and thing.relation == "on" and lexicon.is_kind(thing.key, "furniture", "fixture"):
        return False
    if prompt.styles and thing.noun in wordlists.names("styles", "object"):
        return False  # a mosaic of a fish that becomes an oil painting
    place = lexicon.is_kind(thing.key, "place", "light") and not lexicon.is_kind(thing.key, "vehicle", "building")
    if thing.mentioned or _is_common(thing) or thing.is_setting or place or _is_told_once(thing, alignment):
        return False
    if not thing.kind and _goes_on(thing, alignment):
        return False  # "celebrating a goal", "celebrating"
    if thing.key == "hair" and not thing.attributes:
        return False  # who says nothing of it says nobody bald
    if _went_with_action(thing, alignment):
        return False
    if thing.relation in wordlists.names("common", "loose relation") or (
        thing.anchor is not None and thing.anchor in left
    ):
        return False
    return not (by_the_way(thing, prompt) or prompt.is_sum(thing) or _is_summed_up(thing, prompt))


def _is_summed_up(thing: Thing, prompt: Scene) -> bool:
    """The strawberries and the blueberries, told as "berries"."""
    plurals = [other for other in prompt.things if lexicon.is_plural(other.words[-1]) and other.key != thing.key]
    return any(lexicon.same_concept(other.key, thing.key) for other in plurals)


def _is_told_once(thing: Thing, alignment: Alignment) -> bool:
    """Of two white shirts a list of tags names one."""
    return any(new.tag and new.count is None and old.phrase == thing.phrase for old, new in alignment.same)


def _goes_on(thing: Thing, alignment: Alignment) -> bool:
    """Whether somebody still does what the caption says is done with it."""
    new = next((after for before, after in alignment.same if before is thing.anchor), None)
    return new is not None and verbs.stem(thing.relation) in {action.stem for action in new.actions}


def _went_with_action(thing: Thing, alignment: Alignment) -> bool:
    """The lipstick of a woman who was applying it, and now brushes her hair."""
    doer = thing.anchor
    new = next((after for before, after in alignment.same if before is doer), None)
    if doer is None or new is None or not new.actions:
        return False
    done = {action.text for action in doer.actions}
    return thing.relation in done and not {a.stem for a in doer.actions} & {a.stem for a in new.actions}
