"""What lies behind a region's hard outline: how likely each pixel belongs to it, as SAM saw it before it cut.

A region is kept as a mask, a bit a pixel. What SAM thought of the pixels at its edge is asked for again where somebody
wants to know, which costs two runs of the decoder a region, and nothing for those who don't.

The regions of a picture, by SAM: all of them, or those where phrases are hot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lib_automask.errors import InputError
from lib_automask.imaging import masks
from lib_automask.runtime.cache import ByteCache
from lib_automask.runtime.device import Device, Precision
from lib_automask.sam.grid_search import (
    ASK,
    ENCODE,
    KEEP,
    Candidates,
    GeneratorSettings,
    PointPrompter,
    find_all_regions,
)
from lib_automask.sam.guided_search import GuideSettings, find_guided_regions
from lib_automask.sam.model import CACHE_BYTES, SamNetwork, read_generator_settings
from lib_automask.types import Heat, Image, Mask, Probabilities, Segment, bounding_box, digest_image

ALIKE = 0.9
"""SAM means the same region if its mask has at least this IoU with the one that is asked about."""

Progress = Callable[[float], None]
"""Told the share that is done, 0–1, between small pieces of work; it may raise ``Interrupted`` to end the run."""
STAGES = {ENCODE: (0.0, 0.3), ASK: (0.3, 0.95), KEEP: (0.95, 1.0)}
GUIDED_STAGES = {ENCODE: (0.0, 0.75), ASK: (0.75, 1.0)}
"""Where each stage begins and ends in the whole, by the time it takes on a CPU."""


LEAST_POINTS = 4
"""Points at once when memory is short."""


def estimate_probabilities(network: SamNetwork, image: Image, mask: Mask) -> Probabilities | None:
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
        answers = [
            logits for prompt in _prompts_for(mask) for logits in predictor.predict(return_logits=True, **prompt)[0]
        ]
    closest = max(answers, key=lambda logits: masks.mask_iou(logits > 0, mask))
    if masks.mask_iou(closest > 0, mask) < ALIKE:
        return None
    return np.asarray(1 / (1 + np.exp(-closest.clip(-30, 30))), np.float32)


def _prompts_for(mask: Mask) -> list[dict[str, Any]]:
    """For SAM's predictor: a point deep inside, which can mean a part, a thing or a group; and with it the box."""
    away = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(away.argmax(), mask.shape)
    point = {"point_coords": np.array([[column, row]], np.float32), "point_labels": np.ones(1, np.int64)}
    return [
        {**point, "multimask_output": True},
        {**point, "box": np.array(bounding_box(mask), np.float32), "multimask_output": False},
    ]


@dataclass(frozen=True, eq=False)
class PackedSegments:
    """Segments as they are kept: eight pixels in a byte."""

    rows: tuple[npt.NDArray[np.uint8], ...]
    width: int
    qualities: tuple[tuple[float, float], ...]

    @classmethod
    def pack(cls, segments: Sequence[Segment]) -> PackedSegments:
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
        guide: GuideSettings | None = None,
        loading: Progress = lambda _share: None,
    ) -> None:
        self.settings = GeneratorSettings.from_mapping(read_generator_settings(path) | (settings or {}))
        self.guide = guide or GuideSettings()
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
        check_image_shape(image, self.network.model.image_encoder.img_size)
        asked = b"everything" if heat is None else repr((self.guide, heat.shape)).encode() + heat.tobytes()
        packed: PackedSegments = self.cache.get_or_make(
            self._key(image, b"segments", asked),
            lambda: PackedSegments.pack(self.device.run(self, lambda: self._find(image, heat))),
            lambda made: made.nbytes,
        )
        return packed.unpack()

    def chances(self, image: Image, mask: Mask) -> Probabilities | None:
        """See ``SoftSegmenter`` and ``chances_of``."""
        return self.device.run(self, lambda: estimate_probabilities(self.network, image, mask))

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
            segments = find_all_regions(network.model, embedding, network.dtype, self.settings, tell)
        else:
            asker = PointPrompter(network.model, embedding, network.dtype, self.settings, tell, self._recall(image))
            segments = find_guided_regions(asker, heat, self.guide)
        self.progress(1.0)
        return segments

    def _recall(self, image: Image) -> Callable[[bytes, Callable[[], Candidates]], Candidates]:
        """Gives the answers of earlier prompts on the same picture. Each call's answers are kept together, since what
        is asked together can differ in the last bits from what is asked alone."""
        picture = self._key(image, b"answers")
        return lambda what, ask: self.cache.get_or_make(f"{picture} {what.hex()}", ask, count_candidate_bytes)

    def _key(self, image: Image, *what: bytes) -> str:
        """Of something about ``image`` that depends on this model and its settings."""
        network = self.network
        return digest_image(
            image, network.name.encode(), network.precision.encode(), repr(self.settings).encode(), *what
        )

    def _teller(self, stages: dict[str, tuple[float, float]]) -> Callable[[str, float], None]:
        """Tells the share of the whole from the shares of ``stages``; one that is not among them adds nothing."""
        done = 0.0

        def tell(stage: str, share: float) -> None:
            nonlocal done
            begin, end = stages.get(stage, (0.0, 0.0))
            done = max(done, begin + share * (end - begin))
            self.progress(done)

        return tell


def count_candidate_bytes(candidates: Candidates) -> int:
    """What answers take in memory."""
    return sum(one.crop.logits.nbytes for one in candidates)


def check_image_shape(image: Image, side: int) -> None:
    """Raises InputError where nothing is left of the short side once the long one has SAM's ``side`` pixels."""
    height, width = image.shape[:2]
    if min(height, width) * side / max(height, width) < 0.5:
        raise InputError(f"the picture of {width} × {height} is too thin to find regions in; crop its long side")
