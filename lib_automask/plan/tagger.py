"""Parts of speech: an averaged perceptron (Collins, 2002) over hashed features, tagged from left to right.

Trained by `python -m training.tagger` on Universal Dependencies' English Web Treebank and on captions, tags and
instructions that training/caption_sentences.py makes. Case is ignored; "own's" and "'s" are possessive endings.

Tags are Universal Dependencies', VERB refined by its form: "VERB" finite or base form, "VBG" an -ing participle that
is something's doing ("a man riding a horse"), "VBN" a past participle ("a car parked here", "covered in snow").
Participles before the noun they describe are ADJ ("a sliced banana", "a sleeping cat"), as are words joined by hyphens
that stand there ("a snow-covered roof"). Materials and other nouns before a noun stay NOUN ("a metal kitten", "a
kitchen table"), colours there are ADJ ("an orange cat"). Of "left of", "next to", "in front of" the middle word is ADV
or NOUN and the others ADP, as the treebank has it.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from lib_automask.plan.word_table import pos_share

TAGS = (
    *("NOUN", "PROPN", "ADJ", "VERB", "VBG", "VBN", "AUX", "ADP", "DET", "NUM", "PRON", "ADV", "CCONJ", "SCONJ"),
    *("PART", "INTJ", "PUNCT", "SYM", "X"),
)
BUCKETS = 1 << 16
"""Rows of the table of weights: about half a megabyte when packed. A guess."""
EDGE = "|"
"""Stands for the word before the first and behind the last."""
REMEMBERED = 20_000
POSSESSIVE = "own's"
Row = NDArray[np.int32]


def tag_words(words: Sequence[str]) -> list[str]:
    """One tag for each word: see the module's docstring. Punctuation marks are words of their own."""
    lowered = ["'s" if word == POSSESSIVE else word.lower() for word in words]
    padded = [EDGE, EDGE, *lowered, EDGE, EDGE]
    weights = load_weights()
    tags: list[str] = []
    before, last = EDGE, EDGE
    for at, word in enumerate(lowered, 2):
        scores = local_scores(tuple(padded[at - 2 : at + 3]))
        rows = weights[[feature_row(name) for name in tag_features(before, last, word, padded[at + 1])]]
        before, last = last, TAGS[int((scores + rows.sum(axis=0, dtype=np.int32)).argmax())]
        tags.append(last)
    return tags


@lru_cache(REMEMBERED)
def local_scores(window: tuple[str, ...]) -> Row:
    """int32[tags] of what two words to either side say."""
    total = bucket_scores(pair_features(window)).copy()
    for place, word in enumerate(window):
        total += word_scores(word, place)
    return total


@lru_cache(REMEMBERED)
def word_scores(word: str, place: int) -> Row:
    """int32[tags] of what one word at a place of the window says, 2 being the word that is tagged."""
    return bucket_scores(word_features(word, place))


def bucket_scores(features: Sequence[str]) -> Row:
    """int32[tags]: the sum of the features' weights."""
    return np.asarray(load_weights()[[feature_row(name) for name in features]].sum(axis=0, dtype=np.int32))


def feature_row(feature: str) -> int:
    """The row of a feature; features may share one."""
    return crc32(feature.encode("utf-8", "replace")) % BUCKETS


def word_features(word: str, place: int) -> list[str]:
    """What is asked of a word at a place of the window: itself, its ending, what the lexicon says of it."""
    known = word_signature(word)
    if place != 2:
        names = [f"w{place}={word}", f"k{place}={known}"]
        return [*names, f"e{place}={word[-3:]}"] if place in (1, 3) else names
    return [
        f"w={word}",
        f"k={known}",
        f"e3={word[-3:]}",
        f"e2={word[-2:]}",
        f"e4={word[-4:]}",
        f"ke={known}{word[-3:]}",
        f"p={word[:2]}",
        f"s={word_shape(word)}",
        "bias",
    ]


def pair_features(window: tuple[str, ...]) -> list[str]:
    """What is asked of a word together with its neighbours."""
    _, before, word, after, further = window
    known, known_after = word_signature(word), word_signature(after)
    return [
        f"bw={before} {word}",
        f"wa={word} {after}",
        f"kk={known} {known_after}",
        f"bk={word_signature(before)} {known}",
        f"ba={before} {after}",
        f"ka={known}{word[-3:]} {after}",
        f"kaf={known} {known_after} {word_signature(further)}",
        f"bkk={before} {known} {known_after}",
    ]


def tag_features(before: str, last: str, word: str, after: str) -> list[str]:
    """What is asked of the two tags before a word."""
    known = word_signature(word)
    return [
        f"t={last}",
        f"tt={before} {last}",
        f"tw={last} {word}",
        f"tk={last} {known} {word_signature(after)}",
        f"te={last} {word[-3:]}",
        f"ttk={before} {last} {known}",
    ]


@lru_cache(REMEMBERED)
def word_signature(word: str) -> str:
    """The lexicon's parts of speech of a word, capitals for what it mostly is: "Nv" for "dog", "" if unknown."""
    shares = sorted(pos_share(word).items(), key=lambda item: (-item[1], item[0]))
    return "".join(pos.upper() if share >= 0.4 else pos for pos, share in shares) if shares else word_shape(word)


def word_shape(word: str) -> str:
    """What a word is made of: letters, digits, a hyphen, other marks."""
    if word.isalpha():
        return ""
    return "".join(
        mark
        for mark, found in (
            ("0", any(letter.isdigit() for letter in word)),
            ("a", any(letter.isalpha() for letter in word)),
            ("-", "-" in word),
            ("'", "'" in word),
            ("?", not any(letter.isalnum() for letter in word)),
        )
        if found
    )


@cache
def load_weights() -> NDArray[np.int8]:
    """int8[buckets, tags]."""
    packed = (resources.files(__package__) / "words" / "tagger.bin.gz").read_bytes()
    return np.frombuffer(gzip.decompress(packed), np.int8).reshape(BUCKETS, len(TAGS))
