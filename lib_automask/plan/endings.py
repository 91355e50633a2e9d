"""What the ending of a word that no list knows says of it."""

from __future__ import annotations

import re

from lib_automask.plan import lexicon


def sounds_like_adjective(word: str) -> bool:
    """Whether an unlisted word ends like an adjective and like no noun: "childish", "whimsical", "nostalgic"."""
    ending = re.search(r"(?:ish|ful|ous|ical|ive|less|[ai]ble|esque|istic|algic|olic|etic)$", word)
    return ending is not None and not word.endswith("fish") and not lexicon.is_listed(word)


def sounds_abstract(word: str) -> bool:
    """Whether an unlisted word ends like the name of an idea: "vacation", "loneliness", "friendship"."""
    ending = re.search(r"\w{3}(?:[ts]ion|ness|ship|hood|[iel]ty|ism|dom)$", word)
    return ending is not None and not lexicon.is_listed(word)
