"""How clean the cutouts are, on the icon world.

    python -m benchmarks.cutouts --count 100 --seed S [--json]

Every picture is cut out twice: from what the program finds by itself, and from the true mask made rough (grown and
shrunk by turns), which measures the edge alone. Printed are

- *IoU* of what is more than half opaque with the true silhouettes;
- *edge*: how far 95 of 100 points of the true outline are from the cutout's at most, in pixels, and the share of the
  pictures where that is 2 or less;
- *opacity*: mean difference (0–1) to the true one, over the pixels of the edge;
- *colour*: mean difference (0–255) of those pixels' colour to the thing's own, with the colours as they were in the
  picture and with the cleaned ones, where anything was cut out.

Where nothing was found with certainty, nothing is cut out, and the IoU is 0.

A pixel's true opacity and colour are known because the same things are drawn on black and on white (triangulation
matting: Smith and Blinn, 1996); a pixel of the edge is one that is 10 to 90 % opaque.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import asdict, dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.icon_world.scenes import Mask, Scene, draw, silhouettes
from benchmarks.icon_world.score import scenes
from lib_automask import load_models
from lib_automask.cutout import cut_out_target
from lib_automask.errors import Unsure
from lib_automask.imaging import layers, masks
from lib_automask.imaging.matting import Opacity
from lib_automask.types import Image

ROUGH = (-2, 2)


@dataclass(frozen=True)
class Row:
    """The figures of one cutout."""

    iou: float
    edge: float
    opacity: float
    colour_before: float
    colour_after: float
    seconds: float


def judged(picture: npt.NDArray[np.uint8], scene: Scene, seconds: float) -> Row:
    opacity = picture[..., 3].astype(np.float32) / 255
    truth = np.any(silhouettes(scene), 0)
    true_opacity, true_colors = triangulated(scene)
    edge = (true_opacity > 0.1) & (true_opacity < 0.9)
    seen = edge & (opacity > 0.1)

    def error(colors: Image) -> float:
        return float(np.abs(colors.astype(np.float32) - true_colors)[seen].mean()) if seen.any() else float("nan")

    return Row(
        masks.mask_iou(opacity > 0.5, truth),
        _distance(opacity > 0.5, truth & ~masks.grow_mask(truth, -1)),
        float(np.abs(opacity - true_opacity)[edge].mean()),
        error(draw(scene)),
        error(picture[..., :3]),
        seconds,
    )


def triangulated(scene: Scene) -> tuple[Opacity, npt.NDArray[np.float32]]:
    """The true opacity float32[H, W] and the true colours float32[H, W, 3] of the things."""
    black, white = (draw(scene, on=(shade,) * 3).astype(np.float32) for shade in (0, 255))
    opacity = 1 - (white - black).mean(2) / 255
    return opacity, black / np.maximum(opacity, 1 / 255)[..., None]


def _distance(found: Mask, outline: Mask) -> float:
    if not found.any():
        return float("inf")
    edge = found & ~masks.grow_mask(found, -1)
    away = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float(np.percentile(away[outline], 95))


def run(count: int, seed: int) -> dict[str, list[Row]]:
    """Rows of "found" and of "rough mask"."""
    models = load_models("demo")
    rows: dict[str, list[Row]] = {"found": [], "rough mask": []}
    for number, (scene, _edits) in enumerate(scenes(count, seed)):
        image, truth = draw(scene), np.any(silhouettes(scene), 0)
        began = time.thread_time()
        try:
            picture = cut_out_target(image, models).picture
        except Unsure:
            picture = np.dstack([image, np.zeros(image.shape[:2], np.uint8)])
        rows["found"].append(judged(picture, scene, time.thread_time() - began))
        rough = masks.grow_mask(truth, ROUGH[number % 2])
        began = time.thread_time()
        picture = layers.cut_out_mask(image, rough)
        rows["rough mask"].append(judged(picture, scene, time.thread_time() - began))
    return rows


def summary(rows: list[Row]) -> dict[str, float]:
    means = {field.name: float(np.nanmean([getattr(row, field.name) for row in rows])) for field in fields(Row)}
    edges = np.array([row.edge for row in rows])
    return {
        **means,
        "edge": float(np.median(edges)),
        "edge_within_2": float((edges <= 2).mean()),
        "iou_least": min(row.iou for row in rows),
        "iou_95": float(np.mean([row.iou >= 0.95 for row in rows])),
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cutouts", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    rows = run(args.count, args.seed)
    figures = {name: summary(some) for name, some in rows.items()}
    if args.json:
        print(
            json.dumps({"count": args.count, "seed": args.seed, **figures, "rows": [asdict(r) for r in rows["found"]]})
        )
        return
    print(f"icon world, {args.count} scenes, seed {args.seed}: a closed world; it says nothing about photographs")
    heads = ("IoU", "≥ .95", "edge, px", "≤ 2 px", "opacity", "colour before", "after", "s")
    widths = (7, 7, 10, 8, 9, 15, 7, 7)
    print(f"{'cut out from':<14}" + "".join(f"{head:>{width}}" for head, width in zip(heads, widths)))
    for name, one in figures.items():
        print(
            f"{name:<14}{one['iou']:>7.3f}{one['iou_95']:>7.2f}{one['edge']:>10.2f}{one['edge_within_2']:>8.2f}{one['opacity']:>9.3f}"
            f"{one['colour_before']:>15.1f}{one['colour_after']:>7.1f}{one['seconds']:>7.3f}"
        )
    print(
        f"edge: median over the pictures; s: CPU seconds of one thread, on {platform.processor() or platform.machine()}"
    )


if __name__ == "__main__":
    main()
