"""Ways to find the segment that a phrase names: how often each is right, and what it costs.

    python -m benchmarks.scoring [--count N] [--seed S] [--precision bfloat16] [--json]

Scenes of the icon world, a third of each sort: as they come; with two things of a kind in two colours ("color"); with
two things alike ("side"). Segments are the true ones ("true"); the true ones with halves, rims and groups of things
("parts"); or those that the demo's SAM finds ("SAM"). For every thing, the segment that scores best for its phrase:

    right     how often that is the thing's own: it is most like that thing, with an IoU of one half or more
    color     the same for the two things of one kind
    IoU       mean IoU of that segment with the thing
    both      of two things alike, how often a segment of each scores one half or more: what "the one on the left" needs

Seconds are CPU seconds of one thread for a scene's segments by SAM, with an empty cache, over the first scenes.
``python -m benchmarks.speed --parts match`` prints those of a BLIP of the true size. This is a closed world: it says
nothing about photographs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.scoring_cases import SETS, Case, make_cases
from benchmarks.scoring_ways import score_by_likeness, score_by_patches
from lib_automask.blip import localization
from lib_automask.blip.localization import SegmentShapes
from lib_automask.blip.matcher import ScoreTable, score_by_crops, score_segments
from lib_automask.blip.model import MatchingModel
from lib_automask.imaging.masks import mask_iou
from lib_automask.runtime.cache import ByteCache
from lib_automask.runtime.device import PRECISIONS
from lib_automask.types import Image, Segment

DEMO = Path(__file__).parents[1] / "models" / "demo" / "blip-matcher"
Way = Callable[[MatchingModel, Image, Sequence[Segment], Sequence[str]], ScoreTable]
HALF = 0.5
"""Least IoU of a segment that counts as right."""
TIMED = 6
"""Scenes whose seconds are measured."""
CACHE_BYTES = 2**30
"""Room for the features of every crop of every scene, which several ways use."""


def rescore_best(first: Way, count: int, second: Way) -> Way:
    """``second`` for each phrase's ``count`` best by ``first``; 0 for the others."""

    def way(model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> ScoreTable:
        ranks = np.argsort(np.argsort(-first(model, image, segments, phrases), 0, kind="stable"), 0)
        best = np.flatnonzero((ranks < count).any(1))
        scores = np.zeros((len(segments), len(phrases)), np.float32)
        scores[best] = second(model, image, [segments[index] for index in best], phrases)
        return np.where(ranks < count, scores, 0)

    return way


def blend(first: Way, second: Way, share: float) -> Way:
    """``first`` × (1 - share + share × ``second``, 1 for its best)."""

    def way(model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> ScoreTable:
        other = second(model, image, segments, phrases)
        return first(model, image, segments, phrases) * (1 - share + share * other / np.maximum(other.max(0), 1e-12))

    return way


def resize_crops(share: float, way: Way) -> Way:
    """``way`` with crops of ``share`` as many patches a side as a picture has."""

    def resized(model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> ScoreTable:
        own = model.crop_pixels
        model.crop_pixels = replace(own, size=max(1, round(share * model.grid)) * model.patch)
        try:
            return way(model, image, segments, phrases)
        finally:
            model.crop_pixels = own

    return resized


def score_by_gradcam(
    model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
) -> ScoreTable:
    """Likeness to Grad-CAM alone."""
    return _score_by_map(model, image, segments, phrases, "gradcam")


def score_by_attention(
    model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
) -> ScoreTable:
    """Likeness to the attention of one block alone."""
    return _score_by_map(model, image, segments, phrases, "attention")


def _score_by_map(
    model: MatchingModel, image: Image, segments: Sequence[Segment], phrases: Sequence[str], name: str
) -> ScoreTable:
    shapes = SegmentShapes.of(segments)
    maps = torch.stack([getattr(found, name) for found in localization.compute_gradcam(model, image, phrases)])
    return shapes.compare_with_heat(localization.enlarge_maps(maps, shapes.size).flatten(1).numpy())


score_by_full_crops = resize_crops(1, score_by_crops)
WAYS: dict[str, Way] = {
    "crops": score_by_full_crops,
    "crops at two thirds": score_by_crops,
    "crops at one half": resize_crops(1 / 2, score_by_crops),
    "crops at one third": resize_crops(1 / 3, score_by_crops),
    "patches": score_by_patches,
    "Grad-CAM": score_by_gradcam,
    "attention": score_by_attention,
    "likeness to both": score_by_likeness,
    "Grad-CAM, crops of best 3": rescore_best(score_by_gradcam, 3, score_by_full_crops),
    "patches, crops of best 3": rescore_best(score_by_patches, 3, score_by_full_crops),
    "likeness, crops of best 3": rescore_best(score_by_likeness, 3, score_by_full_crops),
    "crops × (¾ + ¼ likeness)": blend(score_by_full_crops, score_by_likeness, 0.25),
    "patches × likeness": blend(score_by_patches, score_by_likeness, 1),
    "likeness, crops of rivals": score_segments,
    "likeness, full crops of rivals": resize_crops(1, score_segments),
}


def measure_accuracy(cases: Sequence[Case], model: MatchingModel, way: Way) -> dict[str, float]:
    """The figures of a way over all cases."""
    hits: defaultdict[str, list[float]] = defaultdict(list)
    for case in cases:
        for name in SETS:
            if segments := case.segments[name]:
                for figure, values in judge_scores(case, name, way(model, case.image, segments, case.phrases)).items():
                    hits[figure] += values
    return {name: float(np.mean(values)) for name, values in hits.items()}


def measure_seconds(cases: Sequence[Case], model: MatchingModel, way: Way) -> float:
    """CPU seconds of a way on the segments by SAM of one scene, with an empty cache."""
    spent = []
    for case in cases:
        model.cache.clear()
        began = time.thread_time()
        way(model, case.image, case.segments["SAM"], case.phrases)
        spent.append(time.thread_time() - began)
    return float(np.mean(spent))


def judge_scores(case: Case, name: str, scores: ScoreTable) -> dict[str, list[float]]:
    """The figures of one scene's scores with one of its sets of segments, a value for each thing."""
    hits: defaultdict[str, list[float]] = defaultdict(list)
    likeness = np.array([[mask_iou(segment.mask, mask) for mask in case.truth] for segment in case.segments[name]])
    for thing, phrase in enumerate(case.named):
        column = scores[:, case.phrases.index(phrase)]
        if case.kind == "side" and thing in case.alike:
            own = likeness[:, thing] > HALF
            if own.any():
                hits[f"{name} both"].append(column[own].max() >= HALF)
            continue
        best = likeness[column.argmax()]
        right = best[thing] >= HALF and best.argmax() == thing
        hits[f"{name} right"].append(right)
        hits[f"{name} IoU"].append(best[thing])
        if case.kind == "color" and thing in case.alike:
            hits[f"{name} color"].append(right)
    return dict(hits)


def format_table(rows: dict[str, dict[str, float]]) -> str:
    """The rows as a table in Markdown."""
    columns = [f"{name} {figure}" for name in SETS for figure in ("right", "color", "IoU", "both")]
    lines = [f"| way | {' | '.join(columns)} | CPU s |", "|---" * (len(columns) + 2) + "|"]
    for way, row in rows.items():
        lines.append(f"| {way} | {' | '.join(f'{row[name]:.3f}' for name in columns)} | {row['seconds']:.3f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="of BLIP's large products")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = MatchingModel(DEMO, cache=ByteCache(CACHE_BYTES), precision=args.precision)
    cases, rows = list(make_cases(args.count, args.seed)), {}
    for name in args.ways:
        print(f"\r{name:<40}", end="", file=sys.stderr, flush=True)
        rows[name] = measure_accuracy(cases, model, WAYS[name])
    for name in args.ways:
        rows[name]["seconds"] = measure_seconds(cases[:TIMED], model, WAYS[name])
    print(file=sys.stderr)
    print(json.dumps({"count": args.count, "seed": args.seed, "ways": rows}) if args.json else format_table(rows))


if __name__ == "__main__":
    main()
