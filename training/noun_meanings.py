"""Which meanings a noun has in descriptions of pictures, and which visual kinds those have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from lib_automask.plan.word_table import base_forms
from training.rule_files import Rules
from training.wordnet_files import Synset, WordNet

FALLBACK_KINDS = frozenset({"abstract", "object", "substance", "group", "event", "quantity"})
"""Kinds that count only where there is no other."""
UNSEEN_KINDS = FALLBACK_KINDS - {"object"}
MOST_MEANINGS = 4
LEAST_SHARE = 0.15  # of a word's use, for a meaning to be kept; a guess
LATER_SENSE = 0.6  # what each further sense without a count is worth of the one before; a guess
PICTURED = 3.0  # how much likelier a meaning is in a picture's description that one can see; a guess
CAPITAL = 0.5  # what a meaning that is written with a capital is worth ("Turkey"); a guess
NICKNAME = 0.2  # what it is worth that an animal's name is a person's as well ("skunk"); a guess
ARTISTS = ("artist.n.1", "painter.n.1", "photographer.n.1", "architect.n.1", "illustrator.n.1")
PLACES = ("city.n.1", "country.n.2", "region.n.3", "geological_formation.n.1", "body_of_water.n.1", "island.n.1",
          "building.n.1", "structure.n.1")  # fmt: skip
"""Names of these are kept: they stand in prompts."""


def take_largest(weights: dict[int, float]) -> list[tuple[int, float]]:
    """(key, share of the whole), the largest first, without those that hardly count."""
    total = sum(weights.values())
    ranked = sorted(weights.items(), key=lambda item: -item[1])
    return [(key, weight / total) for key, weight in ranked if weight / total >= LEAST_SHARE][:MOST_MEANINGS]


class NounMeanings:
    """WordNet's nouns with the rules of lexicon_rules.txt."""

    def __init__(self, wordnet: WordNet, rules: Rules) -> None:
        self.wordnet = wordnet
        self.kind_names = (*rules["noun kinds"], "artist")
        self.anchors = self._offsets_of(rules["noun kinds"])
        self.further = self._offsets_of(rules["further parents"])
        self.added = self._words_of(rules["same meaning"])
        self.leaves = self._words_of(rules["below a meaning"])
        self.listed_kinds: dict[str, set[str]] = defaultdict(set)
        for kind, words in rules["noun words"].items():
            for word in words:
                self.listed_kinds[word.replace("_", " ")].add(kind)
        self.kept_plurals = frozenset(rules["plurals"][""])
        self.artists = {wordnet.find(name).offset for name in ARTISTS}
        self.places = {wordnet.find(name).offset for name in PLACES}
        self.taxa = wordnet.find("taxonomic_group.n.1").offset
        self.above = cache(self._above)
        self.kinds = cache(self._kinds)

    def _offsets_of(self, listed: dict[str, list[str]]) -> dict[int, list[str]]:
        """Meaning → keys that it is listed under."""
        found: dict[int, list[str]] = defaultdict(list)
        for key, names in listed.items():
            for name in names:
                found[self.wordnet.find(name).offset].append(key)
        return found

    def _words_of(self, listed: dict[str, list[str]]) -> dict[str, int]:
        """Word → the meaning that it is listed under."""
        pairs = ((word, self.wordnet.find(name).offset) for name, words in listed.items() for word in words)
        return {word.replace("_", " "): offset for word, offset in pairs}

    def parents(self, offset: int) -> list[int]:
        """The meanings right above one, WordNet's first one first."""
        links = self.wordnet.synsets["n", offset].links
        listed = [self.wordnet.find(name).offset for name in self.further.get(offset, ())]
        return [*(target for _, target in (*links.get("@", ()), *links.get("@i", ()))), *listed]

    def _above(self, offset: int) -> frozenset[int]:
        """A meaning and everything over it."""
        return frozenset({offset}).union(*(self.above(parent) for parent in self.parents(offset)))

    def _kinds(self, offset: int) -> frozenset[str]:
        found = frozenset(kind for over in self.above(offset) for kind in self.anchors.get(over, ()))
        return found - FALLBACK_KINDS or found

    def kinds_of_word(self, word: str, meanings: Iterable[int | str]) -> frozenset[str]:
        """As the rules say it of the word, else of its meanings, or of what a word that we add stands below."""
        if word in self.listed_kinds:
            return frozenset(self.listed_kinds[word])
        offsets = (self.leaves[meaning] if isinstance(meaning, str) else meaning for meaning in meanings)
        found = frozenset[str]().union(*(self.kinds(offset) for offset in offsets))
        return found - FALLBACK_KINDS or found

    def kinds_of_name(self, meanings: Sequence[int]) -> frozenset[str]:
        return frozenset("artist" if self.above(offset) & self.artists else "place" for offset in meanings)

    def can_be_seen(self, senses: Iterable[tuple[int, float]]) -> bool:
        return any(not self.kinds(offset) <= UNSEEN_KINDS for offset, _ in senses)

    def is_capital(self, lemma: str, meanings: Iterable[int]) -> bool:
        """Whether all that it means is written with a capital: "Chihuahua", "German"."""
        first = {self.wordnet.synsets["n", offset].spelling(lemma)[:1] for offset in meanings}
        return bool(first) and all(letter.isupper() for letter in first)

    def common_meanings(self, lemma: str) -> list[tuple[int, float]]:
        """(meaning, share) of what a lower-case noun stands for, names and Latin names left out."""
        counts = self.wordnet.counts.get(("n", lemma), {})
        weights: dict[int, float] = {}
        if self._is_mere_plural(lemma):
            return []
        for number, synset in enumerate(self._synsets(lemma), 1):
            if not self._is_left_out(synset, lemma):
                weights[synset.offset] = (counts.get(number, 0) + LATER_SENSE ** len(weights)) * self._factor(
                    synset, lemma
                )
        if any("animal" in self.kinds(offset) for offset in weights):
            weights |= {o: weight * NICKNAME for o, weight in weights.items() if "person" in self.kinds(o)}
        return take_largest(weights)

    def _is_mere_plural(self, lemma: str) -> bool:
        """Whether it is a plural form of a noun that is not rarer."""
        bases = [single for form, single in self.wordnet.irregular["n"] if form == lemma] or base_forms(lemma, "n")
        single = next((base for base in bases if ("n", base) in self.wordnet.senses), lemma)
        if lemma in self.kept_plurals or single == lemma:
            return False
        return self._count(lemma) <= self._count(single)

    def _count(self, lemma: str) -> int:
        return sum(self.wordnet.counts.get(("n", lemma), {}).values())

    def _synsets(self, lemma: str) -> list[Synset]:
        return [self.wordnet.synsets["n", offset] for offset in self.wordnet.senses.get(("n", lemma), ())]

    def _is_left_out(self, synset: Synset, lemma: str) -> bool:
        named = synset.is_instance and synset.spelling(lemma)[0].isupper()
        return named or self.taxa in self.above(synset.offset)

    def _factor(self, synset: Synset, lemma: str) -> float:
        seen = not self.kinds(synset.offset) <= UNSEEN_KINDS
        return (PICTURED if seen else 1.0) * (CAPITAL if synset.spelling(lemma)[0].isupper() else 1.0)

    def proper_meanings(self, lemma: str) -> list[tuple[int, float]]:
        """(meaning, share) of a name that a prompt may hold: a place, an artist."""
        counts = self.wordnet.counts.get(("n", lemma), {})
        weights: dict[int, float] = {}
        for number, synset in enumerate(self._synsets(lemma), 1):
            over = self.above(synset.offset)
            known = over & self.artists or (over & self.places and (counts.get(number) or "_" not in lemma))
            if known and synset.is_instance:
                weights[synset.offset] = counts.get(number, 0) + LATER_SENSE ** len(weights)
        return take_largest(weights)
