"""How often the plan is right on pairs that others wrote, how sure it is of itself, and how fast.

    python -m benchmarks.plans FILE [--no-picture] [--errors] [--threshold .5]

FILE holds JSON lines with ``id``, ``source``, ``caption``, ``prompt``, ``edits`` and perhaps ``keep``, ``allowed``,
``ask``. A label of ``edits`` or ``allowed`` has ``kinds``, the acceptable ones, and the head nouns of ``target`` and
``replacement`` that will do (none: any will). An edit that meets no label is junk, and a plan with junk is not right;
``ask`` wants a plan that is unsure. ``keep`` must neither be replaced nor removed. The file is given by its path, so
that texts of others need not be here.

The picture's part is played by the caption: it shows a phrase if the words of each of its noun phrases stand in one
noun phrase of the caption. AUC is that of the confidence, right plans against the others.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lib_automask.options import Options
from lib_automask.plan import plan_edits
from lib_automask.plan.predicates import verb_key
from lib_automask.plan.vocabulary import singular_of
from lib_automask.types import Edit, EditPlan, Presence

Record = dict[str, Any]
ARTICLES = frozenset(("a", "an", "the", "his", "her", "its", "their", "some"))
LINKS = frozenset(
    ("of", "with", "in", "on", "at", "by", "from", "for", "to", "under", "over", "behind", "near", "next", "beside")
).union(
    ("around", "against", "between", "inside", "into", "onto", "above", "below", "that", "which", "wearing", "holding"),
    ("filled", "made", "while", "as", "and", "or"),
)
"""Words that end a noun phrase."""
ANYWHERE = frozenset(("", "background", "scene", "image", "picture", "whole image", "setting", "landscape"))
UNSURE = 0.5
"""Below this confidence a plan asks back."""


def fold_words(phrase: str) -> list[str]:
    """The words of a phrase, one form for singular and plural, and for a verb's endings."""
    words = re.findall(r"[^\W_]+", re.sub(r"['’]+s\b", "", phrase.lower()))
    return [_fold(word) for word in words if word not in ARTICLES]


def _fold(word: str) -> str:
    return verb_key(singular_of(word)) if word.endswith(("ing", "ed")) else singular_of(word)


def find_heads(phrase: str) -> list[list[str]]:
    """What may be the noun of a phrase, with the words before it: both of "glass of milk"."""
    heads: list[list[str]] = []
    part: list[str] = []
    for word in [*re.findall(r"[^\W_]+", re.sub(r"['’]+s\b", "", phrase.lower())), ","]:
        if word in LINKS or word == ",":
            heads += [fold_words(" ".join(part))] if part else []
            part = []
            if word not in ("of", "and"):
                break
        elif word not in ARTICLES:
            part.append(word)
    return [head for head in heads if head]


def names_one(phrase: str, accepted: Iterable[str], anywhere: bool = False) -> bool:
    """Whether a phrase has one of the accepted words for its noun, or anywhere."""
    for words in (fold_words(one) for one in accepted):
        if anywhere and f" {' '.join(words)} " in f" {' '.join(fold_words(phrase))} ":
            return True
        if not anywhere and any(head[-len(words) :] == words for head in find_heads(phrase)):
            return True
    return False


def meets_label(label: Record, edit: Edit, keep: Sequence[str]) -> bool:
    """Whether an edit is what a label asks for."""
    if edit.kind not in label["kinds"] or (edit.kind in ("remove", "replace") and _is_kept(edit.target, keep)):
        return False
    free = edit.kind == "restyle" or (edit.kind == "add" and not (edit.target and label["target"]))
    free = free or (edit.kind == "background" and edit.target in ANYWHERE)
    if not free and label["target"] and not names_one(edit.target, label["target"]):
        return False
    if edit.kind == "remove" or not label["replacement"]:
        return True
    loose = bool({"modify", "background", "restyle"} & set(label["kinds"]))
    return names_one(edit.replacement or "", label["replacement"], loose)


def _is_kept(target: str, keep: Sequence[str]) -> bool:
    first = find_heads(target)[:1]
    return any(head[-1:] == fold_words(word)[-1:] for head in first for word in keep)


def judge_pair(record: Record, plan: EditPlan) -> tuple[bool, int]:
    """(whether the plan is right, how many of its edits are junk)."""
    if record.get("ask"):
        return plan.confidence < UNSURE, 0
    keep = record.get("keep", ())
    free = list(plan.edits)
    missed = 0
    for label in record["edits"]:
        met = next((edit for edit in free if meets_label(label, edit, keep)), None)
        missed += met is None
        if met is not None:
            free.remove(met)
    allowed = [*record.get("allowed", ()), *(label for label in record["edits"] if "add" not in label["kinds"])]
    junk = sum(not any(meets_label(label, edit, keep) for label in allowed) for edit in free)
    return not missed and not junk, junk


def show_caption(caption: str) -> Presence:
    """A picture that shows what its caption says and no more."""
    shown = [set(words) for words in _split_phrases(caption)]
    return lambda phrases: [
        0.95 if all(any(set(words) <= one for one in shown) for words in _split_phrases(phrase)) else 0.05
        for phrase in phrases
    ]


def _split_phrases(text: str) -> list[list[str]]:
    ends = LINKS | {"is", "are", "there"}
    pattern = r"[,.;:!?]|\b(?:" + "|".join(sorted(ends)) + r")\b"
    return [words for words in map(fold_words, re.split(pattern, text.lower())) if words]


def measure_auc(scores: Sequence[float], right: Sequence[bool]) -> float:
    """How often a right plan is surer than one that is not; ties count half."""
    good = [score for score, hit in zip(scores, right) if hit]
    bad = [score for score, hit in zip(scores, right) if not hit]
    if not good or not bad:
        return 1.0
    return sum((one > other) + 0.5 * (one == other) for one in good for other in bad) / (len(good) * len(bad))


def summarize_plans(rows: Sequence[tuple[Record, EditPlan]], threshold: float) -> str:
    """The table by source, and what the confidence is worth."""
    verdicts = [(record, plan, *judge_pair(record, plan)) for record, plan in rows]
    sources = ["all", *dict.fromkeys(record.get("source", "") for record, _ in rows)]
    lines = [f"{'source':<46}{'pairs':>6}{'right':>8}{'junk':>6}{'edits':>7}"]
    for source in sources:
        part = [row for row in verdicts if source in ("all", row[0].get("source", ""))]
        right, junk = sum(row[2] for row in part), sum(row[3] for row in part)
        edits = sum(len(row[1].edits) for row in part)
        lines.append(f"{source[:44]:<46}{len(part):>6}{right / len(part):>8.3f}{junk:>6}{edits:>7}")
    sure = [row for row in verdicts if row[1].confidence >= threshold]
    auc = measure_auc([row[1].confidence for row in verdicts], [row[2] for row in verdicts])
    share = sum(row[2] for row in sure) / max(len(sure), 1)
    return "\n".join(
        [*lines, f"confidence: AUC {auc:.3f}; at {threshold} or more {len(sure)} plans, {share:.3f} right"]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a file of labelled pairs and print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.plans", description="How often the plan is right on real pairs.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--no-picture", action="store_true", help="ask nobody")
    parser.add_argument("--errors", action="store_true", help="list the pairs that are not right")
    parser.add_argument("--threshold", type=float, default=Options().confidence)
    options = parser.parse_args(arguments)
    records = [json.loads(line) for line in options.file.read_text("utf-8").splitlines() if line.strip()]
    start = time.perf_counter()
    plans = [
        plan_edits(one["caption"], one["prompt"], None if options.no_picture else show_caption(one["caption"]))
        for one in records
    ]
    rate = len(records) / (time.perf_counter() - start)
    rows = list(zip(records, plans))
    if options.errors:
        for record, plan in rows:
            if not judge_pair(record, plan)[0]:
                sys.stdout.write(f"{record['id']}: {record['caption']} | {record['prompt']} → {plan}\n")
    sys.stdout.write(f"{summarize_plans(rows, options.threshold)}\n{rate:.0f} plans a second\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
