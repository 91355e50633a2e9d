"""Masks like those of a trained SAM, for measuring speed without trained weights.

A SAM of the true architecture with random weights takes the true time, but its masks are noise: none would pass the
filters, and the work after them would cost nothing. So the decoder runs, and then its masks are replaced by these:
ellipses of many sizes, nested and neighbouring, three for each point (a part, a thing, a group). Their outlines differ
a little from point to point; some have a low predicted quality, and some a blurred outline that is not stable. They
are made before the clock starts, and both generators get the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import torch

from lib_automask.sam import grid_search
from lib_automask.sam.decoder import DecodedPrompts, PictureDecoder
from lib_automask.sam.projection import PatchUpdates

THINGS = 90
"""Ellipses in a picture; a guess."""


@dataclass(frozen=True, eq=False)
class Blobs:
    """Masks for N points in their order: ``qualities`` float32[N, 3], ``logits`` float16[N, 3, S, S]."""

    qualities: torch.Tensor
    logits: torch.Tensor


def make_blobs(
    points: npt.NDArray[np.float64], grid: int, seed: int = 0, extent: npt.NDArray[np.float64] | None = None
) -> Blobs:
    """Masks for ``points`` (x, y) in 0–1 of the grid's ``grid`` pixels a side, float64[N, 2].

    ``extent`` float64[2] is how far the ellipses reach; by default as far as the points do.
    """
    rng = np.random.default_rng(seed)
    radii = np.exp(rng.uniform(np.log(0.015), np.log(0.4), (THINGS, 1))) * rng.uniform(0.6, 1.6, (THINGS, 2))
    centers = rng.uniform(0, 1, (THINGS, 2)) * (points.max(0) if extent is None else extent)
    blurred = rng.random(THINGS) < 0.3
    pixels = (np.arange(grid, dtype=np.float32) + 0.5) / grid
    qualities = np.zeros((len(points), 3), np.float32)
    logits = np.zeros((len(points), 3, grid, grid), np.float16)
    by_size = np.argsort(radii.prod(1))
    for number, point in enumerate(points):
        inside = (((point - centers) / radii) ** 2).sum(1) < 1
        hit = [thing for thing in by_size if inside[thing]][:3]
        for mask in range(3):
            thing = hit[mask] if mask < len(hit) else by_size[-1 - mask]
            center, radius = centers[thing] + rng.normal(0, 0.002, 2), radii[thing] * rng.normal(1, 0.02, 2)
            x, y = (pixels - center[0]) / radius[0], (pixels - center[1]) / radius[1]
            slope = (4 if blurred[thing] else 40) * (0.3 + radius.mean())
            logits[number, mask] = np.clip(slope * 4 * (1 - np.sqrt(x[None] ** 2 + y[:, None] ** 2)), -20, 20)
            qualities[number, mask] = (0.95 if mask < len(hit) else 0.8) + rng.normal(0, 0.05)
    return Blobs(torch.from_numpy(qualities), torch.from_numpy(logits))


class ReferenceDecoder(torch.nn.Module):
    """Wraps a ``MaskDecoder``: runs it (unless ``idle``) and returns blobs."""

    def __init__(self, decoder: Any, blobs: Blobs, idle: bool) -> None:
        super().__init__()
        self.decoder, self.blobs, self.idle, self.prompted = decoder, blobs, idle, 0

    def forward(self, **inputs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.idle:
            self.decoder(**inputs)
        batch = slice(self.prompted, self.prompted + len(inputs["sparse_prompt_embeddings"]))
        self.prompted = batch.stop
        return self.blobs.logits[batch].float(), self.blobs.qualities[batch].clone()


@contextmanager
def replace_reference_masks(sam: Any, blobs: Blobs, idle: bool = False) -> Iterator[None]:
    """In this context ``sam.mask_decoder`` returns blobs, beginning with those of the first point."""
    own = sam.mask_decoder
    sam.mask_decoder = ReferenceDecoder(own, blobs, idle)
    try:
        yield
    finally:
        sam.mask_decoder = own


@contextmanager
def replace_decoder_masks(blobs: Blobs, idle: bool = False) -> Iterator[None]:
    """In this context ``PictureDecoder`` returns blobs, beginning with the first point's; for boxes the first ones."""

    class BlobDecoder(PictureDecoder):
        prompted = 0

        def decode(self, prompts: torch.Tensor, multimask: bool = True) -> DecodedPrompts:
            first = self.prompted if multimask else 0
            self.batch = slice(first, first + len(prompts))
            self.masks = slice(3 if multimask else 1)
            self.prompted += len(prompts) if multimask else 0
            qualities = blobs.qualities[self.batch, self.masks]
            if idle:
                return DecodedPrompts(qualities, qualities, PatchUpdates(), multimask)
            return replace(super().decode(prompts, multimask), qualities=qualities)

        def draw(self, decoded: DecodedPrompts, prompts: Sequence[int], rows: int) -> torch.Tensor:
            if not idle:
                super().draw(decoded, prompts, rows)
            return blobs.logits[self.batch, self.masks][list(prompts), :, : 4 * rows].float()

    with patch.object(grid_search, "PictureDecoder", BlobDecoder):
        yield
