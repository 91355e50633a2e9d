"""Reads WordNet 3.0's database files, as Debian's wordnet-base installs them: synsets, senses, counts, irregular forms.

The file formats are those of wndb(5WN), senseidx(5WN) and cntlist(5WN).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path("/usr/share/wordnet")
FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
COUNTED = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
"""The digit of a sense key → part of speech; 5 is a satellite adjective."""


@dataclass(frozen=True)
class Synset:
    """One meaning: `words` as written (capitals kept, "_" between words), `links` by pointer symbol."""

    offset: int
    pos: str
    topic: int
    words: tuple[str, ...]
    links: dict[str, tuple[tuple[str, int], ...]]
    gloss: str
    is_satellite: bool
    """Whether it is an adjective that hangs on another one, its cluster's head."""

    @property
    def is_instance(self) -> bool:
        """Whether it is one particular thing or person (Paris, Stephen Crane)."""
        return "@i" in self.links

    def spelling(self, lemma: str) -> str:
        """How the synset writes a lower-case lemma: "bass" or "Bass"."""
        return next((word for word in self.words if word.lower() == lemma), lemma)


@dataclass
class WordNet:
    """All of it: synsets by (pos, offset), senses by (pos, lemma) in the order of frequency, counts by (pos, lemma)."""

    synsets: dict[tuple[str, int], Synset] = field(default_factory=dict)
    senses: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    counts: dict[tuple[str, str], dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    irregular: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def find(self, name: str) -> Synset:
        """ "dog.n.1" → the first sense of the noun."""
        lemma, pos, number = name.rsplit(".", 2)
        return self.synsets[pos, self.senses[pos, lemma][int(number) - 1]]


def read_wordnet(folder: Path = FOLDER) -> WordNet:
    found = WordNet()
    for pos, file in FILES.items():
        for line in _lines(folder / f"data.{file}"):
            synset = _synset(line, pos)
            found.synsets[pos, synset.offset] = synset
        for line in _lines(folder / f"index.{file}"):
            fields = line.split()
            number = int(fields[2])
            found.senses[pos, fields[0]] = [int(offset) for offset in fields[-number:]]
        exceptions = (folder / f"{file}.exc").read_text("utf-8").split("\n")
        found.irregular[pos] = [(form, lemma) for form, lemma, *_ in (line.split() for line in exceptions if line)]
    for line in (folder / "cntlist.rev").read_text("utf-8").splitlines():
        key, place, count = line.split()
        lemma, digits = key.split("%")
        found.counts[COUNTED[digits[0]], lemma][int(place)] = int(count)
    return found


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith(" ")]


def _synset(line: str, pos: str) -> Synset:
    head, _, gloss = line.partition(" | ")
    fields = head.split()
    number = int(fields[3], 16)
    words = tuple(re.sub(r"\(\w+\)$", "", word) for word in fields[4 : 4 + 2 * number : 2])
    rest = fields[5 + 2 * number :]
    links: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for start in range(0, 4 * int(fields[4 + 2 * number]), 4):
        symbol, offset, kind, _ = rest[start : start + 4]
        links[symbol].append(("a" if kind == "s" else kind, int(offset)))
    kept = {symbol: tuple(targets) for symbol, targets in links.items()}
    return Synset(int(fields[0]), pos, int(fields[1]), words, kept, gloss.strip(), fields[2] == "s")
