"""A thing cut out of its picture, and the ground behind it; the thing is found as an edit would find it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lib_automask.errors import Unsure
from lib_automask.imaging import layers, masks
from lib_automask.imaging.layers import Layer
from lib_automask.imaging.matting import remove_background_color
from lib_automask.interfaces import Models, SoftSegmenter
from lib_automask.options import Options
from lib_automask.pipeline import build_mask
from lib_automask.types import Image, Mask, MaskRequest, MaskResult, Probabilities, Size

BACKGROUND_PROMPT = "change the background to plain white"
"""Without a target: what stays under this prompt is the subject of the picture."""


@dataclass(frozen=True, eq=False)
class Cutout:
    """What was cut out of ``image`` uint8[H, W, 3].

    Args:
        image: the whole picture.
        picture: uint8[H, W, 4] RGBA, not premultiplied: the thing, transparent around it.
        mask: bool[H, W] of the thing.
        why: one sentence for people.
    """

    image: Image
    picture: npt.NDArray[np.uint8]
    mask: Mask
    why: str

    @property
    def size(self) -> Size:
        """Of the picture."""
        return Size.of(self.image)

    @property
    def layers(self) -> list[Layer]:
        """The ground with the hole filled, and above it the cutout."""
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
    ungrown = replace(options or Options(), target=target, grow=0, margins="as set")
    result = build_mask(MaskRequest(image, "" if target else BACKGROUND_PROMPT, None, ungrown), models)
    mask = result.mask if target else locate_subject(result, ungrown.confidence)
    if not mask.any():
        raise Unsure(result.why)
    return Cutout(image, _cut_out(image, mask, result, models), mask, describe_cutout(result, target))


def locate_subject(result: MaskResult, min_confidence: float) -> Mask:
    """bool[H, W]: the segments that a new background would go round, with their holes filled.

    Empty where the confidence in their place is below ``min_confidence`` (0–1). That in the plan does not matter: here
    the plan is given.
    """
    size = Size.of(result.mask)
    if result.confidence.place < min_confidence:
        return np.zeros(size, np.bool_)
    return masks.fill_holes(masks.unite_masks(_selected_masks(result), size))


def target_probabilities(image: Image, result: MaskResult, models: Models) -> Probabilities | None:
    """float32[H, W], 0–1: how likely each pixel belongs to one of the selected segments.

    None where the segmenter gives masks alone.
    """
    segmenter = models.segmenter
    if not isinstance(segmenter, SoftSegmenter):
        return None
    probabilities = np.zeros(result.mask.shape, np.float32)
    for mask in _selected_masks(result):
        found = segmenter.chances(image, mask)
        probabilities = np.maximum(probabilities, mask if found is None else found)
    return probabilities


def _cut_out(image: Image, mask: Mask, result: MaskResult, models: Models) -> npt.NDArray[np.uint8]:
    """uint8[H, W, 4]: with the edge of the matting model, or one found by colour where that has none."""
    opacity = None if models.matting is None else models.matting.refine_opacity(image, mask)
    if opacity is None:
        return layers.cut_out_mask(image, mask, target_probabilities(image, result, models))
    return layers.apply_opacity(remove_background_color(image, opacity), opacity)


def describe_cutout(result: MaskResult, target: str) -> str:
    """The sentence of why."""
    if target:
        return f"target: {target} → cut out {target}"
    return f"picture: {result.caption} → cut out {', '.join(result.plan.subjects)}"


def _selected_masks(result: MaskResult) -> list[Mask]:
    return [candidate.segment.mask for candidate in result.candidates if candidate.selected]
