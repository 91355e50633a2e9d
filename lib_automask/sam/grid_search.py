"""Every region of a picture: the result of segment-anything's ``SamAutomaticMaskGenerator`` for less work.

A grid of points is put to SAM; of the masks it answers with, the good, stable and distinct ones are kept (Kirillov et
al., Segment Anything, 2023, appendix B). Crops of the picture (``crop_n_layers``) and the removal of small regions are
not done, as by default there. ``sam.guided_search`` puts fewer and better chosen prompts to the same ``PointPrompter``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lib_automask.errors import InputError
from lib_automask.sam.candidates import Candidate, Canvas, suppress_candidates
from lib_automask.sam.decoder import PictureDecoder
from lib_automask.sam.encoder import encode_image
from lib_automask.types import Image, Segment

if TYPE_CHECKING:
    import torch

Progress = Callable[[str, float], None]
"""Told (stage, share of it that is done, 0–1) between small pieces of work; it may raise ``Interrupted``."""
Points = npt.NDArray[np.float64]
Candidates = Sequence[Candidate]
Recall = Callable[[bytes, Callable[[], Candidates]], Candidates]
"""(what is asked, how to ask it) → the answers, from memory where they are known."""
ENCODE, ASK, KEEP = "encode the picture", "ask at points", "keep the best"
"""The stages, in order."""


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
        """Points at once: few on a CPU, so that they stay in its cache, enough that the tokens make whole products."""
        return self.points_per_batch or (8 if device == "cpu" else 64)


@dataclass(frozen=True, eq=False)
class Embedding:
    """What SAM's image encoder makes of a picture.

    Args:
        values: float32[1, C, G, G], on the CPU: what is remembered takes nothing from the card.
        size: (height, width) of the picture.
        shown: (height, width) of the picture within the square that the encoder sees.
    """

    values: torch.Tensor
    size: tuple[int, int]
    shown: tuple[int, int]


def embed_image(
    sam: Any, image: Image, dtype: torch.dtype, progress: Progress = lambda _stage, _share: None
) -> Embedding:
    """The embedding of ``image`` uint8[H, W, 3] RGB, with the large products in ``dtype``."""
    import torch
    from segment_anything.utils.transforms import ResizeLongestSide

    with torch.inference_mode():
        resized = ResizeLongestSide(sam.image_encoder.img_size).apply_image(image)
        pixels = torch.as_tensor(resized, device=sam.device).permute(2, 0, 1)[None]
        values = encode_image(sam.image_encoder, sam.preprocess(pixels), dtype, lambda share: progress(ENCODE, share))
    height, width = image.shape[:2]
    return Embedding(values.cpu(), (height, width), resized.shape[:2])


def grid_of_points(side: int, size: tuple[int, int]) -> Points:
    """``side`` × ``side`` points (x, y) in pixels, float64[side², 2], row by row, for a picture of (height, width)."""
    places = (np.arange(side) + 0.5) / side
    columns, rows = np.meshgrid(places * size[1], places * size[0])
    points: Points = np.stack([columns, rows], -1).reshape(-1, 2)
    return points


def find_all_regions(
    sam: Any,
    embedding: Embedding,
    dtype: torch.dtype,
    settings: GeneratorSettings = GeneratorSettings(),
    progress: Progress = lambda _stage, _share: None,
) -> tuple[Segment, ...]:
    """The distinct regions of an embedded picture that lie at a grid of points; see ``PointPrompter``."""
    asker = PointPrompter(sam, embedding, dtype, settings, progress)
    return asker.best(asker.at(grid_of_points(settings.points_per_side, embedding.size)))


class PointPrompter:
    """Puts points and boxes to SAM on one picture, and tells which regions of the answers are the best.

    Args:
        sam: a segment_anything ``Sam``, float32.
        embedding: of the picture, by the same ``sam``.
        dtype: of the large products; where half precision overflows, the same is asked again in float32.
        settings: how good a region must be.
        progress: see ``Progress``.
        recall: see ``Recall``; by default everything is asked.
    """

    def __init__(
        self,
        sam: Any,
        embedding: Embedding,
        dtype: torch.dtype,
        settings: GeneratorSettings = GeneratorSettings(),
        progress: Progress = lambda _stage, _share: None,
        recall: Recall = lambda _what, ask: ask(),
    ) -> None:
        self.sam, self.embedding, self.settings = sam, embedding, settings
        self.dtype, self.progress, self.recall = dtype, progress, recall
        self.scale = np.array([shown / side for shown, side in zip(embedding.shown[::-1], embedding.size[::-1])])
        square, grid = sam.image_encoder.img_size, 4 * embedding.values.shape[-1]
        self.canvas = Canvas(grid, square, embedding.shown, embedding.size, settings.stability_score_offset)

    @cached_property
    def decoder(self) -> PictureDecoder:
        """Made when the first prompt is not known yet."""
        return PictureDecoder(self.sam, self.embedding.values.to(self.sam.device), self.dtype)

    def at(self, points: Points, begin: float = 0.0, end: float = 1.0) -> Candidates:
        """What lies at points (x, y) in pixels, float64[N, 2]: each is asked for a part, a thing and a group.

        ``begin`` and ``end`` are the shares of all asking that are done before and after.
        """
        return self.recall(b"at" + points.tobytes(), lambda: self._ask(self._points(points), True, begin, end))

    def within(self, boxes: Points, begin: float = 0.0, end: float = 1.0) -> Candidates:
        """The one thing that each box holds, XYXY in pixels, float64[N, 4]; the shares as in ``at``."""
        return self.recall(b"within" + boxes.tobytes(), lambda: self._ask(self._boxes(boxes), False, begin, end))

    def best(self, candidates: Candidates) -> tuple[Segment, ...]:
        """The good, stable and distinct ones of some answers, best predicted quality first."""
        import torch

        settings = self.settings
        least, most = settings.stability_score_thresh, settings.box_nms_thresh
        with torch.inference_mode():
            kept = suppress_candidates(candidates, self.canvas, least, most, lambda share: self.progress(KEEP, share))
            # Predicted qualities lie a little outside 0–1 at times.
            return tuple(
                Segment(drawn.mask, min(max(one.quality, 0.0), 1.0), float(drawn.stability)) for one, drawn in kept
            )

    def _points(self, points: Points) -> torch.Tensor:
        """As SAM's prompts, float32[N, 2, C]."""
        import torch

        places = torch.as_tensor(points[:, None] * self.scale, device=self.sam.device)
        labels = torch.ones(places.shape[:2], device=self.sam.device)
        prompts: torch.Tensor = self.sam.prompt_encoder((places, labels), None, None)[0]
        return prompts

    def _boxes(self, boxes: Points) -> torch.Tensor:
        """As SAM's prompts, float32[N, 2, C]."""
        import torch

        places = torch.as_tensor(boxes * np.tile(self.scale, 2), device=self.sam.device)
        prompts: torch.Tensor = self.sam.prompt_encoder(None, places, None)[0]
        return prompts

    def _ask(self, prompts: torch.Tensor, several: bool, begin: float, end: float) -> list[Candidate]:
        """Every mask of good predicted quality, not drawn yet, of prompts float32[N, P, C]."""
        import torch

        step = self.settings.batch(self.sam.device.type)
        found: list[Candidate] = []
        try:
            with torch.inference_mode():
                for first in range(0, len(prompts), step):
                    self.progress(ASK, begin + (end - begin) * first / len(prompts))
                    found += self._candidates(prompts[first : first + step], several)
        except FloatingPointError:
            del self.decoder
            self.dtype = torch.float32
            return self._ask(prompts, several, begin, end)
        return found

    def _candidates(self, prompts: torch.Tensor, several: bool) -> Iterator[Candidate]:
        """Of one batch. Quality decides nothing where its threshold is 0 or less.

        Raises FloatingPointError where half precision overflows.
        """
        import torch

        least = self.settings.pred_iou_thresh
        answers = self.decoder.answer(prompts, several)
        if self.dtype == torch.float16 and not answers.qualities.isfinite().all():
            raise FloatingPointError("the decoder overflowed in half precision")
        good = answers.qualities > (least if least > 0 else -np.inf)
        chosen = good.any(1).nonzero()[:, 0].tolist()
        rows = -(-self.canvas.rows.used // 4)
        for prompt, masks in zip(chosen, self.decoder.draw(answers, chosen, rows)):
            for number in good[prompt].nonzero()[:, 0].tolist():
                crop = self.canvas.crop(masks[number])
                if crop is not None:
                    yield Candidate(float(answers.qualities[prompt, number]), crop)
