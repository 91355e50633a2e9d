"""Pictures as BLIP sees them.

Done here, with Pillow alone, because the image processors of transformers differ between versions in how they resize,
and the same picture shall give the same mask in every host.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from lib_automask.structures import Image
from lib_automask.tensors import read_json

if TYPE_CHECKING:
    import torch

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class Pixels:
    """How a model wants its pictures: a square of ``size`` pixels, each channel (x / 255 - mean) / std."""

    size: int
    mean: tuple[float, ...] = CLIP_MEAN
    std: tuple[float, ...] = CLIP_STD

    @classmethod
    def from_folder(cls, folder: Path) -> Pixels:
        """From ``preprocessor_config.json`` (mean, deviation) and ``config.json`` (side of the picture)."""
        size = read_json(folder / "config.json").get("vision_config", {}).get("image_size", 384)
        config = read_json(folder / "preprocessor_config.json")
        return cls(size, tuple(config.get("image_mean", CLIP_MEAN)), tuple(config.get("image_std", CLIP_STD)))

    def tensor(self, images: Sequence[Image]) -> torch.Tensor:
        """float32[B, 3, size, size] of pictures uint8[H, W, 3] RGB; stretched to the square, as BLIP was trained."""
        import torch

        return torch.from_numpy(np.stack([self._array(image) for image in images]))

    def _array(self, image: Image) -> np.ndarray:  # type: ignore[type-arg]
        square = Pillow.fromarray(image).resize((self.size, self.size), Pillow.Resampling.BICUBIC)
        values = np.asarray(square, dtype=np.float32) / 255
        normal = (values - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(normal.transpose(2, 0, 1))
