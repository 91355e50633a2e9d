"""Every region of a picture, by SAM."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_automask.cache import ByteCache
from lib_automask.sam.loading import generator_settings
from lib_automask.sam.network import SamNetwork
from lib_automask.structures import Image, Segment, digest

if TYPE_CHECKING:
    import torch

CACHE_BYTES = 128 * 2**20
Progress = Callable[[float], None]
"""Told the share that is done, 0–1, before every batch of points; it may raise ``Interrupted`` to end the run."""


class SamSegmenter:
    """Finds the regions of a picture with segment-anything's ``SamAutomaticMaskGenerator``: a grid of points.

    Args:
        path: a published checkpoint or a folder with sam.json; see ``load_sam``, as are the errors.
        device: as torch names it.
        progress: see ``Progress``.
        settings: overrides what the generator takes by default, or what the model's sam.json says under "generator".
        embeddings: where image embeddings are kept; its own, if none is given.
    """

    def __init__(
        self,
        path: str | Path,
        device: str = "cpu",
        progress: Progress = lambda _share: None,
        settings: dict[str, Any] | None = None,
        embeddings: ByteCache[torch.Tensor] | None = None,
    ) -> None:
        self.network = SamNetwork(path, device, embeddings)
        self.progress = progress
        self.settings = generator_settings(path) | (settings or {})
        self.found: ByteCache[tuple[Segment, ...]] = ByteCache(CACHE_BYTES)

    def segments(self, image: Image) -> tuple[Segment, ...]:
        """Every region of ``image`` uint8[H, W, 3] RGB, best predicted quality first; remembered by content."""
        key = digest(image, repr(sorted(self.settings.items())).encode())
        return self.found.get_or_make(key, lambda: self._find(image), lambda some: sum(one.mask.nbytes for one in some))

    def _find(self, image: Image) -> tuple[Segment, ...]:
        import torch

        with torch.inference_mode():
            records = self._generator().generate(np.ascontiguousarray(image))
        self.progress(1.0)
        segments = [as_segment(record) for record in records if record["segmentation"].any()]
        return tuple(sorted(segments, key=lambda segment: -segment.predicted_iou))

    def _generator(self) -> Any:
        from segment_anything import SamAutomaticMaskGenerator

        generator = SamAutomaticMaskGenerator(self.network.model, **self.settings)
        generator.predictor = self.network.predictor()
        watch(generator, self.progress)
        return generator


def watch(generator: Any, progress: Progress) -> None:
    """Have ``progress`` told before every batch of points that a ``SamAutomaticMaskGenerator`` works on."""
    batches = sum(math.ceil(len(points) / generator.points_per_batch) for points in generator.point_grids)
    process, done = generator._process_batch, 0

    def told(*args: Any) -> Any:
        nonlocal done
        progress(min(done / batches, 1.0))
        done += 1
        return process(*args)

    generator._process_batch = told


def as_segment(record: dict[str, Any]) -> Segment:
    """The segment of one record of segment-anything, whose predicted quality may lie a little outside 0–1."""
    return Segment(
        mask=record["segmentation"],
        predicted_iou=float(np.clip(record["predicted_iou"], 0, 1)),
        stability_score=float(np.clip(record["stability_score"], 0, 1)),
    )
