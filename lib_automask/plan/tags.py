"""Danbooru-style tags: a closed vocabulary with the role that each tag plays in a picture.

`words/tags.txt.gz` (made by `python -m training.tags`) has a line for each role, its tags behind it. The roles:

- of the figure: hair, eyes, skin, body (other parts of it, ears, tails and wings included), clothes, accessory, pose,
  action (what it does, "holding sword" included), expression, person (who or what it is: "maid", "elf")
- of the picture: setting, atmosphere (weather, light, time of day), view, style, effect, count ("1girl", "no humans")
- of things: object, animal, food
- of no picture: quality, meta (signatures, text, translations), other (known as a tag, and no more)

Tags are compared in lower case, "_" as a blank, without escapes: "long_hair", "Long Hair", "bow \\(weapon\\)".
"""

from __future__ import annotations

import gzip
import re
from functools import cache, lru_cache
from importlib import resources

from lib_automask.plan.lexicon import adjective_kinds

REMEMBERED = 20_000
FIGURE_PARTS = {
    "hair": "hair", "bangs": "hair", "ponytail": "hair", "twintails": "hair", "braid": "hair", "braids": "hair",
    "bun": "hair", "ahoge": "hair", "sidelocks": "hair", "beard": "beard", "mustache": "mustache", "eyes": "eyes",
    "eye": "eyes", "pupils": "eyes", "skin": "skin", "ears": "ears", "tail": "tail", "wings": "wings", "wing": "wings",
    "horns": "horns", "horn": "horns", "halo": "halo", "lips": "lips", "nails": "nails", "fingernails": "nails",
    "eyebrows": "eyebrows", "eyelashes": "eyelashes", "fur": "fur", "legs": "legs", "arms": "arms", "hands": "hands",
    "nose": "nose", "teeth": "teeth", "antlers": "antlers", "mane": "mane", "tongue": "tongue", "feet": "feet",
}  # fmt: skip
"""Last word of a tag → the part of the figure that it describes."""
STYLED = ("bangs", "ponytail", "twintails", "braid", "braids", "bun", "ahoge", "sidelocks")
"""Ways to wear hair, which say something of it themselves."""
LONGEST_TAG = 6


@lru_cache(REMEMBERED)
def tag_role(text: str) -> str | None:
    """The role of a tag, None if it is none: "blue_eyes" → "eyes", "hand fan" → "object".

    Of tags that the table lacks, those are known that describe a part of the figure ("very long silver hair").
    """
    tag = normalize_tag(text)
    role = _roles().get(tag)
    if role is not None:
        return role
    part = figure_part(tag)
    return {"hair": "hair", "eyes": "eyes", "skin": "skin"}.get(part[0], "body") if part else None


def normalize_tag(text: str) -> str:
    """Lower case, blanks for "_", no escapes, no outer blanks: "Bow_\\(weapon\\)" → "bow (weapon)"."""
    if re.fullmatch(r"\W+|\w_\w", text):
        return text
    return " ".join(text.lower().replace("\\", "").replace("_", " ").split())


@lru_cache(REMEMBERED)
def figure_part(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The part of a figure that a tag describes, and how: "long black hair" → ("hair", ("long", "black")).

    None for everything else: "hair ribbon" is an accessory, "hair over one eye" a tag of its own.
    """
    *described, last = normalize_tag(text).split() or [""]
    part = FIGURE_PARTS.get(last)
    if part is None or len(described) > LONGEST_TAG:
        return None
    if not described and last not in STYLED:
        return (part, ()) if last in ("hair", "eyes", "skin") else None
    if not all(_describes(word) for word in described):
        return None
    return part, (*described, *([last] if last in STYLED else []))


def _describes(word: str) -> bool:
    """Whether a word can stand before a part of the body and say what it is like."""
    return bool(adjective_kinds(word)) or word in _part_words()


@cache
def _part_words() -> frozenset[str]:
    """The words before "hair", "eyes", "ears" … in the table: "parted", "streaked", "cat", "slit"."""
    tags = (tag.split() for tag, role in _roles().items() if role in ("hair", "eyes", "skin", "body"))
    found = {word for words in tags if words[-1] in FIGURE_PARTS for word in words[:-1]}
    return frozenset(found - {"hair", "on", "over", "between", "in", "own", "another's"})


@cache
def _roles() -> dict[str, str]:
    packed = (resources.files(__package__) / "words" / "tags.txt.gz").read_bytes()
    found: dict[str, str] = {}
    for line in gzip.decompress(packed).decode("utf-8").splitlines():
        role, _, tags = line.partition("\t")
        found |= {normalize_tag(tag): role for tag in tags.split(" ")}
    return found
