"""Trains the part-of-speech tagger of the plan.

    python -m training.tagger --ewt UD_English-EWT --out lib_automask/plan/words/tagger.bin.gz

The folder is a checkout of Universal Dependencies' English Web Treebank. Its train part is read from
en_ewt-ud-train.conllu, or where that file is missing from not-to-release/sources by the list that says what is in it.
Each sentence is learned twice, in lower case: as the treebank cuts it, and as people type it (don't, well-known in one
piece). Captions that we make ourselves come in addition. The same input gives the same file.
"""

from __future__ import annotations

import argparse
import gzip
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib_automask.plan import tagger
from training.caption_sentences import make_sentences
from training.lexicon import write_gzip
from training.treebank import Sentence, mark_known_names, read_part

TAG_IDS = {tag: index for index, tag in enumerate(tagger.TAGS)}
EPOCHS = 5  # a guess
CAPTIONS = 40_000  # about as many words as the treebank has in its two ways
HELD_BACK = 1_500
SCALE = 127  # of the largest weight that a byte keeps


class Perceptron:
    """Weights and their running sum, so that their average over all steps costs nothing."""

    def __init__(self) -> None:
        shape = (tagger.BUCKETS, len(tagger.TAGS))
        self.weights = np.zeros(shape, np.float32)
        self.sums = np.zeros(shape, np.float64)
        self.step = 1
        self.rows: dict[str, int] = {}

    def learn(self, sentence: Sentence) -> int:
        """Tags a sentence with the present weights and corrects them at each mistake; how many there were."""
        mistakes = 0
        for (_, tag), (rows, guess) in zip(sentence, self.guess([word for word, _ in sentence])):
            truth = TAG_IDS[tag]
            self.step += 1
            if guess != truth:
                mistakes += 1
                self.change(rows, truth, 1.0)
                self.change(rows, guess, -1.0)
        return mistakes

    def guess(self, words: Sequence[str]) -> Iterator[tuple[list[int], int]]:
        """For each word the rows of its features and the number of its likeliest tag, from left to right."""
        padded = [tagger.EDGE, tagger.EDGE, *words, tagger.EDGE, tagger.EDGE]
        before, last = tagger.EDGE, tagger.EDGE
        for at, word in enumerate(words, 2):
            names = tagger.tag_features(before, last, word, padded[at + 1])
            rows = self.window_rows(tuple(padded[at - 2 : at + 3])) + self.features_rows(names)
            guess = int(self.weights[rows].sum(axis=0).argmax())
            yield rows, guess
            before, last = last, tagger.TAGS[guess]

    def change(self, rows: list[int], tag: int, by: float) -> None:
        self.weights[rows, tag] += by
        self.sums[rows, tag] += by * self.step

    def average(self) -> NDArray[np.float64]:
        return self.weights - self.sums / self.step

    def window_rows(self, window: tuple[str, ...]) -> list[int]:
        names = tagger.pair_features(window)
        for place, word in enumerate(window):
            names += tagger.word_features(word, place)
        return self.features_rows(names)

    def features_rows(self, names: Iterable[str]) -> list[int]:
        known = self.rows
        return [known[name] if name in known else known.setdefault(name, tagger.feature_row(name)) for name in names]


def train(sentences: Sequence[Sentence], epochs: int) -> NDArray[np.float64]:
    model = Perceptron()
    order = list(sentences)
    shuffle = random.Random(1)
    total = sum(map(len, order))
    for epoch in range(epochs):
        shuffle.shuffle(order)
        mistakes = sum(model.learn(sentence) for sentence in order)
        print(f"epoch {epoch + 1}: {1 - mistakes / total:.4f} of {total} words right", flush=True)
    return model.average()


def round_weights(weights: NDArray[np.float64]) -> NDArray[np.int8]:
    """To bytes; the few weights beyond the 99.99th percentile are cut off."""
    most = np.quantile(np.abs(weights[weights != 0]), 0.9999)
    return np.clip(np.round(weights / most * SCALE), -SCALE, SCALE).astype(np.int8)


def report(name: str, model: Perceptron, sentences: Sequence[Sentence]) -> None:
    """Accuracy, and the commonest confusions."""
    wrong: Counter[tuple[str, str]] = Counter()
    total = 0
    for sentence in sentences:
        guesses = [tagger.TAGS[guess] for _, guess in model.guess([word for word, _ in sentence])]
        total += len(sentence)
        wrong.update((tag, guess) for (_, tag), guess in zip(sentence, guesses) if tag != guess)
    names = sum(count for pair, count in wrong.items() if set(pair) == {"NOUN", "PROPN"})
    most = ", ".join(f"{tag} as {guess} {count}" for (tag, guess), count in wrong.most_common(8))
    right, nearly = 1 - wrong.total() / total, 1 - (wrong.total() - names) / total
    print(f"{name}: {right:.4f} of {total} words right, {nearly:.4f} with names as nouns; {most}")


def report_all(model: Perceptron, treebank: Path) -> None:
    for part in ("dev", "test"):
        for typed in (False, True):
            name = f"{part} part, {'as typed' if typed else 'as the treebank cuts it'}"
            report(name, model, read_part(treebank, part, ways=(typed,)))
    report("captions of another seed", model, make_sentences(HELD_BACK, seed=2))
    report("captions with words that training has not seen", model, make_sentences(HELD_BACK, seed=3, unseen=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ewt", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("lib_automask/plan/words/tagger.bin.gz"))
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--captions", type=int, default=CAPTIONS)
    parser.add_argument("--evaluate", action="store_true", help="only measure what --out holds")
    options = parser.parse_args()
    if not options.evaluate:
        captions = make_sentences(options.captions, seed=1)
        weights = train([*mark_known_names(read_part(options.ewt, "train")), *captions], options.epochs)
        write_gzip(round_weights(weights).tobytes(), options.out)
        print(f"{options.out.stat().st_size} bytes")
    model = Perceptron()
    packed = gzip.decompress(options.out.read_bytes())
    model.weights = np.frombuffer(packed, np.int8).reshape(model.weights.shape).astype(np.float32)
    report_all(model, options.ewt)


if __name__ == "__main__":
    main()
