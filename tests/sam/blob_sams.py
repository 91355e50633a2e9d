"""Random Sams whose masks are blobs, and what segment-anything and automask find with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lib_automask.sam.grid_search import GeneratorSettings, embed_image, find_all_regions
from lib_automask.sam.model import build_sam
from lib_automask.types import Image, Segment

SHAPES: dict[str, dict[str, Any]] = {
    # Windows of 3 in a grid of 8 reach beyond it; the last block sees everything.
    "windows": {
        "image_size": 128, "patch_size": 16, "embed_dim": 48, "depth": 3, "num_heads": 4, "window_size": 3,
        "global_attn_indexes": [1], "out_chans": 32,
        "decoder": {"num_heads": 4, "mlp_dim": 64, "iou_head_hidden_dim": 32},
    },
    # Grid pixels and picture pixels in an odd ratio; three layers in the decoder.
    "odd": {
        "image_size": 72, "patch_size": 6, "embed_dim": 32, "depth": 2, "num_heads": 2, "window_size": 4,
        "global_attn_indexes": [1], "out_chans": 32,
        "decoder": {"depth": 3, "num_heads": 2, "mlp_dim": 48, "iou_head_hidden_dim": 32},
    },
}  # fmt: skip


def make_blob_sam(name: str, seed: int = 0) -> Any:
    """A random Sam whose masks are blobs that differ from point to point, many of them stable and good enough.

    Patches whose place is like a point's look at that point's token, since keys and queries are projected alike.
    """
    torch.manual_seed(seed)
    sam = build_sam(SHAPES[name]).requires_grad_(False)
    sam.image_encoder.pos_embed.normal_(std=0.2)
    for block in sam.image_encoder.blocks:
        block.attn.rel_pos_h.normal_(std=0.3)
        block.attn.rel_pos_w.normal_(std=0.3)
    for layer in sam.mask_decoder.transformer.layers:
        attention = layer.cross_attn_image_to_token
        attention.q_proj.weight.mul_(8)
        attention.k_proj.weight.copy_(attention.q_proj.weight)
        attention.out_proj.weight.mul_(8)
    for network in sam.mask_decoder.output_hypernetworks_mlps:
        network.layers[-1].weight.mul_(2000)
    quality = sam.mask_decoder.iou_prediction_head.layers[-1]
    quality.weight.mul_(0.3)
    quality.bias.fill_(0.9)
    return sam


def draw_tiles(height: int, width: int) -> Image:
    """Random colours in squares of ten."""
    colors = np.random.default_rng(height).integers(0, 255, (-(-height // 10), -(-width // 10), 3), dtype=np.uint8)
    return colors.repeat(10, 0).repeat(10, 1)[:height, :width].copy()


def reference_regions(sam: Any, image: Image, **settings: Any) -> list[dict[str, Any]]:
    from segment_anything import SamAutomaticMaskGenerator

    with torch.inference_mode():
        records = SamAutomaticMaskGenerator(sam, **settings).generate(image)
    return [record for record in records if record["segmentation"].any()]


def quick_regions(sam: Any, image: Image, dtype: Any = torch.float32, **settings: Any) -> tuple[Segment, ...]:
    return find_all_regions(sam, embed_image(sam, image, dtype), dtype, GeneratorSettings(**settings))


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())
