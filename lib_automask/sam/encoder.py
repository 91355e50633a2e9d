"""SAM's image encoder, computed in pieces: the same numbers in less time and memory.

The network is the ViT of Kirillov et al. (Segment Anything, 2023) with windows and decomposed relative positions of
Li et al. (ViTDet and MViTv2, 2022). What differs from computing it as written:

- Attention goes a block of queries at a time, so that the scores stay in the processor's cache and the whole
  [patches, patches] matrix is never held.
- Windows that reach beyond the picture are padded after the projection, with its bias, which is what the projection
  makes of zeros. So nothing is projected for the padding.
- The large products may be in half precision; what is summed from block to block, and the norms, stay float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

SCORES_ON_CPU = 2**20
"""Attention scores at once: 4 MB in float32, what a core's cache holds."""
SCORES_ELSEWHERE = 2**26
ROWS_AT_ONCE = 16
"""Rows of patches that pass through the wide layer of a block together."""


def encode(
    encoder: Any, pixels: torch.Tensor, dtype: torch.dtype, progress: Callable[[float], None] = lambda _share: None
) -> torch.Tensor:
    """The embedding of one prepared picture.

    Args:
        encoder: a segment_anything ``ImageEncoderViT`` with absolute and relative positions, as all published ones.
        pixels: float32[1, 3, S, S], normalised and padded (``Sam.preprocess``).
        dtype: of the large products.
        progress: told the share that is done, 0–1, before every block; it may raise to end the run.

    Returns:
        float32[1, C, G, G]. Where half precision overflows, the picture is encoded again in float32.
    """
    import torch

    tokens = encoder.patch_embed(pixels) + encoder.pos_embed
    for number, block in enumerate(encoder.blocks):
        progress(number / len(encoder.blocks))
        tokens = _block(block, tokens, dtype)
    embedding: torch.Tensor = encoder.neck(tokens.permute(0, 3, 1, 2))
    if dtype == torch.float16 and not embedding.isfinite().all():
        return encode(encoder, pixels, torch.float32, progress)
    return embedding


def _block(block: Any, tokens: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """float32[1, G, G, C] through one transformer block."""
    tokens = tokens + _attention(block.attn, block.norm1(tokens).to(dtype), block.window_size)
    for row in range(0, tokens.shape[1], ROWS_AT_ONCE):
        some = tokens[:, row : row + ROWS_AT_ONCE]
        hidden = block.mlp.act(_linear(block.mlp.lin1, block.norm2(some).to(dtype)))
        some += _linear(block.mlp.lin2, hidden)
    return tokens


def _linear(layer: Any, values: torch.Tensor) -> torch.Tensor:
    from torch.nn.functional import linear

    bias = None if layer.bias is None else layer.bias.to(values.dtype)
    return linear(values, layer.weight.to(values.dtype), bias)


def _attention(attention: Any, tokens: torch.Tensor, window: int) -> torch.Tensor:
    """[1, G, G, C] → [1, G, G, C], within windows of ``window`` patches, or everywhere where that is 0."""
    _, height, width, channels = tokens.shape
    side, heads = window or height, attention.num_heads
    padded = _padded(_linear(attention.qkv, tokens)[0], attention.qkv.bias, side)
    down, across = padded.shape[0] // side, padded.shape[1] // side
    windows = padded.view(down, side, across, side, 3, heads, -1).permute(4, 0, 2, 5, 1, 3, 6)
    seen = _attend(attention, windows.contiguous().view(3, -1, side, side, channels // heads))
    seen = seen.view(down, across, heads, side, side, -1).permute(0, 3, 1, 4, 2, 5)
    seen = seen.reshape(1, *padded.shape[:2], channels)[:, :height, :width]
    return _linear(attention.proj, seen.contiguous())


def _padded(projected: torch.Tensor, bias: torch.Tensor, side: int) -> torch.Tensor:
    """[H, W, C] made a multiple of ``side`` in both directions by what the projection makes of a token of zeros."""
    height, width, channels = projected.shape
    down, across = -(-height // side) * side, -(-width // side) * side
    if (down, across) == (height, width):
        return projected
    padded = projected.new_empty(down, across, channels)
    padded[:height, :width] = projected
    padded[:height, width:] = bias.to(projected.dtype)
    padded[height:] = bias.to(projected.dtype)
    return padded


def _attend(attention: Any, parts: torch.Tensor) -> torch.Tensor:
    """[3, N, H, W, D], queries, keys and values of N heads → [N, H × W, D]."""
    import torch

    queries, keys, values = parts
    count, height, width, _ = queries.shape
    keys, values = keys.flatten(1, 2), values.flatten(1, 2)
    seen = torch.empty_like(values)
    by_row, by_column = _positions(attention, height, width, queries.dtype)
    for heads, rows in _pieces(count, height, width, queries.device.type):
        some = queries[heads, rows]
        vertical = some @ by_row[rows]  # [n, h, W, H]
        horizontal = (some.transpose(1, 2) @ by_column).transpose(1, 2)  # [n, h, W, W]
        bias = some.new_empty(*some.shape[:3], height, width)
        torch.add(vertical[..., :, None], horizontal[..., None, :], out=bias)
        first = rows.start * width
        some, bias = some.flatten(1, 2), bias.flatten(3).flatten(1, 2)
        seen[heads, first : first + some.shape[1]] = _attend_biased(some, keys[heads], values[heads], bias)
    return seen


def _pieces(count: int, height: int, width: int, device: str) -> Iterator[tuple[slice, slice]]:
    """Cuts of the heads and of the rows of queries whose scores are few enough to be held at once."""
    limit = SCORES_ON_CPU if device == "cpu" else SCORES_ELSEWHERE
    a_row = width * height * width
    heads = max(1, limit // (a_row * height))
    rows = min(height, max(1, limit // a_row))
    for head in range(0, count, heads):
        for row in range(0, height, rows):
            yield slice(head, head + heads), slice(row, min(row + rows, height))


def _attend_biased(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """softmax(q kᵀ / √D + bias) v, of [n, Q, D], [n, K, D], [n, K, D] and [n, Q, K]; ``bias`` is used up."""
    from torch.nn.functional import scaled_dot_product_attention

    if queries.device.type != "cpu":
        return scaled_dot_product_attention(queries, keys, values, attn_mask=bias)
    # On CPUs torch reads a mask so slowly that these three steps are faster, in bfloat16 almost twice.
    bias.baddbmm_(queries, keys.transpose(1, 2), alpha=queries.shape[-1] ** -0.5)
    return bias.softmax(-1) @ values


def _positions(attention: Any, height: int, width: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Relative positions [H, D, H] and [W, D, W]: what a query's place adds for each row and column of keys."""
    import torch

    found = []
    for table, side in ((attention.rel_pos_h, height), (attention.rel_pos_w, width)):
        places = torch.arange(side, device=table.device)
        found.append(table[places[:, None] - places[None, :] + side - 1].transpose(1, 2).to(dtype).contiguous())
    return found[0], found[1]
