"""Sentences of Universal Dependencies' English Web Treebank, with the tags of lib_automask.plan.tagger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lib_automask.plan.word_table import pos_share

Sentence = list[tuple[str, str]]
"""Words in lower case, each with its tag."""


class Token(NamedTuple):
    """One line of the treebank that is a word."""

    number: int
    form: str
    tag: str
    head: int
    relation: str
    glued: bool
    """Whether no space follows."""


def read_part(folder: Path, part: str, ways: Sequence[bool] = (False, True)) -> list[Sentence]:
    """The sentences of "train", "dev" or "test"; ways: False as the treebank cuts words, True as people type them."""
    found = []
    for lines in _sentences(folder, part):
        tokens, spans = _read_tokens(lines)
        for typed in ways:
            found.append(_as_typed(tokens, spans) if typed else [(t.form, t.tag) for t in tokens])
    return found


def mark_known_names(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Names that are common words as well ("Square") become NOUN.

    Without capitals nothing tells them from those, and descriptions of pictures hold few names.
    """
    return [[(word, "NOUN" if tag == "PROPN" and _is_common(word) else tag) for word, tag in one] for one in sentences]


def _is_common(word: str) -> bool:
    shares = pos_share(word)
    return bool(shares) and shares.get("p", 0.0) < 0.5


def _sentences(folder: Path, part: str) -> Iterator[list[str]]:
    whole = folder / f"en_ewt-ud-{part}.conllu"
    listed = folder / "not-to-release" / "file-lists" / f"files.{part}"
    files = [whole]
    if not whole.exists():
        files = [folder / "not-to-release" / "sources" / line for line in listed.read_text("utf-8").split()]
    for file in files:
        for block in file.read_text("utf-8").split("\n\n"):
            lines = [line for line in block.splitlines() if line and not line.startswith("#")]
            if lines:
                yield lines


def _read_tokens(lines: list[str]) -> tuple[list[Token], list[tuple[int, int, str]]]:
    """The words, and (first, last, form) of each piece of text that holds several of them ("don't")."""
    tokens, spans = [], []
    for line in lines:
        fields = line.split("\t")
        glued = "SpaceAfter=No" in fields[9]
        if "-" in fields[0]:
            first, last = map(int, fields[0].split("-"))
            spans.append((first, last, fields[1].lower()))
        elif "." not in fields[0]:
            number, head = int(fields[0]), int(fields[6])
            tag = _refine_tag(fields[3], fields[5], fields[7], number < head)
            tokens.append(Token(number, fields[1].lower(), tag, head, fields[7], glued))
    return tokens, spans


def _refine_tag(tag: str, features: str, relation: str, before_head: bool) -> str:
    """VERB by its form; a participle that describes the noun behind it is ADJ."""
    if tag != "VERB" or not ("VerbForm=Part" in features or "VerbForm=Ger" in features):
        return tag
    if relation.startswith(("amod", "compound")) and before_head:
        return "ADJ"
    return "VBN" if "Tense=Past" in features else "VBG"


def _as_typed(tokens: list[Token], spans: list[tuple[int, int, str]]) -> Sentence:
    """Words of one piece of text, and words around hyphens, in one."""
    found: Sentence = []
    piece = {number: span for span in spans for number in range(span[0], span[1] + 1)}
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.number in piece:
            first, last, form = piece[token.number]
            found.append((form, token.tag))
            at += last - first + 1
            continue
        end = at + 1
        while end + 1 < len(tokens) and tokens[end].form == "-" and tokens[end - 1].glued and tokens[end].glued:
            end += 2
        group = tokens[at:end]
        found.append(("".join(t.form for t in group), _tag_of_group(group)))
        at = end
    return found


def _tag_of_group(group: list[Token]) -> str:
    """ "snow-covered" and "state-of-the-art" before a noun are adjectives."""
    last = group[-1]
    if len(group) == 1:
        return last.tag
    outer = next((t for t in reversed(group) if not group[0].number <= t.head <= last.number), last)
    describes = outer.relation.startswith(("amod", "compound")) and outer.head > last.number
    return "ADJ" if describes or last.tag in ("VBN", "ADJ") else outer.tag
