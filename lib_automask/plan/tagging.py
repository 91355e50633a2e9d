"""Nouns told from verbs by their place in the clause, more than by lists.

A content word is a noun (or stands before one) unless its place says verb: an -ing form that no article opens, a form
in -s that its noun agrees with and that an article or preposition follows, a participle behind its noun.
"""

from __future__ import annotations

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.finite import is_finite
from lib_automask.plan.spot import Spot, Word
from lib_automask.plan.tokens import tokenize

OPENS_PHRASE = ("article", "owner", "number")
SPEAKERS = ("i", "you", "he", "she", "they", "we")


def tag_words(clause: str) -> list[Word]:
    """The tagged words of one clause, in lower case."""
    tokens = tokenize(clause)
    words: list[Word] = []
    for index, token in enumerate(tokens):
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        run = _run(words)
        opening = words[-len(run) - 1].tag if len(words) > len(run) else None
        before = words[-1] if words else None
        spot = Spot(token.text, before, after, run, opening == "and", opening == "at", _subject(words))
        words.append(Word(token.text, token.tag or ("verb" if _is_verb(spot) else "noun")))
    return words


def _subject(words: list[Word]) -> str:
    """ "two ladies on a bench": several, and no verb yet; "a girl with braids": one."""
    ends = [index for index, word in enumerate(words) if word.tag == "at" and index]
    nouns = (words[end - 1].text for end in ends)  # "along the river a girl with braids": the girl
    noun = next((text for text in nouns if lexicon.is_kind(lexicon.singular(text), "person", "animal")), "")
    doing = any(word.tag in ("verb", "be", "have", "who", "and") for word in words)
    if doing or not noun:
        return ""
    return "several" if lexicon.is_plural(noun) else "one"


def _run(words: list[Word]) -> tuple[Word, ...]:
    run: list[Word] = []
    for word in reversed(words):
        if word.tag != "noun":
            return (word, *run) if word.tag in OPENS_PHRASE else tuple(run)
        run.insert(0, word)
    return tuple(run)


def _is_verb(spot: Spot) -> bool:
    text, listed = spot.text, bool(lexicon.kinds(lexicon.singular(spot.text)))
    if spot.follows("and") and text.endswith("s") and spot.precedes("article", "owner") and not listed:
        return True
    if spot.follows("and") and not spot.before_noun and not listed:
        return verbs.is_verb(text) and (text.endswith("ing") or not lexicon.is_attribute(text))
    if _is_asked_for(spot):
        return True
    if text.endswith("ing") and spot.follows("be") and not spot.before_noun:
        return True  # "a plane is landing"
    if text in wordlists.names("grammar", "ing nouns"):
        return _is_done_by_somebody(spot)
    if text.endswith("ing") and len(text) > 4:
        return _is_verb_in_ing(spot)
    if text.endswith("ed") and not text.endswith("eed") and (len(text) > 4 or verbs.is_verb(text)) and not listed:
        return _is_verb_in_ed(spot)
    said = (
        bool(spot.nouns) and not spot.hung and spot.run[0].tag == "noun" and all(map(lexicon.is_attribute, spot.nouns))
    )
    if (spot.follows("verb") or said) and text.endswith("s") and spot.precedes("at") and not listed:
        return verbs.is_verb(text)
    if spot.follows("be"):
        return verbs.is_verb(text) and not lexicon.is_attribute(text) and not spot.before_noun
    if not spot.nouns and spot.follows("adverb") and text.endswith("s"):
        return verbs.is_verb(text) and not spot.before_noun
    if spot.nouns and spot.after is not None and spot.after.text in ("by", "up") and _is_doubtful(text):
        return True  # "a street lit by neon signs"
    opens = spot.before is None or spot.follows("pronoun")
    if opens and text.endswith("s") and spot.precedes("article", "owner") and not listed:
        return verbs.is_verb(text)  # "(the girl, at home,) wears a gown", "on one of them sits a cat"
    if not spot.nouns:
        return spot.before is None and verbs.is_participle(text) and not spot.before_noun
    return verbs.is_participle(text) or is_finite(spot)


def _is_doubtful(text: str) -> bool:
    return text in wordlists.names("grammar", "doubtful participle")


def _is_asked_for(spot: Spot) -> bool:
    """After "would", after a pronoun that is a subject, after "who": "you notice", "that runs around it"."""
    text = spot.text
    if spot.follows("have") and _is_done_already(spot):
        return True
    to = spot.before is not None and spot.before.text == "to"
    if (to or spot.follows("not")) and verbs.is_verb(text) and not lexicon.kinds(text):
        return True
    if to and spot.precedes("article", "owner") and not lexicon.kinds(lexicon.singular(text)):
        return True
    if spot.follows("modal") or (spot.before is not None and spot.before.text in SPEAKERS):
        return not text.endswith("ly")
    agrees = lexicon.is_plural(text) and not lexicon.kinds(lexicon.singular(text))
    return spot.follows("who") and (verbs.is_verb(text) or agrees)


def _is_done_already(spot: Spot) -> bool:
    """ "has put her book", "has moved away", but "has painted nails" and "has red hair"."""
    acted_on = spot.precedes("article", "owner", "pronoun", "adverb", "at") or spot.after is None
    done = verbs.is_participle(spot.text) or spot.text.endswith("ed") or _is_doubtful(spot.text)
    return done and acted_on and not lexicon.kinds(lexicon.singular(spot.text))


def _is_done_by_somebody(spot: Spot) -> bool:
    """ "a man painting a door" against "a painting"."""
    alive = bool(spot.nouns) and bool(lexicon.kinds(lexicon.concept(spot.nouns)[0]) & {"person", "animal", "vehicle"})
    acting = bool(spot.nouns) and spot.precedes("article", "owner", "number")
    acting = acting or (spot.follows("be") and spot.precedes("article", "owner", "number"))
    working = verbs.is_verb(spot.text) and spot.precedes("at")
    return spot.text.endswith("ing") and (acting or (alive and (spot.before_noun or working)))


def _is_verb_in_ing(spot: Spot) -> bool:
    """ "a sleeping cat" and "sleeping cat" describe; "a cat sleeping" and "holding balloon" do something."""
    if spot.after is not None and lexicon.concept([spot.text, spot.after.text])[1] == 2:
        return False
    if _is_of_use(spot):
        return False
    if (
        spot.nouns
        and lexicon.kinds(spot.text)
        and not lexicon.is_kind(lexicon.concept(spot.nouns)[0], "person", "animal")
    ):
        return False  # "a forest clearing"
    if spot.follows("article", "owner", "number"):
        single = spot.before is not None and spot.before.text in ("a", "an", "the")  # "a clearing"
        return not spot.before_noun and not single
    if spot.before_noun and spot.nouns:
        hairdo = lexicon.is_kind(spot.nouns[-1], "hair")  # "a girl with a ponytail eating ice cream"
        return hairdo or not all(map(lexicon.is_attribute, spot.nouns)) or len(spot.nouns) > 2
    if spot.before_noun and _is_held(spot):
        return False
    if spot.before_noun and (spot.before is None or spot.follows("verb")):
        return verbs.stem(spot.text) not in verbs.stems("intransitive")
    return True


def _is_of_use(spot: Spot) -> bool:
    """ "vending machine", "fishing rod": what something is for; nobody vends machines."""
    used = verbs.stem(spot.text) in verbs.stems("using") | verbs.stems("handling") | verbs.stems("worn")
    return not used and spot.after is not None and spot.after.text in wordlists.names("common", "of use")


def _is_held(spot: Spot) -> bool:
    """ "with glowing eyes", but "before eating cake"."""
    return spot.before is not None and spot.before.text in ("with", "in", "on", "of", "under", "near", "between")


def _is_verb_in_ed(spot: Spot) -> bool:
    """ "a car parked in" against "a parked car" and "a moped"."""
    if spot.follows("article", "owner", "number"):
        return False
    if spot.nouns:
        return not spot.before_noun or not all(map(lexicon.is_attribute, spot.nouns))
    return (not lexicon.is_attribute(spot.text) or spot.precedes("at")) and (not spot.before_noun or spot.follows("be"))
