"""What an instruction speaks of: its words, found in the caption."""

from __future__ import annotations

import re

from lib_automask.plan import lexicon, verbs
from lib_automask.plan.boosters import split_clauses
from lib_automask.plan.hanging import contradict, same_thing
from lib_automask.plan.naming import name
from lib_automask.plan.phrases import read_scene
from lib_automask.plan.scene import MANY, Scene, Thing

PEOPLE = {"him": ("man", "boy"), "he": ("man", "boy"), "her": ("woman", "girl"), "she": ("woman", "girl")}
SUBJECT = ("it", "them", "they", "this", "that", "the subject", "the main subject")


HANDLED = re.compile(r"(?:what|whatever) (?:he|she|it|they)(?:'s|'re| is| are) (\w+ing)(?: in| on| at)?")
""" "what he's holding"."""


def bare(text: str) -> str:
    """A phrase without its article: "a grand piano" → "grand piano"."""
    return re.sub(r"^(?:an?|the|some|his|her|its|their|my)\s+", "", text.strip())


def with_article(phrase: str) -> str:
    """The other way round: "grand piano" → "a grand piano"."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def things_in(text: str) -> list[Thing]:
    """The things that plain text of several clauses names."""
    return read_scene(split_clauses(text)).things


def thing_in(text: str) -> Thing | None:
    """The thing that a phrase is about; None where it names none."""
    return next((thing for thing in read_scene([text]).things if not thing.mentioned), None)


def meant(text: str, caption: Scene) -> Thing | None:
    """The caption's thing that a phrase or pronoun of an instruction speaks of; None where it has none."""
    if text in PEOPLE or text in SUBJECT:
        return subject(caption, text)
    if match := HANDLED.fullmatch(text):
        stem = verbs.stem(match[1])
        return next((thing for thing in caption.things if verbs.stem(thing.relation) == stem), None)
    if match := re.fullmatch(r"the (.+) ones?", text):
        return next((thing for thing in caption.things if match[1] in thing.attributes), None)
    asked = thing_in(text)
    found = find(asked, caption) if asked is not None else None
    # "swap denim for leather": what is of denim
    made = (thing for thing in caption.things if bare(text) in thing.attributes and text.count(" ") == 0)
    return found or next(made, None)


def find(asked: Thing, caption: Scene) -> Thing | None:
    """The thing of the caption that fits best, with its attributes, owner and place; None where none does."""
    alike = [thing for thing in caption.things if same_thing(thing, asked)]
    alike = alike or [thing for thing in caption.things if _holds(thing, asked)]
    return max(alike, key=lambda thing: _fit(thing, asked), default=None)


def _holds(thing: Thing, asked: Thing) -> bool:
    """Whether "the glass" is that of "a glass of water"."""
    return bool(thing.vessel) and lexicon.same_concept(lexicon.concept(thing.vessel.split())[0], asked.key)


def _fit(thing: Thing, asked: Thing) -> float:
    shared = [
        word for word in asked.attributes if any(lexicon.same_attribute(word, other) for other in thing.attributes)
    ]
    value = float(len(shared)) - contradict(thing.attributes, asked.attributes)
    value += 2.0 * (bool(asked.place) and thing.place == asked.place)
    wearer = thing.owner or thing.anchor
    if asked.owner is not None and wearer is not None:
        value += 2.0 * lexicon.same_concept(wearer.key, asked.owner.key)
    if asked.stands is not None and thing.stands is not None:
        value += lexicon.same_concept(thing.stands[1].key, asked.stands[1].key)
    return value


def subject(caption: Scene, pronoun: str = "it") -> Thing | None:
    """What a pronoun means: the first person for "her" and "him", else the first thing that is no place."""
    if pronoun not in PEOPLE:
        return next((thing for thing in caption.things if not thing.is_setting), None)
    people = [thing for thing in caption.things if lexicon.is_kind(thing.key, "person", "animal")]
    return next((thing for thing in people if thing.key in PEOPLE[pronoun]), people[0] if people else None)


def target(thing: Thing | None, text: str, caption: Scene) -> str:
    """The caption's own phrase for the thing; the user's where the caption does not tell two apart, or lacks it."""
    asked = None if re.search(r" ones?$", text) or HANDLED.fullmatch(text) else thing_in(text)
    if thing is None:
        return owned(asked) if asked else bare(text)
    if asked is None:
        return name(thing, caption)
    several = thing.count == MANY or any(other.key == thing.key for other in caption.things if other is not thing)
    people = [other for other in caption.things if lexicon.is_kind(other.key, "person", "animal")]
    if asked.owner is not None and (several or len(people) > 1):
        return owned(asked)
    if asked.place and not thing.place:
        return f"{asked.phrase} on the {asked.place}"
    return name(thing, caption)


def owned(thing: Thing) -> str:
    """With its owner, where the text names one: "man's jacket"."""
    return f"{thing.owner.phrase}'s {thing.phrase}" if thing.owner else thing.phrase
