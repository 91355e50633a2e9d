"""What lies behind a region's hard outline: how likely each pixel belongs to it, as SAM saw it before it cut.

A region is kept as a mask, a bit a pixel. What SAM thought of the pixels at its edge is asked for again where somebody
wants to know, which costs two runs of the decoder a region, and nothing for those who don't.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from lib_automask import masks
from lib_automask.sam.network import SamNetwork
from lib_automask.structures import Chances, Image, Mask, box_of

ALIKE = 0.9
"""SAM means the same region if its mask has at least this IoU with the one that is asked about."""


def chances_of(network: SamNetwork, image: Image, mask: Mask) -> Chances | None:
    """The probability, float32[H, W] in 0–1, that each pixel belongs to the region ``mask``: the sigmoid of the logits.

    Args:
        network: a loaded SAM.
        image: uint8[H, W, 3] RGB.
        mask: bool[H, W], of a region that the same SAM found.

    Returns:
        None where SAM takes what is there for something else, and where ``mask`` is empty.
    """
    import torch

    if not mask.any():
        return None
    with torch.inference_mode():
        predictor = network.predictor(image)
        answers = [logits for prompt in _prompts(mask) for logits in predictor.predict(return_logits=True, **prompt)[0]]
    closest = max(answers, key=lambda logits: masks.iou(logits > 0, mask))
    if masks.iou(closest > 0, mask) < ALIKE:
        return None
    return np.asarray(1 / (1 + np.exp(-closest.clip(-30, 30))), np.float32)


def _prompts(mask: Mask) -> list[dict[str, Any]]:
    """For SAM's predictor: a point deep inside, which can mean a part, a thing or a group; and with it the box."""
    away = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(away.argmax(), mask.shape)
    point = {"point_coords": np.array([[column, row]], np.float32), "point_labels": np.ones(1, np.int64)}
    return [
        {**point, "multimask_output": True},
        {**point, "box": np.array(box_of(mask), np.float32), "multimask_output": False},
    ]
