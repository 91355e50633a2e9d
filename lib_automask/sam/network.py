"""A loaded SAM with the pictures that it has seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_automask.cache import ByteCache, fingerprint
from lib_automask.precision import Precision, choose_dtype
from lib_automask.sam.encoder import encode
from lib_automask.sam.everything import Embedding, Progress, embed
from lib_automask.sam.loading import load_sam
from lib_automask.structures import Image, digest
from lib_automask.tensors import Progress as Loading

if TYPE_CHECKING:
    import torch

CACHE_BYTES = 64 * 2**20


class SamNetwork:
    """The networks of SAM (Kirillov et al., Segment Anything, 2023), each picture encoded once.

    Args:
        path: see ``load_sam``, as are the errors.
        device: as torch names it; see ``to``.
        cache: where image embeddings are kept (4 MB each for the published models); its own, of 64 MB, if none is
            given.
        precision: of the large products; see ``choose_dtype``.
        loading: told the share of the file that is read.
    """

    def __init__(
        self,
        path: str | Path,
        device: str = "cpu",
        cache: ByteCache[Any] | None = None,
        precision: Precision = "auto",
        loading: Loading = lambda _share: None,
    ) -> None:
        self.model = load_sam(path, progress=loading)
        self.precision = precision
        self._dtypes: dict[str, torch.dtype] = {}
        self.to(device)
        self.name = fingerprint(Path(path))
        self.cache: ByteCache[Any] = ByteCache(CACHE_BYTES) if cache is None else cache

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(weight.nbytes for weight in self.model.parameters())

    def to(self, device: str) -> None:
        """Work on another device from now on, in the precision that is right there."""
        self.model.to(device)
        if device not in self._dtypes:
            self._dtypes[device] = self._choose(device)
        self.dtype = self._dtypes[device]

    def _choose(self, device: str) -> torch.dtype:
        """See ``choose_dtype``; where float16 was not asked for by name, it has to stand a test."""
        import torch

        dtype = choose_dtype(device, self.precision, self.model.mask_decoder.transformer_dim)
        if self.precision != "auto" or dtype != torch.float16:
            return dtype
        return dtype if half_is_close(self.model) else torch.float32

    def embedding(self, image: Image, progress: Progress = lambda _stage, _share: None) -> Embedding:
        """Of ``image`` uint8[H, W, 3] RGB, from the cache where it is there."""
        return self.cache.get_or_make(
            digest(image, self.name.encode(), self.precision.encode(), b"embedding"),
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


def half_is_close(sam: Any, most: float = 0.05) -> bool:
    """Whether a Sam, where it is now, encodes a test picture in float16 as it does in float32.

    It does not where something overflows, which ``encode`` answers by float32, or where the two differ by more than
    ``most`` of their length.
    """
    import torch

    side = sam.image_encoder.img_size
    pixels = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(sam.device)
    with torch.inference_mode():
        rough, exact = (encode(sam.image_encoder, pixels, dtype) for dtype in (torch.float16, torch.float32))
        off = float((rough - exact).norm() / exact.norm())
    return 0 < off < most
