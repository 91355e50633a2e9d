"""Numbers for WordNet's meanings, so that a row of depths is all that has to be stored of its trees."""

from __future__ import annotations

from collections import defaultdict

from training.noun_meanings import NounMeanings
from training.wordnet_files import WordNet

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
Pairs = set[tuple[int, int]]


def encode_number(number: int) -> str:
    """In base 36."""
    digits = ""
    while number or not digits:
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits


def number_nouns(nouns: NounMeanings, used: set[int | str]) -> tuple[dict[int | str, int], list[int], Pairs]:
    """(number of each meaning in preorder along first parents, depth of each number, (child, further parent)).

    `used` are the meanings that words have; those over them are numbered as well. A word in it is a leaf that we add.
    """
    leaves = {word: nouns.leaves[word] for word in used if isinstance(word, str)}
    offsets = [*(offset for offset in used if isinstance(offset, int)), *leaves.values()]
    needed = frozenset[int]().union(*map(nouns.above, offsets))
    parents = {offset: nouns.parents(offset) for offset in needed}
    children: dict[int | str, list[int | str]] = defaultdict(list)
    for offset in sorted(needed):
        if parents[offset]:
            children[parents[offset][0]].append(offset)
    for word in sorted(leaves):
        children[leaves[word]].append(word)
    numbers: dict[int | str, int] = {}
    depths: list[int] = []
    pending: list[tuple[int | str, int]] = [(root, 0) for root in sorted(needed, reverse=True) if not parents[root]]
    while pending:
        meaning, depth = pending.pop()
        numbers[meaning] = len(depths)
        depths.append(depth)
        pending += [(child, depth + 1) for child in reversed(children[meaning])]
    further = {(numbers[child], numbers[up]) for child, over in parents.items() for up in over[1:]}
    return numbers, depths, further


def number_adjectives(wordnet: WordNet, start: int) -> tuple[dict[int, int], list[int], Pairs]:
    """(numbers cluster by cluster, depths: 0 a head and 1 its satellites, pairs of opposite heads)."""
    heads = [s for (pos, _), s in sorted(wordnet.synsets.items()) if pos == "a" and not s.is_satellite]
    numbers: dict[int, int] = {}
    depths: list[int] = []
    for head in heads:
        for depth, offset in enumerate((head.offset, *(target for _, target in head.links.get("&", ())))):
            if offset not in numbers:
                numbers[offset] = start + len(depths)
                depths.append(min(depth, 1))
    targets = ((head.offset, other) for head in heads for _, other in head.links.get("!", ()))
    return numbers, depths, {(numbers[one], numbers[other]) for one, other in targets if other in numbers}
