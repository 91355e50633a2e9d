"""What the prompt names and the caption does not: additions, new settings, and what is no change at all."""

from __future__ import annotations

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.acting import new_actions
from lib_automask.plan.alignment import Alignment
from lib_automask.plan.body import body_part, is_body_part
from lib_automask.plan.naming import anchor
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.types import Edit


def arrived(thing: Thing, alignment: Alignment, caption: Scene, prompt: Scene) -> list[Change]:
    """The changes that a thing new in the prompt stands for; none where it comes along with another."""
    if (
        _comes_along(thing, prompt)
        or _is_newcomers(thing, alignment, caption, prompt)
        or by_the_way(thing, caption)
        or caption.is_sum(thing)
    ):
        return []
    if (
        _is_going_on(thing)
        or is_left_over(thing)
        or _is_known_place(thing, alignment)
        or _is_handled(thing, alignment, caption, prompt)
    ):
        return []
    if is_body_part(thing, caption):
        return body_part(thing, alignment, caption)
    if thing.is_setting and thing.article == "the" and _is_anywhere(thing, alignment, prompt):
        return []
    if (
        thing.tag
        and prompt.partial
        and thing.article in wordlists.names("grammar", "possessive")
        and not thing.attributes
    ):
        return []  # "the same shop, its door, its windows"
    if thing.tag and prompt.styles and lexicon.singular(thing.words[-1]) in wordlists.names("styles", "trace"):
        return []  # "charcoal sketch, rough paper"
    if thing.is_setting and not _stands_in_place(thing):
        return _new_setting(thing)
    if lexicon.is_kind(thing.key, "light") and (thing.tag or _is_plain(thing)):
        return []
    return [_behind(thing, alignment) or _addition(thing, alignment, caption)]


def _is_anywhere(place: Thing, alignment: Alignment, prompt: Scene) -> bool:
    """ "and a whale in the water", "no ladder in the room": where something comes or goes, not a new place."""
    bare = place.key in wordlists.names("common", "anywhere") and not place.attributes
    return bare or place.anchor in alignment.come or place.anchor in prompt.absent


def is_left_over(thing: Thing) -> bool:
    """One bare word in the middle of a sentence that no list knows: a verb, most likely, that was taken for a noun.

    Behind a preposition or a verb it would be a noun: "covered with graffiti", "eating poutine".
    """
    bare = not (thing.article or thing.number or thing.owner or thing.attributes or thing.vessel or thing.tag)
    listed = bool(thing.kind) or lexicon.is_plural(thing.words[-1])
    placed = thing.joined or bool(thing.relation)
    return bare and not (listed or placed) and len(thing.words) == 1


def _is_going_on(thing: Thing) -> bool:
    """ "in a chess match", "having a phone conversation": what somebody does, told as a noun."""
    return lexicon.singular(thing.words[-1]) in wordlists.names("common", "activity") and _is_undescribed(thing)


def _is_undescribed(thing: Thing) -> bool:
    return not any(map(lexicon.is_attribute, thing.attributes))


def _stands_in_place(thing: Thing) -> bool:
    """ "a pool in the front yard" is something new there."""
    placed = thing.stands is not None and not thing.relation and thing.article in ("a", "an")
    return placed and thing.stands is not None and lexicon.is_place(thing.stands[1].key)


def _addition(thing: Thing, alignment: Alignment, caption: Scene) -> Change:
    target, relation = anchor(thing, alignment, caption)
    score = 0.9 if lexicon.kinds(thing.key) else 0.7
    return Change(Edit("add", target, thing.counted, relation, score), new=thing.phrase)


def _behind(thing: Thing, alignment: Alignment) -> Change | None:
    """ "the eiffel tower in the background", where the caption's setting is gone."""
    left = next((old for old in alignment.gone if old.is_setting), None)
    if left is None or not thing.region.endswith("background") or not lexicon.is_kind(thing.key, "building", "place"):
        return None
    return Change(Edit("background", left.phrase, thing.counted, score=0.9), new=thing.located, old=left.located)


def _is_known_place(thing: Thing, alignment: Alignment) -> bool:
    """ "a newspaper on its armrest": the text speaks of the armrest as there already, to say where the newspaper is."""
    known = thing.article in ("the", "its", "his", "her", "their") and not thing.is_setting
    return known and any(new.stands is not None and new.stands[1] is thing for new in alignment.come)


def _is_handled(thing: Thing, alignment: Alignment, caption: Scene, prompt: Scene) -> bool:
    """ "shooting an arrow" is one change, and the arrow no second one."""
    old = alignment.old(thing.anchor) if thing.anchor is not None else None
    if old is None or thing.anchor is None:
        return False
    return any(action.text == thing.relation for action in new_actions(old, thing.anchor, caption, prompt))


def _is_plain(thing: Thing) -> bool:
    """Whether it does nothing, and has no attributes that one could point at."""
    doing = len(thing.words) > 1 and thing.words[0].endswith("ing")  # "floating books"
    return not doing and all(lexicon.attribute_kinds(word) == {"nature"} for word in thing.attributes)


def _comes_along(thing: Thing, prompt: Scene) -> bool:
    """Owners, the woman of a statue, the bed of a truck."""
    owner = thing.owner
    part = owner is not None and owner.mentioned and not lexicon.is_kind(owner.key, "person", "animal")
    subject = thing.relation == "of" and thing.anchor is not None and not thing.is_setting
    everywhere = thing.article == "same" or (
        thing.key in wordlists.names("common", "always there") and not thing.attributes
    )
    implied = thing.tag and not thing.attributes and thing.key in prompt.implied() | _seen_with(prompt)
    compared = thing.relation in ("like", "in the shape of")  # "feathers like fire"
    return thing.mentioned or compared or part or subject or everywhere or implied


def _is_newcomers(thing: Thing, alignment: Alignment, caption: Scene, prompt: Scene) -> bool:
    """The balloon of "and a girl holding a balloon", where the girl is new herself."""
    holder = thing.anchor
    if holder is None or holder not in alignment.come or holder.anchor is thing or thing.is_setting:
        return False
    if not any(change.edit.kind == "add" for change in arrived(holder, alignment, caption, prompt)):
        return False
    worn = thing.relation == "in" and lexicon.is_kind(thing.key, "clothing")
    if holder.stands is not None and holder.stands[1] is thing and thing.article in ("a", "an"):
        return True  # "with a dog in a sidecar"
    filling = thing.relation in wordlists.names("common", "filled with")
    return (
        worn or filling or thing.relation == "with" or thing.relation not in wordlists.names("grammar", "preposition")
    )


def _seen_with(scene: Scene) -> set[str]:
    """The stars of a night."""
    keys = {thing.key for thing in scene.things}
    return {seen for setting, *others in wordlists.groups("idioms", "seen with") if setting in keys for seen in others}


def _new_setting(thing: Thing) -> list[Change]:
    """A place or time where the caption has none; a bare tag may be where the picture is anyway."""
    mood = lexicon.is_kind(thing.key, "light") and not thing.attributes
    mood = mood or (thing.tag and thing.key.endswith("scape") and len(thing.words) == 1)  # "seascape"
    if mood or thing.relation not in wordlists.names("common", "whole setting") | {""}:
        return []
    lasting = not lexicon.is_kind(thing.key, "weather") or thing.key in wordlists.names("common", "season")
    edit = Edit("background", "background", thing.phrase, score=0.7)
    behind = thing.region.endswith("background")  # "portrait of a woman, library in the background"
    return [Change(edit, new=thing.located, unsaid=thing.tag and lasting and not behind)]


def by_the_way(thing: Thing, scene: Scene) -> bool:
    """Whether a scene names the thing, or does it, without giving it a noun phrase of its own."""
    head = thing.key if " " in thing.key else lexicon.singular(thing.words[-1])
    forms = {thing.key, head, verbs.stem(thing.key), verbs.agent_stem(head)} | lexicon.near(thing.key) - thing.kind
    named = scene.by_the_way()
    return not forms.isdisjoint(named if _is_plain(thing) else named - scene.implied())
