"""The regions of a picture, by SAM: all of them, or those where phrases are hot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lib_automask.cache import ByteCache
from lib_automask.device import Device
from lib_automask.errors import InputError
from lib_automask.precision import Precision
from lib_automask.sam.chances import chances_of
from lib_automask.sam.everything import ASK, ENCODE, KEEP, Asker, Candidates, Settings, find_everything
from lib_automask.sam.guided import Guide, find_guided
from lib_automask.sam.loading import generator_settings
from lib_automask.sam.network import CACHE_BYTES, SamNetwork
from lib_automask.structures import Chances, Heat, Image, Mask, Segment, digest

Progress = Callable[[float], None]
"""Told the share that is done, 0–1, between small pieces of work; it may raise ``Interrupted`` to end the run."""
STAGES = {ENCODE: (0.0, 0.3), ASK: (0.3, 0.95), KEEP: (0.95, 1.0)}
GUIDED_STAGES = {ENCODE: (0.0, 0.75), ASK: (0.75, 1.0)}
"""Where each stage begins and ends in the whole, by the time it takes on a CPU."""


LEAST_POINTS = 4
"""Points at once when memory is short."""


@dataclass(frozen=True, eq=False)
class Packed:
    """Segments as they are kept: eight pixels in a byte."""

    rows: tuple[npt.NDArray[np.uint8], ...]
    width: int
    qualities: tuple[tuple[float, float], ...]

    @classmethod
    def pack(cls, segments: Sequence[Segment]) -> Packed:
        rows = tuple(np.packbits(one.mask, axis=1) for one in segments)
        width = segments[0].mask.shape[1] if segments else 0
        return cls(rows, width, tuple((one.predicted_iou, one.stability_score) for one in segments))

    def unpack(self) -> tuple[Segment, ...]:
        masks = (np.unpackbits(bits, axis=1, count=self.width).view(np.bool_) for bits in self.rows)
        return tuple(Segment(mask, *qualities) for mask, qualities in zip(masks, self.qualities))

    @property
    def nbytes(self) -> int:
        return sum(bits.nbytes for bits in self.rows)


class SamSegmenter:
    """Finds the regions of a picture by points: a grid of them, as segment-anything's ``SamAutomaticMaskGenerator``
    does, or a few where phrases are hot.

    Args:
        path: a published checkpoint or a folder with sam.json; see ``load_sam``, as are the errors.
        device: as torch names it, or one that is shared with other models.
        progress: see ``Progress``.
        settings: overrides what ``Settings`` holds by default, or what the model's sam.json says under "generator".
        cache: where embeddings, answers and segments are kept; its own, if none is given.
        precision: of the large products; see ``choose_dtype``.
        guide: how a guided search goes, if not as ``Guide`` says.
        loading: as ``progress``, for the file that is read.
    """

    def __init__(
        self,
        path: str | Path,
        device: str | Device = "cpu",
        progress: Progress = lambda _share: None,
        settings: dict[str, Any] | None = None,
        cache: ByteCache[Any] | None = None,
        precision: Precision = "auto",
        guide: Guide | None = None,
        loading: Progress = lambda _share: None,
    ) -> None:
        self.settings = Settings.from_mapping(generator_settings(path) | (settings or {}))
        self.guide = guide or Guide()
        self.cache: ByteCache[Any] = ByteCache(CACHE_BYTES) if cache is None else cache
        self.network = SamNetwork(path, "cpu", self.cache, precision, loading)
        self.device = Device.of(device)
        self.progress = progress

    def segments(self, image: Image, heat: Heat | None = None) -> tuple[Segment, ...]:
        """The regions of ``image`` uint8[H, W, 3] RGB, best predicted quality first; remembered by content.

        Args:
            heat: float32[P, H, W], one map a phrase: finds what lies where they are hot, and most of the rest. Without
                it every region is looked for.
        """
        check_shape(image, self.network.model.image_encoder.img_size)
        asked = b"everything" if heat is None else repr((self.guide, heat.shape)).encode() + heat.tobytes()
        packed: Packed = self.cache.get_or_make(
            self._key(image, b"segments", asked),
            lambda: Packed.pack(self.device.run(self, lambda: self._find(image, heat))),
            lambda made: made.nbytes,
        )
        return packed.unpack()

    def chances(self, image: Image, mask: Mask) -> Chances | None:
        """See ``SoftSegmenter`` and ``chances_of``."""
        return self.device.run(self, lambda: chances_of(self.network, image, mask))

    @property
    def nbytes(self) -> int:
        """See ``Movable``."""
        return self.network.nbytes

    def to(self, device: str) -> None:
        """See ``Movable``."""
        self.network.to(device)

    def smaller(self) -> bool:
        """See ``Movable``: fewer points at once, down to what a processor takes."""
        batch = self.settings.batch(self.network.model.device.type)
        if batch <= LEAST_POINTS:
            return False
        self.settings = replace(self.settings, points_per_batch=max(LEAST_POINTS, batch // 4))
        return True

    def _find(self, image: Image, heat: Heat | None) -> tuple[Segment, ...]:
        tell = self._teller(STAGES if heat is None else GUIDED_STAGES)
        network = self.network
        embedding = network.embedding(image, tell)
        if heat is None:
            segments = find_everything(network.model, embedding, network.dtype, self.settings, tell)
        else:
            asker = Asker(network.model, embedding, network.dtype, self.settings, tell, self._recall(image))
            segments = find_guided(asker, heat, self.guide)
        self.progress(1.0)
        return segments

    def _recall(self, image: Image) -> Callable[[bytes, Callable[[], Candidates]], Candidates]:
        """Gives the answers of earlier prompts on the same picture. Each call's answers are kept together, since what
        is asked together can differ in the last bits from what is asked alone."""
        picture = self._key(image, b"answers")
        return lambda what, ask: self.cache.get_or_make(f"{picture} {what.hex()}", ask, candidate_bytes)

    def _key(self, image: Image, *what: bytes) -> str:
        """Of something about ``image`` that depends on this model and its settings."""
        network = self.network
        return digest(image, network.name.encode(), network.precision.encode(), repr(self.settings).encode(), *what)

    def _teller(self, stages: dict[str, tuple[float, float]]) -> Callable[[str, float], None]:
        """Tells the share of the whole from the shares of ``stages``; one that is not among them adds nothing."""
        done = 0.0

        def tell(stage: str, share: float) -> None:
            nonlocal done
            begin, end = stages.get(stage, (0.0, 0.0))
            done = max(done, begin + share * (end - begin))
            self.progress(done)

        return tell


def candidate_bytes(candidates: Candidates) -> int:
    """What answers take in memory."""
    return sum(one.crop.logits.nbytes for one in candidates)


def check_shape(image: Image, side: int) -> None:
    """Raises InputError where nothing is left of the short side once the long one has SAM's ``side`` pixels."""
    height, width = image.shape[:2]
    if min(height, width) * side / max(height, width) < 0.5:
        raise InputError(f"the picture of {width} × {height} is too thin to find regions in; crop its long side")
