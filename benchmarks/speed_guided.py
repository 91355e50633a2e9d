"""How fast the regions are found that phrases may mean, beside segment-anything's generator in the same process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from benchmarks.blobs import make_blobs, quick_answers
from benchmarks.measuring import Measured, measure
from benchmarks.speed_everything import DTYPES, Everything, Stages, compared, iou, picture
from benchmarks.speed_rows import Row
from lib_automask.sam.grid_search import GeneratorSettings, PointPrompter, embed_image, grid_of_points
from lib_automask.sam.guided_search import choose_points, find_guided_regions
from lib_automask.types import Heat, Mask

PHRASES = 3
HEAT_SIDE = 24
"""Patches along a side in BLIP base: how coarse its heat is."""


def guided_rows(everything: Everything, size: tuple[int, int] = (512, 768)) -> list[Row]:
    """The whole work on a picture of (height, width), in both precisions.

    The heat is that of three regions which the reference found, as coarse as BLIP's; ``iou`` tells how alike the
    regions are that are found there.
    """
    default, tuned = everything.references(size)
    meant = by_area(default.value[0])[1 : 1 + PHRASES]
    heat = np.stack([heat_of(mask) for mask in meant])
    found = []
    for name, dtype in DTYPES.items():
        ours = guided(everything, heat, size, dtype)
        again = np.mean([max(iou(mask, other) for other in ours.value[0]) for mask in meant])
        found.append(replace(compared(f"guided-{name}", ours, default, tuned), iou=float(again)))
    return found


def guided(everything: Everything, heat: Heat, size: tuple[int, int], dtype: torch.dtype) -> Measured[Any]:
    """Masks and seconds by stage."""
    sam, stages = everything.sam, Stages()
    points = np.concatenate(choose_points(heat, size))
    extent = grid_of_points(everything.side, size).max(0) / max(size)
    blobs = make_blobs(points / max(size), 256, extent=extent)

    def work() -> tuple[list[Mask], dict[str, float]]:
        embedding = embed_image(sam, picture(size), dtype, stages.tell)
        segments = find_guided_regions(PointPrompter(sam, embedding, dtype, GeneratorSettings(), stages.tell), heat)
        stages.end()
        return [segment.mask for segment in segments], stages.seconds

    with quick_answers(blobs):
        return measure(work)


def by_area(masks: list[Mask]) -> list[Mask]:
    """From the largest to the smallest."""
    return sorted(masks, key=lambda mask: -int(mask.sum()))


def heat_of(mask: Mask) -> Heat:
    """float32[H, W]: a mask as blurred as what BLIP's patches can tell of it, 1 where it is hottest."""
    from torch.nn.functional import interpolate

    whole = torch.from_numpy(mask).float()[None, None]
    patches = interpolate(whole, (HEAT_SIDE, HEAT_SIDE), mode="area")
    heat: Heat = interpolate(patches, mask.shape, mode="bilinear", align_corners=False)[0, 0].numpy()
    return heat / heat.max()
