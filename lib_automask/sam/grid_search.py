"""Every region of a picture: the result of segment-anything's ``SamAutomaticMaskGenerator`` for less work.

SAM is prompted with a grid of points; of its masks the good, stable and distinct ones are kept (Kirillov et al.,
Segment Anything, 2023, appendix B). Crops of the picture (``crop_n_layers``) and the removal of small regions are left
out, as they are off by default there. ``sam.guided_search`` gives fewer and better chosen prompts to the same
``PointPrompter``. The embedding of a picture and the settings of the search stand here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lib_automask.errors import InputError
from lib_automask.interfaces import ignore_progress
from lib_automask.sam.candidates import Candidate, Canvas, suppress_candidates
from lib_automask.sam.decoder import PictureDecoder
from lib_automask.sam.encoder import encode_image
from lib_automask.types import Image, Progress, Segment, Size

if TYPE_CHECKING:
    import torch

Points = npt.NDArray[np.float64]
Candidates = Sequence[Candidate]
Recall = Callable[[bytes, Callable[[], Candidates]], Candidates]
"""(prompts as bytes, how to compute their candidates) → the candidates, from a cache if they are there."""
PROMPT = "prompt at points"
"""The stage that is reported while SAM decodes prompts."""
BATCH, BATCH_ON_CPU = 64, 8
"""Points in one pass of the decoder: segment-anything's default; on a CPU so few that they stay in its cache, but
enough for large products of their tokens (``python -m benchmarks.speed --parts exact``)."""


@dataclass(frozen=True)
class GeneratorSettings:
    """As ``SamAutomaticMaskGenerator`` names them, with its defaults; ``points_per_batch`` None goes by the device."""

    points_per_side: int = 32
    points_per_batch: int | None = None
    pred_iou_thresh: float = 0.88
    stability_score_thresh: float = 0.95
    stability_score_offset: float = 1.0
    box_nms_thresh: float = 0.7

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> GeneratorSettings:
        """Raises InputError on a name that is not known here."""
        known = {entry.name for entry in fields(cls)}
        if not known.issuperset(values):
            unknown = ", ".join(sorted(set(values) - known))
            raise InputError(f"finding every region knows no setting {unknown}; use {', '.join(sorted(known))}")
        return cls(**values)

    def batch(self, device: str) -> int:
        """Points in one pass of the decoder."""
        return self.points_per_batch or (BATCH_ON_CPU if device == "cpu" else BATCH)


@dataclass(frozen=True, eq=False)
class Embedding:
    """The result of SAM's image encoder.

    Args:
        values: float32[1, C, G, G], on the CPU, so that the cache takes nothing from the card.
        size: of the picture.
        shown: size of the picture within the square that the encoder sees.
    """

    values: torch.Tensor
    size: Size
    shown: Size


def embed_image(sam: Any, image: Image, dtype: torch.dtype, progress: Progress = ignore_progress) -> Embedding:
    """The embedding of ``image`` uint8[H, W, 3] RGB, with the large products in ``dtype``."""
    import torch
    from segment_anything.utils.transforms import ResizeLongestSide

    with torch.inference_mode():
        resized = ResizeLongestSide(sam.image_encoder.img_size).apply_image(image)
        pixels = torch.as_tensor(resized, device=sam.device).permute(2, 0, 1)[None]
        values = encode_image(sam.image_encoder, sam.preprocess(pixels), dtype, progress)
    return Embedding(values.cpu(), Size.of(image), Size.of(resized))


def grid_of_points(side: int, size: Size) -> Points:
    """``side`` × ``side`` points (x, y) in pixels, float64[side², 2], row by row, for a picture of a size."""
    places = (np.arange(side) + 0.5) / side
    columns, rows = np.meshgrid(places * size.width, places * size.height)
    points: Points = np.stack([columns, rows], -1).reshape(-1, 2)
    return points


def find_all_regions(
    sam: Any,
    embedding: Embedding,
    dtype: torch.dtype,
    settings: GeneratorSettings = GeneratorSettings(),
    progress: Progress = ignore_progress,
) -> tuple[Segment, ...]:
    """The distinct regions of an embedded picture that lie at a grid of points; see ``PointPrompter``."""
    prompter = PointPrompter(sam, embedding, dtype, settings, progress)
    points = grid_of_points(settings.points_per_side, embedding.size)
    return prompter.select_best(prompter.prompt_points(points))


class PointPrompter:
    """Prompts SAM with points and boxes on one picture, and selects the best regions.

    Args:
        sam: a segment_anything ``Sam``, float32.
        embedding: of the picture, by the same ``sam``.
        dtype: of the large products; if half precision overflows, the prompts are decoded again in float32.
        settings: how good a region must be.
        progress: of decoding and selecting.
        recall: see ``Recall``; by default everything is computed.
    """

    def __init__(
        self,
        sam: Any,
        embedding: Embedding,
        dtype: torch.dtype,
        settings: GeneratorSettings = GeneratorSettings(),
        progress: Progress = ignore_progress,
        recall: Recall = lambda _prompts, compute: compute(),
    ) -> None:
        self.sam, self.embedding, self.settings = sam, embedding, settings
        self.dtype, self.progress, self.recall = dtype, progress, recall
        self.scale = np.array([shown / side for shown, side in zip(embedding.shown[::-1], embedding.size[::-1])])
        square, grid = sam.image_encoder.img_size, 4 * embedding.values.shape[-1]
        self.canvas = Canvas(grid, square, embedding.shown, embedding.size, settings.stability_score_offset)

    @cached_property
    def decoder(self) -> PictureDecoder:
        """Made with the first prompt that ``recall`` does not know."""
        return PictureDecoder(self.sam, self.embedding.values.to(self.sam.device), self.dtype)

    def prompt_points(self, points: Points, begin: float = 0.0, end: float = 1.0) -> Candidates:
        """The masks at points (x, y) in pixels, float64[N, 2]: for each a part, a thing and a group.

        ``begin`` and ``end`` are the shares of all prompts that are done before and after.
        """
        return self.recall(
            b"at" + points.tobytes(), lambda: self._decode(self._encode_points(points), True, begin, end)
        )

    def prompt_boxes(self, boxes: Points, begin: float = 0.0, end: float = 1.0) -> Candidates:
        """The one thing in each box, XYXY in pixels, float64[N, 4]; the shares as in ``prompt_points``."""
        return self.recall(
            b"within" + boxes.tobytes(), lambda: self._decode(self._encode_boxes(boxes), False, begin, end)
        )

    def select_best(self, candidates: Candidates) -> tuple[Segment, ...]:
        """The good, stable and distinct candidates, best predicted quality first."""
        import torch

        settings = self.settings
        with torch.inference_mode():
            kept = suppress_candidates(
                candidates, self.canvas, settings.stability_score_thresh, settings.box_nms_thresh, self.progress
            )
            # Predicted qualities are sometimes slightly outside of 0–1.
            return tuple(
                Segment(drawn.mask, min(max(candidate.quality, 0.0), 1.0), float(drawn.stability))
                for candidate, drawn in kept
            )

    def _encode_points(self, points: Points) -> torch.Tensor:
        """As SAM's prompts, float32[N, 2, C]."""
        import torch

        places = torch.as_tensor(points[:, None] * self.scale, device=self.sam.device)
        labels = torch.ones(places.shape[:2], device=self.sam.device)
        prompts: torch.Tensor = self.sam.prompt_encoder((places, labels), None, None)[0]
        return prompts

    def _encode_boxes(self, boxes: Points) -> torch.Tensor:
        """As SAM's prompts, float32[N, 2, C]."""
        import torch

        places = torch.as_tensor(boxes * np.tile(self.scale, 2), device=self.sam.device)
        prompts: torch.Tensor = self.sam.prompt_encoder(None, places, None)[0]
        return prompts

    def _decode(self, prompts: torch.Tensor, multimask: bool, begin: float, end: float) -> list[Candidate]:
        """Every mask of good predicted quality, not drawn yet, of prompts float32[N, P, C]."""
        import torch

        step = self.settings.batch(self.sam.device.type)
        candidates: list[Candidate] = []
        try:
            with torch.inference_mode():
                for first in range(0, len(prompts), step):
                    self.progress(PROMPT, begin + (end - begin) * first / len(prompts))
                    candidates += self._decode_batch(prompts[first : first + step], multimask)
        except FloatingPointError:
            del self.decoder
            self.dtype = torch.float32
            return self._decode(prompts, multimask, begin, end)
        return candidates

    def _decode_batch(self, prompts: torch.Tensor, multimask: bool) -> Iterator[Candidate]:
        """The same of one batch. A quality threshold of 0 or less takes every mask.

        Raises FloatingPointError if half precision overflows.
        """
        import torch

        least = self.settings.pred_iou_thresh
        decoded = self.decoder.decode(prompts, multimask)
        if self.dtype == torch.float16 and not decoded.qualities.isfinite().all():
            raise FloatingPointError("the decoder overflowed in half precision")
        good = decoded.qualities > (least if least > 0 else -np.inf)
        chosen = good.any(1).nonzero()[:, 0].tolist()
        rows = -(-self.canvas.rows.used // 4)
        for prompt, masks in zip(chosen, self.decoder.draw(decoded, chosen, rows)):
            for number in good[prompt].nonzero()[:, 0].tolist():
                crop = self.canvas.crop(masks[number])
                if crop is not None:
                    yield Candidate(float(decoded.qualities[prompt, number]), crop)
