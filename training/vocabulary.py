"""The few words that the demo models know, and how a text becomes their numbers.

The order of the words is part of the trained weights: a new word goes to the end, and means training again.
"""

from __future__ import annotations

from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import GROUNDS, plural

DECOYS = (
    "hat", "dragon", "bird", "horse", "moon", "sun", "boat", "bicycle", "chair", "table", "man", "woman", "person",
    "girl", "boy", "bench", "crown", "cake", "book", "apple", "airplane", "rabbit", "mountain", "beach", "forest",
    "castle",
)  # fmt: skip
ADJECTIVES = ("big", "small", "little", "shiny")
STYLES = ("watercolor", "oil painting", "sketch", "photo", "drawing", "watercolor painting")
WORDS = (
    *("a", "an", "the", "two", "of", "on", "in", "at", "and", ",", "left", "right", "above", "below", "to", "with"),
    *("wearing", "next", "behind", "under", "three", "style", "cartoon", "oil", "painting", "pink", "brown", "gray"),
    *CLASSES,
    *(plural(kind) for kind in CLASSES),
    *COLORS,
    *GROUNDS,
    *DECOYS,
    *ADJECTIVES,
    *(word for style in STYLES for word in style.split()),
)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]")
VOCABULARY: tuple[str, ...] = tuple(dict.fromkeys((*SPECIAL, *WORDS)))
WORD_IDS = {word: index for index, word in enumerate(VOCABULARY)}
UNSEEN = "zzz"  # any word that the vocabulary lacks: becomes [UNK]


def token_ids(text: str, first: str = "[CLS]") -> list[int]:
    """What the word-level BERT tokenizer makes of lower-case text, with `first` in front and [SEP] behind."""
    words = text.replace(",", " , ").split()
    return [WORD_IDS[first], *(WORD_IDS.get(word, WORD_IDS["[UNK]"]) for word in words), WORD_IDS["[SEP]"]]
