"""SAM's image encoder, computed in pieces: the same numbers in less time and memory.

The network is the ViT of Kirillov et al. (Segment Anything, 2023) with windows and decomposed relative positions of
Li et al. (ViTDet and MViTv2, 2022). It differs from the reference implementation in three ways:

- Patches pass through a block one band of rows at a time (one row of windows in blocks with windows), and attention is
  computed for a part of the queries at a time. So intermediate results stay in the processor's cache, and neither the
  projections of the whole picture nor the whole [patches, patches] matrix is held.
- Windows that reach beyond the picture are padded after the projection, with its bias, which is the projection of
  zeros. So nothing is projected for the padding.
- The large products may be in half precision; sums from block to block, and the norms, stay float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lib_automask.interfaces import ignore_progress, scale_progress
from lib_automask.types import Progress

if TYPE_CHECKING:
    import torch

ENCODE = "encode the picture"
"""The stage that is reported while a picture is encoded."""
# The sizes below were the fastest in ``python -m benchmarks.speed --parts exact``, but for the one on cards: a guess.
SCORES_ON_CPU = 2**20
"""Attention scores at once: 4 MB in float32, what a core's cache holds."""
SCORES_ON_CARD = 2**26
"""The same on a card: 128 MB in half precision."""
NARROW = 32
"""Side of windows up to which a product with ones and zeros is faster than an addition along such short lines."""
ROWS_AT_ONCE = 16
"""Rows of patches that pass through the wide layer of a block together."""


def encode_image(
    encoder: Any, pixels: torch.Tensor, dtype: torch.dtype, progress: Progress = ignore_progress
) -> torch.Tensor:
    """The embedding of one prepared picture.

    Args:
        encoder: a segment_anything ``ImageEncoderViT`` with absolute and relative positions, as all published SAMs.
        pixels: float32[1, 3, S, S], normalised and padded (``Sam.preprocess``).
        dtype: of the large products.
        progress: called many times a block.

    Returns:
        float32[1, C, G, G]. If half precision overflows, the picture is encoded again in float32.
    """
    import torch

    # Made contiguous, since the convolution puts channels first in memory and every norm would have to move them.
    tokens = (encoder.patch_embed(pixels) + encoder.pos_embed)[0].contiguous()
    count = len(encoder.blocks)
    for number, block in enumerate(encoder.blocks):
        _run_block(block, tokens, dtype, scale_progress(progress, number / count, (number + 1) / count))
    embedding: torch.Tensor = encoder.neck(tokens[None].permute(0, 3, 1, 2))
    if dtype == torch.float16 and not embedding.isfinite().all():
        return encode_image(encoder, pixels, torch.float32, progress)
    return embedding


def _run_block(block: Any, tokens: torch.Tensor, dtype: torch.dtype, progress: Progress) -> None:
    """Change float32[G, G, C] in place as one transformer block does."""
    height = len(tokens)
    attention = _Attention(block, block.window_size or height, dtype)
    for rows in _bands(height, attention.side):
        part = scale_progress(progress, rows.start / height / 2, rows.stop / height / 2)
        tokens[rows] += attention.attend(tokens[rows], part)
    first, second = Linear(block.mlp.lin1, dtype), Linear(block.mlp.lin2, dtype)
    for rows in _bands(height, ROWS_AT_ONCE):
        progress(ENCODE, 0.5 + rows.start / height / 2)
        tokens[rows] += second(gelu_in_place(first(block.norm2(tokens[rows]).to(dtype))))


def _bands(height: int, rows: int) -> Iterator[slice]:
    """Cuts of a height into ``rows`` each; the last may have fewer."""
    return (slice(start, min(start + rows, height)) for start in range(0, height, rows))


def gelu_in_place(values: torch.Tensor) -> torch.Tensor:
    """Changes and returns ``values``: to fill new memory takes longer than to compute."""
    import torch

    changed: torch.Tensor = torch.ops.aten.gelu_(values)
    return changed


class Linear:
    """A linear layer with its weights in the type of the large products."""

    def __init__(self, layer: Any, dtype: torch.dtype) -> None:
        self.weight = layer.weight.to(dtype)
        self.bias = None if layer.bias is None else layer.bias.to(dtype)

    def __call__(self, values: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import linear

        return linear(values, self.weight, self.bias)


class _Attention:
    """The attention of one block, within windows of ``side`` patches; a window may be the whole picture."""

    def __init__(self, block: Any, side: int, dtype: torch.dtype) -> None:
        self.norm, self.heads, self.side, self.dtype = block.norm1, block.attn.num_heads, side, dtype
        self.projection, self.output = Linear(block.attn.qkv, dtype), Linear(block.attn.proj, dtype)
        self.by_row = _positions(block.attn.rel_pos_h, side, dtype)
        self.by_column = _positions(block.attn.rel_pos_w, side, dtype)
        self.spread = _spread(side, self.by_row) if side <= NARROW else None

    def attend(self, tokens: torch.Tensor, progress: Progress) -> torch.Tensor:
        """The result [h, G, C] for one row of windows float32[h, G, C]; h is ``side``, or less at the edge."""
        height, width, channels = tokens.shape
        values = self._attend_projected(self._project(tokens), progress)
        values = values.view(-1, self.heads, self.side, self.side, channels // self.heads)[:, :, :height]
        return self.output(values.permute(2, 0, 3, 1, 4).reshape(height, -1, channels)[:, :width].contiguous())

    def _project(self, tokens: torch.Tensor) -> torch.Tensor:
        """[h, G, C] → [3, N, side, side, D]: queries, keys and values of all heads of all windows."""
        height, width, channels = tokens.shape
        windows, side = -(-width // self.side), self.side
        parts = tokens.new_empty(3, windows, self.heads, side, side, channels // self.heads, dtype=self.dtype)
        parts[..., height:, :, :] = self._project_zeros(parts)
        parts[:, -1:, ..., width - (windows - 1) * side :, :] = self._project_zeros(parts)
        for rows in _bands(height, ROWS_AT_ONCE):
            projected = self.projection(self.norm(tokens[rows]).to(self.dtype))
            projected = projected.unflatten(-1, (3, self.heads, -1)).permute(2, 3, 0, 1, 4)
            for window, columns in enumerate(_bands(width, side)):
                parts[:, window, :, rows, : columns.stop - columns.start] = projected[:, :, :, columns]
        return parts.flatten(1, 2)

    def _project_zeros(self, parts: torch.Tensor) -> torch.Tensor:
        """The projection of a token of zeros, [3, 1, heads, 1, 1, D]."""
        if self.projection.bias is None:
            return parts.new_zeros(())
        return self.projection.bias.view(3, 1, self.heads, 1, 1, -1)

    def _attend_projected(self, parts: torch.Tensor, progress: Progress) -> torch.Tensor:
        """[3, N, H, W, D], queries, keys and values of N heads → [N, H × W, D]."""
        import torch

        queries, keys, values = parts
        count, height, width, _ = queries.shape
        keys, values = keys.flatten(1, 2), values.flatten(1, 2)
        result = torch.empty_like(values)
        for heads, rows in _pieces(count, height, width, queries.device.type):
            progress(ENCODE, (heads.start + rows.start / height) / count)
            piece = queries[heads, rows]
            vertical = piece @ self.by_row[rows]  # [n, h, W, H]
            horizontal = (piece.transpose(1, 2) @ self.by_column).transpose(1, 2)  # [n, h, W, W]
            first = rows.start * width
            piece, bias = piece.flatten(1, 2), self._bias(vertical, horizontal)
            result[heads, first : first + piece.shape[1]] = _attend_biased(piece, keys[heads], values[heads], bias)
        return result

    def _bias(self, vertical: torch.Tensor, horizontal: torch.Tensor) -> torch.Tensor:
        """The bias [n, h × W, H × W] of each query for each key: the sum of those by row [n, h, W, H] and by column
        [n, h, W, W]."""
        import torch

        if self.spread is not None:
            return (torch.cat([vertical, horizontal], -1) @ self.spread).flatten(1, 2)
        bias = vertical.new_empty(*vertical.shape, horizontal.shape[-1])
        torch.add(vertical[..., :, None], horizontal[..., None, :], out=bias)
        return bias.flatten(3).flatten(1, 2)


def _pieces(count: int, height: int, width: int, device: str) -> Iterator[tuple[slice, slice]]:
    """Cuts of the heads and of the rows of queries whose scores are few enough to be held at once."""
    limit = SCORES_ON_CPU if device == "cpu" else SCORES_ON_CARD
    scores_of_row = width * height * width
    heads = max(1, limit // (scores_of_row * height))
    rows = min(height, max(1, limit // scores_of_row))
    for head in range(0, count, heads):
        for row in range(0, height, rows):
            yield slice(head, head + heads), slice(row, min(row + rows, height))


def _attend_biased(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """softmax(q kᵀ / √D + bias) v, of [n, Q, D], [n, K, D], [n, K, D] and [n, Q, K]; ``bias`` is overwritten."""
    from torch import softmax
    from torch.nn.functional import scaled_dot_product_attention

    if queries.device.type != "cpu":
        return scaled_dot_product_attention(queries, keys, values, attn_mask=bias)
    # On CPUs torch reads a mask so slowly that these three steps are faster, in bfloat16 almost twice as fast.
    bias.baddbmm_(queries, keys.transpose(1, 2), alpha=queries.shape[-1] ** -0.5)
    return softmax(bias, -1, out=bias) @ values


def _positions(table: torch.Tensor, side: int, dtype: torch.dtype) -> torch.Tensor:
    """Relative positions [side, D, side]: a query's bias for each row, or column, of keys, by its own."""
    import torch

    places = torch.arange(side, device=table.device)
    return table[places[:, None] - places[None, :] + side - 1].transpose(1, 2).to(dtype).contiguous()


def _spread(side: int, like: torch.Tensor) -> torch.Tensor:
    """Ones and zeros [2 × side, side²] that give each key of a window the biases of its row and its column."""
    import torch

    one = torch.eye(side, dtype=like.dtype, device=like.device)
    return torch.cat([one.repeat_interleave(side, 1), one.repeat(1, side)])
