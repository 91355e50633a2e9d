"""SAM's networks: their shape, loading them from a file, and image embeddings that are kept.

A file is recognized by its tensors and not by its name. A folder with ``sam.json`` and ``sam.safetensors`` may hold a
SAM of another shape than the published ones, as the demo model is. Files of related
networks (SAM-HQ, MobileSAM) are recognized and refused with what to take instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.interfaces import ignore_progress
from lib_automask.runtime.cache import ByteCache, fingerprint_model
from lib_automask.runtime.device import Precision, choose_dtype
from lib_automask.runtime.tensors import READ, read_json, read_tensors, skip_initialization
from lib_automask.sam.encoder import encode_image
from lib_automask.sam.grid_search import Embedding, embed_image
from lib_automask.types import Image, Progress, digest_image

if TYPE_CHECKING:
    import torch

POSITIONS = "image_encoder.pos_embed"
"""Name of the tensor whose width tells the published SAMs apart."""
SETTINGS = ("sam.json", "sam.safetensors")
"""Names of the two files in a folder that holds a SAM of another shape than the published ones."""
FETCH = "choose a vit_b, vit_l or vit_h file, or fetch one with `python -m lib_automask models fetch sam-vit-b`"
"""What to do about a file that is no SAM, for errors."""
CACHE_BYTES = 64 * 2**20
"""Of a model that is given no cache: sixteen pictures; a guess."""
MOST_ERROR = 0.05
"""By how much half precision may change an embedding, as a share of its length; a guess."""


@dataclass(frozen=True)
class DecoderShape:
    """The mask decoder; the defaults are those of every published SAM."""

    depth: int = 2
    num_heads: int = 8
    mlp_dim: int = 2048
    iou_head_depth: int = 3
    iou_head_hidden_dim: int = 256


@dataclass(frozen=True)
class SamShape:
    """Sizes of a SAM's networks; the defaults are vit_b's (Kirillov et al., Segment Anything, 2023).

    Args:
        image_size: side of the square that the encoder sees, pixels; a multiple of ``patch_size``.
        patch_size: side of a patch, pixels.
        embed_dim, depth, num_heads, mlp_ratio: of the image encoder.
        window_size: side of the attention windows, patches; the blocks in ``global_attn_indexes`` see everything.
        out_chans: channels of the image embedding, and width of the decoder; a multiple of 8.
        decoder: see ``DecoderShape``.
    """

    image_size: int = 1024
    patch_size: int = 16
    embed_dim: int = 768
    depth: int = 12
    num_heads: int = 12
    mlp_ratio: float = 4.0
    window_size: int = 14
    global_attn_indexes: tuple[int, ...] = (2, 5, 8, 11)
    out_chans: int = 256
    decoder: DecoderShape = field(default_factory=DecoderShape)

    @classmethod
    def from_mapping(cls, config: Mapping[str, Any]) -> SamShape:
        """From the dict of a ``sam.json``, "generator" left aside. Raises ModelCorrupt on an unknown entry."""
        values = {key: value for key, value in config.items() if key != "generator"}
        values["global_attn_indexes"] = tuple(values.get("global_attn_indexes", cls.global_attn_indexes))
        try:
            values["decoder"] = DecoderShape(**values.get("decoder", {}))
            return cls(**values)
        except TypeError as error:
            known = ", ".join(entry.name for entry in dataclasses.fields(cls))
            raise ModelCorrupt(f"sam.json has an entry that is not understood ({error}); known are {known}") from error


VIT_B = SamShape()
VIT_L = SamShape(embed_dim=1024, depth=24, num_heads=16, global_attn_indexes=(5, 11, 17, 23))
VIT_H = SamShape(embed_dim=1280, depth=32, num_heads=16, global_attn_indexes=(7, 15, 23, 31))
BY_WIDTH = {shape.embed_dim: shape for shape in (VIT_B, VIT_L, VIT_H)}


def build_sam(config: Mapping[str, Any] | SamShape) -> Any:
    """A ``segment_anything`` Sam of the given shape, with random weights, in evaluation mode.

    Args:
        config: a ``SamShape``, or the dict of a ``sam.json`` (missing entries are vit_b's).
    """
    from segment_anything.modeling import Sam

    shape = config if isinstance(config, SamShape) else SamShape.from_mapping(config)
    sam = Sam(_image_encoder(shape), _prompt_encoder(shape), _mask_decoder(shape))
    return sam.eval()


def _image_encoder(shape: SamShape) -> Any:
    from segment_anything.modeling import ImageEncoderViT
    from torch.nn import LayerNorm

    return ImageEncoderViT(
        img_size=shape.image_size,
        patch_size=shape.patch_size,
        embed_dim=shape.embed_dim,
        depth=shape.depth,
        num_heads=shape.num_heads,
        mlp_ratio=shape.mlp_ratio,
        out_chans=shape.out_chans,
        norm_layer=partial(LayerNorm, eps=1e-6),
        use_rel_pos=True,
        window_size=shape.window_size,
        global_attn_indexes=shape.global_attn_indexes,
    )


def _prompt_encoder(shape: SamShape) -> Any:
    from segment_anything.modeling import PromptEncoder

    patches = shape.image_size // shape.patch_size
    return PromptEncoder(
        embed_dim=shape.out_chans,
        image_embedding_size=(patches, patches),
        input_image_size=(shape.image_size, shape.image_size),
        mask_in_chans=16,
    )


def _mask_decoder(shape: SamShape) -> Any:
    from segment_anything.modeling import MaskDecoder, TwoWayTransformer

    decoder = shape.decoder
    transformer = TwoWayTransformer(
        depth=decoder.depth, embedding_dim=shape.out_chans, num_heads=decoder.num_heads, mlp_dim=decoder.mlp_dim
    )
    return MaskDecoder(
        transformer_dim=shape.out_chans,
        transformer=transformer,
        iou_head_depth=decoder.iou_head_depth,
        iou_head_hidden_dim=decoder.iou_head_hidden_dim,
    )


def load_sam(path: str | Path, device: str = "cpu", progress: Progress = ignore_progress) -> Any:
    """A ``segment_anything`` Sam, float32, in evaluation mode.

    Args:
        path: a published checkpoint (vit_b, vit_l or vit_h; .pth or .safetensors), or a folder with sam.json, which
            gives the shape, and sam.safetensors.
        device: as torch names it.
        progress: see ``read_tensors``; 1 once all tensors are read.

    Raises:
        ModelMissing: there is no such file.
        ModelCorrupt: it is broken, or is not a SAM that can be used here.
    """
    path = Path(path)
    tensors = read_tensors(path / SETTINGS[1] if path.is_dir() else path, progress)
    progress(READ, 1.0)
    config = _read_settings(path)
    with skip_initialization():
        sam = build_sam(config or recognize_checkpoint(tensors, path.name))
    try:
        sam.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelCorrupt(f"the tensors in {path.name} are not those of a SAM; {FETCH}") from error
    return sam.float().requires_grad_(False).to(device)


def read_generator_settings(path: str | Path) -> dict[str, Any]:
    """The settings of finding every region ("generator") in a folder's sam.json, or {} for a published checkpoint."""
    settings = _read_settings(Path(path)).get("generator", {})
    return dict(settings)


def recognize_checkpoint(tensors: Mapping[str, torch.Tensor], name: str) -> SamShape:
    """Which published SAM these tensors are; ``name`` of the file is for messages only. Raises ModelCorrupt."""
    if any(key.startswith("mask_decoder.hf_") or "compress_vit_feat" in key for key in tensors):
        raise ModelCorrupt(f"{name} is a SAM-HQ model, which is not supported; {FETCH}")
    if any(key.startswith("image_encoder.layers.") for key in tensors):
        raise ModelCorrupt(f"{name} is a MobileSAM model, which is not supported; {FETCH}")
    if any(key.startswith(("sam_mask_decoder.", "memory_")) for key in tensors) or "model" in tensors:
        raise ModelCorrupt(f"{name} looks like a SAM 2 model, which is not supported; {FETCH}")
    positions = tensors.get(POSITIONS)
    if positions is None or positions.shape[-1] not in BY_WIDTH:
        raise ModelCorrupt(f"{name} is not a SAM vit_b, vit_l or vit_h; {FETCH}")
    return BY_WIDTH[positions.shape[-1]]


def _read_settings(path: Path) -> dict[str, Any]:
    """The content of a folder's sam.json, or {} for a file."""
    if not path.is_dir():
        return {}
    file = path / SETTINGS[0]
    if not file.is_file():
        raise ModelMissing(f"{file} is not there; choose a folder with {' and '.join(SETTINGS)}, or a .pth file")
    return read_json(file)


class SamNetwork:
    """The networks of SAM (Kirillov et al., Segment Anything, 2023), which encode each picture once.

    Args:
        path: see ``load_sam``, as are the errors.
        device: as torch names it; see ``to``.
        cache: where image embeddings are kept (4 MB each for the published models); its own, of 64 MB, if none is
            given.
        precision: of the large products; see ``choose_dtype``.
        loading: progress of the file that is read.
    """

    def __init__(
        self,
        path: str | Path,
        device: str = "cpu",
        cache: ByteCache[Any] | None = None,
        precision: Precision = "auto",
        loading: Progress = ignore_progress,
    ) -> None:
        self.model = load_sam(path, progress=loading)
        self.precision = precision
        self._dtypes: dict[str, torch.dtype] = {}
        self.to(device)
        self.name = fingerprint_model(Path(path))
        self.cache: ByteCache[Any] = ByteCache(CACHE_BYTES) if cache is None else cache

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(weight.nbytes for weight in self.model.parameters())

    def to(self, device: str) -> None:
        """Work on another device from now on, in the precision that is right there."""
        self.model.to(device)
        if device not in self._dtypes:
            self._dtypes[device] = self._choose_dtype(device)
        self.dtype = self._dtypes[device]

    def _choose_dtype(self, device: str) -> torch.dtype:
        """See ``choose_dtype``; a float16 chosen by "auto" has to pass a test first."""
        import torch

        dtype = choose_dtype(device, self.precision, self.model.mask_decoder.transformer_dim)
        if self.precision != "auto" or dtype != torch.float16:
            return dtype
        return dtype if sam_precision_is_close(self.model) else torch.float32

    def embedding(self, image: Image, progress: Progress = ignore_progress) -> Embedding:
        """The embedding of ``image`` uint8[H, W, 3] RGB, from the cache if it is there."""
        return self.cache.get_or_make(
            digest_image(image, self.name.encode(), self.precision.encode(), b"embedding"),
            lambda: embed_image(self.model, image, self.dtype, progress),
            lambda embedding: embedding.values.nbytes,
        )

    def predictor(self, image: Image) -> Any:
        """A ``SamPredictor`` with the embedding of ``image`` uint8[H, W, 3] RGB."""
        from segment_anything import SamPredictor

        embedding, predictor = self.embedding(image), SamPredictor(self.model)
        predictor.original_size, predictor.input_size = embedding.size, embedding.shown
        predictor.features, predictor.is_image_set = embedding.values.to(self.model.device), True
        return predictor


def sam_precision_is_close(sam: Any) -> bool:
    """Whether a Sam, on its present device, encodes a test picture in float16 as it does in float32.

    It does not if something overflows, or if the two differ by more than ``MOST_ERROR`` of their length.
    """
    import torch

    side = sam.image_encoder.img_size
    pixels = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(sam.device)
    with torch.inference_mode():
        rough, exact = (encode_image(sam.image_encoder, pixels, dtype) for dtype in (torch.float16, torch.float32))
        error = float((rough - exact).norm() / exact.norm())
    return 0 < error < MOST_ERROR  # 0 means that the overflow was computed again in float32
