"""The text proposes, the picture decides: which candidates stand, and how sure the plan is.

How likely a candidate is meant, and a plan is right, say logistic regressions over features that one can read.

The weights are in words/weights.json, trained by `python -m training.plan_scorer` on labelled pairs; there the figures
of the cross-validation are printed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources

from lib_automask.plan.scene import Alignment, Change
from lib_automask.types import Presence

SHOWN = 0.5
"""From this probability on the picture counts as showing a phrase."""
ACCEPTED = 0.55
"""From this probability on a candidate is an edit: more likely meant than not, since an edit too many costs more than
one too few; with .5, .6 % more of the records where nothing changes got one."""
UNSAID = frozenset(
    (
        *("unsaid attribute", "trivial attribute", "narrower thing", "narrower thing in place", "near thing"),
        *("near thing in place", "narrower person", "narrower person in place", "near person", "plural", "unsaid rest"),
        *("unsaid mood", "unsaid face", "unsaid pose"),
        *("unsaid deed", "new setting tag", "first setting tag", "new time tag", "light tag", "light", "mood tag"),
        *("body part", "tag of figure", "worn tag", "denied unseen"),
    )
)
"""Readings that the caption says nothing against."""


def verify_changes(
    changes: Sequence[Change], found: Alignment, presence: Presence | None
) -> tuple[list[Change], list[float], list[str]]:
    """(the changes that stand, with their score; the scores of those that do not; phrases that are there already).

    Args:
        changes: the candidates of a description.
        found: the alignment that they come from.
        presence: answers for a list of phrases with probabilities 0–1; None where there is no picture.
    """
    answers = ask_picture(changes, presence)
    standing: list[Change] = []
    dropped: list[float] = []
    kept: list[str] = []
    for change in changes:
        if answers is not None and not _is_open(change, answers):
            kept += [change.edit.replacement] if change.new and change.edit.replacement else []
            continue
        change = _rename_target(change, answers) if answers is not None else change
        score = score_change(change, found, answers, len(changes))
        if score >= ACCEPTED:
            standing.append(replace(change, edit=replace(change.edit, score=round(score, 3))))
        else:
            dropped.append(score)
    return standing, dropped, kept


def _rename_target(change: Change, answers: dict[str, float]) -> Change:
    """With a target that the picture shows, where it does not show the caption's."""
    if not change.others or answers.get(change.old, 1.0) >= SHOWN:
        return change
    name = next((phrase for phrase in change.others if answers[phrase] >= SHOWN), None)
    return replace(change, edit=replace(change.edit, target=name), old=name) if name else change


def ask_picture(changes: Sequence[Change], presence: Presence | None) -> dict[str, float] | None:
    """What the picture says to every phrase of the candidates; None where there is no picture."""
    if presence is None:
        return None
    asked = (phrase for change in changes for phrase in (change.new, change.old, *change.others) if phrase)
    phrases = list(dict.fromkeys(asked))
    answers = presence(phrases) if phrases else []
    return {phrase: float(answer) for phrase, answer in zip(phrases, answers)}


def _is_open(change: Change, answers: dict[str, float]) -> bool:
    """Whether there is still something to do, now that the picture has been asked."""
    if not change.new:
        names = [change.old, *change.others]
        return not change.old or any(answers.get(name, 1.0) >= SHOWN for name in names)
    new = answers.get(change.new, 0.0)
    return new < SHOWN or (bool(change.old) and answers.get(change.old, 0.0) > new)


def score_change(change: Change, found: Alignment, answers: Mapping[str, float] | None, count: int) -> float:
    """The probability that a candidate is what the user means.

    Args:
        change: the candidate.
        found: the alignment it comes from.
        answers: what the picture says to its phrases; None where nobody asked it.
        count: of all candidates.
    """
    return _logistic(describe_change(change, found, answers, count), "change")


def describe_change(
    change: Change, found: Alignment, answers: Mapping[str, float] | None, count: int
) -> dict[str, float]:
    """The features of a candidate, each 0–1 or small."""
    asked = "asked" if answers is not None else "unasked"
    copied = max(0.0, 1.0 - 2.0 * found.novelty) * found.coverage
    features = {
        "bias": 1.0,
        change.reading: 1.0,
        f"{change.reading}, {asked}": 1.0,
        f"{change.reading}, copied": copied,
        "copied": copied,
        "coverage": found.coverage,
        "novelty": found.novelty,
        "several": min(count - 1, 4) / 4,
        f"{change.reading}, several": min(count - 1, 4) / 4,
        "tags": found.tags,
        f"{change.reading}, tags": found.tags,
    }
    if change.reading in UNSAID:
        features |= {f"unsaid, {asked}": 1.0, f"unsaid, {asked}, copied": copied}
    if answers is not None:
        features["new not shown"] = 1.0 - answers.get(change.new, 1.0)
        features["old not shown"] = 1.0 - answers.get(change.old, 1.0)
    return {**features, **change.features}


def judge_plan(features: Mapping[str, float]) -> float:
    """The probability that a whole plan is right; see ``describe_plan``."""
    return _logistic(features, "plan")


def describe_plan(
    kept: Sequence[float], dropped: Sequence[float], found: Alignment | None, residue: int, asked: bool
) -> dict[str, float]:
    """The features of a plan: how sure its edits are, and how much of both texts was understood."""
    surest = [math.log(max(value, 0.02)) for value in kept]
    return {
        "bias": 1.0,
        "asked": float(asked),
        "weakest edit": min(surest, default=0.0),
        "all edits": max(sum(surest), -6.0),
        "nearest dropped": max(dropped, default=0.0),
        "edits": min(len(kept), 5) / 5,
        "none": float(not kept),
        "residue": float(min(residue, 3)),
        "instruction": float(found is None),
        "novelty": found.novelty if found else 0.0,
        "coverage": found.coverage if found else 0.0,
        "nothing new": float(found is not None and found.novelty == 0),
        "nothing shared": float(found is not None and not found.same),
        "left over": min(len(found.come) + len(found.gone), 6) / 6 if found else 0.0,
    }


def _logistic(features: Mapping[str, float], model: str) -> float:
    weights = read_weights()[model]
    value = sum(weights.get(name, 0.0) * feature for name, feature in features.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))


@cache
def read_weights() -> dict[str, dict[str, float]]:
    """The weights by model and feature."""
    text = (resources.files(__package__) / "words" / "weights.json").read_text("utf-8")
    found: dict[str, dict[str, float]] = json.loads(text)
    return found


def pair_weights() -> dict[str, float]:
    """The weights of the features of a pair of things, see ``alignment.describe_pair``."""
    return read_weights()["pair"]
