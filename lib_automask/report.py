"""A result as plain data: what the command line's ``--json`` prints and the API answers with."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from lib_automask.corrections import digest_request
from lib_automask.imaging import files
from lib_automask.types import Edit, Image, Mask, MaskRequest, MaskResult, ScoredSegment, Size

VIEW_SIDE, PICTURE_SIDE = 512, 1024
"""Longest sides of masks and picture in a view, in pixels: what a panel shows; guesses."""


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


def describe_view(request: MaskRequest, result: MaskResult) -> dict[str, Any]:
    """What a page draws of a result: picture, regions, mask and plan, ready for ``json.dumps``.

    Masks are run lengths, row by row from zeros on, of ``view_width`` × ``view_height`` pixels; ``scale`` is those in a
    pixel of the picture. Boxes and points are in pixels of the picture. ``edit`` is the number of the edit that the
    plan took a region for; ``asked`` regions are those of SAM for a point where none was.
    """
    scale = min(1.0, VIEW_SIDE / request.size.longer)
    size = request.size.scaled(scale)
    return {
        "version": 1,
        "width": request.size.width,
        "height": request.size.height,
        "view_width": size.width,
        "view_height": size.height,
        "scale": scale,
        "picture": encode_view_picture(request.image),
        "candidates": [
            {"id": number, **describe_region(candidate, result, size)}
            for number, candidate in enumerate(result.candidates)
        ],
        "mask": encode_runs(result.mask, size),
        "kept": list(result.plan.keep),
        "edits": [describe_chip(edit, result) for edit in result.plan.edits],
        "sentence": result.why,
        "outcome": {"mask": "found"}.get(result.outcome, "not found" if result.hottest else result.outcome),
        "hottest": {phrase: list(point) for phrase, point in result.hottest.items()},
        "corrected": digest_request(request),
        "seconds": round(sum(result.timings.values()), 2),
    }


def describe_region(candidate: ScoredSegment, result: MaskResult, size: Size) -> dict[str, Any]:
    """One region of a view: its likeliest name, its pixels, and the edit that it was taken for."""
    scores, segment = candidate.scores, candidate.segment
    name = max(scores, key=lambda phrase: scores[phrase]) if scores else ""
    is_taken = candidate.selected and result.outcome == "mask"
    targets = [edit.target for edit in result.plan.edits]
    return {
        "name": name,
        "score": round(float(scores.get(name, 0)), 4),
        "box": list(segment.box),
        "area": segment.area,
        "rle": encode_runs(segment.mask, size),
        "taken": is_taken,
        "edit": (targets.index(name) if name in targets else 0) if is_taken else None,
        "asked": not scores,
    }


def describe_chip(edit: Edit, result: MaskResult) -> dict[str, Any]:
    """One edit of a view: ``edit_as_json``, as text, and whether its place was found."""
    return {
        **edit_as_json(edit),
        "text": str(edit).rsplit(" (", 1)[0],
        "source": result.witness,
        "confidence": round(float(edit.score), 4),
        "state": "not found" if edit.target in result.hottest else "found",
    }


def encode_view_picture(image: Image) -> str:
    """A picture uint8[H, W, 3], at most ``PICTURE_SIDE`` long, as the address of a PNG."""
    size = Size.of(image).scaled(min(1.0, PICTURE_SIDE / Size.of(image).longer))
    smaller = cv2.resize(image, (size.width, size.height), interpolation=cv2.INTER_AREA)
    return files.encode_data_address(files.encode_png(smaller))


def encode_runs(mask: Mask, size: Size) -> list[int]:
    """Run lengths of a mask bool[H, W] at another size, row by row, from zeros on."""
    small = cv2.resize(mask.astype(np.uint8), (size.width, size.height), interpolation=cv2.INTER_AREA).ravel()
    ends = np.flatnonzero(np.diff(small)) + 1
    runs = np.diff([0, *ends, small.size]).tolist()
    return [0, *runs] if small[0] else runs
