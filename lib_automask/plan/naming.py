"""What finds a thing in the picture ("man's jacket", "dog on the left"), and which thing a phrase speaks of."""

from __future__ import annotations

import re

from lib_automask.plan import predicates, vocabulary
from lib_automask.plan.parser import parse_scene
from lib_automask.plan.scene import MANY, Alignment, Scene, Thing

HELD = ("in", "with", "wearing", "holding", "carrying")
SIDES = (("left of", "left", "right"), ("right of", "right", "left"), ("above", "top", "bottom"),
         ("below", "bottom", "top"))  # fmt: skip
"""(relation, where its first thing lies, where its second)."""
PEOPLE = {"him": ("man", "boy"), "he": ("man", "boy"), "her": ("woman", "girl"), "she": ("woman", "girl")}
SUBJECT = ("it", "them", "they", "this", "that", "the subject", "the main subject")
HANDLED = re.compile(r"(?:what|whatever) (?:he|she|it|they)(?:'s|'re| is| are) (\w+ing)(?: in| on| at)?")
""" "what he's holding"."""
ALIKE = ("same", "narrower", "broader", "near")


def name_thing(thing: Thing, scene: Scene) -> str:
    """A phrase that finds this thing of a scene and not its like."""
    alike = [other for other in scene.things if other is not thing and other.key == thing.key]
    if not any(other.phrase == thing.phrase for other in alike):
        plural = thing.number and thing.count != 1 and vocabulary.singular_of(thing.noun) == thing.noun
        return f"{thing.number} {thing.phrase}" if plural else thing.phrase
    if side := thing.side or _side_among(thing, alike):
        return f"{thing.phrase} {_at_side(side)}"
    holder = thing.owner or (thing.anchor if thing.relation in HELD else None)
    if holder is not None:
        return f"{holder.phrase}'s {thing.phrase}"
    if thing.stands is not None and not any(other.stands == thing.stands for other in alike):
        return f"{thing.phrase} {thing.stands[0]} the {thing.stands[1].phrase}"
    return thing.phrase


def _side_among(thing: Thing, alike: list[Thing]) -> str:
    """Where a thing lies that stands left of, or above, another of its like; else ""."""
    for relation, here, there in SIDES:
        if thing.stands is not None and thing.stands[0].endswith(relation) and thing.stands[1] in alike:
            return here
        if thing.relation.endswith(relation) and thing.anchor in alike:
            return there
    return ""


def other_names(thing: Thing, scene: Scene, new: Thing | None = None) -> tuple[str, ...]:
    """What else may find a thing whose caption is wrong in an adjective; none where the scene has its like."""
    if any(other.key == thing.key for other in scene.things if other is not thing):
        return ()
    described = [" ".join([*new.attributes, thing.noun])] if new is not None and new.attributes else []
    return tuple(phrase for phrase in (*described, thing.noun) if phrase != thing.phrase)


def find_anchor(thing: Thing, alignment: Alignment, caption: Scene) -> tuple[str, str | None]:
    """Where the prompt puts a new thing: (the anchor in the caption's words where it has any, the relation)."""
    places = [thing.stands] if thing.stands is not None and not _is_around(thing, *thing.stands) else []
    if places and thing.anchor is not None and _is_shared(thing, places[0][1], alignment):
        places = []
    if thing.owner is not None:
        places.append(("with", thing.owner))
    if thing.relation and thing.anchor is not None:
        places.append((thing.relation, thing.anchor))
    for relation, place in places:
        if vocabulary.in_list(place.key, "everybody has"):
            return place.phrase, relation
        old = alignment.old_of(place)
        if old is not None and not (relation == "with" and (old.is_setting or _is_open(old))):
            return name_thing(old, caption), relation
    for relation, place in places:
        if place in alignment.come and not vocabulary.is_scenery(place.key) and relation not in ("with",):
            return place.phrase, relation
    return "", thing.region or None


def _is_open(place: Thing) -> bool:
    """ "a city with fireworks": the fireworks may be anywhere."""
    return vocabulary.is_scenery(place.key) and not place.kinds & {"building", "vehicle", "furniture", "plant"}


def _is_shared(thing: Thing, place: Thing, alignment: Alignment) -> bool:
    """ "a cup with a spoon on a windowsill": the sill is where the cup stood before."""
    holder, ground = alignment.old_of(thing.anchor), alignment.old_of(place)
    if holder is None or ground is None or thing.anchor is place:
        return False
    return ground.anchor is holder or (holder.stands is not None and holder.stands[1] is ground)


def _is_around(thing: Thing, relation: str, place: Thing) -> bool:
    """ "a boat with a red sail on a calm sea": the sea is where all of it is."""
    if relation in ("with", "of", "like") or vocabulary.is_of_kind(place.key, "weather"):
        return True
    if relation == "in" and vocabulary.is_of_kind(place.key, "clothing"):
        return True
    return place.is_setting and (thing.joined or (thing.anchor is not None and not thing.anchor.is_setting))


def bare_phrase(text: str) -> str:
    """A phrase without its article: "a grand piano" → "grand piano"."""
    return re.sub(r"^(?:an?|the|some|his|her|its|their|my)\s+", "", text.strip())


def parse_phrase(text: str) -> Thing | None:
    """The thing that a phrase is about; None where it names none."""
    return next(iter(parse_scene([text]).things), None)


def resolve_phrase(text: str, caption: Scene) -> Thing | None:
    """The caption's thing that a phrase or pronoun of an instruction speaks of; None where it has none."""
    if text in PEOPLE or text in SUBJECT:
        return find_subject(caption, text)
    if match := HANDLED.fullmatch(text):
        key = predicates.verb_key(match[1])
        return next((thing for thing in caption.things if predicates.verb_key(thing.relation) == key), None)
    if match := re.fullmatch(r"the (.+) ones?", text):
        return next((thing for thing in caption.things if match[1] in thing.attributes), None)
    asked = parse_phrase(text)
    found = find_thing(asked, caption) if asked is not None else None
    # "swap denim for leather": what is of denim
    made = (thing for thing in caption.things if bare_phrase(text) in thing.attributes and " " not in text)
    return found or next(made, None)


def find_thing(asked: Thing, caption: Scene) -> Thing | None:
    """The thing of the caption that fits best, with its attributes, owner and place; None where none does."""
    alike = [thing for thing in caption.things if vocabulary.relate_nouns(thing.key, asked.key) in ALIKE]
    alike = alike or [thing for thing in caption.things if thing.noun.split()[-1] == asked.noun.split()[-1]]
    return max(alike, key=lambda thing: _fit(thing, asked), default=None)


def _fit(thing: Thing, asked: Thing) -> float:
    agreeing = [
        word for word in asked.attributes if any(predicates.agree_attributes(word, other) for other in thing.attributes)
    ]
    against = any(predicates.exclude_attributes(one, other) for one in thing.attributes for other in asked.attributes)
    value = float(len(agreeing)) - against
    value += 0.5 * (thing.key == asked.key)
    value += 2.0 * (bool(asked.side) and thing.side == asked.side)
    wearer = thing.owner or thing.anchor
    if asked.owner is not None and wearer is not None:
        value += 2.0 * (vocabulary.relate_nouns(wearer.key, asked.owner.key) in ALIKE)
    if asked.stands is not None and thing.stands is not None:
        value += vocabulary.relate_nouns(thing.stands[1].key, asked.stands[1].key) in ALIKE
    return value


def find_subject(caption: Scene, pronoun: str = "it") -> Thing | None:
    """What a pronoun means: the first person for "her" and "him", else the first thing that is no place."""
    if pronoun not in PEOPLE:
        return caption.subject
    people = [thing for thing in caption.things if thing.is_alive]
    return next((thing for thing in people if thing.key in PEOPLE[pronoun]), people[0] if people else None)


def name_target(thing: Thing | None, text: str, caption: Scene) -> str:
    """The caption's own phrase for the thing; the user's where the caption does not tell two apart, or lacks it."""
    asked = None if re.search(r" ones?$", text) or HANDLED.fullmatch(text) else parse_phrase(text)
    if thing is None:
        return with_owner(asked) if asked else bare_phrase(text)
    if asked is None:
        return name_thing(thing, caption)
    several = thing.count == MANY or any(other.key == thing.key for other in caption.things if other is not thing)
    alive = sum(other.is_alive for other in caption.things)
    if asked.owner is not None and (several or alive > 1):
        return with_owner(asked)
    unknown = asked.attributes and not any(word in thing.attributes for word in asked.attributes)
    if unknown and thing.count not in (1, None):
        return asked.phrase
    if asked.side and not thing.side:
        return f"{asked.phrase} {_at_side(asked.side)}"
    return name_thing(thing, caption)


def _at_side(side: str) -> str:
    where = {"left": "on", "right": "on", "middle": "in", "center": "in"}.get(side, "at")
    return f"{where} the {side}"


def with_owner(thing: Thing) -> str:
    """With its owner, where the text names one: "man's jacket"."""
    return f"{thing.owner.phrase}'s {thing.phrase}" if thing.owner else thing.phrase
