"""From a picture and a prompt to a mask."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from lib_automask.confidence import describe_doubt, describe_no_edit, describe_request, measure_confidence
from lib_automask.evidence import CachedPresence, PlanEvidence, caption_objects, combine_evidence, plan_from_own_prompt
from lib_automask.imaging import masks
from lib_automask.interfaces import Models
from lib_automask.locate import locate_edits
from lib_automask.locate.scene_view import GROUND, SceneView
from lib_automask.locate.selection import FOUND, Location, SegmentScores, find_referents, phrases_to_score, plain_name
from lib_automask.options import Search
from lib_automask.plan import plan_edits, plan_target
from lib_automask.plan.retelling import retold
from lib_automask.sampling_defaults import choose_grow
from lib_automask.types import (
    Confidence,
    Edit,
    EditPlan,
    Mask,
    MaskRequest,
    MaskResult,
    Outcome,
    ScoredSegment,
    Segment,
)

MOST_OF_PICTURE = 0.5
"""A thing that covers more than this share, and reaches the picture's sides, may be the ground it stands on."""


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
    run = _Run(request, models)
    run.heard = make_plan(run)
    result = plan_to_mask(run)
    if result.outcome != "unsure" or run.heard.witness != "caption":
        return result
    closer = recaption_objects(run)
    if closer is None:
        return result
    run.heard = closer
    again = plan_to_mask(run)
    return again if again.outcome == "mask" else result


def plan_to_mask(run: _Run) -> MaskResult:
    """The mask of what was heard to change, or why there is none."""
    request, plan = run.request, run.heard.plan
    compared = describe_request(request, run.heard)
    if not plan.edits:
        return run.without_mask("nothing", f"{compared} → {describe_no_edit(run.heard)}")

    scores, places = run.look(plan, request.options.search)
    if request.options.search == "guided" and not all_located(plan, scores, places, request.options.confidence):
        scores, places = run.look(plan, "everything", "everything: ")

    with run.stage("mask", 0.95):
        mask = compose_mask(plan, places, request)

    run.candidates = list_candidates(scores, places)
    run.confidence = measure_confidence(plan, places, scores)
    run.grown = max(choose_grow(edit.kind, place.mask, request.options) for edit, place in zip(plan.edits, places))
    doubt = describe_doubt(plan, places, mask, run.confidence, request.options.confidence)
    if doubt:
        return run.without_mask("unsure", f"{compared} → {plan}; {doubt}")
    result = run.result("mask", mask, f"{compared} → {plan}")
    return dataclasses.replace(result, parts=make_edit_masks(plan, places, request))


def make_plan(run: _Run) -> PlanEvidence:
    """What changes: by a target that the user named, else the picture's own prompt, else, or also, its caption."""
    request, models = run.request, run.models
    if request.options.target.strip():
        with run.stage("plan", 0.1):
            return PlanEvidence(plan_target(request.options.target, request.prompt), "target")

    first = None
    if request.options.own_prompt and request.own_prompt.strip():
        with run.stage("own prompt", 0.0):
            first = plan_from_own_prompt(request.own_prompt, request.prompt, run.presence, request.options.confidence)
    if first is not None and first.certain:
        return first

    with run.stage("caption", 0.0):
        caption = models.captioner.caption(request.image)
    with run.stage("plan", 0.1):
        second = PlanEvidence(plan_edits(caption, request.prompt, run.presence), "caption", caption=caption)
        return combine_evidence(first, second, request.options.confidence)


def recaption_objects(run: _Run) -> PlanEvidence | None:
    """A caption told anew by what BLIP says of single things; None where that makes no plan that is certain enough."""
    request, models, caption = run.request, run.models, run.heard.caption
    with run.stage("closer", 0.96):
        things = caption_objects(request.image, models.segmenter.segments(request.image), models)
        if not things:
            return None
        told = retold(caption, things, run.presence)
        plan = plan_edits(told, request.prompt, run.presence)
    certain = bool(plan.edits) and plan.confidence >= request.options.confidence
    return PlanEvidence(plan, "caption", caption=told, closer=True) if certain else None


def find_segments(request: MaskRequest, plan: EditPlan, models: Models, search: Search) -> tuple[Segment, ...]:
    """Every region of the picture, or those that the plan's phrases may mean; none where no edit needs any."""
    if search == "everything":
        return models.segmenter.segments(request.image)
    phrases = sorted(phrases_to_score(plan))  # another prompt with the same phrases then asks for the same
    if not phrases or all(edit.kind == "restyle" for edit in plan.edits):
        return ()
    return models.segmenter.segments(request.image, models.matcher.heat(request.image, phrases))


def score_plan_segments(
    request: MaskRequest, segments: tuple[Segment, ...], plan: EditPlan, models: Models
) -> SegmentScores:
    """Every segment compared with every phrase that matters."""
    phrases = phrases_to_score(plan)
    if not phrases or not segments:
        return SegmentScores(segments, phrases, np.zeros((len(segments), len(phrases)), np.float32))
    return SegmentScores(segments, phrases, models.matcher.score_segments(request.image, segments, phrases))


def compose_mask(plan: EditPlan, places: list[Location], request: MaskRequest) -> Mask:
    """One mask of all places: holes filled, islands dropped, the user's own combined, grown or shrunk."""
    options = request.options
    mask = np.zeros(request.size, np.bool_)
    for edit, place in zip(plan.edits, places):
        # A background or a ground goes round the things that stand on it: those holes are meant.
        fill = options.fill_holes and edit.kind != "background" and masks.count_sides_touched(place.mask) < 3
        found = masks.fill_holes(place.mask) if fill else place.mask
        mask |= masks.grow_mask(found, choose_grow(edit.kind, place.mask, options))
    mask = masks.drop_islands(mask, options.min_island / 100 * mask.size)
    mask = masks.combine_masks(mask, request.user_mask, options.combine)
    return masks.grow_mask(mask, options.grow)


def make_edit_masks(plan: EditPlan, places: list[Location], request: MaskRequest) -> tuple[Mask, ...]:
    """The mask of each of several edits, as if it were the only one."""
    if len(places) < 2:
        return ()
    return tuple(
        compose_mask(dataclasses.replace(plan, edits=(edit,)), [place], request)
        for edit, place in zip(plan.edits, places)
    )


def all_located(plan: EditPlan, scores: SegmentScores, places: list[Location], least: float) -> bool:
    """Whether every edit has a place that is certain enough.

    A background and a new thing go where other things are not, so for them all that is named must be found, and as
    something that stands on the ground rather than as the ground itself.
    """
    if not all(place.mask.any() and place.score >= least for place in places):
        return False
    if any(may_include_more(edit, place, scores) for edit, place in zip(plan.edits, places)):
        return False
    spares = any(edit.kind in ("add", "background") for edit in plan.edits)
    return not spares or all(is_found_object(phrase, scores) for phrase in scores.phrases)


def may_include_more(edit: Edit, place: Location, scores: SegmentScores) -> bool:
    """Whether a thing, or what a new one is put to, may be taken for more than it is: most of the picture, or another
    named thing along."""
    if edit.kind in ("background", "restyle"):
        return False
    if edit.kind != "add" and masks.count_sides_touched(place.mask) >= GROUND and place.mask.mean() > MOST_OF_PICTURE:
        return True
    own = plain_name(edit.target)
    others = [phrase for phrase in scores.phrases if phrase not in (own, edit.target)]
    return any(scores.of(phrase)[index] >= FOUND for phrase in others for index in place.segments)


def is_found_object(phrase: str, scores: SegmentScores) -> bool:
    """Whether what the phrase means is there, and is no ground."""
    return any(
        masks.count_sides_touched(scores.segments[index].mask) < GROUND for index in find_referents(phrase, scores)
    )


def list_candidates(scores: SegmentScores, places: list[Location]) -> tuple[ScoredSegment, ...]:
    """Every segment with its scores, and whether a place was made of it."""
    taken = {index for place in places for index in place.segments}
    return tuple(
        ScoredSegment(segment, scores.row(index), index in taken) for index, segment in enumerate(scores.segments)
    )


@dataclass
class _Run:
    """Progress, timings and candidates of one call, until they become a result."""

    request: MaskRequest
    models: Models
    timings: dict[str, float] = field(default_factory=dict)
    candidates: tuple[ScoredSegment, ...] = ()
    confidence: Confidence = Confidence()
    grown: int = 0
    heard: PlanEvidence = PlanEvidence(EditPlan(), "caption")

    @cached_property
    def presence(self) -> CachedPresence:
        """Asks the picture whether it shows a phrase, each phrase once."""
        return CachedPresence(partial(self.models.matcher.match, self.request.image))

    def look(self, plan: EditPlan, search: Search, prefix: str = "") -> tuple[SegmentScores, list[Location]]:
        """Segments with their scores, and the place of every edit."""
        request, models = self.request, self.models
        with self.stage(f"{prefix}segments", 0.2):
            segments = find_segments(request, plan, models, search)
        with self.stage(f"{prefix}scores", 0.7):
            scores = score_plan_segments(request, segments, plan, models)
        with self.stage(f"{prefix}places", 0.9):
            heat = partial(models.matcher.heat, request.image)
            view = SceneView(request.image, scores, heat, self.presence, request.options.confidence)
            return scores, locate_edits(plan, view)

    @contextmanager
    def stage(self, name: str, share: float) -> Iterator[None]:
        self.models.progress(name, share)
        started = time.perf_counter()
        yield
        self.timings[name] = self.timings.get(name, 0.0) + time.perf_counter() - started

    def without_mask(self, outcome: Outcome, why: str) -> MaskResult:
        return self.result(outcome, np.zeros(self.request.size, np.bool_), why)

    def result(self, outcome: Outcome, mask: Mask, why: str) -> MaskResult:
        heard = self.heard
        timings = dict(self.timings)
        return MaskResult(
            outcome,
            mask,
            heard.caption,
            heard.plan,
            self.candidates,
            why,
            timings,
            heard.witness,
            confidence=self.confidence,
            grown=self.grown or self.request.options.grow,
        )
