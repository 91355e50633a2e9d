"""How the things of a scene hang together: what is named again, who takes part, what a phrase splits into."""

from __future__ import annotations

import re
from dataclasses import replace

from lib_automask.plan import lexicon, wordlists
from lib_automask.plan.noun_phrase import NounPhrase, joined_attributes
from lib_automask.plan.scene import MANY, Scene, Thing

STILL = (
    "clothing",
    "furniture",
    "place",
    "body",
    "hair",
    "food",
    "weather",
    "container",
    "building",
    "plant",
    "fixture",
)
DEFINITE = ("the", "that", "this", "same")


def contradict(one: list[str], other: list[str]) -> bool:
    """Whether two lists of attributes cannot be said of one thing: red and blue."""
    return any(exclude(first, second) for first in one for second in other)


def exclude(first: str, second: str) -> bool:
    """Whether two attributes cannot both be true: red and blue, small and huge."""
    shared = (lexicon.attribute_kinds(first) & lexicon.attribute_kinds(second)) - {"nature"}
    return bool(shared) and not lexicon.same_attribute(first, second)


def same_thing(one: Thing, other: Thing) -> bool:
    """Whether two phrases may name one thing: of one concept, of the same words, or a compound and its bare head."""
    if lexicon.same_concept(one.key, other.key) or _same_words(one, other) or _are_boys(one, other):
        return True
    if _is_of_it(one, other) or _is_of_it(other, one) or _is_deed_of(one, other) or _is_deed_of(other, one):
        return True
    shorter, longer = sorted((one, other), key=lambda thing: len(thing.key))
    return not shorter.attributes and lexicon.same_head(longer.key, shorter.key)


def _is_of_it(made: Thing, named: Thing) -> bool:
    """ "a hat made of straw" and "a straw hat"."""
    return named.key in {f"{attribute} {made.noun}" for attribute in made.attributes}


def _is_deed_of(thing: Thing, told: Thing) -> bool:
    """ "a rocket taking off" and "a rocket launch"."""
    deed = lexicon.singular(told.words[-1]) in wordlists.names("common", "activity")
    return deed and thing.key in {lexicon.concept([word])[0] for word in told.words[:-1]}


def _are_boys(one: Thing, other: Thing) -> bool:
    """The tag "2boys" speaks of men as well, as "1boy" does."""
    counted = [thing for thing in (one, other) if thing.tag and thing.number.isdigit() and thing.key == "boy"]
    return bool(counted) and all(thing.key == "boy" or "1boy" in thing.kind for thing in (one, other))


def _same_words(one: Thing, other: Thing) -> bool:
    """ "bottle of perfume" and "perfume bottle", "field of sunflowers" and "sunflower field"."""
    first, second = (sorted(map(lexicon.singular, _spelled(thing))) for thing in (one, other))
    return (len(first) > 1 and first == second) or _is_written_as_one(one, other) or _is_written_as_one(other, one)


def _is_written_as_one(apart: Thing, together: Thing) -> bool:
    """ "sand castle" and "sandcastle"."""
    joined = "".join([*apart.words[-2:-1], lexicon.singular(apart.words[-1])])
    return len(apart.words) > 1 and joined == lexicon.singular(together.words[-1]).replace("-", "")


def _spelled(thing: Thing) -> list[str]:
    """The words of a thing with those that "of" joins to it: "field of sunflowers"."""
    of = thing.stands[1].words if thing.stands is not None and thing.stands[0] == "of" else ()
    return [*thing.vessel.split(), *thing.words, *of]


def mentioned_before(thing: Thing, things: list[Thing]) -> Thing | None:
    """The thing that "the ..." or a repeated tag names again; None for a new one."""
    bare = not thing.article and not thing.joined and not thing.attributes
    if thing.article not in DEFINITE and not bare and not _is_tag(thing):
        return None
    for other in reversed(things):
        the_one = thing.article in DEFINITE and thing.number == "one"  # "that house, the one with the brown door"
        uncounted = other.count is None and other.tag and bare and thing.count == 1  # "bird, only one bird"
        recounted = thing.number and thing.count != other.count and not (the_one or uncounted)
        if (other.count == 1 and thing.count == MANY) or recounted:
            continue  # "two cats", "one in red": others
        again = (bare or thing.article in DEFINITE) and (
            other.key == thing.key
            or lexicon.same_head(other.key, thing.key)
            or (bare and (lexicon.singular(thing.noun) == other.key or thing.key in other.kind))  # "katana, weapon"
        )
        again = again or (_is_tag(thing) and _says_more(thing, other))
        if other.vessel and thing.article in DEFINITE and lexicon.concept(other.vessel.split())[0] == thing.key:
            return other  # "a plate of spaghetti ... the plate"
        if again and not _are_two(other, thing) and thing.owner in (None, other.owner):
            return other
    return None


def _are_two(one: Thing, other: Thing) -> bool:
    """ "the red cow and the blue cow", "the brown cow and the spotted cow": what tells each from its like differs."""
    told = [
        [word for word in thing.attributes if lexicon.attribute_kinds(word) != {"nature"}] for thing in (one, other)
    ]
    shared = any(lexicon.same_attribute(a, b) for a in told[0] for b in told[1])
    return contradict(one.attributes, other.attributes) or (all(told) and not shared and other.article == "the")


def _is_tag(thing: Thing) -> bool:
    return not (thing.article or thing.joined or thing.relation or thing.number)


def _says_more(thing: Thing, other: Thing) -> bool:
    """ "moon, red moon" and "cat, tabby": a tag that describes what was only named."""
    described = other.key == thing.key and other.count in (None, 1) and not other.attributes
    return described or (other.key in thing.kind and lexicon.is_kind(thing.key, "animal") and not thing.attributes)


def takes_part(thing: Thing) -> bool:
    """Whether a verb behind it belongs to what it hangs on: a hat, a bench, the woman of a statue."""
    return lexicon.is_kind(thing.key, *STILL) or thing.is_setting or thing.relation == "of"


def shares_relation(first: Thing, second: Thing) -> bool:
    """ "a hat and a scarf" are both worn, "in a jacket and a woman" are not both put on."""
    places = first.relation in wordlists.names("grammar", "preposition") - {"with"}
    if first.anchor is not None and first.anchor.key == second.key:
        return False  # "a woman with a dog and a woman with a cat"
    if not first.relation or first.is_setting or (places and not lexicon.is_kind(first.key, "clothing")):
        return False
    return lexicon.is_kind(first.key, "person", "animal") == lexicon.is_kind(second.key, "person", "animal")


def own_part(thing: Thing, things: list[Thing]) -> Thing | None:
    """The hair of "a blonde woman with long hair", of "short hair, blonde hair": its holder has it already."""
    if not lexicon.is_kind(thing.key, "body") or (thing.anchor is None and thing.article):
        return None
    alike = (other for other in things if other.key == thing.key and other.anchor is thing.anchor)
    return next((other for other in alike if thing.anchor or not contradict(other.attributes, thing.attributes)), None)


def tell_apart(counted: Scene, scene: Scene) -> None:
    """ "2girls" where the other text names them one by one: each becomes a thing of its own."""
    for thing in [thing for thing in counted.things if (thing.count or 0) > 1]:
        single = [other for other in scene.things if same_thing(other, thing)]
        if len(single) == thing.count and all(other.count in (1, None) for other in single):
            index = counted.things.index(thing) + 1
            thing.count, thing.number, thing.noun, thing.key = None, "", lexicon.singular(thing.noun), single[0].key
            others = [replace(thing, actions=[*thing.actions], key=other.key) for other in single[1:]]
            counted.things[index:index] = others


def body_parts(thing: Thing) -> list[Thing]:
    """ "a gray-haired man" has gray hair, "a hat-wearing man" a hat; the adjective goes, the part comes."""
    found = []
    for attribute in list(thing.attributes):
        part, relation = lexicon.part_of(attribute), "with"
        if part is None and lexicon.is_kind(thing.key, "person") and attribute in wordlists.mapping("people", "looks"):
            found.append(_part(thing, *_looks(attribute), relation))
        if part is None and (match := re.fullmatch(r"(\w+)-(wearing|holding|carrying|riding)", attribute)):
            part, relation = ("", match[1]), match[2]
        if part is not None:
            thing.attributes.remove(attribute)
            found.append(_part(thing, *part, relation))
    return found


def _looks(attribute: str) -> tuple[str, str]:
    """ "redheaded" → ("red", "hair"); the adjective stays, to tell two people apart."""
    colour, _, noun = wordlists.mapping("people", "looks")[attribute].partition(" ")
    return colour, noun


def _part(holder: Thing, attribute: str, noun: str, relation: str) -> Thing:
    attributes = [attribute] if attribute else []
    key = lexicon.concept([noun])[0]
    return Thing((*attributes, noun), key, noun, attributes, relation=relation, anchor=holder)


def split_up(phrase: NounPhrase, scene: Scene) -> bool:
    """ "two cats, one black and one orange": each becomes a thing of its own."""
    several = scene.several or next((thing for thing in scene.things if thing.count not in (1, None)), None)
    if several is None or not lexicon.attribute_kinds(phrase.nouns[-1]):
        return False
    one = replace(phrase.thing(), key=several.key, noun=several.noun, attributes=joined_attributes(phrase.nouns))
    one.noun = lexicon.singular(several.noun) if one.count == 1 else several.noun
    if scene.several is None:
        scene.things.remove(several)
        scene.several = several
    scene.things.append(one)
    return True
