"""How fast another prompt on the same picture is, with BLIP base and SAM vit_b at their true size."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.blobs import Blobs, make_blobs, replace_decoder_masks
from benchmarks.measuring import Measured, measure
from benchmarks.speed_everything import iou, make_picture
from benchmarks.speed_rows import Row
from benchmarks.true_models import WORDS, write_models
from lib_automask import MaskRequest, MaskResult, Models, Options, build_mask, load_models
from lib_automask.blip.captioner import BlipCaptioner
from lib_automask.blip.matcher import BlipMatcher
from lib_automask.loading import CACHE_BYTES
from lib_automask.runtime.cache import ByteCache
from lib_automask.types import Image, Segment, Size

CAPTION = "a red ball left of an orange cat, on the grass"
FIRST = "a blue star left of an orange cat, on the grass"
OTHERS = (
    "a red ball left of a black dog, on the grass",
    "a red ball on the grass",
    "a red ball left of an orange cat, in the snow",
    "a red ball left of an orange cat, on the grass, and a green box",
    "a green ball left of an orange cat, on the grass",
)
"""Prompts that change another thing, the background and nothing but a colour, remove a thing and add one."""
TARGETS = ("grass", "ear of the cat", "shadow")
"""Things that the first prompt does not name."""
POINTS = 200
"""More masks than are needed."""


def cached_rows(_side: int) -> list[Row]:
    """The first prompt on a picture, and the mean of others; ``ratio`` and ``memory_ratio`` compare the two.

    A run on another picture comes before, so that work which is done once in a process does not count. ``iou`` is that
    of the last prompt's mask with the same prompt's mask from an empty cache.
    """
    cache: ByteCache[Any] = ByteCache(CACHE_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        models = load_models(folders=[write_models(Path(folder))], cache=cache)
    places = np.random.default_rng(0).uniform(0, 1, (POINTS, 2)) * (1, 512 / 768)
    blobs, image = make_blobs(places, 256), make_picture(Size(512, 768))
    with replace_blip_results():
        runs = [measure_run(models, blobs, other, FIRST) for other in (image[::-1].copy(), image)]
        others = [measure_run(models, blobs, image, prompt) for prompt in OTHERS]
        targets = [measure_run(models, blobs, image, "a blue star", target) for target in TARGETS]
        cache.clear()
        anew = measure_run(models, blobs, image, OTHERS[-1])
    first = runs[-1]
    row = Row("first", first.seconds, memory=first.bytes, stages=dict(first.value.timings))
    cached = replace(make_mean_row("cached", others, first), iou=iou(others[-1].value.mask, anew.value.mask))
    return [row, cached, make_mean_row("cached-target", targets, first)]


def make_mean_row(name: str, runs: Sequence[Measured[MaskResult]], first: Measured[MaskResult]) -> Row:
    """Mean seconds and the most memory, and what share of ``first`` that is."""
    seconds, most = float(np.mean([one.seconds for one in runs])), max(one.bytes for one in runs)
    return Row(
        name,
        seconds,
        ratio=first.seconds / seconds,
        memory=most,
        memory_ratio=most / first.bytes if first.bytes else None,
        stages=mean_timings([one.value for one in runs]),
    )


def mean_timings(results: Sequence[MaskResult]) -> dict[str, float]:
    """Mean seconds of each stage."""
    return {name: float(np.mean([one.timings.get(name, 0.0) for one in results])) for name in results[0].timings}


def measure_run(models: Models, blobs: Blobs, image: Image, prompt: str, target: str = "") -> Measured[MaskResult]:
    """One run of the pipeline, its stages timed by the seconds of the processor."""
    request = MaskRequest(image, prompt, options=Options(enabled=True, target=target))
    with replace_decoder_masks(blobs), patch("lib_automask.pipeline.time.perf_counter", process_time):
        return measure(lambda: build_mask(request, models))


@contextmanager
def replace_blip_results() -> Iterator[None]:
    """In this context each BLIP does its work, and then returns results as if it had been trained."""
    caption, match, score = BlipCaptioner.caption, BlipMatcher.match, BlipMatcher.score_segments

    def known_caption(captioner: BlipCaptioner, image: Image) -> str:
        caption(captioner, image)
        return CAPTION

    def known_match(matcher: BlipMatcher, image: Image, phrases: Sequence[str]) -> list[float]:
        match(matcher, image, phrases)
        return [0.95 if set(phrase.split()) & set(WORDS) <= set(CAPTION.split()) else 0.03 for phrase in phrases]

    def known_score(matcher: BlipMatcher, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> Any:
        scores = score(matcher, image, segments, phrases) * 0
        for number in range(len(phrases)):
            scores[number % len(segments), number] = 0.9
        return scores

    with (
        patch.object(BlipCaptioner, "caption", known_caption),
        patch.object(BlipMatcher, "match", known_match),
        patch.object(BlipMatcher, "score_segments", known_score),
    ):
        yield
