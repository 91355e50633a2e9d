"""Text → words with the part they play: closed classes by list, open ones by the tagger."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from lib_automask.plan import lexicon, predicates, vocabulary
from lib_automask.plan.tagger import tag_words
from lib_automask.plan.word_lists import list_names, map_entries, read_sections

CLOSED = (
    ("number", "number"),
    ("prep", "preposition"),
    ("be", "copula"),
    ("have", "possession"),
    ("not", "negation"),
    ("and", "conjunction"),
    ("article", "determiner"),
    ("owner", "possessive"),
    ("pronoun", "pronoun"),
    ("who", "relative"),
    ("modal", "modal"),
    ("adverb", "adverb"),
)
"""(part, section of grammar.txt); a word of two sections gets the first."""
LONGEST_FIXED = 6
"""Words of the longest fixed phrase in grammar.txt."""
WORD = re.compile(r"[^\W_]+(?:[.'/&-][^\W_]+)*|,")
OWN = "'s"
OPEN = {"NOUN": "noun", "PROPN": "noun", "ADJ": "adj", "VERB": "verb", "VBG": "verb", "VBN": "verb", "ADV": "adverb",
        "NUM": "number", "INTJ": "adverb", "SYM": "noun", "X": "noun"}  # fmt: skip


RESTING = frozenset(("sitting", "standing", "lying", "laying", "hanging", "resting"))
"""Behind a noun and before a preposition these are verbs: "a rabbit wearing a bow sitting in a basket"."""
OFTEN_VERB = 0.2
"""From this share on a word's third person is taken for one behind a singular; twice as much against the tagger."""
PARTICLES = frozenset(("up", "down", "off", "out"))
FIXED_PARTS = {",": "comma", "own's": "own"}
HANDLING = frozenset(map(predicates.verb_key, ("wear", "hold", "carry", "ride", "eat", "drink", "play", "use", "read")))
"""Verbs that at the start of a tag are verbs always: "holding sword"."""


class Word(NamedTuple):
    """A word or a fixed phrase: what part it plays, the tagger's tag, and its place in the sentence."""

    text: str
    part: str
    tag: str
    position: int


END = Word("", "end", "", -1)
"""Stands before the first word and behind the last."""


def tokenize_sentence(text: str, offset: int = 0) -> list[Word]:
    """The words of a sentence in lower case, commas among them; ``offset`` is added to their positions."""
    spelled = _drop_repeats(WORD.findall(_split_endings(text)))
    tags = tag_words(spelled)
    found: list[Word] = []
    start = 0
    while start < len(spelled):
        length = next((n for n in range(LONGEST_FIXED, 0, -1) if " ".join(spelled[start : start + n]) in _closed()), 1)
        phrase = " ".join(spelled[start : start + length])
        part = _part_of(phrase, tags[start], found, tags[start + length :][:1])
        found.append(Word(phrase, part, tags[start], offset + start))
        start += length
    return _mend_parts(found)


def _split_endings(text: str) -> str:
    """Possessive endings as words of their own; "it's" becomes "it is"."""
    text = re.sub(r"\b(it|he|she|that|who|there|what)'s\b", r"\1 is", text)
    text = re.sub(r"\b(?:fast|sound) asleep\b", "asleep", text)
    text = re.sub(r"\s'(s)\b", r"'\1", text)
    return re.sub(r"(?<=\w)'+s\b|(?<=\ws)'(?=\s)", " own's ", text)


def _drop_repeats(words: list[str]) -> list[str]:
    """BLIP's glitch "a bird bird" → "a bird"."""
    return [word for index, word in enumerate(words) if index == 0 or word != words[index - 1] or word == ","]


def _part_of(phrase: str, tag: str, before: list[Word], following_tag: list[str]) -> str:
    if phrase in FIXED_PARTS:
        return FIXED_PARTS[phrase]
    if re.fullmatch(r"\d{1,3}", phrase):
        return "number"
    part = _closed().get(phrase)
    opens = before[-1].part if before else ""
    if phrase in ("that", "this") and opens in ("noun", "verb", "adj"):
        return "who"
    if phrase in ("her", "his") and following_tag in ([], ["ADP"], ["PUNCT"], ["CCONJ"]):
        return "pronoun"
    noun = (
        tag == "NOUN" and " " not in phrase and (part == "modal" or (part == "adverb" and opens == "article"))
    )  # "a trash can", "on the back"
    return OPEN.get(tag, "noun") if part is None or noun else part


@cache
def _closed() -> dict[str, str]:
    found: dict[str, str] = {}
    for part, section in CLOSED:
        forms = map_entries("grammar", section) if part == "number" else list_names("grammar", section)
        for form in forms:
            found.setdefault(form, part)
    two = (form for section in read_sections("attributes") for form in list_names("attributes", section) if " " in form)
    found.update((form, "adj") for form in two if form not in found)
    found.update((view, "noun") for view in list_names("grammar", "view") if view.split()[1:] == ["up"])
    return found


def is_closed(word: str) -> bool:
    """Whether a word is of a closed class: article, preposition, pronoun ..."""
    return word in _closed()


def _mend_parts(words: list[Word]) -> list[Word]:
    """Open words whose tag their place contradicts: "two wine glasses", "a boy shares", "a plain"."""
    mended: list[Word] = []
    for word, after in zip(words, [*words[1:], END]):
        before = mended[-1] if mended else END
        part = word.part
        compound = word.tag == "VERB" and before.part == "noun" and _ends_compound(word, mended)
        listed = before.text in ("and", "down", "up") and _is_plural_thing(word, after, mended)
        if part == "verb" and (compound or listed):
            part = "noun"
        elif before.part == "noun" and _is_mistaken_verb(word, before, after):
            part = "verb"
        elif part == "adj" and before.part == "article" and _ends_phrase(word, after):
            part = "noun"
        elif part in ("noun", "adj") and before.part in ("end", "comma") and _is_handling(word, after):
            part = "verb"
        mended.append(word._replace(part=part))
    return mended


def _ends_phrase(word: Word, after: Word) -> bool:
    """ "across a plain": an adjective behind an article and before no noun is one itself."""
    ends = after.part in ("end", "and", "verb", "be", "who") or (after.part == "prep" and after.text not in PARTICLES)
    return ends and "colour" not in predicates.attribute_kinds(word.text)


def _is_plural_thing(word: Word, after: Word, before: list[Word]) -> bool:
    """ "ketchup and pickles", "down tracks": a plural behind "and" that the tagger took for a verb."""
    singular = vocabulary.singular_of(word.text)
    listed = len(before) > 1 and before[-2].part in ("noun", "verb") and after.part not in ("article", "owner", "noun")
    return listed and singular != word.text and bool(vocabulary.list_kinds(vocabulary.find_concept([word.text])[0]))


def _is_handling(word: Word, after: Word) -> bool:
    """ "holding sword" between commas."""
    opens = after.part in ("noun", "adj", "article") and word.text.endswith("ing")
    return opens and predicates.verb_key(word.text) in HANDLING


def _ends_compound(word: Word, before: list[Word]) -> bool:
    """A noun behind a noun that the tagger took for a verb: "a baseball bat", "two wine glasses"."""
    if vocabulary.find_concept([before[-1].text, word.text])[1] == 2:
        return True
    singular = vocabulary.singular_of(word.text)
    shares = lexicon.pos_share(singular)
    finite = singular != word.text and vocabulary.singular_of(before[-1].text) == before[-1].text
    if finite and shares.get("v", 0.0) >= OFTEN_VERB:
        return False
    if not vocabulary.kinds_of(singular) or shares.get("v", 0.0) > shares.get("n", 0.0):
        return False
    start = next((i for i in range(len(before) - 1, -1, -1) if before[i].part not in ("noun", "adj")), -1)
    start -= start >= 0 and before[start].part in ("article", "number", "owner")
    is_object = start >= 0 and before[start].part in ("verb", "prep", "have")
    return is_object or not _is_alive(before[-1])


def _is_doing(word: Word, before: Word, after: Word) -> bool:
    """A verb behind a noun that the tagger took for a noun: "a shirt shaking", "a boy shares", "turbines spin"."""
    text, several = word.text, vocabulary.singular_of(before.text) != before.text
    mostly = vocabulary.is_mostly_verb(text)
    watches = several and after.part in ("end", "comma") and _is_alive(before) and predicates.is_verb(text)
    if watches or (after.part == "prep" and text in RESTING):
        return True
    if text.endswith("ing"):
        if _is_alive(before):
            return predicates.is_verb(text)
        return mostly and (after.part != "noun" or vocabulary.singular_of(after.text) != after.text)
    often = lexicon.pos_share(text).get("v", 0.0) >= 2 * OFTEN_VERB and after.part not in ("noun", "adj")
    if often and text.endswith("s") and not several and predicates.is_verb(text):
        return True
    if not mostly and not (after.part in ("article", "owner") and predicates.is_verb(text)):
        return False
    opens = after.part not in ("noun", "adj") or text.endswith("s") or _is_alive(before)
    return text.endswith("s") != several and opens


def _is_deed_of(word: Word, before: Word, after: Word) -> bool:
    """ "a woman arranges feathers", "a waiter dropping plates": a verb that the tagger took for an adjective."""
    object_follows = after.part in ("noun", "adj", "article")
    return object_follows and word.text.endswith(("s", "ing")) and _is_alive(before) and predicates.is_verb(word.text)


def _is_mistaken_verb(word: Word, before: Word, after: Word) -> bool:
    """Whether a word behind a noun is a verb that the tagger took for another part."""
    if word.part == "adj":
        return _is_deed_of(word, before, after)
    return word.part == "noun" and _is_doing(word, before, after)


def _is_alive(word: Word) -> bool:
    return vocabulary.is_of_kind(vocabulary.singular_of(word.text), "person", "animal")


def reduce_word(word: Word) -> list[str]:
    """The lemmas of a word, by which texts are compared; a fixed phrase has several."""
    if word.part == "noun":
        return [vocabulary.singular_of(word.text)]
    return [predicates.verb_key(word.text)] if word.part == "verb" else word.text.split()
