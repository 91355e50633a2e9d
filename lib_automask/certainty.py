"""How sure a result is: raw signals of plan and place, and what they were worth where the truth is known.

A logistic curve of few parameters turns signals into a probability of being right (Platt 1999). Its weights stand in
``calibration.json`` with the command that fitted them; none is below zero, so more of a signal never makes less sure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from lib_automask import masks
from lib_automask.selection import Place, Scores, plain
from lib_automask.structures import Confidence, Edit, EditPlan, Mask

CLEAR = 0.999
"""Scores are taken as no nearer to 0 and 1 than this leaves: BLIP saturates."""


def confidence(plan: EditPlan, places: Sequence[Place], scores: Scores) -> Confidence:
    """The certainty of the plan and of its least certain place, calibrated, with the raw signals of both."""
    found = [signals(edit, place, scores) for edit, place in zip(plan.edits, places)]
    least = min(found, key=lambda one: probability("place", one), default={"score": 1.0, "margin": 1.0, "outline": 1.0})
    raw = {"plan": float(plan.confidence)}
    return Confidence(probability("plan", raw), probability("place", least), {**raw, **least})


def signals(edit: Edit, place: Place, scores: Scores) -> dict[str, float]:
    """What tells whether a place is right, each 0–1.

    ``score`` is the place's own, ``margin`` its lead before the best segment that is not the same thing, ``outline``
    how sure SAM is of the weakest segment.
    """
    other = 0.0 if edit.kind in ("background", "restyle") else _runner_up(place, scores, edit.target)
    outlines = [scores.segments[i].predicted_iou * scores.segments[i].stability_score for i in place.segments]
    margin = max(0.0, place.score - other)
    return {"score": float(place.score), "margin": margin, "outline": float(min(outlines, default=1.0))}


def _runner_up(place: Place, scores: Scores, target: str) -> float:
    """The best score of a segment that is neither part of the place nor has it as a part; 0 where none was compared."""
    if plain(target) not in scores.phrases:
        return 0.0
    values = scores.of(target)
    others = [
        float(values[i])
        for i, segment in enumerate(scores.segments)
        if i not in place.segments and _apart(segment.mask, place.mask)
    ]
    return max(others, default=0.0)


def _apart(one: Mask, other: Mask) -> bool:
    return masks.nested(one, other) < 0.5


def probability(of: str, found: Mapping[str, float]) -> float:
    """The chance, 0–1, that a plan or a place ("plan", "place") with these signals is right."""
    bias, weights = _calibration()[of]
    total = bias + sum(weight * logit(found[name]) for name, weight in weights.items())
    return 1 / (1 + math.exp(-total))


def logit(share: float) -> float:
    """log(p / (1 - p)), bounded by ``CLEAR``."""
    bounded = min(max(share, 1 - CLEAR), CLEAR)
    return math.log(bounded / (1 - bounded))


@cache
def _calibration() -> dict[str, tuple[float, dict[str, float]]]:
    """(bias, weight of each signal) of "plan" and of "place"."""
    stored = json.loads((resources.files("lib_automask") / "calibration.json").read_text("utf-8"))
    return {of: (stored[of]["bias"], stored[of]["signals"]) for of in ("plan", "place")}
