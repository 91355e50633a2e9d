"""The finished picture as layers: the picture as it was, and above it what each edit, or each pass, painted.

Laid over each other, the layers are the finished picture, pixel for pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_automask import layers
from lib_automask.errors import InputError
from lib_automask.layers import Layer
from lib_automask.structures import Image, Mask, MaskResult
from lib_automask.webui.works import Done, Step


def of_edits(before: Image, result: MaskResult, after: Image) -> list[Layer]:
    """A layer for each edit of one painting.

    The host's blur reaches beyond the masks: what changed outside them is a layer of its own, below the edits.

    Raises:
        InputError: the pictures are not of one size.
    """
    if after.shape != before.shape:
        raise InputError("layers need a result of the picture's own size; set width and height to it")
    changed = (after != before).any(2)
    edits = []
    for part, edit in zip(result.parts or (result.mask,), result.plan.edits):
        edits.append(shown(edit.replacement or edit.target, after, part & changed))
        changed &= ~part
    return [layers.opaque("before", before), shown("edges", after, changed), *edits]


def of_passes(before: Image, steps: Sequence[Step], after: Image) -> list[Layer]:
    """A layer for each pass, of its mask and of what changed beyond that by blur.

    A larger picture is a larger canvas for what lies below; an upscale is a picture of its own, so that the layers
    begin with it. What others did to the finished picture is the top layer.

    Raises:
        InputError: the finished picture is not of the last pass's size.
    """
    stack, last = [layers.opaque("before", before)], before
    for name, done in steps:
        image = done.picture.image
        if done.mask is None:
            stack = [layers.opaque(name, image)]
        else:
            stack = [placed(layer, done) for layer in stack]
            changed = (image != placed(layers.opaque("", last), done).picture[..., :3]).any(2)
            painted = done.mask | changed
            stack += [shown(name, image, painted)] if painted.any() else []
        last = image
    if after.shape != last.shape:
        raise InputError("layers need a result of the size that the last pass left; another extension has changed it")
    others = (after != last).any(2)
    return [*stack, shown("after the passes", after, others)] if others.any() else stack


def shown(name: str, image: Image, where: Mask) -> Layer:
    """What of the picture lies under a mask, opaque."""
    return Layer(name, layers.with_opacity(image, where.astype(np.float32)))


def placed(layer: Layer, done: Done) -> Layer:
    """A layer of the picture before a pass, on the canvas after it."""
    left, top = done.corner
    height, width = layer.picture.shape[:2]
    right, bottom = done.picture.size[1] - left - width, done.picture.size[0] - top - height
    return Layer(layer.name, np.pad(layer.picture, ((top, bottom), (left, right), (0, 0))))
