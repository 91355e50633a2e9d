"""Captions, prompts, tags and instructions with the part of speech of every word, made by a small grammar.

The treebank is of letters, reviews and news; people who describe pictures write otherwise: no verb or only participles,
nouns in rows, tags between commas, orders. `caption_grammar.txt` says how they write, this module with which words:
everyday ones of our own, and words of the lexicon that can be seen, so that rare nouns and verbs are met as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from lib_automask.plan import word_table
from training.word_forms import participle, past_participle, plural, third_person

Tagged = list[tuple[str, str]]
UNSEEN_EVERY = 10  # one word of so many of the lexicon's is kept for judging
RARE = 0.25  # how often a slot takes any word of the lexicon instead of an everyday one; a guess
DEEPEST = 12


def make_sentences(count: int, seed: int, unseen: bool = False) -> list[Tagged]:
    """So many tagged sentences in lower case; `unseen`: their rarer words are ones that other seeds never use."""
    rng = random.Random(seed)
    return [_expand("TEXT", rng, unseen, 0) for _ in range(count)]


@cache
def _grammar() -> tuple[dict[str, list[list[str]]], dict[str, list[str]], dict[str, str]]:
    """Rules, everyday words by slot, and the tags of fixed words."""
    rules: dict[str, list[list[str]]] = {}
    words: dict[str, list[str]] = {}
    tags: dict[str, str] = {}
    for line in (Path(__file__).parent / "caption_grammar.txt").read_text("utf-8").splitlines():
        name, sign, text = line.partition(" ")[0], line.partition(" ")[2][:1], line.partition(" ")[2][2:]
        if not line or line.startswith("#"):
            continue
        if sign == "=":
            weight, _, rest = text.partition("* ") if text[:1].isdigit() and "* " in text[:4] else ("1", "", text)
            rules.setdefault(name, []).extend([rest.split()] * int(weight))
        elif sign == ":":
            words.setdefault(name, []).extend(word.strip() for word in text.split(","))
        else:
            tags.update(dict.fromkeys(line.partition(" ")[2][1:].split(), name))
    return rules, words, tags


def _expand(symbol: str, rng: random.Random, unseen: bool, depth: int) -> Tagged:
    rules, _, tags = _grammar()
    if symbol in rules:
        options = rules[symbol]
        chosen = rng.choice(options if depth < DEEPEST else sorted(options, key=len)[:1])
        return [pair for part in chosen for pair in _expand(part, rng, unseen, depth + 1)]
    word, slash, tag = symbol.rpartition("/")
    if symbol.startswith("<"):
        pairs = _fill((word or symbol).strip("<>"), rng, unseen)
        return [(word, tag) for word, _ in pairs] if slash else pairs
    return [(word, tag)] if slash and word else [(symbol, tags[symbol])]


def _fill(slot: str, rng: random.Random, unseen: bool) -> Tagged:
    """A word for a slot: "<animal>", "<animal+s>" its plural; verbs "+ing", "+s", "+ed"."""
    name, _, form = slot.partition("+")
    everyday = _grammar()[1].get(name, [])
    rare = _lexicon_words(name)
    if rare and (not everyday or rng.random() < RARE or unseen):
        word = rng.choice([word for word in rare if _is_unseen(word) == unseen] or rare)
    else:
        word = rng.choice(everyday)
    return _tag(word, name, form)


def _is_unseen(word: str) -> bool:
    return sum(word.encode("utf-8")) % UNSEEN_EVERY == 0


VERB_FORMS: dict[str, tuple[Callable[[str], str], str]] = {
    "ing": (participle, "VBG"),
    "s": (third_person, "VERB"),
    "ed": (past_participle, "VBN"),
    "ingadj": (participle, "ADJ"),
    "edadj": (past_participle, "ADJ"),
    "": (str, "VERB"),
}
SLOT_TAGS = {"adj": "ADJ", "colour": "ADJ", "adv": "ADV", "num": "NUM", "name": "PROPN", "degree": "ADV", "prep": "ADP"}


def _tag(word: str, name: str, form: str) -> Tagged:
    *front, last = word.split()
    if name.split("_")[0] in ("vi", "vt", "vbn"):
        inflect, verb_tag = VERB_FORMS[form]
        first, *behind = word.split()
        return [(inflect(first), verb_tag), *((particle, "ADP") for particle in behind)]
    if tag := SLOT_TAGS.get(name.split("_")[0]):
        return [(part, tag) for part in word.split()]
    last = plural(last) if form == "s" else last
    return [*((part, _tag_before_noun(part)) for part in front), (last, "NOUN")]


def _tag_before_noun(word: str) -> str:
    shares = word_table.pos_share(word)
    if word in ("of", "in", "on", "with", "to", "and"):
        return "CCONJ" if word == "and" else "ADP"
    return "ADJ" if shares.get("a", 0) > shares.get("n", 0) and not word.endswith("ing") else "NOUN"


NOUN_SLOTS = {
    "person": {"person"},
    "animal": {"animal"},
    "food": {"food"},
    "vehicle": {"vehicle"},
    "clothes": {"clothing", "accessory"},
    "furniture": {"furniture"},
    "building": {"building"},
    "place": {"place", "terrain"},
    "plant": {"plant"},
    "thing": {"tool", "device", "toy", "container", "instrument", "weapon", "object"},
    "material": {"material"},
}


@cache
def _lexicon() -> dict[str, word_table.Entry]:
    lines = word_table.read_lexicon()["words"].splitlines()
    found = ((word, word_table.find_entry(word)) for word in (line.split("\t")[0] for line in lines))
    return {word: entry for word, entry in found if entry}


@cache
def _lexicon_words(name: str) -> list[str]:
    """Words of the lexicon that fit a slot: nouns by kind, adjectives and verbs that are nothing else."""
    if name in NOUN_SLOTS:
        return [w for w, entry in _lexicon().items() if _is_plain_noun(w, entry) and entry.kinds & NOUN_SLOTS[name]]
    plain = {w: entry.shares for w, entry in _lexicon().items() if w.isalpha()}
    if name == "adj":
        return [w for w, shares in plain.items() if shares.get("a", 0) >= 0.8 and not w.endswith(("ed", "ing"))]
    if name in ("vi", "vt"):
        return [w for w, shares in plain.items() if shares.get("v", 0) >= 0.6]
    return []


def _is_plain_noun(word: str, entry: word_table.Entry) -> bool:
    plain = word.replace(" ", "").isalpha() and word.count(" ") <= 1 and not word.endswith("ing")
    return plain and entry.shares.get("n", 0) >= 0.5


def words_of(sentence: Tagged) -> Sequence[str]:
    """The words alone."""
    return [word for word, _ in sentence]
