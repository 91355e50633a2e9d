"""Which kinds of attribute adjectives are: of WordNet's clusters, and of the lists in lexicon_rules.txt."""

from __future__ import annotations

from training.rule_files import Rules
from training.wordnet_files import Synset, WordNet

FIRST_SENSES = 2
"""Senses of an adjective that decide on its kind; a guess."""


def find_adjective_kinds(wordnet: WordNet, rules: Rules) -> dict[str, set[str]]:
    """Kind → words. A word that the lists name is of just the kinds that they give it."""
    found: dict[str, set[str]] = {kind: set() for kind in (*rules["adjective words"], *rules["adjective attributes"])}
    for kind, names in rules["adjective meanings"].items():
        for name in names:
            found[kind] |= _cluster_words(wordnet, wordnet.find(name))
    attributes = {noun: kind for kind, nouns in rules["adjective attributes"].items() for noun in nouns}
    for (pos, _), synset in wordnet.synsets.items():
        for target in synset.links.get("=", ()) if pos == "a" else ():
            if kind := attributes.get(wordnet.synsets[target].words[0], ""):
                found[kind] |= _cluster_words(wordnet, synset)
    listed = {kind: set(words) for kind, words in rules["adjective words"].items()}
    everywhere = set[str]().union(*listed.values())
    return {kind: (words - everywhere) | listed.get(kind, set()) for kind, words in found.items()}


def _cluster_words(wordnet: WordNet, head: Synset) -> set[str]:
    """The words of an adjective and of its satellites, where that is one of their first meanings."""
    found = set()
    for synset in (head, *(wordnet.synsets[target] for target in head.links.get("&", ()))):
        for word in map(str.lower, synset.words):
            if "_" not in word and synset.offset in wordnet.senses.get(("a", word), [])[:FIRST_SENSES]:
                found.add(word)
    return found
