"""How fast another prompt on the same picture is, with BLIP base and SAM vit_b at their true size."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.blobs import Blobs, make_blobs, quick_answers
from benchmarks.measuring import Measured, measure
from benchmarks.speed_everything import picture
from benchmarks.speed_rows import Row
from benchmarks.true_models import WORDS, write_models
from lib_automask import MaskRequest, MaskResult, Models, Options, build_mask, load_models
from lib_automask.blip.captioner import BlipCaptioner
from lib_automask.blip.matcher import BlipMatcher
from lib_automask.structures import Image, Segment

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
POINTS = 200
"""More answers than are asked for."""


def cached_rows(_side: int) -> list[Row]:
    """The first prompt on a picture, and the mean of others; ``ratio`` is that of the two."""
    with tempfile.TemporaryDirectory() as folder:
        models = load_models(folders=[write_models(Path(folder))])
    places = np.random.default_rng(0).uniform(0, 1, (POINTS, 2)) * (1, 512 / 768)
    with known_answers(make_blobs(places, 256)):
        first = run(models, FIRST)
        others = [run(models, prompt) for prompt in OTHERS]
    seconds = float(np.mean([one.seconds for one in others]))
    return [
        Row("first", first.seconds, memory=first.bytes, stages=dict(first.value.timings)),
        Row(
            "cached",
            seconds,
            ratio=first.seconds / seconds,
            memory=max(one.bytes for one in others),
            stages=mean_stages([one.value for one in others]),
        ),
    ]


def mean_stages(results: Sequence[MaskResult]) -> dict[str, float]:
    """Mean seconds of each stage."""
    return {name: float(np.mean([one.timings.get(name, 0.0) for one in results])) for name in results[0].timings}


def run(models: Models, prompt: str) -> Measured[MaskResult]:
    """One run of the pipeline, its stages timed by the seconds of the processor."""
    request = MaskRequest(picture((512, 768)), prompt, options=Options(enabled=True))
    with patch("lib_automask.pipeline.time.perf_counter", process_time):
        return measure(lambda: build_mask(request, models))


@contextmanager
def known_answers(blobs: Blobs) -> Iterator[None]:
    """While this lasts, each model does its work, and then answers as if it had been trained."""
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
        quick_answers(blobs),
        patch.object(BlipCaptioner, "caption", known_caption),
        patch.object(BlipMatcher, "match", known_match),
        patch.object(BlipMatcher, "score_segments", known_score),
    ):
        yield
