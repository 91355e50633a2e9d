"""A1111 prompt syntax → plain clauses: weights, LoRA tags, BREAK, AND, [a|b], [a:b:0.5], escapes and footers go.

The syntax is the one that AUTOMATIC1111's wiki describes under "Attention/emphasis" and "Prompt editing".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from lib_automask.plan import vocabulary

FIRST_FOREIGN = 0x250
"""The first letter behind those of the Latin alphabets."""
LONGEST = 4_000
"""Characters of a prompt that are read; more than any encoder takes in."""
FOOTER = re.compile(r"\n?\s*\bsteps:\s*\d+\s*,.*", re.I | re.S)
NEGATIVE = re.compile(r"\bnegative[ _]prompt\s*:?", re.I)
EXTRA_NETWORK = re.compile(r"<[^<>\n]{1,200}>|<(?:lora|lyco|hypernet)\b[^\s,<>]*", re.I)
EMBEDDING = re.compile(r"\bembedding:\S+", re.I)
ADDRESS = re.compile(r"(https?://|www\.)\S+")
SCHEDULE = re.compile(r"\[([^\[\]:|]*):(?:([^\[\]:|]*):)?\s*[\d.]+\s*\]")
LESSENED = re.compile(r"(?<![^,\n])\s*(?:\[[^\[\]|]*\]|\([^()]*:\s*-?0?\.[0-4]\d*\s*\))\s*(?=,|$)")
"""A whole tag that is to count for less: "[cartoon]", "(cartoon:0.2)"."""
ALTERNATIVES = re.compile(r"[\[{](?:[\d-]*\$\$)?([^\[\]{}|]*)\|[^\[\]{}]*[\]}]")
SWITCHED_OFF = re.compile(r"\([^()]*:\s*(?:-\d*\.?\d+|0+(?:\.0+)?)\s*\)")
"""Weighted with nothing or less: "(cat:0)"."""
FOREIGN = re.compile(r"[^\W\d_]+")
WEIGHT = re.compile(r":\s*[+-]?\d*\.?\d+\s*(?=\))")
QUALIFIER = re.compile(r"(?<=\w)[ _]?\\\([\w ]+\\\)(?=\s*(?:[,):\]]|$))")
"""The sense of a tag: "bow \\(weapon\\)"."""
ARROW = re.compile(r"\s*[-=]+>\s*")
TITLED = re.compile(
    r"(?:(?<=[,;.\n])|^)\s*(?:(?:change|make|turn|edit|set)\s)?([\w' ]+):\s*([\w' ]+?)\s*[-=]+>\s*([\w' ]+)", re.I
)
"""A change under its title: "sky: blue -> pink"."""
SEPARATOR = re.compile(r"\b(?:BREAK|ADDCOMM|ADDBASE|ADDCOL|ADDROW)\b|\bAND\b(?:\s*:\s*[\d.]+)?")
PUNCTUATION = {"’": "'", "‘": "'", "′": "'", "“": '"', "”": '"', "″": '"', "–": "-", "—": " , ", "…": " , ",
               "，": ",", "、": ",", "。": ".", "・": ",", "•": ",", "·": ",", "×": "x",
               "&": " and ", "→": " -> ", "⇒": " -> ", "➔": " -> ", "➜": " -> "}  # fmt: skip


@dataclass(frozen=True)
class PromptText:
    """A prompt seen through its syntax: ``text`` in lower case, and what the negative prompt ``unwanted``."""

    text: str
    unwanted: str = ""
    residue: list[str] = field(default_factory=list)


def read_prompt(prompt: str) -> PromptText:
    """What a prompt says in plain words; never fails, whatever the string."""
    text = plain_characters(FOOTER.sub("", _beginning(prompt).replace("\\n", "\n")))
    wanted, *rest = NEGATIVE.split(text, maxsplit=1)
    wanted, foreign = _without_foreign(wanted)
    rest_unread = ["..." + prompt[-40:]] if len(prompt) > LONGEST else []
    return PromptText(_plain(wanted), _plain(" ".join(rest)), [*foreign, *rest_unread])


def _without_foreign(text: str) -> tuple[str, list[str]]:
    """The text without the words of other scripts than the Latin one, and these words."""
    foreign = [word for word in FOREIGN.findall(text) if not all(ord(char) < FIRST_FOREIGN for char in word)]
    for word in foreign:
        text = text.replace(word, " ", 1)
    return text, list(dict.fromkeys(foreign))


def _beginning(prompt: str) -> str:
    """The first ``LONGEST`` characters, cut where a tag or at least a word ends."""
    if len(prompt) <= LONGEST:
        return prompt
    end = prompt.rfind(",", 0, LONGEST)
    return prompt[: end if end > 0 else prompt.rfind(" ", 0, LONGEST) % LONGEST]


def plain_characters(text: str) -> str:
    """Unicode's many forms of one character brought to one; emoji and control characters become spaces."""
    text = unicodedata.normalize("NFKC", "".join(PUNCTUATION.get(char, char) for char in text))
    return "".join(char if _is_written(char) else " " for char in text)


def _is_written(char: str) -> bool:
    return char in "\n\t" or unicodedata.category(char)[0] in "LNPZM" or char in "+<>|$^=~`"


def _plain(text: str) -> str:
    for pattern in (EXTRA_NETWORK, EMBEDDING, ADDRESS):
        text = pattern.sub(" , ", text)
    text = TITLED.sub(r" change \1 from \2 to \3", text)
    text = ARROW.sub(" becomes ", text)
    text = SEPARATOR.sub(" , ", text)
    text = QUALIFIER.sub("", text)
    text = re.sub(r"\\([()\[\]{}<>:|\\])", " ", text)
    text = SWITCHED_OFF.sub(" , ", text)
    text = SCHEDULE.sub(_scheduled, text)
    text = LESSENED.sub(_lessened, text)
    text = ALTERNATIVES.sub(r" \1 ", text)
    while (lighter := WEIGHT.sub("", text)) != text:
        text = lighter
    text = re.sub(r"(?<=[a-z]):\d+(?:\.\d+)?(?=\s*(?:,|$|[)\]]))", "", text, flags=re.I)
    text = re.sub(r"[()\[\]{}]", " ", text).replace("\n", " , ").lower()
    text = re.sub(r"(?<=\w)_+(?=\w)", " ", text)
    text = re.sub(
        r"\b(\d)\+?(girls|boys|women|men|people|cats?|dogs?|birds?|horses?|foxes|fox|animals?|dragons?|cars?|robots?)\b",
        r"\1 \2",
        text,
    )
    return re.sub(r"\s+", " ", re.sub(r"[_*#~`^|\"\\<=]+", " ", text)).strip(" ,")


def _lessened(match: re.Match[str]) -> str:
    """Nothing, where a tag counts for less and names no thing; "[red ball]" is but a lighter way to name one."""
    words = re.findall(r"[a-z]+", match[0].lower())
    return match[0] if any(vocabulary.kinds_of(vocabulary.singular_of(word)) for word in words) else " "


def _scheduled(match: re.Match[str]) -> str:
    """Of [from:to:when] what it ends with; [to:when] comes later, [from::when] goes."""
    first, second = match[1], match[2]
    return f" {first} " if second is None or not second.strip() else f" {second} "
