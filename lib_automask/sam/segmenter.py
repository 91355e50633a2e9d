"""The segmenter that the pipeline calls: regions of a picture, and soft edges of a region for cutouts.

Regions are kept in the cache as masks of one bit a pixel. The probabilities at a region's edge are computed only when
they are needed, by two runs of the decoder.
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
from lib_automask.interfaces import ignore_progress
from lib_automask.runtime.cache import ByteCache
from lib_automask.runtime.device import Device, Precision
from lib_automask.sam.candidates import KEEP
from lib_automask.sam.encoder import ENCODE
from lib_automask.sam.grid_search import PROMPT, Candidates, GeneratorSettings, PointPrompter, find_all_regions
from lib_automask.sam.guided_search import GuideSettings, find_guided_regions
from lib_automask.sam.model import CACHE_BYTES, SamNetwork, read_generator_settings
from lib_automask.types import Heat, Image, Mask, Probabilities, Progress, Segment, Size, bounding_box, digest_image

SEGMENTS = "segments"
"""The stage that is reported while regions are searched."""
STAGES = {ENCODE: (0.0, 0.3), PROMPT: (0.3, 0.95), KEEP: (0.95, 1.0)}
GUIDED_STAGES = {ENCODE: (0.0, 0.75), PROMPT: (0.75, 1.0)}
"""Where each stage begins and ends in the whole, by its time on a CPU (``python -m benchmarks.speed``)."""
ALIKE = 0.9
"""Least IoU with a region of SAM's mask for the same region; a guess."""
LEAST_POINTS = 4
"""Points at once when memory is short: segment-anything's best batch on a CPU (``python -m benchmarks.speed``)."""


def estimate_probabilities(network: SamNetwork, image: Image, mask: Mask) -> Probabilities | None:
    """The probability, float32[H, W] in 0–1, that each pixel belongs to the region ``mask``: the sigmoid of the logits.

    Args:
        network: a loaded SAM.
        image: uint8[H, W, 3] RGB.
        mask: bool[H, W], of a region that the same SAM found.

    Returns:
        None if SAM finds another region there, or if ``mask`` is empty.
    """
    import torch

    if not mask.any():
        return None
    with torch.inference_mode():
        predictor = network.predictor(image)
        masks_found = [
            logits for prompt in _make_prompts(mask) for logits in predictor.predict(return_logits=True, **prompt)[0]
        ]
    closest = max(masks_found, key=lambda logits: masks.mask_iou(logits > 0, mask))
    if masks.mask_iou(closest > 0, mask) < ALIKE:
        return None
    return np.asarray(1 / (1 + np.exp(-closest.clip(-30, 30))), np.float32)


def _make_prompts(mask: Mask) -> list[dict[str, Any]]:
    """Prompts for SAM's predictor: a point deep inside, for a part, a thing and a group; and the same with the box."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), mask.shape)
    point = {"point_coords": np.array([[column, row]], np.float32), "point_labels": np.ones(1, np.int64)}
    return [
        {**point, "multimask_output": True},
        {**point, "box": np.array(bounding_box(mask), np.float32), "multimask_output": False},
    ]


def find_region_at(network: SamNetwork, image: Image, x: int, y: int) -> Segment:
    """The region at one point (x, y) of ``image`` uint8[H, W, 3]; of part, thing and group the best predicted one.

    It holds the point, and where SAM finds nothing there it is the point alone.
    """
    import torch

    with torch.inference_mode():
        logits, qualities, _ = network.predictor(image).predict(
            np.array([[x, y]], np.float32), np.ones(1, np.int64), multimask_output=True, return_logits=True
        )
    best = logits[int(np.argmax(qualities))]
    mask, quality = best > 0, float(np.clip(np.max(qualities), 0, 1))
    mask[y, x] = True
    return Segment(mask, quality, float((best > 1).sum() / max(1, (best > -1).sum())))


@dataclass(frozen=True, eq=False)
class PackedSegments:
    """Segments with eight pixels in a byte, for the cache."""

    rows: tuple[npt.NDArray[np.uint8], ...]
    width: int
    qualities: tuple[tuple[float, float], ...]

    @classmethod
    def pack(cls, segments: Sequence[Segment]) -> PackedSegments:
        rows = tuple(np.packbits(segment.mask, axis=1) for segment in segments)
        width = segments[0].mask.shape[1] if segments else 0
        return cls(rows, width, tuple((segment.predicted_iou, segment.stability_score) for segment in segments))

    def unpack(self) -> tuple[Segment, ...]:
        unpacked = (np.unpackbits(bits, axis=1, count=self.width).view(np.bool_) for bits in self.rows)
        return tuple(Segment(mask, *qualities) for mask, qualities in zip(unpacked, self.qualities))

    @property
    def nbytes(self) -> int:
        return sum(bits.nbytes for bits in self.rows)


class SamSegmenter:
    """Finds the regions of a picture by points: a grid of them, as segment-anything's ``SamAutomaticMaskGenerator``
    does, or a few where phrases are hot.

    Args:
        path: a published checkpoint or a folder with sam.json; see ``load_sam``, also for the errors.
        device: as torch names it, or one that is shared with other models.
        progress: of the search.
        settings: override ``GeneratorSettings`` and the model's own in sam.json ("generator").
        cache: where embeddings, candidates and segments are kept; its own, of 64 MB, if none is given.
        precision: of the large products; see ``choose_dtype``.
        guide: of a guided search.
        loading: progress of the file that is read.
    """

    def __init__(
        self,
        path: str | Path,
        device: str | Device = "cpu",
        progress: Progress = ignore_progress,
        settings: dict[str, Any] | None = None,
        cache: ByteCache[Any] | None = None,
        precision: Precision = "auto",
        guide: GuideSettings | None = None,
        loading: Progress = ignore_progress,
    ) -> None:
        self.settings = GeneratorSettings.from_mapping(read_generator_settings(path) | (settings or {}))
        self.guide = guide or GuideSettings()
        self.cache: ByteCache[Any] = ByteCache(CACHE_BYTES) if cache is None else cache
        self.network = SamNetwork(path, "cpu", self.cache, precision, loading)
        self.device = Device.of(device)
        self.progress = progress
        self._full_batch = self.settings.points_per_batch

    def segments(self, image: Image, heat: Heat | None = None) -> tuple[Segment, ...]:
        """The regions of ``image`` uint8[H, W, 3] RGB, best predicted quality first; kept by content.

        Args:
            heat: float32[P, H, W], one map a phrase: finds the regions where they are hot, and most of the others.
                Without it every region is searched.
        """
        check_image_shape(image, self.network.model.image_encoder.img_size)
        search = b"everything" if heat is None else repr((self.guide, heat.shape)).encode() + heat.tobytes()
        packed: PackedSegments = self.cache.get_or_make(
            self._key(image, b"segments", search),
            lambda: PackedSegments.pack(self.device.run(self, lambda: self._search(image, heat))),
            lambda segments: segments.nbytes,
        )
        return packed.unpack()

    def segment_at(self, image: Image, x: int, y: int) -> Segment:
        """The region at one point (x, y) in pixels that SAM holds for the best; kept by content."""
        check_image_shape(image, self.network.model.image_encoder.img_size)
        packed: PackedSegments = self.cache.get_or_make(
            self._key(image, b"point", repr((x, y)).encode()),
            lambda: PackedSegments.pack(self.device.run(self, lambda: [find_region_at(self.network, image, x, y)])),
            lambda segments: segments.nbytes,
        )
        return packed.unpack()[0]

    def chances(self, image: Image, mask: Mask) -> Probabilities | None:
        """See ``SoftSegmenter`` and ``estimate_probabilities``."""
        return self.device.run(self, lambda: estimate_probabilities(self.network, image, mask))

    @property
    def nbytes(self) -> int:
        """See ``Movable``."""
        return self.network.nbytes

    def to(self, device: str) -> None:
        """See ``Movable``."""
        self.network.to(device)

    def reduce_batch(self) -> bool:
        """See ``Movable``: fewer points at once, down to ``LEAST_POINTS``."""
        batch = self.settings.batch(self.network.model.device.type)
        if batch <= LEAST_POINTS:
            return False
        self.settings = replace(self.settings, points_per_batch=max(LEAST_POINTS, batch // 4))
        return True

    def restore_batch(self) -> None:
        """See ``Movable``."""
        self.settings = replace(self.settings, points_per_batch=self._full_batch)

    def _search(self, image: Image, heat: Heat | None) -> tuple[Segment, ...]:
        network, progress = self.network, self._join_stages(STAGES if heat is None else GUIDED_STAGES)
        embedding = network.embedding(image, progress)
        if heat is None:
            segments = find_all_regions(network.model, embedding, network.dtype, self.settings, progress)
        else:
            recall = self._recall_candidates(image)
            prompter = PointPrompter(network.model, embedding, network.dtype, self.settings, progress, recall)
            segments = find_guided_regions(prompter, heat, self.guide)
        self.progress(SEGMENTS, 1.0)
        return segments

    def _recall_candidates(self, image: Image) -> Callable[[bytes, Callable[[], Candidates]], Candidates]:
        """Keeps the candidates of prompts on a picture, those of each batch together, since prompts that are decoded
        together can differ in the last bits from the same prompts alone."""
        picture = self._key(image, b"answers")
        return lambda prompts, compute: self.cache.get_or_make(
            f"{picture} {prompts.hex()}", compute, count_candidate_bytes
        )

    def _key(self, image: Image, *question: bytes) -> str:
        """Of a question about ``image`` whose answer depends on this model and its settings."""
        network = self.network
        return digest_image(
            image, network.name.encode(), network.precision.encode(), repr(self.settings).encode(), *question
        )

    def _join_stages(self, stages: dict[str, tuple[float, float]]) -> Progress:
        """Reports the shares of ``stages`` as one share of the whole that never falls; other stages add nothing."""
        done = 0.0

        def report(stage: str, share: float) -> None:
            nonlocal done
            begin, end = stages.get(stage, (0.0, 0.0))
            done = max(done, begin + share * (end - begin))
            self.progress(SEGMENTS, done)

        return report


def count_candidate_bytes(candidates: Candidates) -> int:
    """Size of candidates in memory."""
    return sum(candidate.crop.logits.nbytes for candidate in candidates)


def check_image_shape(image: Image, side: int) -> None:
    """Raises InputError if nothing is left of the short side once the long one has SAM's ``side`` pixels."""
    size = Size.of(image)
    if size.shorter * side / size.longer < 0.5:
        found = f"{size.width} × {size.height}"
        raise InputError(f"the picture of {found} is too thin to find regions in; crop its long side")
