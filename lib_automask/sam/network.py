"""A loaded SAM with the pictures that it has seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_automask.cache import ByteCache
from lib_automask.sam.loading import load_sam
from lib_automask.structures import Image, digest

if TYPE_CHECKING:
    import torch

CACHE_BYTES = 64 * 2**20


class SamNetwork:
    """The networks of SAM (Kirillov et al., Segment Anything, 2023), each picture encoded once.

    Args:
        path: see ``load_sam``, as are the errors.
        device: as torch names it.
        cache: where image embeddings are kept (4 MB each for the published models); its own, if none is given.
    """

    def __init__(self, path: str | Path, device: str = "cpu", cache: ByteCache[torch.Tensor] | None = None) -> None:
        self.model = load_sam(path, device)
        self.name = str(Path(path).resolve())
        self.cache: ByteCache[torch.Tensor] = ByteCache(CACHE_BYTES) if cache is None else cache

    def predictor(self) -> Any:
        """A ``SamPredictor`` whose ``set_image`` takes the embedding from the cache where it is there."""
        from segment_anything import SamPredictor

        predictor = SamPredictor(self.model)
        encode = predictor.set_image
        predictor.set_image = lambda image, image_format="RGB": self._set_image(predictor, encode, image)
        return predictor

    def _set_image(self, predictor: Any, encode: Any, image: Image) -> None:
        key = digest(image, self.name.encode())
        seen = self.cache.get(key)
        if seen is None:
            encode(image)
            self.cache.put(key, predictor.features, predictor.features.nbytes)
            return
        height, width = image.shape[:2]
        predictor.original_size = (height, width)
        predictor.input_size = predictor.transform.get_preprocess_shape(
            height, width, predictor.transform.target_length
        )
        predictor.features = seen
        predictor.is_image_set = True
