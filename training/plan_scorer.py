"""Trains the three logistic regressions of the plan: pairs of things, candidates, and whole plans.

    python -m training.plan_scorer --ours benchmarks/adversarial.jsonl [--ours FILE ...] [--real FILE]
        [--made 1800] [--out lib_automask/plan/words/weights.json] [--cross-validate]

``--ours`` are records as benchmarks/edits.py reads them, ``--real`` as benchmarks/plans.py does; ``--made`` so many
from plan_pairs besides. Real pairs are learned with a picture that shows what the caption says, and without one. Of our
own records, whose captions are retold freely, a candidate that only such a picture would confirm teaches nothing.
``--cross-validate`` leaves out one source of the real pairs after the other, and scores it with what the rest taught.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.edits import agrees, is_guarded
from benchmarks.plans import judge_pair, measure_auc, meets_label, show_caption
from lib_automask.plan import alignment, plan_edits, scorer
from lib_automask.plan.scene import Change
from lib_automask.types import Edit, EditPlan
from training.plan_pairs import make_pairs

Record = dict[str, Any]
Row = tuple[Mapping[str, float], bool, float]
"""(features, label, weight)."""
Weights = dict[str, dict[str, float]]
REAL, OURS, MADE = 2.0, 0.5, 0.05
"""What a record of each making counts: there are 278, 2021 and 1800 of them; guesses, not tuned."""
UNCHANGED = 3.0
"""What a candidate counts where nothing changes: an edit too many costs the user the picture."""
MISTAKE = 4.0
"""What a wrong plan counts against a right one: from a confidence of .5 on four of five are right at least."""
PRIOR = 1.0
"""L2 of all weights."""
RAREST = 5
"""So many examples must have a feature."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print what the training says of itself, and write the weights."""
    parser = argparse.ArgumentParser(prog="training.plan_scorer")
    parser.add_argument("--ours", type=Path, action="append", default=[])
    parser.add_argument("--real", type=Path)
    parser.add_argument("--made", type=int, default=1800)
    parser.add_argument("--out", type=Path, default=Path("lib_automask/plan/words/weights.json"))
    parser.add_argument("--cross-validate", action="store_true")
    options = parser.parse_args(arguments)
    records = [*_read(options.ours, OURS), *_make(options.made)]
    records += _read([options.real], REAL) if options.real else []
    if options.cross_validate:
        sys.stdout.write(cross_validate(records))
        return 0
    options.out.write_text(json.dumps(train_all(records), indent=1, sort_keys=True) + "\n", "utf-8")
    return 0


def _read(paths: Iterable[Path], weight: float) -> list[Record]:
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [{**json.loads(line), "weight": weight} for line in lines]


def _make(count: int) -> list[Record]:
    return [{**record, "weight": MADE} for record in make_pairs(count, seed=1)]


def is_real(record: Record) -> bool:
    """Whether a record is labelled as benchmarks/plans.py reads it."""
    return bool(record["weight"] == REAL)


def train_all(records: Sequence[Record]) -> Weights:
    """The weights of all three models, each trained on what the ones before it leave."""
    weights: Weights = {"pair": {}, "change": {"bias": 9.0}, "plan": {}}
    for model, collect in (("pair", _collect_pairs), ("change", _collect_changes), ("plan", _collect_plans)):
        with _using(weights):
            rows = [row for record in records for row in collect(record)]
        weights[model] = fit_weights(rows)
    return weights


@contextmanager
def _using(weights: Weights) -> Iterator[None]:
    before = scorer.read_weights
    scorer.read_weights = lambda: weights  # type: ignore[assignment]
    yield
    scorer.read_weights = before


def _plans(record: Record) -> Iterator[tuple[bool, Callable[[], EditPlan]]]:
    """With and without a picture."""
    caption, prompt = record["caption"], record["prompt"]
    yield True, lambda: plan_edits(caption, prompt, show_caption(caption))
    yield False, lambda: plan_edits(caption, prompt)


def is_labelled(record: Record, edit: Edit, kinds: Sequence[str] = ()) -> bool:
    """Whether an edit is one that the record wants or allows."""
    if is_real(record):
        labels = [*record["edits"], *record.get("allowed", ())]
        return any(meets_label(label, edit, record.get("keep", ())) for label in labels)
    if edit.kind == "add":  # where it goes is not the scorer's question
        return any(is_guarded({**label, "target": []}, replace(edit, target="")) for label in record["edits"])
    return any(is_guarded(label, edit) for label in record["edits"])


def _collect_pairs(record: Record) -> list[Row]:
    rows: list[Row] = []
    before = alignment.describe_pair

    def spy(old: Any, new: Any, *rest: Any) -> dict[str, float]:
        features = before(old, new, *rest)
        edits = [Edit(kind, old.phrase, new.counted) for kind in ("replace", "background")]
        rows.append((features, any(is_labelled(record, edit) for edit in edits), float(record["weight"])))
        return features

    alignment.describe_pair = spy  # type: ignore[assignment]
    plan_edits(record["caption"], record["prompt"])
    alignment.describe_pair = before
    return rows


def _collect_changes(record: Record) -> list[Row]:
    rows: list[Row] = []
    before = scorer.describe_change

    def spy(change: Change, found: Any, answers: Any, *rest: Any) -> dict[str, float]:
        features = before(change, found, answers, *rest)
        wanted, weight = is_labelled(record, change.edit), float(record["weight"])
        if not is_real(record) and not wanted:
            unknown = answers is not None and change.reading in scorer.UNSAID
            weight *= 0.0 if unknown else UNCHANGED if not record["edits"] else 1.0
        rows.append((features, wanted, weight))
        return features

    scorer.describe_change = spy  # type: ignore[assignment]
    for _, plan in _plans(record):
        plan()
    scorer.describe_change = before
    return [row for row in rows if row[2]]


def _collect_plans(record: Record) -> list[Row]:
    rows: list[Row] = []
    before = scorer.judge_plan
    for pictured, plan in _plans(record):
        if pictured and not is_real(record):
            continue
        seen: list[Mapping[str, float]] = []
        scorer.judge_plan = lambda features, seen=seen: seen.append(features) or 0.9  # type: ignore[misc]
        found = plan()
        right = is_right(record, found)
        rows += [(features, right, float(record["weight"]) * (1.0 if right else MISTAKE)) for features in seen]
    scorer.judge_plan = before
    return rows


def is_right(record: Record, plan: EditPlan) -> bool:
    """Whether a plan is right by its record's own rule."""
    return judge_pair(record, plan)[0] if is_real(record) else agrees(record["edits"], plan.edits, is_guarded)


def fit_weights(rows: Sequence[Row]) -> dict[str, float]:
    """Logistic regression by Newton's method."""
    seen = Counter(name for features, *_ in rows for name, value in features.items() if value)
    names = sorted(name for name, count in seen.items() if count >= RAREST)
    table = np.array([[features.get(name, 0.0) for name in names] for features, *_ in rows])
    labels, importance = (np.array([row[index] for row in rows], float) for index in (1, 2))
    found = _solve(table, labels, importance)
    return {name: round(float(value), 3) for name, value in zip(names, found) if abs(value) > 0.005}


def _solve(table: npt.NDArray[Any], labels: npt.NDArray[Any], importance: npt.NDArray[Any]) -> npt.NDArray[Any]:
    weights = np.zeros(table.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (importance * (chance - labels)) + PRIOR * weights
        bend = (table * (importance * chance * (1 - chance))[:, None]).T @ table + PRIOR * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def cross_validate(records: Sequence[Record]) -> str:
    """Each source of the real pairs scored with weights that the others taught."""
    real = [record for record in records if is_real(record)]
    lines, scores, right = [], {True: [], False: []}, {True: [], False: []}  # type: ignore[var-annotated]
    for source in dict.fromkeys(record["source"] for record in real):
        weights = train_all([record for record in records if record.get("source") != source])
        part = [record for record in real if record["source"] == source]
        with _using(weights):
            for record in part:
                for pictured, plan in _plans(record):
                    found = plan()
                    scores[pictured].append(found.confidence)
                    right[pictured].append(judge_pair(record, found)[0])
        lines.append(
            f"{source[:44]:<46}{len(part):>5}{_share(right[True][-len(part) :]):>8.3f}"
            f"{_share(right[False][-len(part) :]):>8.3f}"
        )
    for pictured, name in ((True, "with picture"), (False, "without")):
        sure = [hit for hit, score in zip(right[pictured], scores[pictured]) if score >= 0.5]
        lines.append(
            f"{name}: {_share(right[pictured]):.3f} right, AUC {measure_auc(scores[pictured], right[pictured]):.3f}, "
            f"at .5 or more {len(sure)} plans, {_share(sure):.3f} right"
        )
    return "\n".join(lines) + "\n"


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / max(len(hits), 1)


if __name__ == "__main__":
    raise SystemExit(main())
