"""How many clicks put a wrong guess right: ``python -m benchmarks.corrections --count 100 --seed 1``.

In scenes of the icon world with two to four things the target is named wrong on purpose. Then the deepest point of the
thing that was taken is clicked, which leaves it; that of the right one, which takes it; and where the mask is not right
yet, "Larger" is pressed once or twice. Right is an IoU of .9 with the true silhouette.
"""

from __future__ import annotations

import argparse
from collections import Counter

import cv2
import numpy as np

from benchmarks.icon_world.scenes import Scene, draw, make_scene, silhouettes
from lib_automask import MaskRequest, Models, Options, build_mask, load_models
from lib_automask.imaging import masks
from lib_automask.types import Image, Mask

RIGHT = 0.9
MOST_CLICKS = 4


def count_clicks(scene: Scene, models: Models) -> int | None:
    """Clicks until the mask of the second thing is right, after the first was named; ``MOST_CLICKS`` + 1 if never.

    None where the first guess has the second thing in it: of two alike either may be meant.
    """
    image, truths = draw(scene), silhouettes(scene)
    target = scene.things[0].phrase
    found = mask_of(image, models, target)
    if (found & truths[1]).sum() > truths[1].sum() / 2:
        return None
    left = deepest_point(found if found.any() else truths[0])
    clicks = int(found.any())  # the one that leaves the wrong thing
    for level in range(MOST_CLICKS - clicks):
        picked = f"{deepest_point(truths[1])},{level}"
        clicks += 1
        mask = mask_of(image, models, target, picked=picked, left_out=left if found.any() else "")
        if masks.mask_iou(mask, truths[1]) >= RIGHT:
            return clicks
    return MOST_CLICKS + 1


def mask_of(image: Image, models: Models, target: str, **corrections: str) -> Mask:
    """The mask with a target and corrections, not grown."""
    options = Options(target=target, margins="as set", **corrections)  # type: ignore[arg-type]
    return build_mask(MaskRequest(image, "something else", None, options), models).mask


def deepest_point(mask: Mask) -> str:
    """Where in the mask a person would click, as "x,y"."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), mask.shape)
    return f"{column},{row}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    models = load_models("demo")
    rng = np.random.default_rng(args.seed)
    counts: Counter[int] = Counter()
    while sum(counts.values()) < args.count:
        clicks = count_clicks(make_scene(rng, int(rng.integers(2, 5))), models)
        if clicks is not None:
            counts[clicks] += 1
    print("| clicks at most | right |\n|---|---|")
    for most in range(1, MOST_CLICKS + 1):
        share = sum(number for needed, number in counts.items() if needed <= most) / args.count
        print(f"| {most} | {share:.2f} |")


if __name__ == "__main__":
    main()
