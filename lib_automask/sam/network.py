"""A loaded SAM with the pictures that it has seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lib_automask.cache import ByteCache, fingerprint
from lib_automask.sam.everything import Embedding, Progress, embed
from lib_automask.sam.loading import load_sam
from lib_automask.sam.precision import Precision, choose_dtype
from lib_automask.structures import Image, digest

CACHE_BYTES = 64 * 2**20


class SamNetwork:
    """The networks of SAM (Kirillov et al., Segment Anything, 2023), each picture encoded once.

    Args:
        path: see ``load_sam``, as are the errors.
        device: as torch names it.
        cache: where image embeddings are kept (4 MB each for the published models); its own, of 64 MB, if none is
            given.
        precision: of the large products; see ``choose_dtype``.
    """

    def __init__(
        self,
        path: str | Path,
        device: str = "cpu",
        cache: ByteCache[Any] | None = None,
        precision: Precision = "auto",
    ) -> None:
        self.model = load_sam(path, device)
        self.dtype = choose_dtype(device, precision, self.model.mask_decoder.transformer_dim)
        self.name = fingerprint(Path(path))
        self.cache: ByteCache[Any] = ByteCache(CACHE_BYTES) if cache is None else cache

    def embedding(self, image: Image, progress: Progress = lambda _stage, _share: None) -> Embedding:
        """Of ``image`` uint8[H, W, 3] RGB, from the cache where it is there."""
        return self.cache.get_or_make(
            digest(image, self.name.encode(), str(self.dtype).encode(), b"embedding"),
            lambda: embed(self.model, image, self.dtype, progress),
            lambda embedding: embedding.values.nbytes,
        )

    def predictor(self, image: Image) -> Any:
        """A ``SamPredictor`` that has seen ``image`` uint8[H, W, 3] RGB."""
        from segment_anything import SamPredictor

        embedding, predictor = self.embedding(image), SamPredictor(self.model)
        predictor.original_size, predictor.input_size = embedding.size, embedding.shown
        predictor.features, predictor.is_image_set = embedding.values.to(self.model.device), True
        return predictor
