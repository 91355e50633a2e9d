"""Inflected forms of English nouns and verbs, for sentences that training makes."""

from __future__ import annotations

import re
from functools import cache

from lib_automask.plan import word_table
from training.wordnet_files import read_wordnet

STILL = ("sheep", "deer", "fish", "people", "series", "aircraft", "clothes", "police", "cattle")
IRREGULAR_PLURALS = {
    "man": "men", "woman": "women", "child": "children", "foot": "feet", "tooth": "teeth", "goose": "geese",
    "mouse": "mice", "person": "people", "leaf": "leaves", "knife": "knives", "wolf": "wolves", "shelf": "shelves",
    "loaf": "loaves", "scarf": "scarves", "calf": "calves", "wife": "wives", "life": "lives", "half": "halves",
}  # fmt: skip
STRESSED_LAST = ("begin", "forget", "prefer", "admit", "refer", "occur")


def plural(noun: str) -> str:
    """ "boxes", "ladies", "leaves"."""
    if noun in STILL:
        return noun
    for single, several in IRREGULAR_PLURALS.items():
        if noun == single or (single in ("man", "woman") and noun.endswith("man") and noun != "human"):
            return several if noun == single else noun[:-3] + "men"
    return third_person(noun)


def third_person(verb: str) -> str:
    """ "carries", "watches", "rides"."""
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if re.search(r"(s|x|z|ch|sh|[^aeiou]o)$", verb) else "s")


def participle(verb: str) -> str:
    """ "riding", "lying", "sitting"."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if re.search(r"[^eyo]e$", verb):
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def past_participle(verb: str) -> str:
    """ "parked", "broken", "worn"."""
    if verb in _irregular():
        return _irregular()[verb]
    if verb.endswith("e"):
        return verb + "d"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    return _doubled(verb) + "ed"


def _doubled(verb: str) -> str:
    short = re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb) or re.fullmatch(r"[^aeiou]*u[aeiou][^aeiouwxy]", verb)
    return verb + verb[-1] if short or verb in STRESSED_LAST else verb


@cache
def _irregular() -> dict[str, str]:
    """Past participles that no rule gives; where WordNet lists several forms, the last but for the past tense's."""
    found: dict[str, str] = {
        form[1]: form[0]
        for form in read_wordnet().irregular["v"]
        if not form[0].endswith(("ing", "s")) and word_table.can_be_verb(form[1])
    }
    return found | PARTICIPLES


PARTICIPLES = {
    "break": "broken", "wear": "worn", "tear": "torn", "hold": "held", "eat": "eaten", "ride": "ridden",
    "drive": "driven", "write": "written", "give": "given", "take": "taken", "see": "seen", "draw": "drawn",
    "throw": "thrown", "grow": "grown", "blow": "blown", "fly": "flown", "fall": "fallen", "freeze": "frozen",
    "hide": "hidden", "bite": "bitten", "speak": "spoken", "steal": "stolen", "choose": "chosen", "wake": "woken",
    "shake": "shaken", "sit": "sat", "stand": "stood", "lie": "lain", "lay": "laid", "hang": "hung", "dig": "dug",
    "stick": "stuck", "swing": "swung", "sing": "sung", "drink": "drunk", "swim": "swum", "run": "run",
    "begin": "begun", "put": "put", "cut": "cut", "set": "set", "hit": "hit", "shut": "shut", "split": "split",
    "spread": "spread", "catch": "caught", "bring": "brought", "buy": "bought", "build": "built", "bend": "bent",
    "light": "lit", "make": "made", "leave": "left", "feed": "fed", "lead": "led", "meet": "met", "shoot": "shot",
    "win": "won", "find": "found", "wind": "wound", "bind": "bound", "keep": "kept", "sleep": "slept",
    "sweep": "swept", "pay": "paid", "say": "said", "tell": "told", "sell": "sold", "weave": "woven", "go": "gone",
    "do": "done", "show": "shown", "lose": "lost", "send": "sent", "spin": "spun", "kneel": "knelt", "lean": "leaned",
    "burn": "burned", "paint": "painted",
}  # fmt: skip
