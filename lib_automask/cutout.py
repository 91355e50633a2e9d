"""A thing cut out of its picture, with the ground behind it: found as an edit would find it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lib_automask.errors import Unsure
from lib_automask.imaging import layers, masks
from lib_automask.imaging.layers import Layer
from lib_automask.interfaces import Models, SoftSegmenter
from lib_automask.options import Options
from lib_automask.pipeline import build_mask
from lib_automask.types import Image, Mask, MaskRequest, MaskResult, Probabilities

ANOTHER_GROUND = "change the background to plain white"
"""What stays under this prompt is what the picture is about."""


@dataclass(frozen=True, eq=False)
class Cutout:
    """What was cut out of ``image``: ``picture`` uint8[H, W, 4] RGBA, its ``mask`` bool[H, W], and why this."""

    image: Image
    picture: npt.NDArray[np.uint8]
    mask: Mask
    why: str

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the picture."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def layers(self) -> list[Layer]:
        """The ground with the hole filled, and above it what was cut out."""
        return [
            layers.make_opaque_layer("background", layers.fill_background(self.image, self.mask)),
            Layer("cutout", self.picture),
        ]


def cut_out_target(image: Image, models: Models, target: str = "", options: Options | None = None) -> Cutout:
    """Cut ``target`` out of ``image`` uint8[H, W, 3]; left empty, everything that the caption names.

    Raises:
        Unsure: it was not found, or not with enough certainty.
        AutomaskError: a model failed, or the user interrupted.
    """
    chosen = replace(options or Options(), target=target, grow=0, margins="as set")
    result = build_mask(MaskRequest(image, "" if target else ANOTHER_GROUND, None, chosen), models)
    mask = result.mask if target else find_subject(result, chosen.confidence)
    if not mask.any():
        raise Unsure(result.why)
    return Cutout(
        image,
        layers.cut_out_mask(image, mask, target_probabilities(image, result, models)),
        mask,
        describe_cutout(result, target),
    )


def find_subject(result: MaskResult, least: float) -> Mask:
    """bool[H, W]: the segments that a new background would go round, without their small holes.

    Empty where their place is less certain than ``least``. How certain the plan is does not matter: it is known here.
    """
    shape = result.mask.shape[0], result.mask.shape[1]
    if result.confidence.place < least:
        return np.zeros(shape, np.bool_)
    chosen = (candidate.segment.mask for candidate in result.candidates if candidate.selected)
    return masks.fill_holes(masks.unite_masks(chosen, shape))


def target_probabilities(image: Image, result: MaskResult, models: Models) -> Probabilities | None:
    """How likely each pixel belongs to any of the chosen segments; None where the segmenter knows masks alone."""
    segmenter = models.segmenter
    if not isinstance(segmenter, SoftSegmenter):
        return None
    outlines = [candidate.segment.mask for candidate in result.candidates if candidate.selected]
    likely = np.zeros(result.mask.shape, np.float32)
    for outline in outlines:
        found = segmenter.chances(image, outline)
        likely = np.maximum(likely, outline if found is None else found)
    return likely


def describe_cutout(result: MaskResult, target: str) -> str:
    """The sentence of why."""
    if target:
        return f"target: {target} → cut out {target}"
    return f"picture: {result.caption} → cut out {', '.join(result.plan.subjects)}"
