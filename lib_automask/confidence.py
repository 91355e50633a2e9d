"""How sure a result is, and the sentence of why that every result carries.

A logistic curve turns the raw value of plan and place into a probability of being right (Platt 1999). Its weights are
in ``calibration.json`` with the command that fitted them; none is below zero, so a higher value never makes less sure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from lib_automask.evidence import PlanEvidence
from lib_automask.locate.selection import Location
from lib_automask.types import Confidence, Edit, EditPlan, Mask, MaskRequest

BOUND = 0.999
"""Values are taken as no nearer to 0 and 1 than this leaves, because BLIP saturates: a guess."""


def measure_confidence(plan: EditPlan, locations: Sequence[Location]) -> Confidence:
    """The calibrated confidence of the plan and of its least certain location, with the raw signals of both."""
    signals = {"plan": float(plan.confidence), "score": min((float(one.score) for one in locations), default=1.0)}
    return Confidence(calibrated_probability("plan", signals), calibrated_probability("place", signals), signals)


def calibrated_probability(of: str, signals: Mapping[str, float]) -> float:
    """The probability, 0–1, that a plan or a place (``of``: "plan", "place") with these signals (0–1) is right."""
    bias, weights = _read_calibration()[of]
    total = bias + sum(weight * bounded_logit(signals[name]) for name, weight in weights.items())
    return 1 / (1 + math.exp(-total))


def bounded_logit(share: float) -> float:
    """log(p / (1 - p)) of a share (0–1), bounded by ``BOUND``."""
    bounded = min(max(share, 1 - BOUND), BOUND)
    return math.log(bounded / (1 - bounded))


@cache
def _read_calibration() -> dict[str, tuple[float, dict[str, float]]]:
    """(bias, weight of each signal) of "plan" and of "place"."""
    stored = json.loads((resources.files("lib_automask") / "calibration.json").read_text("utf-8"))
    return {of: (stored[of]["bias"], stored[of]["signals"]) for of in ("plan", "place")}


def describe_request(request: MaskRequest, evidence: PlanEvidence) -> str:
    """The first half of the sentence of why: what was compared."""
    if evidence.source == "by hand":
        return "edits by hand"
    if evidence.source == "target":
        return f"target: {request.options.target.strip()}"
    own = [f"made with: {shorten_prompt(evidence.own_prompt)}"] if evidence.own_prompt else []
    label = "picture, at a closer look" if evidence.recaptioned else "picture"
    caption = [f"{label}: {evidence.caption}"] if evidence.caption else []
    prompt = "prompt: the same" if evidence.same_prompt else f"prompt: {shorten_prompt(request.prompt)}"
    return "; ".join([*own, *caption, prompt])


def describe_no_edit(evidence: PlanEvidence) -> str:
    """The second half where the plan has no edit."""
    hint = "; change a word of the prompt, or name the target" if evidence.same_prompt else ""
    return f"nothing to change{hint}"


def shorten_prompt(prompt: str, length: int = 160) -> str:
    """The prompt on one line, cut at a word."""
    line = " ".join(prompt.split())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + " …"


def describe_doubt(
    plan: EditPlan,
    locations: Sequence[Location],
    mask: Mask,
    confidence: Confidence,
    min_confidence: float,
    is_named: bool = False,
    is_shrunk: bool = False,
) -> str:
    """Why the result is not certain enough, in words; "" where it is.

    Args:
        plan: the edits.
        locations: where each of them is.
        mask: bool[H, W], composed of all of them.
        confidence: of plan and places.
        min_confidence: 0–1, an option.
        is_named: the user named the target, so that the advice to name it does not fit.
        is_shrunk: the user's option shrinks the mask.
    """
    advice = "use other words for the target" if is_named else "name the target"
    for edit, location in zip(plan.edits, locations):
        if not location.mask.any():
            return _describe_not_found(edit, plan, advice)
    if confidence.place < min_confidence:
        weakest = min(zip(plan.edits, locations), key=lambda pair: pair[1].score)[0]
        name = weakest.target or weakest.replacement
        return f"the place of {name} is not certain ({confidence.place:.2f} < {min_confidence:.2f}); {advice}"
    if confidence.plan < min_confidence:
        return f"what changes is not certain ({confidence.plan:.2f} < {min_confidence:.2f}); {advice}"
    if not mask.any():
        return f"the mask is empty after it was combined; {'shrink it less, or ' * is_shrunk}change your own mask"
    return ""


def _describe_not_found(edit: Edit, plan: EditPlan, advice: str) -> str:
    if edit.kind == "background":
        subjects = ", ".join(plan.subjects) or "what stays"
        return f"{subjects} was not found, so the background cannot be told from it; {advice}"
    return f"{edit.target or edit.replacement} was not found in the picture; {advice}, or paint the mask by hand"
