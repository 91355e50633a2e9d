"""Words → noun phrases and what stands between them; what part a phrase plays: a collective, a substance, a deed's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lib_automask.plan import predicates, vocabulary
from lib_automask.plan.scene import MANY, Action, Thing
from lib_automask.plan.tokens import Word
from lib_automask.plan.word_lists import list_names, map_entries

ONE_OF_A_KIND = frozenset(("pair", "set", "kind", "type", "piece"))
"""Collectives that do not make several of one: a pair of slippers."""
DOES = frozenset(map(predicates.verb_key, ("do", "perform", "strike", "practice")))
"""With these verbs the noun behind them is what is being done: a handstand."""
PARTICLE = re.compile(r"up|down|out|off|away|back|over|around|forward|apart")


@dataclass
class Phrase:
    """One item of a sentence: a noun phrase (``part`` "phrase") or a word of any other part."""

    part: str
    words: list[Word] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def position(self) -> int:
        return self.words[0].position


def chunk_words(words: list[Word]) -> list[Phrase]:
    """The items of a sentence in order; noun phrases take article, number, adjectives and nouns."""
    items: list[Phrase] = []
    start = 0
    while start < len(words):
        end = _end_of_phrase(words, start)
        if end > start:
            items.append(Phrase("phrase", words[start:end]))
        else:
            end = start + 1
            items.append(Phrase(words[start].part, [words[start]]))
        start = end
    return items


def _end_of_phrase(words: list[Word], start: int) -> int:
    """Where a noun phrase that begins at ``start`` ends; ``start`` where none does."""
    index, noun = start, -1
    while index < len(words):
        part = words[index].part
        if part == "noun":
            noun = index
        elif (
            part in ("comma", "and")
            and noun == index - 1
            and _is_colour(words[noun].text)
            and _joins_adjectives(words, index)
        ):
            noun = -1
        elif (part == "adj" and noun == index - 1 and _is_name(words, index)) or (
            part == "adj"
            and noun == index - 1
            and (_is_shade(words, index) or vocabulary.in_list(words[index].text, "compounding"))
        ):
            pass
        elif noun >= 0:
            if part == "own" and index + 1 < len(words):
                return noun + 1
            break
        elif (
            part in ("article", "owner", "number", "adj")
            or (
                part == "prep"
                and words[index].text in ("up", "down", "off", "out")
                and words[index - 1].part == "adj"
                and index > start
            )
            or (part in ("comma", "and") and index > start and _joins_adjectives(words, index))
            or (part == "adverb" and index > start and _is_before_adjective(words, index))
        ):
            pass
        else:
            break
        index += 1
    return noun + 1 if noun >= 0 else start


def _is_name(words: list[Word], index: int) -> bool:
    """ "Sun Yat-sen Mausoleum": what nobody knows between two nouns."""
    follows = index + 1 < len(words) and words[index + 1].part == "noun"
    return follows and vocabulary.is_unknown(words[index].text)


def _is_shade(words: list[Word], index: int) -> bool:
    """ "mint green cabinets": a noun that says which green."""
    noun = words[index - 1].text
    follows = index + 1 < len(words) and words[index + 1].part == "noun"
    shade = vocabulary.in_list(noun, "shade") or predicates.is_attribute(noun)
    return (
        _is_colour(words[index].text)
        and follows
        and (shade or index < 2 or words[index - 2].part in ("article", "adj"))
    )


def _joins_adjectives(words: list[Word], index: int) -> bool:
    """ "a large, cheesy pizza", "a black and white cow": an adjective on both sides, and a noun behind."""
    after = words[index + 1 : index + 6]
    opened = any(
        word.part in ("article", "owner", "number") or word.text == "of" for word in words[max(0, index - 5) : index]
    )
    described = words[index - 1].part == "adj" or _is_colour(words[index - 1].text)
    if not described or not after or (words[index].part == "comma" and not opened):
        return False
    parts = [word.part for word in after]
    if words[index].part == "and":
        colours = _is_colour(words[index - 1].text) and _is_colour(after[0].text)
        return (colours or parts[0] == "adj") and "noun" in parts
    if parts[:2] == ["and", "adj"]:
        return "noun" in parts
    return (parts[0] == "adj" and any(part == "noun" for part in parts[1:])) or (
        parts[0] == "noun"
        and len(words[:index]) > 1
        and any(word.part == "article" for word in words[max(0, index - 4) : index])
        and not any(word.part == "article" for word in after[:1])
    )


def _is_colour(word: str) -> bool:
    return "colour" in predicates.attribute_kinds(word)


def _is_before_adjective(words: list[Word], index: int) -> bool:
    return index + 1 < len(words) and words[index + 1].part in ("adj", "noun") and words[index - 1].part != "noun"


def make_thing(phrase: Phrase) -> Thing:
    """The thing that a noun phrase names."""
    content = _join_attributes([word for word in phrase.words if word.part in ("adj", "noun", "adverb")])
    nouns = [word.text for word in content]
    article = next((word.text for word in phrase.words if word.part in ("article", "owner")), "")
    number = next((word.text for word in phrase.words if word.part == "number"), "")
    key, length = vocabulary.find_concept(nouns)
    if length > 1 and content[-length].part == "adj" and not vocabulary.kinds_of(key):
        length = 1
    alive = vocabulary.is_of_kind(key, "person", "animal", "toy")
    doing = [
        word
        for word in content[:-length]
        if (alive or vocabulary.in_list(word.text, "intransitive")) and (word.tag == "VBG" or _is_deed(word))
    ]
    thing = Thing(
        key=key,
        noun=" ".join(nouns[-length:]),
        attributes=[word.text for word in content[:-length] if word not in doing and word.text not in ("very", "just")],
        number=number,
        article=article,
        proper=content[-1].tag == "PROPN",
        span=(phrase.words[0].position, phrase.words[-1].position),
        actions=[Action(predicates.verb_key(word.text), word.text, word.position) for word in doing],
    )
    thing.count = count_of(thing)
    return thing


def _is_deed(word: Word) -> bool:
    """ "a sleeping cat" does something, a string light does not."""
    noun = vocabulary.kinds_of(word.text) or vocabulary.in_list(word.text, "ing nouns", "grammar")
    return (
        bool(re.fullmatch(r"\w{2,}ing", word.text))
        and not noun
        and not predicates.is_trivial(word.text)
        and word.part == "adj"
    )


def count_of(thing: Thing, collective: str = "") -> int | None:
    """How many a phrase speaks of: 1, a number, ``MANY``, or None where it does not say."""
    number = map_entries("grammar", "number").get(thing.number, thing.number)
    if number:
        return MANY if number == "many" else int(number) if number.isascii() and number.isdigit() else None
    last = thing.noun.split()[-1]
    if (collective and collective not in ONE_OF_A_KIND) or vocabulary.singular_of(last) != last:
        return MANY
    if vocabulary.in_list(last, "group noun"):
        return None
    return 1 if thing.article in ("a", "an", "one", "another") else None


def _join_attributes(words: list[Word]) -> list[Word]:
    """Two words that are one attribute joined: "matte", "black" → "matte black"; "snow covered"."""
    found: list[Word] = []
    for index, word in enumerate(words):
        before = found[-1] if found else None
        last = index == len(words) - 1
        compound = vocabulary.in_list(word.text, "compounding") or word.text in map_entries("idioms", "part")
        if (
            before
            and not last
            and (
                compound
                or predicates.is_attribute(f"{before.text} {word.text}")
                or before.part == "adverb"
                or (_is_colour(before.text) and _is_colour(word.text) and before.part == "adj")
            )
        ):
            both = (
                _is_colour(before.text)
                and _is_colour(word.text)
                and f"{before.text} {word.text}" not in list_names("attributes", "colour")
                and before.text not in list_names("common", "shade")
            )
            found[-1] = before._replace(text=f"{before.text}{' and ' if both else ' '}{word.text}")
        else:
            found.append(word)
    return found


def is_made(relation: str) -> bool:
    """Whether a material follows: "made of"."""
    return relation == "made" or relation in list_names("common", "made of")


def is_mood(word: str) -> bool:
    """Whether a word names weather or a time: "rainy", "autumn"."""
    return bool(predicates.attribute_kinds(word) & {"weather"}) or vocabulary.is_of_kind(word, "weather")


def says_how(thing: Thing) -> bool:
    """ "matte black" between commas: attributes alone, and no thing by that name."""
    colour = "colour" in predicates.attribute_kinds(thing.noun)
    thing_first = bool(thing.kinds & {"food", "celestial"}) and thing.noun != "orange"
    return predicates.is_attribute(thing.phrase) and not thing_first and (colour or not thing.kinds)


def is_substance(thing: Thing) -> bool:
    """What something can be of: "a door of glass", "a turban of saffron yellow"."""
    substance = predicates.attribute_kinds(thing.noun) & {"material", "colour"}
    return bool(substance) and not vocabulary.is_of_kind(thing.key, "food", "drink", "plant")


def is_view(thing: Thing) -> bool:
    """A word for the picture itself: "photo", "close up", "view"."""
    if thing.noun == "background":
        return not thing.attributes
    view = list_names("grammar", "view") | list_names("styles", "photo")
    return thing.noun in view or thing.noun.split()[-1] in view


def collects(thing: Thing) -> bool:
    """ "a group of", "a row of": it only arranges what follows."""
    last = thing.noun.split()[-1]
    listed = list_names("grammar", "collective")
    return last in listed or vocabulary.singular_of(last) in listed


def read_deed(text: str, after: Phrase, later: Phrase) -> str:
    """ "raises its head" → "raising its head", "takes off" → "taking off"; an object that is none is read with it."""
    doing = predicates.gerund_of(text, finite=True)
    if after.part in ("adverb", "prep") and later.part != "phrase" and PARTICLE.fullmatch(after.text):
        return f"{doing} {after.text}"
    thing = make_thing(after) if after.part == "phrase" else None
    does = predicates.verb_key(text) in DOES
    if thing is not None and (does or is_deed_object(thing)):
        doing = f"{doing} {after.text}"
        after.part = "skip" if does or not thing.attributes else after.part
    return doing


def is_deed_object(thing: Thing) -> bool:
    """What is part of a deed rather than a thing of its own: parts of a body, "push-ups", "a trick"."""
    body = vocabulary.is_of_kind(thing.key, "body") or vocabulary.in_list(thing.key, "everybody has")
    vague = vocabulary.is_abstract(thing.key) and not thing.attributes
    return body or vague or vocabulary.in_list(vocabulary.singular_of(thing.noun.split()[-1]), "activity")
