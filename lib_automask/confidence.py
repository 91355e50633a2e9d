"""How sure a result is: raw signals of plan and place, and what they were worth where the truth is known.

A logistic curve of few parameters turns signals into a probability of being right (Platt 1999). Its weights stand in
``calibration.json`` with the command that fitted them; none is below zero, so more of a signal never makes less sure.

Why: the sentence that every result carries, and what makes a run unsure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from lib_automask.evidence import PlanEvidence
from lib_automask.imaging import masks
from lib_automask.locate.selection import Location, SegmentScores, plain_name
from lib_automask.types import Confidence, Edit, EditPlan, Mask, MaskRequest

CLEAR = 0.999
"""Scores are taken as no nearer to 0 and 1 than this leaves: BLIP saturates."""


def measure_confidence(plan: EditPlan, places: Sequence[Location], scores: SegmentScores) -> Confidence:
    """The certainty of the plan and of its least certain place, calibrated, with the raw signals of both."""
    found = [confidence_signals(edit, place, scores) for edit, place in zip(plan.edits, places)]
    least = min(
        found,
        key=lambda one: calibrated_probability("place", one),
        default={"score": 1.0, "margin": 1.0, "outline": 1.0},
    )
    raw = {"plan": float(plan.confidence)}
    return Confidence(calibrated_probability("plan", raw), calibrated_probability("place", least), {**raw, **least})


def confidence_signals(edit: Edit, place: Location, scores: SegmentScores) -> dict[str, float]:
    """What tells whether a place is right, each 0–1.

    ``score`` is the place's own, ``margin`` its lead before the best segment that is not the same thing, ``outline``
    how sure SAM is of the weakest segment.
    """
    other = 0.0 if edit.kind in ("background", "restyle") else _runner_up(place, scores, edit.target)
    outlines = [scores.segments[i].predicted_iou * scores.segments[i].stability_score for i in place.segments]
    margin = max(0.0, place.score - other)
    return {"score": float(place.score), "margin": margin, "outline": float(min(outlines, default=1.0))}


def _runner_up(place: Location, scores: SegmentScores, target: str) -> float:
    """The best score of a segment that is neither part of the place nor has it as a part; 0 where none was compared."""
    if plain_name(target) not in scores.phrases:
        return 0.0
    values = scores.of(target)
    others = [
        float(values[i])
        for i, segment in enumerate(scores.segments)
        if i not in place.segments and _are_apart(segment.mask, place.mask)
    ]
    return max(others, default=0.0)


def _are_apart(one: Mask, other: Mask) -> bool:
    return masks.nested_share(one, other) < 0.5


def calibrated_probability(of: str, found: Mapping[str, float]) -> float:
    """The chance, 0–1, that a plan or a place ("plan", "place") with these signals is right."""
    bias, weights = _read_calibration()[of]
    total = bias + sum(weight * bounded_logit(found[name]) for name, weight in weights.items())
    return 1 / (1 + math.exp(-total))


def bounded_logit(share: float) -> float:
    """log(p / (1 - p)), bounded by ``CLEAR``."""
    bounded = min(max(share, 1 - CLEAR), CLEAR)
    return math.log(bounded / (1 - bounded))


@cache
def _read_calibration() -> dict[str, tuple[float, dict[str, float]]]:
    """(bias, weight of each signal) of "plan" and of "place"."""
    stored = json.loads((resources.files("lib_automask") / "calibration.json").read_text("utf-8"))
    return {of: (stored[of]["bias"], stored[of]["signals"]) for of in ("plan", "place")}


def describe_request(request: MaskRequest, heard: PlanEvidence) -> str:
    """The first half of the sentence of why: what was compared."""
    if heard.witness == "target":
        return f"target: {request.options.target.strip()}"
    own = [f"made with: {shorten_prompt(heard.own_prompt)}"] if heard.own_prompt else []
    looked = "picture, at a closer look" if heard.closer else "picture"
    caption = [f"{looked}: {heard.caption}"] if heard.caption else []
    prompt = "prompt: the same" if heard.same else f"prompt: {shorten_prompt(request.prompt)}"
    return "; ".join([*own, *caption, prompt])


def describe_no_edit(heard: PlanEvidence) -> str:
    """The second half where no edit was found."""
    return "nothing to change" + ("; change a word of the prompt, or name the target" if heard.same else "")


def shorten_prompt(prompt: str, length: int = 160) -> str:
    """The prompt on one line, cut at a word."""
    line = " ".join(prompt.split())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + " …"


def describe_doubt(plan: EditPlan, places: list[Location], mask: Mask, sure: Confidence, least: float) -> str:
    """Why the result is not certain enough, in words; "" where it is. ``least`` is the certainty (0–1) asked for."""
    for edit, place in zip(plan.edits, places):
        if not place.mask.any():
            return _describe_not_found(edit, plan)
    if sure.place < least:
        weakest = min(zip(plan.edits, places), key=lambda pair: pair[1].score)[0]
        where = weakest.target or weakest.replacement
        return f"the place of {where} is not certain ({sure.place:.2f} < {least:.2f}); name the target"
    if sure.plan < least:
        return f"what changes is not certain ({sure.plan:.2f} < {least:.2f}); name the target"
    if not mask.any():
        return "the mask is empty after it was combined and shrunk; shrink it less, or change your own mask"
    return ""


def _describe_not_found(edit: Edit, plan: EditPlan) -> str:
    if edit.kind == "background":
        subjects = ", ".join(plan.subjects) or "what stays"
        return f"{subjects} was not found, so the background cannot be told from it; name the target"
    what = edit.target or edit.replacement
    return f"{what} was not found in the picture; name the target, or paint the mask by hand"
