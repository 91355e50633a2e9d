"""How fast the regions of phrases are found, compared with segment-anything's generator in the same process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from benchmarks.blobs import make_blobs, replace_decoder_masks
from benchmarks.measuring import Measured, measure
from benchmarks.speed_everything import DTYPES, Everything, Stages, compare_rows, iou, make_picture
from benchmarks.speed_rows import Row
from lib_automask.sam.grid_search import GeneratorSettings, PointPrompter, embed_image, grid_of_points
from lib_automask.sam.guided_search import choose_points, find_guided_regions
from lib_automask.types import Heat, Mask, Size

PHRASES = 3
SIZE = Size(512, 768)
HEAT_SIDE = 24
"""Patches along a side in BLIP base: how coarse its heat is."""


def guided_rows(everything: Everything, size: Size = SIZE) -> list[Row]:
    """The whole work on a picture of a size, in both precisions.

    The heat is that of three regions which the reference found, as coarse as BLIP's; ``iou`` is that of these regions
    with the most similar ones of the guided search.
    """
    default, tuned = everything.references(size)
    targets = sort_by_area(default.value[0])[1 : 1 + PHRASES]
    heat = np.stack([make_heat(mask) for mask in targets])
    found = []
    for name, dtype in DTYPES.items():
        ours = measure_guided(everything, heat, size, dtype)
        again = np.mean([max(iou(mask, other) for other in ours.value[0]) for mask in targets])
        found.append(replace(compare_rows(f"guided-{name}", ours, default, tuned), iou=float(again)))
    return found


def measure_guided(everything: Everything, heat: Heat, size: Size, dtype: torch.dtype) -> Measured[Any]:
    """Masks and seconds by stage."""
    sam, stages = everything.sam, Stages()
    points = np.concatenate(choose_points(heat, size))
    extent = grid_of_points(everything.side, size).max(0) / max(size)
    blobs = make_blobs(points / max(size), 256, extent=extent)

    def work() -> tuple[list[Mask], dict[str, float]]:
        embedding = embed_image(sam, make_picture(size), dtype, stages.report)
        segments = find_guided_regions(PointPrompter(sam, embedding, dtype, GeneratorSettings(), stages.report), heat)
        stages.end()
        return [segment.mask for segment in segments], stages.seconds

    with replace_decoder_masks(blobs):
        return measure(work)


def sort_by_area(masks: list[Mask]) -> list[Mask]:
    """From the largest to the smallest."""
    return sorted(masks, key=lambda mask: -int(mask.sum()))


def make_heat(mask: Mask) -> Heat:
    """float32[H, W]: a mask as blurred as BLIP's patches show it, 1 where it is hottest."""
    from torch.nn.functional import interpolate

    whole = torch.from_numpy(mask).float()[None, None]
    patches = interpolate(whole, (HEAT_SIDE, HEAT_SIDE), mode="area")
    heat: Heat = interpolate(patches, mask.shape, mode="bilinear", align_corners=False)[0, 0].numpy()
    return heat / heat.max()
