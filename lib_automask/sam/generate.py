"""Every region of a picture, by SAM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib_automask.cache import ByteCache
from lib_automask.errors import InputError
from lib_automask.sam.everything import ASK, ENCODE, KEEP, Embedding, Settings, find_everything
from lib_automask.sam.loading import generator_settings
from lib_automask.sam.network import SamNetwork
from lib_automask.sam.precision import Precision
from lib_automask.structures import Image, Segment, digest

CACHE_BYTES = 128 * 2**20
Progress = Callable[[float], None]
"""Told the share that is done, 0–1, between small pieces of work; it may raise ``Interrupted`` to end the run."""
STAGES = {ENCODE: (0.0, 0.3), ASK: (0.3, 0.95), KEEP: (0.95, 1.0)}
"""Where each stage begins and ends in the whole, by the time it takes on a CPU."""


class SamSegmenter:
    """Finds the regions of a picture by a grid of points, as segment-anything's ``SamAutomaticMaskGenerator`` does.

    Args:
        path: a published checkpoint or a folder with sam.json; see ``load_sam``, as are the errors.
        device: as torch names it.
        progress: see ``Progress``.
        settings: overrides what ``Settings`` holds by default, or what the model's sam.json says under "generator".
        embeddings: where image embeddings are kept; its own, if none is given.
        precision: of the large products; see ``choose_dtype``.
    """

    def __init__(
        self,
        path: str | Path,
        device: str = "cpu",
        progress: Progress = lambda _share: None,
        settings: dict[str, Any] | None = None,
        embeddings: ByteCache[Embedding] | None = None,
        precision: Precision = "auto",
    ) -> None:
        self.settings = Settings.from_mapping(generator_settings(path) | (settings or {}))
        self.network = SamNetwork(path, device, embeddings, precision)
        self.progress = progress
        self.found: ByteCache[tuple[Segment, ...]] = ByteCache(CACHE_BYTES)

    def segments(self, image: Image) -> tuple[Segment, ...]:
        """Every region of ``image`` uint8[H, W, 3] RGB, best predicted quality first; remembered by content."""
        key = digest(image, repr(self.settings).encode())
        return self.found.get_or_make(key, lambda: self._find(image), lambda some: sum(one.mask.nbytes for one in some))

    def _find(self, image: Image) -> tuple[Segment, ...]:
        network = self.network
        check_shape(image, network.model.image_encoder.img_size)
        embedding = network.embedding(image, self._tell)
        segments = find_everything(network.model, embedding, network.dtype, self.settings, self._tell)
        self.progress(1.0)
        return segments

    def _tell(self, stage: str, share: float) -> None:
        begin, end = STAGES[stage]
        self.progress(begin + share * (end - begin))


def check_shape(image: Image, side: int) -> None:
    """Raises InputError where nothing is left of the short side once the long one has SAM's ``side`` pixels."""
    height, width = image.shape[:2]
    if min(height, width) * side / max(height, width) < 0.5:
        raise InputError(f"the picture of {width} × {height} is too thin to find regions in; crop its long side")
