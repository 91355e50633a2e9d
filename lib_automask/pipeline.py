"""From a picture and a prompt to a mask: evidence → plan → segments → scores → locations → mask → result."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from lib_automask.confidence import describe_doubt, describe_no_edit, describe_request, measure_confidence
from lib_automask.corrections import (
    Corrections,
    compose_corrected,
    find_avoided,
    find_regions,
    read_corrections,
)
from lib_automask.errors import InputError
from lib_automask.evidence import CachedPresence, PlanEvidence, caption_objects, combine_evidence, plan_from_own_prompt
from lib_automask.interfaces import Models, PointSegmenter
from lib_automask.locate import all_located, compose_edit_masks, compose_mask, locate_edits, spare_location
from lib_automask.locate.scene_view import SceneView
from lib_automask.locate.selection import Location, SegmentScores, phrases_to_score
from lib_automask.options import Search
from lib_automask.plan import plan_edits, plan_target
from lib_automask.plan.recaption import retell_caption
from lib_automask.plan.scorer import SHOWN
from lib_automask.sampling_defaults import choose_grow
from lib_automask.types import EditPlan, Mask, MaskRequest, MaskResult, ScoredSegment, Segment


def build_mask(request: MaskRequest, models: Models) -> MaskResult:
    """Find what the prompt changes and where that is.

    Args:
        request: picture, prompt, user's mask and options.
        models: what captions, matches and segments; the pipeline makes none itself.

    Returns:
        The mask with its reasons. Its outcome is "nothing" or "unsure", with an empty mask, where there is
        nothing to repaint or no certainty of it.

    Raises:
        AutomaskError: a model failed, or the user interrupted.
    """
    run = _Run(request, models, read_corrections(request))
    evidence = gather_evidence(run)
    found = mask_from_evidence(run, evidence)
    if found.result.outcome == "unsure" and evidence.source == "caption":
        recaptioned = recaption_objects(run, evidence.caption)
        second = mask_from_evidence(run, recaptioned) if recaptioned is not None else found
        found = second if second.result.outcome == "mask" else found
    return correct_result(run, found)


def gather_evidence(run: _Run) -> PlanEvidence:
    """The plan and its source: the target that the user named, else the own prompt, else or besides the caption."""
    request, options = run.request, run.request.options
    if run.corrections.plan is not None:
        return PlanEvidence(add_kept_things(run, run.corrections.plan), "by hand")
    if options.target.strip():
        with run.stage("plan", 0.1):
            return PlanEvidence(plan_target(options.target, request.prompt), "target")

    own = None
    if options.own_prompt and request.own_prompt.strip():
        with run.stage("own prompt", 0.0):
            own = plan_from_own_prompt(request.own_prompt, request.prompt, run.presence, options.confidence)
    if own is not None and own.sufficient:
        return own

    with run.stage("caption", 0.0):
        caption = run.models.captioner.caption(request.image)
    with run.stage("plan", 0.1):
        plan = plan_edits(caption, request.prompt, run.presence)
        return combine_evidence(own, PlanEvidence(plan, "caption", caption=caption), options.confidence)


def add_kept_things(run: _Run, plan: EditPlan) -> EditPlan:
    """A plan by hand with what stays in the picture, where its edits go round that: a background, a new thing."""
    if not any(edit.kind in ("add", "background") for edit in plan.edits):
        return plan
    with run.stage("caption", 0.0):
        caption = run.models.captioner.caption(run.request.image)
    shown = plan_edits(caption, caption)
    changed = {edit.target for edit in plan.edits}
    keep = tuple(phrase for phrase in shown.keep if phrase not in changed)
    return dataclasses.replace(plan, keep=keep, setting=shown.setting)


def recaption_objects(run: _Run, caption: str) -> PlanEvidence | None:
    """The plan by captions of single things in place of ``caption``; None where that plan is not certain enough."""
    request, models = run.request, run.models
    with run.stage("closer", 0.96):
        objects = caption_objects(request.image, models.segmenter.segments(request.image), models)
        if not objects:
            return None
        caption = retell_caption(caption, objects, run.presence)
        plan = plan_edits(caption, request.prompt, run.presence)
    if not plan.edits or plan.confidence < request.options.confidence:
        return None
    return PlanEvidence(plan, "caption", caption=caption, recaptioned=True)


def mask_from_evidence(run: _Run, evidence: PlanEvidence) -> _Found:
    """The mask of what the plan changes, or the reason why there is none."""
    request, plan, options = run.request, evidence.plan, run.request.options
    compared = describe_request(request, evidence)
    empty = np.zeros(request.size, np.bool_)
    nothing = MaskResult("nothing", empty, evidence.caption, plan, (), "", {}, evidence.source, grown=options.grow)
    if not plan.edits:
        why = f"{compared} → {describe_no_edit(evidence)}"
        return _Found(dataclasses.replace(nothing, why=why, timings=dict(run.timings)))

    scores, locations = search_picture(run, plan)
    with run.stage("mask", 0.95):
        mask = compose_mask(plan, locations, request)
    confidence = measure_confidence(plan, locations)
    named, shrunk = evidence.source in ("target", "by hand"), options.grow < 0
    doubt = describe_doubt(plan, locations, mask, confidence, options.confidence, named, shrunk)
    grown = max(choose_grow(edit.kind, location.mask, options) for edit, location in zip(plan.edits, locations))
    result = dataclasses.replace(
        nothing,
        outcome="unsure" if doubt else "mask",
        mask=empty if doubt else mask,
        candidates=list_candidates(scores, locations),
        why=f"{compared} → {plan}; {doubt}" if doubt else f"{compared} → {plan}",
        timings=dict(run.timings),
        parts=() if doubt else compose_edit_masks(plan, locations, request),
        confidence=confidence,
        grown=grown or options.grow,
        hottest=find_hottest(run, plan, locations),
    )
    return _Found(result, tuple(locations))


def find_hottest(run: _Run, plan: EditPlan, locations: Sequence[Location]) -> dict[str, tuple[int, int]]:
    """Where each target that was not found is likeliest, (x, y) in pixels."""
    missed = [edit.target for edit, location in zip(plan.edits, locations) if edit.target and not location.mask.any()]
    if not missed:
        return {}
    heat = run.models.matcher.heat(run.request.image, missed)
    rows, columns = zip(*(np.unravel_index(one.argmax(), one.shape) for one in heat))
    return {phrase: (int(column), int(row)) for phrase, row, column in zip(missed, rows, columns)}


def correct_result(run: _Run, found: _Found) -> MaskResult:
    """The result with what the person took, left out, painted and never wants repainted."""
    corrections, request, result = run.corrections, run.request, found.result
    if corrections.foreign:
        result = dataclasses.replace(result, why=f"{result.why}; {corrections}")
    if not (corrections.changes_mask or request.options.avoid.strip()):
        return result
    with run.stage("corrections", 0.97):
        segments = tuple(candidate.segment for candidate in result.candidates)
        regions = find_regions(corrections, segments, request.size, run.ask_segmenter)
        avoided, missing = find_all_avoided(run, segments)
        regions.left_out[avoided] = True
        mask = result.mask
        if mask.any() and regions.left_out.any():  # before it grows, so that no ring of it stays
            spared = [spare_location(one, segments, regions.left_out) for one in found.locations]
            mask = compose_mask(result.plan, spared, request)
        mask = compose_corrected(mask, regions, corrections, request)
    if missing:
        why = f"{result.why}; {', '.join(missing)} is to be kept, but was not found; take it out by a click"
        return dataclasses.replace(result, outcome="unsure", mask=np.zeros_like(mask), parts=(), why=why)
    return dataclasses.replace(
        result,
        outcome="mask" if mask.any() else "nothing" if result.outcome == "mask" else result.outcome,
        mask=mask,
        candidates=(*result.candidates, *(ScoredSegment(segment, {}) for segment in regions.asked)),
        parts=tuple(part & ~regions.left_out for part in result.parts),
        why="; ".join(filter(None, [result.why, str(corrections)])),
        timings=dict(run.timings),
    )


def find_all_avoided(run: _Run, segments: Sequence[Segment]) -> tuple[Mask, tuple[str, ...]]:
    """What the option ``avoid`` names, as bool[H, W], and what of it the picture shows but no segment does.

    A guided search, and a change of the whole picture, look for what the plan names alone: then all is searched.
    """
    request, models = run.request, run.models
    avoided, missing = find_avoided(request, segments, models.matcher)
    if missing:
        avoided, missing = find_avoided(request, models.segmenter.segments(request.image), models.matcher)
    shown = run.presence(list(missing)) if missing else []
    return avoided, tuple(phrase for phrase, chance in zip(missing, shown) if chance >= SHOWN)


def search_picture(run: _Run, plan: EditPlan) -> tuple[SegmentScores, list[Location]]:
    """The scored segments and the location of every edit, by the search that the options name.

    A guided search that does not locate every edit is repeated as a search for everything.
    """
    options = run.request.options
    scores, locations = run.search(plan, options.search)
    if options.search == "guided" and not all_located(plan, scores, locations, options.confidence):
        scores, locations = run.search(plan, "everything", "everything: ")
    return scores, locations


def find_segments(request: MaskRequest, plan: EditPlan, models: Models, search: Search) -> tuple[Segment, ...]:
    """Every region of the picture, or those that the plan's phrases may mean; none where no edit needs any."""
    if search == "everything":
        return models.segmenter.segments(request.image)
    phrases = sorted(phrases_to_score(plan))  # sorted: another prompt with the same phrases is the same for the cache
    if not phrases or all(edit.kind == "restyle" for edit in plan.edits):
        return ()
    return models.segmenter.segments(request.image, models.matcher.heat(request.image, phrases))


def score_plan_segments(
    request: MaskRequest, segments: tuple[Segment, ...], plan: EditPlan, models: Models
) -> SegmentScores:
    """Every segment compared with every phrase of the plan."""
    phrases = phrases_to_score(plan)
    if not phrases or not segments:
        return SegmentScores(segments, phrases, np.zeros((len(segments), len(phrases)), np.float32))
    return SegmentScores(segments, phrases, models.matcher.score_segments(request.image, segments, phrases))


def list_candidates(scores: SegmentScores, locations: Sequence[Location]) -> tuple[ScoredSegment, ...]:
    """Every segment with its scores, and whether a location was made of it."""
    selected = {index for location in locations for index in location.segments}
    return tuple(
        ScoredSegment(segment, scores.row(index), index in selected) for index, segment in enumerate(scores.segments)
    )


@dataclass(frozen=True, eq=False)
class _Found:
    """What a plan led to: the result before it is corrected, and the location of every edit."""

    result: MaskResult
    locations: tuple[Location, ...] = ()


@dataclass
class _Run:
    """One call of ``build_mask``: its stages, with progress and timings."""

    request: MaskRequest
    models: Models
    corrections: Corrections = field(default_factory=Corrections)
    timings: dict[str, float] = field(default_factory=dict)

    @cached_property
    def presence(self) -> CachedPresence:
        """Whether the picture shows a phrase; each phrase is compared once."""
        return CachedPresence(partial(self.models.matcher.match, self.request.image))

    def search(self, plan: EditPlan, search: Search, prefix: str = "") -> tuple[SegmentScores, list[Location]]:
        """One search: segments, their scores, and the location of every edit; ``prefix`` names its stages."""
        request, models = self.request, self.models
        with self.stage(f"{prefix}segments", 0.2):
            segments = find_segments(request, plan, models, search)
        with self.stage(f"{prefix}scores", 0.7):
            scores = score_plan_segments(request, segments, plan, models)
        with self.stage(f"{prefix}places", 0.9):
            heat = partial(models.matcher.heat, request.image)
            view = SceneView(request.image, scores, heat, self.presence, request.options.confidence)
            return scores, locate_edits(plan, view)

    def ask_segmenter(self, x: int, y: int) -> Segment:
        """The region at a point where none was found. Raises InputError if this segmenter cannot tell."""
        segmenter = self.models.segmenter
        if not isinstance(segmenter, PointSegmenter):
            raise InputError(f"there is no region at {x},{y}, and this segmenter cannot be asked for one")
        return segmenter.segment_at(self.request.image, x, y)

    @contextmanager
    def stage(self, name: str, share: float) -> Iterator[None]:
        """Report a stage with the share of the run that is done before it, and time it."""
        self.models.progress(name, share)
        started = time.perf_counter()
        yield
        self.timings[name] = self.timings.get(name, 0.0) + time.perf_counter() - started
