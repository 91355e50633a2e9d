"""One region, by points in it or a box round it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_automask.errors import InputError
from lib_automask.sam.model import SamNetwork
from lib_automask.types import Box, Image, Segment


def segment_at(
    network: SamNetwork,
    image: Image,
    inside: Sequence[tuple[float, float]] = (),
    outside: Sequence[tuple[float, float]] = (),
    box: Box | None = None,
) -> tuple[Segment, ...]:
    """The regions that SAM finds at these points or in this box.

    Args:
        network: a loaded SAM.
        image: uint8[H, W, 3] RGB.
        inside: points (x, y) in pixels on the thing.
        outside: points (x, y) in pixels beside it.
        box: round the thing, XYXY.

    Returns:
        Best predicted quality first. A single point can mean a part, a thing or a group, and gives up to three regions;
        several points or a box give one at most.

    Raises:
        InputError: neither a point inside nor a box is given.
    """
    import torch

    if not inside and box is None:
        raise InputError("SAM needs a point on the thing or a box round it; give at least one")
    points = np.array([*inside, *outside], dtype=np.float32).reshape(-1, 2)
    labels = np.array([1] * len(inside) + [0] * len(outside), dtype=np.int64)
    with torch.inference_mode():
        predictor = network.predictor(image)
        logits, qualities, _ = predictor.predict(
            point_coords=points if len(points) else None,
            point_labels=labels if len(points) else None,
            box=None if box is None else np.array(box, dtype=np.float32),
            multimask_output=len(points) == 1 and box is None,
            return_logits=True,
        )
    found = [_segment(logit, float(quality)) for logit, quality in zip(logits, qualities) if (logit > 0).any()]
    return tuple(sorted(found, key=lambda segment: -segment.predicted_iou))


def _segment(logits: np.ndarray, quality: float) -> Segment:  # type: ignore[type-arg]
    """The region where ``logits`` float32[H, W] is above 0; stable if it is much the same above 1 and above -1."""
    stability = float((logits > 1).sum() / (logits > -1).sum())
    return Segment(logits > 0, min(max(quality, 0.0), 1.0), stability)
