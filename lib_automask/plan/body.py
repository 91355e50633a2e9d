"""Parts of a body that a prompt names anew: everybody has them, so that they are seldom an addition."""

from __future__ import annotations

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.alignment import Alignment
from lib_automask.plan.hanging import contradict
from lib_automask.plan.naming import name
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.types import Edit


def is_body_part(thing: Thing, caption: Scene) -> bool:
    """Whether somebody or something of the caption has it anyway."""
    worn = verbs.stem(thing.relation) == verbs.stem("wear")  # "wearing a red nose"
    if worn or any(lexicon.is_kind(word, "animal") for word in thing.words[:-1]):
        return False  # "cat ears" of a girl
    if thing.key in wordlists.names("common", "face") and _is_lifeless(thing.anchor):
        return False  # "a cactus with googly eyes"
    if thing.key == "hair" and thing.attributes and thing.anchor is not None:
        return True
    possessed = thing.article in wordlists.names("grammar", "possessive") and lexicon.is_kind(thing.key, "body")
    feathered = thing.key in ("feather", "plumage") and any(
        lexicon.same_concept("bird", other.key) for other in caption.things
    )
    return possessed or feathered or thing.key in wordlists.names("common", "everybody has")


def _is_lifeless(holder: Thing | None) -> bool:
    """Whether something is known to have no face of its own."""
    return holder is not None and bool(holder.kind) and not lexicon.is_kind(holder.key, "person", "animal", "toy")


def body_part(thing: Thing, alignment: Alignment, caption: Scene) -> list[Change]:
    """Named with an attribute they are a question to the picture, without one nothing.

    A pose ("arms raised"), or a coat of another colour than its holder's, is a change.
    """
    holder = _holder(thing, alignment, caption)
    if holder is not None and _is_other_expression(thing, holder):
        edit = Edit("modify", name(holder, caption), " ".join(thing.attributes), score=0.8)
        return [Change(edit, new=thing.phrase, old=holder.phrase)]
    if holder is not None and thing.key == "hair" and "bald" in holder.attributes:
        return [Change(Edit("modify", name(holder, caption), thing.phrase, score=0.9), new=thing.phrase)]
    if holder is not None and (_is_other_coat(thing, holder) or _is_other_pose(thing, holder)):
        edit = Edit("modify", name(holder, caption), thing.phrase, score=0.8)
        return [Change(edit, new=thing.phrase, old=holder.phrase)]
    if not any(lexicon.attribute_kinds(word) - {"nature"} for word in thing.attributes):
        return []
    return [Change(Edit("modify", thing.noun, thing.phrase, score=0.5), new=thing.phrase, unsaid=True)]


def _holder(thing: Thing, alignment: Alignment, caption: Scene) -> Thing | None:
    """Whose it is in the caption: of whom the prompt says so, else the first living thing."""
    known = alignment.old(thing.anchor) if thing.anchor is not None else None
    alive = (other for other in caption.things if lexicon.is_kind(other.key, "person", "animal"))
    return known or next(alive, None)


def _is_other_expression(thing: Thing, holder: Thing) -> bool:
    """ "a sad face", of somebody who smiles in the caption."""
    shown = [*holder.attributes, *(verbs.gerund(action.text) for action in holder.actions)]
    return thing.key in ("face", "smile") and any(
        "expression" in lexicon.attribute_kinds(word) and contradict(shown, [word]) for word in thing.attributes
    )


def _is_other_coat(thing: Thing, holder: Thing) -> bool:
    """ "black fur" of a white cat."""
    coat = thing.key in wordlists.names("common", "coat") and lexicon.is_kind(holder.key, "animal")
    return coat and contradict(holder.attributes, thing.attributes)


def _is_other_pose(thing: Thing, holder: Thing) -> bool:
    """ "arms raised", of somebody who goes on doing what the caption says."""
    posed = thing.key in wordlists.names("common", "limb") and any(word.endswith("ed") for word in thing.attributes)
    before, after = ({action.stem for action in one.actions} for one in (holder, thing.anchor or holder))
    return posed and bool(before) and after <= before
