"""A result as plain data: what the command line's ``--json`` prints and the API answers with."""

from __future__ import annotations

from typing import Any

from lib_automask.types import Edit, MaskResult, ScoredSegment


def result_as_json(result: MaskResult, prompt: str) -> dict[str, Any]:
    """Everything about ``result`` but the pixels, ready for ``json.dumps``.

    Boxes are XYXY in pixels, scores and coverage lie in 0–1, timings are seconds by stage. The caller adds to
    ``["mask"]`` the mask's file ("path") or its pixels ("image").
    """
    return {
        "caption": result.caption,
        "prompt": prompt,
        "witness": result.witness,
        "edits": [edit_as_json(edit) for edit in result.plan.edits],
        "keep": list(result.plan.keep),
        "segments": [segment_as_json(candidate) for candidate in result.candidates],
        "confidence": {
            "plan": round(result.confidence.plan, 4),
            "place": round(result.confidence.place, 4),
            "signals": {name: round(value, 4) for name, value in result.confidence.signals.items()},
        },
        "mask": {"coverage": round(result.coverage, 6)},
        "outcome": result.outcome,
        "why": result.why,
        "timings": {stage: round(seconds, 4) for stage, seconds in result.timings.items()},
    }


def edit_as_json(edit: Edit) -> dict[str, Any]:
    """One change that the prompt asks for; ``replacement`` and ``relation`` are null where there is none."""
    return {
        "kind": edit.kind,
        "target": edit.target,
        "replacement": edit.replacement,
        "relation": edit.relation,
        "score": round(float(edit.score), 4),
    }


def segment_as_json(candidate: ScoredSegment) -> dict[str, Any]:
    """One region with its scores by phrase; everything but its pixels."""
    segment = candidate.segment
    return {
        "box": list(segment.box),
        "area": segment.area,
        "predicted_iou": round(float(segment.predicted_iou), 4),
        "stability_score": round(float(segment.stability_score), 4),
        "scores": {phrase: round(float(score), 4) for phrase, score in candidate.scores.items()},
        "selected": candidate.selected,
    }
