"""What somebody does in the prompt and not in the caption: "sleeping" for "sitting"."""

from __future__ import annotations

from lib_automask.plan import lexicon, roles, verbs, wordlists
from lib_automask.plan.hanging import STILL, same_thing
from lib_automask.plan.scene import Action, Scene, Thing

ABOVE = ("above", "over", "high above")


def new_actions(old: Thing, new: Thing, caption: Scene, prompt: Scene) -> list[Action]:
    """What the prompt's ``new`` does otherwise than the caption's ``old``: where it looks, and what it does."""
    return [action for action in (_turned(old, new), _begun(old, new, caption, prompt)) if action is not None]


def _begun(old: Thing, new: Thing, caption: Scene, prompt: Scene) -> Action | None:
    """Something the prompt's thing does that nothing in the caption does."""
    going_on = {action.stem for action in old.actions if not verbs.resting(action.stem)}
    if any(action.stem in going_on for action in new.actions):
        return None
    done = _done(old, new, caption)
    for action in new.actions:
        if _is_told_by_object(action, new, caption, prompt):
            continue
        handled = _handled(action, new, prompt)
        told = old.key != new.key and handled & (roles.used_by(old.key) | roles.used_by(new.key))
        told = told or (action.stem in verbs.stems("handling") and handled & _held(old, caption))
        if (
            not (action.stem in done and not _other_posture(action, old))
            and not told
            and _is_visible(action, old, new, caption)
        ):
            return action
    return None


def _other_posture(action: Action, old: Thing) -> bool:
    """Standing, of somebody who lies, although somebody else in the caption stands."""
    postures = verbs.stems("posture")
    own = {done.stem for done in old.actions} & postures
    return bool(own) and action.stem in postures - own


def _is_told_by_object(action: Action, doer: Thing, caption: Scene, prompt: Scene) -> bool:
    """ "smoking a pipe", where the caption has no pipe: that comes into the picture, and the deed with it."""
    if action.stem in verbs.stems("going"):
        return False
    used = action.stem in verbs.stems("using") | verbs.stems("by people") | verbs.stems("handling")
    return any(
        (used or bool(thing.kind))
        and not (thing.is_setting or lexicon.is_kind(thing.key, "body"))
        and not any(same_thing(other, thing) for other in caption.things)
        for thing in prompt.things
        if thing.anchor is doer and thing.relation == action.text
    )


def _done(old: Thing, new: Thing, caption: Scene) -> set[str]:
    """The stems of everything that the caption says is done, in so many words or by what it calls somebody."""
    done = {action.stem for thing in caption.things for action in thing.actions}
    done |= {verbs.stem(word) for thing in caption.things for word in thing.words if not _is_used(word)}
    done |= {verbs.stem(part) for word in old.attributes for part in word.split("-")} | {
        verbs.agent_stem(old.key.split()[-1])
    }
    told = old.key != new.key or not old.actions  # "an orchestra", "an orchestra playing"
    named = frozenset(roles.done_by(new.key) if old.key != new.key else ())  # "a person", "a kayaker paddles"
    named = named.union(*(verbs.near(action.stem) for thing in caption.things for action in thing.actions))
    return done | named | (roles.done_by(old.key) if told else set())


def _held(holder: Thing, scene: Scene) -> set[str]:
    """The stroller of "a lady with a stroller"."""
    return {thing.key for thing in scene.things if thing.relation == "with" and thing.anchor is holder}


def _handled(action: Action, doer: Thing, scene: Scene) -> set[str]:
    """What an action is done to: the piano of "someone plays the piano"."""
    return {thing.key for thing in scene.things if thing.relation == action.text and thing.anchor is doer}


def _is_visible(action: Action, old: Thing, new: Thing, caption: Scene) -> bool:
    """Whether an action looks different from what the caption says; a change of posture does, being somewhere not."""
    if old.stands is not None and action.stem in verbs.stems("aloft"):
        relation, place = old.stands
        if relation in ABOVE or place.key == "sky":
            return False
    if action.stem == verbs.stem("ride") and (any(map(_is_mount, caption.things)) or _rides(old)):
        return False
    if action.stem in verbs.stems("befalling"):
        return True
    idle = all(verbs.resting(done.stem) for done in old.actions)
    if idle and verbs.gerund(action.text) in wordlists.names("common", "matter of course"):
        return False  # "a cow in a field", "a cow grazing in a field"
    if not verbs.resting(action.stem):
        return bool(old.actions) or not lexicon.is_kind(new.key, *STILL)
    postures = verbs.stems("posture") - (verbs.stems("perching") if lexicon.is_kind(new.key, "bird") else set())
    before = {done.stem for done in old.actions} & postures
    return bool(before) and action.stem in postures and not lexicon.is_kind(new.key, *STILL)


def _is_mount(thing: Thing) -> bool:
    """ "a man on a horse" rides it."""
    return thing.relation == "on" and lexicon.is_kind(thing.key, "animal", "vehicle")


def _rides(thing: Thing) -> bool:
    """Whoever surfs or cycles rides something, though the verb names it alone."""
    used = (one for action in thing.actions for one in verbs.used_by(action.stem))
    return any(lexicon.is_kind(one, "vehicle") or one == "surfboard" for one in used)


def _is_used(word: str) -> bool:
    """ "walking her bicycle" is no riding, although one can bicycle."""
    return lexicon.is_kind(lexicon.singular(word), "vehicle", "tool", "toy", "furniture", "clothing")


def _turned(old: Thing, new: Thing) -> Action | None:
    """ "looking out of a window" is not "looking at viewer"."""
    before = {direction for action in old.actions if (direction := _direction(action))}
    return next((action for action in new.actions if before and _direction(action) not in before | {""}), None)


def _direction(action: Action) -> str:
    return next((group[0] for group in wordlists.groups("common", "direction") if action.toward in group), "")


def action_text(action: Action, thing: Thing, prompt: Scene) -> str:
    """ "stretches" → "stretching"; with the part of the body that it moves: "spreading its wings"."""
    verb, _, rest = action.text.partition(" ")  # "does push-ups"
    text = " ".join(filter(None, (verbs.gerund(verb), rest, action.toward)))
    for part in prompt.things:
        if part.relation == action.text and part.anchor is thing and lexicon.is_kind(part.key, "body"):
            return " ".join(filter(None, (text, part.article, part.phrase)))
    return text


def acting(thing: Thing) -> str:
    """ "man sitting": a thing with what it does first."""
    return " ".join([thing.noun, *(verbs.gerund(action.text) for action in thing.actions[:1])])
