"""Every region of a picture: the result of segment-anything's ``SamAutomaticMaskGenerator`` for less work.

A grid of points is put to SAM; of the masks it answers with, the good, stable and distinct ones are kept (Kirillov et
al., Segment Anything, 2023, appendix B). Crops of the picture (``crop_n_layers``) and the removal of small regions are
not done, as by default there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lib_automask.errors import InputError
from lib_automask.sam.canvas import Canvas, Drawn
from lib_automask.sam.decoder import PictureDecoder
from lib_automask.sam.encoder import encode
from lib_automask.sam.suppression import Candidate, keep_best
from lib_automask.structures import Image, Segment

if TYPE_CHECKING:
    import torch

Progress = Callable[[str, float], None]
"""Told (stage, share of it that is done, 0–1) between small pieces of work; it may raise ``Interrupted``."""
Points = npt.NDArray[np.float64]
ENCODE, ASK, KEEP = "encode the picture", "ask at points", "keep the best"
"""The stages, in order."""


@dataclass(frozen=True)
class Settings:
    """As ``SamAutomaticMaskGenerator`` names them, with its defaults; ``points_per_batch`` None goes by the device."""

    points_per_side: int = 32
    points_per_batch: int | None = None
    pred_iou_thresh: float = 0.88
    stability_score_thresh: float = 0.95
    stability_score_offset: float = 1.0
    box_nms_thresh: float = 0.7

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Settings:
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
        values: float32[1, C, G, G].
        size: (height, width) of the picture.
        shown: (height, width) of the picture within the square that the encoder sees.
    """

    values: torch.Tensor
    size: tuple[int, int]
    shown: tuple[int, int]


def embed(sam: Any, image: Image, dtype: torch.dtype, progress: Progress = lambda _stage, _share: None) -> Embedding:
    """The embedding of ``image`` uint8[H, W, 3] RGB, with the large products in ``dtype``."""
    import torch
    from segment_anything.utils.transforms import ResizeLongestSide

    with torch.inference_mode():
        resized = ResizeLongestSide(sam.image_encoder.img_size).apply_image(image)
        pixels = torch.as_tensor(resized, device=sam.device).permute(2, 0, 1)[None]
        values = encode(sam.image_encoder, sam.preprocess(pixels), dtype, lambda share: progress(ENCODE, share))
    height, width = image.shape[:2]
    return Embedding(values, (height, width), resized.shape[:2])


def grid_of_points(side: int, size: tuple[int, int]) -> Points:
    """``side`` × ``side`` points (x, y) in pixels, float64[side², 2], row by row, for a picture of (height, width)."""
    places = (np.arange(side) + 0.5) / side
    columns, rows = np.meshgrid(places * size[1], places * size[0])
    points: Points = np.stack([columns, rows], -1).reshape(-1, 2)
    return points


def find_everything(
    sam: Any,
    embedding: Embedding,
    dtype: torch.dtype,
    settings: Settings = Settings(),
    progress: Progress = lambda _stage, _share: None,
) -> tuple[Segment, ...]:
    """Every region of an embedded picture, best predicted quality first; see ``find_at``."""
    return find_at(sam, embedding, grid_of_points(settings.points_per_side, embedding.size), dtype, settings, progress)


def find_at(
    sam: Any,
    embedding: Embedding,
    points: Points,
    dtype: torch.dtype,
    settings: Settings = Settings(),
    progress: Progress = lambda _stage, _share: None,
) -> tuple[Segment, ...]:
    """The distinct regions of an embedded picture that lie at points, best predicted quality first.

    Args:
        sam: a segment_anything ``Sam``, float32.
        embedding: of the picture, by the same ``sam``.
        points: (x, y) in pixels, float64[N, 2]; each is asked for a part, a thing and a group.
        dtype: of the large products; where half precision overflows, all is asked again in float32.
    """
    import torch

    with torch.inference_mode():
        decoder = PictureDecoder(sam, embedding.values, dtype)
        canvas = Canvas(
            4 * decoder.grid,
            sam.image_encoder.img_size,
            embedding.shown,
            embedding.size,
            settings.stability_score_offset,
        )
        prompts = _prompts(sam, embedding, points, settings.batch(sam.device.type), progress)
        try:
            candidates = list(_candidates(decoder, canvas, prompts, settings.pred_iou_thresh))
        except FloatingPointError:
            return find_at(sam, embedding, points, torch.float32, settings, progress)
        kept = keep_best(
            candidates,
            canvas,
            settings.stability_score_thresh,
            settings.box_nms_thresh,
            lambda share: progress(KEEP, share),
        )
        return tuple(_segment(candidate, drawn) for candidate, drawn in kept)


def _prompts(sam: Any, embedding: Embedding, points: Points, step: int, progress: Progress) -> Iterator[torch.Tensor]:
    """The points as SAM's prompts, float32[B, 2, C], a batch at a time."""
    import torch

    scale = np.array([shown / side for shown, side in zip(embedding.shown[::-1], embedding.size[::-1])])
    for first in range(0, len(points), step):
        progress(ASK, first / len(points))
        places = torch.as_tensor(points[first : first + step, None] * scale, device=sam.device)
        prompts, _ = sam.prompt_encoder((places, torch.ones(places.shape[:2], device=sam.device)), None, None)
        yield prompts


def _candidates(
    decoder: PictureDecoder, canvas: Canvas, prompts: Iterator[torch.Tensor], least: float
) -> Iterator[Candidate]:
    """Every mask of good predicted quality, not drawn yet; quality decides nothing where ``least`` is 0 or less.

    Raises FloatingPointError where half precision overflows.
    """
    import torch

    rows = -(-canvas.rows.used // 4)
    for batch in prompts:
        answers = decoder.answer(batch)
        if decoder.dtype == torch.float16 and not answers.qualities.isfinite().all():
            raise FloatingPointError("the decoder overflowed in half precision")
        good = answers.qualities > (least if least > 0 else -np.inf)
        chosen = good.any(1).nonzero()[:, 0].tolist()
        for prompt, masks in zip(chosen, decoder.draw(answers, chosen, rows)):
            for number in good[prompt].nonzero()[:, 0].tolist():
                crop = canvas.crop(masks[number])
                if crop is not None:
                    yield Candidate(float(answers.qualities[prompt, number]), crop)


def _segment(candidate: Candidate, drawn: Drawn) -> Segment:
    """Predicted qualities lie a little outside 0–1 at times."""
    return Segment(drawn.mask, min(max(candidate.quality, 0.0), 1.0), float(drawn.stability))
