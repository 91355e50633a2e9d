"""The shape of a SAM, and the network built from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lib_automask.errors import ModelCorrupt


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
