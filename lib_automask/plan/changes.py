"""Alignment → changes: what was replaced, modified, added, removed, moved elsewhere or restyled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lib_automask.plan import lexicon, verbs
from lib_automask.plan.alignment import Alignment
from lib_automask.plan.differences import differences
from lib_automask.plan.hanging import contradict, same_thing
from lib_automask.plan.naming import anchor, name, other_names
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.plan.styles import is_photo
from lib_automask.structures import Edit


def find_changes(caption: Scene, prompt: Scene, alignment: Alignment, unwanted: Scene) -> list[Change]:
    """Every change between two scenes; ``unwanted`` is what the negative prompt names."""
    changes: list[Change] = []
    for old, new in alignment.same:
        changes += differences(old, new, name(old, caption), caption, prompt)
    changes += [_swapped(old, new, caption) for old, new in alignment.swapped]
    come = [thing for thing in alignment.come if not _is_known_place(thing, alignment)]
    changes += [change for thing in come for change in _added(thing, alignment, caption, prompt)]
    changes += _removed(alignment, caption, prompt, unwanted)
    changes += restyled(caption, prompt)
    return list(_once(changes))


def _once(changes: Iterable[Change]) -> Iterator[Change]:
    """One background, and what several do together told once."""
    seen: set[tuple[str, str | None]] = set()
    for change in changes:
        edit = change.edit
        what = edit.replacement if change.shared else f"{edit.target} → {edit.replacement}"
        key = (edit.kind, "" if edit.kind == "background" and not change.unsaid else what)
        if key not in seen:
            yield change
        seen.add(key)


def _swapped(old: Thing, new: Thing, caption: Scene) -> Change:
    if old.is_setting or new.is_setting:
        edit = Edit("background", name(old, caption), new.counted, score=0.9)
        return Change(edit, new=new.located, old=old.located)
    edit = Edit("replace", name(old, caption), new.counted, score=0.9)
    return Change(edit, new=new.phrase, old=old.phrase, others=other_names(old, caption, new))


def _added(thing: Thing, alignment: Alignment, caption: Scene, prompt: Scene) -> list[Change]:
    """A new thing; none where it comes along with another, or the caption names it by the way."""
    implied = thing.tag and not thing.attributes and thing.key in prompt.implied()
    if implied or _comes_along(thing) or _by_the_way(thing, caption) or caption.is_sum(thing):
        return []
    if _is_body_part(thing, caption):
        return _body_part(thing, _holder(thing, alignment, caption), caption)
    if thing.is_setting:
        return _new_setting(thing)
    if lexicon.is_kind(thing.key, "light") and (thing.tag or _is_plain(thing)):
        return []
    left = next((old for old in alignment.gone if old.is_setting), None)
    if left is not None and thing.region.endswith("background") and lexicon.is_kind(thing.key, "building", "place"):
        return [_swapped(left, thing, caption)]
    target, relation = anchor(thing, alignment, caption)
    score = 0.9 if lexicon.kinds(thing.key) else 0.7
    return [Change(Edit("add", target, thing.counted, relation, score), new=thing.phrase)]


def _is_known_place(thing: Thing, alignment: Alignment) -> bool:
    """ "a newspaper on its armrest": the text speaks of the armrest as there already, to say where the newspaper is."""
    known = thing.article in ("the", "its", "his", "her", "their") and not thing.is_setting
    return known and any(new.stands is not None and new.stands[1] is thing for new in alignment.come)


def _is_plain(thing: Thing) -> bool:
    """Whether it has no attributes that one could point at."""
    return all(lexicon.attribute_kinds(word) == {"nature"} for word in thing.attributes)


def _comes_along(thing: Thing) -> bool:
    """Owners, the woman of a statue, the bed of a truck."""
    owner = thing.owner
    part = owner is not None and owner.mentioned and not lexicon.is_kind(owner.key, "person", "animal")
    subject = thing.relation == "of" and thing.anchor is not None and not thing.is_setting
    everywhere = thing.article == "same" or (
        thing.key in lexicon.names("common", "always there") and not thing.attributes
    )
    return thing.mentioned or part or subject or everywhere


def _is_body_part(thing: Thing, caption: Scene) -> bool:
    possessed = thing.article in lexicon.names("grammar", "possessive") and lexicon.is_kind(thing.key, "body")
    feathered = thing.key in ("feather", "plumage") and any("bird" in other.kind for other in caption.things)
    return possessed or feathered or thing.key in lexicon.names("common", "everybody has")


def _holder(thing: Thing, alignment: Alignment, caption: Scene) -> Thing | None:
    """Whose it is in the caption: of whom the prompt says so, else the first living thing."""
    known = alignment.old(thing.anchor) if thing.anchor is not None else None
    alive = (other for other in caption.things if lexicon.is_kind(other.key, "person", "animal"))
    return known or next(alive, None)


def _body_part(thing: Thing, holder: Thing | None, caption: Scene) -> list[Change]:
    """Everybody has eyes: named with an attribute they are a question to the picture, without one nothing.

    A pose ("arms raised"), or a coat of another colour than its holder's, is a change.
    """
    coat = thing.key in lexicon.names("common", "coat") and lexicon.is_kind(holder.key if holder else "", "animal")
    if holder is not None and coat and contradict(holder.attributes, thing.attributes):
        return [
            Change(Edit("modify", name(holder, caption), thing.phrase, score=0.85), new=thing.phrase, old=holder.phrase)
        ]
    posed = thing.key in lexicon.names("common", "limb") and any(word.endswith("ed") for word in thing.attributes)
    if posed and holder is not None and _does_the_same(holder, thing.anchor):
        return [Change(Edit("modify", name(holder, caption), thing.phrase, score=0.7), new=thing.phrase)]
    if not any(lexicon.attribute_kinds(word) - {"nature"} for word in thing.attributes):
        return []
    return [Change(Edit("modify", thing.noun, thing.phrase, score=0.5), new=thing.phrase, unsaid=True)]


def _does_the_same(old: Thing, new: Thing | None) -> bool:
    """Whether only the pose of a limb tells two mentions apart, and something is being done."""
    before, after = ({action.stem for action in thing.actions} for thing in (old, new or old))
    return bool(before) and after <= before


def _new_setting(thing: Thing) -> list[Change]:
    """A place or time where the caption has none; a bare tag may be where the picture is anyway."""
    mood = lexicon.is_kind(thing.key, "light") and not thing.attributes
    if mood or thing.relation not in lexicon.names("common", "whole setting") | {""}:
        return []
    lasting = not lexicon.is_kind(thing.key, "weather") or thing.key in lexicon.names("common", "season")
    edit = Edit("background", "background", thing.phrase, score=0.7)
    return [Change(edit, new=thing.located, unsaid=thing.tag and lasting)]


def _by_the_way(thing: Thing, scene: Scene) -> bool:
    """Whether a scene names the thing, or does it, without giving it a noun phrase of its own."""
    head = lexicon.singular(thing.words[-1])
    forms = {thing.key, head, verbs.stem(thing.key), verbs.agent_stem(head)}
    named = scene.by_the_way()
    return not forms.isdisjoint(named if _is_plain(thing) else named - scene.implied())


def _removed(alignment: Alignment, caption: Scene, prompt: Scene, unwanted: Scene) -> Iterator[Change]:
    """What the prompt says is not there, and what it leaves out although it repeats the rest."""
    replaced = [old for old, _ in alignment.swapped]
    for thing in caption.things:
        denied = thing not in replaced and any(_is_denied(thing, absent) for absent in prompt.absent)
        unwelcome = thing in alignment.gone and _is_named(thing, unwanted.things)
        if denied or unwelcome:
            yield _taken_away(thing, caption, 0.95)
        elif thing in alignment.gone and _repeats(alignment) and _is_missed(thing, prompt, alignment):
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


def _repeats(alignment: Alignment) -> bool:
    """Whether the prompt says enough of what the caption says for a gap to mean something."""
    matched = len(alignment.same) + len(alignment.swapped)
    gone = len([thing for thing in alignment.gone if not (thing.is_setting or thing.mentioned or _is_common(thing))])
    return matched > gone or matched == gone == 1


def _is_common(thing: Thing) -> bool:
    return thing.key in lexicon.names("common", "everybody has") | lexicon.names("common", "always there")


def _is_missed(thing: Thing, prompt: Scene, alignment: Alignment) -> bool:
    """Places, parts of a body, and what hangs on something that goes, are left out without being removed."""
    left = [*alignment.gone, *(old for old, _ in alignment.swapped)]
    moved = any(old.is_setting for old, _ in alignment.swapped)
    if moved and thing.relation == "on" and lexicon.is_kind(thing.key, "furniture", "fixture"):
        return False
    place = lexicon.is_kind(thing.key, "place", "light") and not lexicon.is_kind(thing.key, "vehicle", "building")
    if thing.mentioned or _is_common(thing) or thing.is_setting or place or _is_told_once(thing, alignment):
        return False
    if thing.relation in lexicon.names("common", "loose relation") or (
        thing.anchor is not None and thing.anchor in left
    ):
        return False
    return not (_by_the_way(thing, prompt) or prompt.is_sum(thing))


def _is_told_once(thing: Thing, alignment: Alignment) -> bool:
    """Of two white shirts a list of tags names one."""
    return any(new.tag and new.count is None and old.phrase == thing.phrase for old, new in alignment.same)


def _is_known(style: str, named: list[str]) -> bool:
    """A monochrome photograph of what is black and white already."""
    groups = [group for group in lexicon.groups("styles", "same") if any(form in style for form in group)]
    return any(form in other for group in groups for form in group for other in named)


def restyled(caption: Scene, prompt: Scene) -> list[Change]:
    """The first style that the caption has not; "a photo of" is one only where the caption shows a drawing."""
    drawn = any(not is_photo(style) for style in caption.styles)
    named = [*caption.styles, *(word for thing in caption.things for word in thing.attributes)]  # "an anime girl"
    known = {word for style in named for word in style.split() if not is_photo(word)}
    for style in prompt.styles:
        if (drawn or not is_photo(style)) and known.isdisjoint(style.split()) and not _is_known(style, named):
            return [Change(Edit("restyle", "whole image", style, score=0.9))]
    return []
