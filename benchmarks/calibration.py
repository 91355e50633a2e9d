"""How sure automask says it is, against how often it is right.

python -m benchmarks.calibration fit [--seeds 31001 …] [--count N]     prints the weights for calibration.json
python -m benchmarks.calibration report [--seeds 20261142 …] [--count N] [--least P]

Both run the icon world through ``build_mask`` with the demo models, and let every place through, however doubtful. A
plan is right as the icon world judges it; a place is right where its mask has an IoU of one half with the truth (for
additions: where its middle lies where it may). Because the places of right plans are hardly ever wrong there, every
thing of every scene is also named as a target, and one that the scene does not show, whose place can only be wrong.
The icon world is a closed world: its captions are exact or wrong in a word, and its things are drawn. It cannot
measure what a probability is worth on photographs.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from benchmarks.icon_world.edits import name as name_of
from benchmarks.icon_world.edits import twins
from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import Mask, Scene, draw, silhouettes
from benchmarks.icon_world.score import judge, scenes
from lib_automask import MaskRequest, Models, Options, build_mask, load_models
from lib_automask.confidence import bounded_logit, calibrated_probability
from lib_automask.imaging.masks import mask_iou

TUNING, FRESH = (31001, 31002, 31003, 31004), (20261142, 20261143)
SIGNALS = {"plan": ("plan",), "place": ("score",)}
"""The signals of each probability: few, because few answers of the icon world are wrong."""
RIDGE = 2.0
"""Pull of the weights towards the first signal as it is, in answers: where few are wrong, the raw score stays."""
STEPS, RATE = 4000, 0.5
BINS = (0, 0.5, 0.8, 0.9, 0.95, 1.0001)
LEAST = 0.05
"""A place below this score is none at all, as in the product at its lowest sensible setting."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """One edit of one scene, or a thing asked for by name ("named"): the raw signals, and whether it was right."""

    kind: str
    signals: Mapping[str, float]
    plan_right: bool
    place_right: bool


def answers(seed: int, count: int, models: Models) -> Iterator[Answer]:
    """Every edit of ``count`` scenes that came to a place."""
    options = Options(enabled=True, confidence=LEAST)
    rng = np.random.default_rng(seed)
    for scene, edits in scenes(count, seed):
        picture = draw(scene)
        for name, mask in things(scene, rng):
            named = dataclasses.replace(options, target=name)
            result = build_mask(MaskRequest(picture, scene.caption, options=named), models)
            yield Answer(
                "named", result.confidence.signals, True, bool(mask.any()) and mask_iou(result.mask, mask) >= 0.5
            )
        for edit in edits:
            result = build_mask(MaskRequest(picture, edit.prompt, options=options), models)
            if result.confidence.signals:
                row = judge(scene, edit, result)
                yield Answer(edit.kind, result.confidence.signals, row.plan_right, row.hit >= 0.5)


def things(scene: Scene, rng: np.random.Generator) -> Iterator[tuple[str, Mask]]:
    """The name and the silhouette of each thing, of all that are alike together; and a name of none, without one."""
    named: dict[str, Mask] = {}
    for thing, mask in zip(scene.things, silhouettes(scene)):
        named[name_of(thing)] = named.get(name_of(thing), np.zeros_like(mask)) | mask
    if not twins(scene):
        yield from named.items()
    absent = [f"{color} {kind}" for color in COLORS for kind in CLASSES if f"{color} {kind}" not in named]
    yield str(rng.choice(absent)), np.zeros((scene.height, scene.width), np.bool_)


def table_of(found: Sequence[Answer], of: str) -> tuple[list[Mapping[str, float]], Floats]:
    """The signals, and float64[N] of right (1) or wrong (0): of all plans, or of the places of right plans."""
    judged = [one for one in found if (one.kind != "named" if of == "plan" else one.plan_right)]
    right = [one.plan_right if of == "plan" else one.place_right for one in judged]
    return [one.signals for one in judged], np.array(right, np.float64)


def fit(signals: Sequence[Mapping[str, float]], right: Floats, names: Sequence[str]) -> dict[str, object]:
    """Logistic regression on the logits of the signals, by projected gradient descent: no weight below zero."""
    inputs = np.array([[1.0, *(bounded_logit(one[name]) for name in names)] for one in signals])
    scale = abs(inputs).mean(0)
    as_it_is = np.array([0.0, 1.0, *[0.0] * (len(names) - 1)])
    weights = as_it_is * scale
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-(inputs / scale) @ weights))
        slope = (inputs / scale).T @ (chance - right) / len(right) + RIDGE * (weights / scale - as_it_is) / scale / len(
            right
        )
        weights -= RATE * slope
        weights[1:] = np.maximum(weights[1:], 0)
    bias, *others = (weights / scale).round(3).tolist()
    return {"bias": bias, "signals": dict(zip(names, others))}


def expected_error(chances: Floats, right: Floats) -> float:
    """Expected calibration error (Naeini et al. 2015) over ``BINS``: mean distance of probability and accuracy."""
    total = 0.0
    for low, high in pairwise(BINS):
        inside = (chances >= low) & (chances < high)
        if inside.any():
            total += inside.mean() * abs(chances[inside].mean() - right[inside].mean())
    return float(total)


def report(found: Sequence[Answer], least: float) -> None:
    """Reliability by bin, and how often answers above and below ``least`` are right."""
    for of in SIGNALS:
        signals, right = table_of(found, of)
        chances = np.array([calibrated_probability(of, one) for one in signals])
        print(f"{of}: {len(right)} answers, {right.mean():.3f} right, mean said {chances.mean():.3f}, "
              f"expected calibration error {expected_error(chances, right):.3f}")  # fmt: skip
        print(f"  {'said':<12}{'answers':>8}{'mean said':>11}{'right':>8}")
        for low, high in pairwise(BINS):
            inside = (chances >= low) & (chances < high)
            if inside.any():
                row = f"{inside.sum():>8}{chances[inside].mean():>11.3f}{right[inside].mean():>8.3f}"
                print(f"  {f'{low:g}-{min(high, 1):g}':<12}{row}")
        for name, inside in (("at least", chances >= least), ("below", chances < least)):
            accuracy = f"{right[inside].mean():.3f} right" if inside.any() else "none"
            print(f"  {name} {least:g}: {inside.sum()} answers, {accuracy}")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("what", choices=("fit", "report"))
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--count", type=int, default=30, help="scenes of each seed")
    parser.add_argument("--least", type=float, default=Options().confidence)
    args = parser.parse_args(argv)
    seeds = args.seeds or (TUNING if args.what == "fit" else FRESH)
    models = load_models("demo")
    found = [answer for seed in seeds for answer in answers(seed, args.count, models)]
    if args.what == "report":
        print(f"icon world, {args.count} scenes each of seeds {', '.join(map(str, seeds))}")
        report(found, args.least)
        return
    origin = f"python -m benchmarks.calibration fit --seeds {' '.join(map(str, seeds))} --count {args.count}"
    weights = {of: fit(*table_of(found, of), names) for of, names in SIGNALS.items()}
    print(json.dumps({"origin": origin, **weights}, indent=2))


if __name__ == "__main__":
    main()
