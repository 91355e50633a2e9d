"""Compiles the plan's lexicon from WordNet 3.0 and from lexicon_rules.txt.

    python -m training.lexicon --wordnet /usr/share/wordnet --out lib_automask/plan/words/wordnet.txt.gz

The file is sorted text in gzip, in sections that start with "#name"; `lib_automask.plan.lexicon` describes them.
The same WordNet gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import io
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from lib_automask.plan.word_table import base_forms
from training.adjective_kinds import find_adjective_kinds
from training.noun_meanings import LATER_SENSE, PICTURED, NounMeanings, take_largest
from training.rule_files import Rules, read_rules
from training.word_numbers import LETTERS, encode_number, number_adjectives, number_nouns
from training.wordnet_files import FOLDER, WordNet, read_wordnet

LONGEST = 3  # words of a compound; longer ones in WordNet are sayings and names of institutions


class Word(NamedTuple):
    """What the file says of a word; meanings by WordNet's offsets, or the word itself where it is a meaning we add."""

    shares: str = ""
    kinds: frozenset[str] = frozenset()
    meanings: tuple[int | str, ...] = ()
    adjective_kinds: frozenset[str] = frozenset()
    adjective_meanings: tuple[int, ...] = ()


def compile_lexicon(wordnet: WordNet, rules: Rules) -> str:
    """The whole text of the file."""
    nouns = NounMeanings(wordnet, rules)
    adjective_kinds = find_adjective_kinds(wordnet, rules)
    words = collect_words(nouns, adjective_kinds)
    used = {meaning for word in words.values() for meaning in word.meanings}
    numbers, depths, further = number_nouns(nouns, used)
    adjectives, adjective_depths, opposites = number_adjectives(wordnet, len(depths))
    orders = (nouns.kind_names, tuple(adjective_kinds))
    sections = {
        "kinds": " ".join(orders[0]),
        "adjective kinds": " ".join(orders[1]),
        "words": "\n".join(
            _line(name, word, orders, numbers, adjectives) for name, word in sorted(words.items()) if word.shares
        ),
        "irregular": "\n".join(_irregular_lines(wordnet, words)),
        "depths": "".join(LETTERS[depth] for depth in (*depths, *adjective_depths)),
        "further parents": "\n".join(f"{encode_number(a)} {encode_number(b)}" for a, b in sorted(further)),
        "opposites": "\n".join(f"{encode_number(a)} {encode_number(b)}" for a, b in sorted(opposites)),
        "same words": _group_lines(rules["same words"]),
        "same verbs": _group_lines(rules["same verbs"]),
    }
    return "".join(f"#{name}\n{text}\n" for name, text in sections.items())


def _group_lines(groups: dict[str, list[str]]) -> str:
    """A line for each group, its words parted by commas."""
    return "\n".join(",".join(word.replace("_", " ") for word in (key, *rest)) for key, rest in groups.items())


def collect_words(nouns: NounMeanings, adjective_kinds: dict[str, set[str]]) -> dict[str, Word]:
    """Every word of the file, compounds with blanks."""
    wordnet = nouns.wordnet
    names = {name for pos, name in wordnet.senses if _is_wanted(pos, name)}
    found = {name.replace("_", " "): _describe_word(nouns, name, adjective_kinds) for name in sorted(names)}
    added: dict[str, int | str] = {**nouns.added, **{leaf: leaf for leaf in nouns.leaves}}
    for name, meaning in added.items():
        before = found.get(name, Word())
        found[name] = before._replace(
            shares=before.shares or "n9", kinds=nouns.kinds_of_word(name, [meaning]), meanings=(meaning,)
        )
    for name in nouns.listed_kinds:
        if not found.get(name, Word()).kinds:
            found[name] = Word("n9", nouns.kinds_of_word(name, []))
    for name in sorted({name for words in adjective_kinds.values() for name in words}):
        kinds = frozenset(kind for kind, words in adjective_kinds.items() if name in words)
        before = found.get(name, Word())
        found[name] = before._replace(shares=before.shares or "a9", adjective_kinds=kinds)
    return found


def _is_wanted(pos: str, name: str) -> bool:
    plain = name.replace("-", "").replace("'", "")
    if pos == "n":
        return name.count("_") < LONGEST and plain.replace("_", "").isalpha()
    return plain.isalpha()


def _describe_word(nouns: NounMeanings, name: str, adjective_kinds: dict[str, set[str]]) -> Word:
    senses = nouns.common_meanings(name)
    proper = not senses and ("n", name) in nouns.wordnet.senses
    if proper:
        senses = nouns.proper_meanings(name)
    elif "_" in name and not nouns.can_be_seen(senses):
        senses = []
    meanings = tuple(offset for offset, _ in senses)
    text = name.replace("_", " ")
    kinds = nouns.kinds_of_name(meanings) if proper else nouns.kinds_of_word(text, meanings)
    shares = _share_text(nouns, name, proper or nouns.is_capital(name, meanings), meanings)
    if not shares or (" " in text and not meanings):
        return Word()
    return Word(shares, kinds, meanings, adjective_meanings=_adjective_meanings(nouns.wordnet, name))


def _share_text(nouns: NounMeanings, name: str, proper: bool, meanings: tuple[int, ...]) -> str:
    """ "n7v3": tenths of a word's use, by the counts of its senses and their number; "p" for names."""
    weights = Counter[str]()
    for pos in "nvar":
        senses = nouns.wordnet.senses.get((pos, name), ())
        if senses and (pos != "n" or meanings):
            weights[pos] = sum(nouns.wordnet.counts.get((pos, name), {}).values()) * 2 + len(senses)
    if nouns.can_be_seen([(meaning, 1.0) for meaning in meanings]) and not proper:
        weights["n"] = round(weights["n"] * PICTURED)
    total = weights.total()
    text = "".join(f"{pos}{min(9, max(1, round(10 * weight / total)))}" for pos, weight in weights.most_common())
    return text.replace("n", "p") if proper else text


def _adjective_meanings(wordnet: WordNet, name: str) -> tuple[int, ...]:
    counts = wordnet.counts.get(("a", name), {})
    senses = enumerate(wordnet.senses.get(("a", name), ()), 1)
    weights = {offset: counts.get(number, 0) + LATER_SENSE ** (number - 1) for number, offset in senses}
    return tuple(offset for offset, _ in take_largest(weights))


def _line(
    name: str,
    word: Word,
    orders: tuple[tuple[str, ...], tuple[str, ...]],
    numbers: dict[int | str, int],
    adjectives: dict[int, int],
) -> str:
    fields = [
        name,
        word.shares,
        "".join(LETTERS[at] for at, kind in enumerate(orders[0]) if kind in word.kinds),
        " ".join(encode_number(numbers[meaning]) for meaning in word.meanings),
        "".join(LETTERS[at] for at, kind in enumerate(orders[1]) if kind in word.adjective_kinds),
        " ".join(encode_number(adjectives[meaning]) for meaning in word.adjective_meanings if meaning in adjectives),
    ]
    return "\t".join(fields).rstrip("\t")


def _irregular_lines(wordnet: WordNet, words: dict[str, Word]) -> list[str]:
    """ "geese n goose", where the rules of `word_table` would not find it."""
    found = set()
    for pos in "nva":
        for form, lemma in wordnet.irregular[pos]:
            guess = next((base for base in base_forms(form, pos) if pos in words.get(base, Word()).shares), "")
            if "_" not in form and lemma in words and guess != lemma:
                found.add(f"{form} {pos} {lemma}")
    return sorted(found)


def write_gzip(content: bytes, path: Path) -> None:
    """Compressed without a name and a time, so that equal contents are equal files."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0, filename="") as file:
        file.write(content)
    path.write_bytes(buffer.getvalue())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wordnet", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=Path("lib_automask/plan/words/wordnet.txt.gz"))
    options = parser.parse_args()
    text = compile_lexicon(read_wordnet(options.wordnet), read_rules("lexicon_rules.txt"))
    write_gzip(text.encode("utf-8"), options.out)
    print(f"{text.count(chr(10))} lines, {len(text)} characters, {options.out.stat().st_size} bytes compressed")


if __name__ == "__main__":
    main()
