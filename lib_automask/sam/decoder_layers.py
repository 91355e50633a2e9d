"""Attention between the tokens of prompts and their patches, either way, without the patches: see ``sam.projection``.

Shapes as there.

The norms of SAM's decoder, for patches that are never made.

A norm needs the length of each patch, x + S O, less its mean. With x the picture's part and O the few rows that tokens
bring, it follows from products of the parts: |x|² + Σ S (2 x·O + (O Oᵀ) S).

Shapes as in ``sam.projection``.

From patches that looked at tokens to the pixels of masks, without the patches: see ``sam.projection``.

SAM doubles the sides of its patches twice, by transposed convolutions (Kirillov et al., Segment Anything, 2023,
appendix A). Their stride is their size, so each is a matrix product, and the first projects patches.

Shapes as in ``sam.projection``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib_automask.sam.encoder import gelu_in_place
from lib_automask.sam.projection import PatchUpdates, Projection, split_by_head, split_by_prompt

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class PatchContext:
    """What tokens look at, and are looked at by.

    Args:
        layers: that the patches went through.
        patches: float32[N, C] of the picture.
        positions: float32[N, C], which are added to patches before they are projected.
        dtype: of the large products.
    """

    layers: Sequence[Any]
    patches: torch.Tensor
    positions: torch.Tensor
    dtype: torch.dtype

    def projected(self, side: Any) -> Projection:
        """By a linear layer, without positions."""
        return Projection(self.layers, self.patches, side.weight.T, side.bias)


class AttentionScores:
    """How much tokens and patches agree.

    Args:
        sight: the patches, and what they went through.
        attention: a segment_anything ``Attention``.
        side: its projection of the patches: of keys, where tokens look at them, or of queries.
    """

    def __init__(self, sight: PatchContext, attention: Any, side: Any) -> None:
        self.heads, self.dtype = attention.num_heads, sight.dtype
        self.scale = (attention.internal_dim // attention.num_heads) ** -0.5
        self.patches = sight.projected(side)
        placed = sight.positions @ side.weight.T + self.patches.constant
        if sight.layers:
            self.picture, self.placed = self._split(self.patches.picture), self._split(placed)
        else:
            self.picture = self._split(self.patches.picture + placed)

    def __call__(self, tokens: torch.Tensor, looks: PatchUpdates) -> Iterator[torch.Tensor]:
        """[H, T, N] of one prompt after the other, where its tokens are projected to float32[B, T, H × D]."""
        import torch

        prompts, asked = len(tokens), split_by_head(tokens, self.heads) * self.scale
        low = asked.to(self.dtype)
        with_picture = split_by_prompt(low @ self.picture, prompts)
        if not looks.values:
            yield from with_picture
            return
        with_positions = split_by_prompt(low @ self.placed, prompts)
        rows = self.patches.rows(looks.values, prompts).unflatten(2, (self.heads, -1))  # [B, K, H, D]
        with_rows = (
            (split_by_prompt(asked, prompts) @ rows.permute(0, 2, 3, 1)).flatten(1, 2).to(self.dtype)
        )  # [B, H × T, K]
        for prompt, (shares, scale) in enumerate(zip(looks.shares, looks.scales)):
            scores = torch.addcmul(with_positions[prompt], with_picture[prompt], scale.to(self.dtype))
            yield scores.flatten(0, 1).addmm_(with_rows[prompt], shares).view(scores.shape)

    def _split(self, values: torch.Tensor) -> torch.Tensor:
        """float32[N, H × D] → [H, D, N]."""
        return values.unflatten(1, (self.heads, -1)).permute(1, 2, 0).to(self.dtype).contiguous()


class TokenReader:
    """Tokens look at the patches; the arguments are those of ``AttentionScores``."""

    def __init__(self, sight: PatchContext, attention: Any) -> None:
        self.attention, self.heads, self.dtype = attention, attention.num_heads, sight.dtype
        self.scores = AttentionScores(sight, attention, attention.k_proj)
        self.values = sight.projected(attention.v_proj)
        self.picture = split_by_head(self.values.picture[None], self.heads).to(self.dtype).contiguous()  # [H, N, D]

    def __call__(self, queries: torch.Tensor, looks: PatchUpdates) -> torch.Tensor:
        """What tokens see, float32[B, T, C] of float32[B, T, C]."""
        import torch

        scores = self.scores(self.attention.q_proj(queries), looks)
        if looks.values:
            rows = self.values.rows(looks.values, len(queries)).unflatten(2, (self.heads, -1)).transpose(1, 2)
            seen = [self._see(some.softmax(-1), looks, prompt, rows[prompt]) for prompt, some in enumerate(scores)]
        else:
            seen = [(some.softmax(-1) @ self.picture).float() for some in scores]
        together = torch.stack(seen).transpose(1, 2).flatten(2) + self.values.constant
        result: torch.Tensor = self.attention.out_proj(together)
        return result

    def _see(self, weights: torch.Tensor, looks: PatchUpdates, prompt: int, rows: torch.Tensor) -> torch.Tensor:
        """float32[H, T, D] of one prompt, by weights [H, T, N], where its tokens bring rows float32[H, K, D]."""
        of_rows = (weights.flatten(0, 1) @ looks.shares[prompt].T).float().view(*weights.shape[:2], -1)
        of_picture = weights.mul_(looks.scales[prompt].to(self.dtype)) @ self.picture
        return of_picture.float() + of_rows @ rows


class TokenWriter:
    """Patches look at the tokens; the arguments are those of ``AttentionScores``."""

    def __init__(self, sight: PatchContext, attention: Any) -> None:
        self.attention = attention
        self.scores = AttentionScores(sight, attention, attention.q_proj)

    def __call__(
        self, keys: torch.Tensor, values: torch.Tensor, looks: PatchUpdates
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """What tokens offer, float32[H, B × T, D], and the shares [H × T, N] of it that each prompt's patches take.

        ``keys`` and ``values`` are float32[B, T, C].
        """
        shares = [some.softmax(1).flatten(0, 1) for some in self.scores(self.attention.k_proj(keys), looks)]
        return split_by_head(self.attention.v_proj(values), self.attention.num_heads), shares


class PatchNorm:
    """The norm at the end of a layer.

    Args:
        layers: of segment_anything's ``TwoWayTransformer``, up to the one whose norm it is.
        patches: float32[N, C] of the picture.
        dtype: of the large products.
    """

    def __init__(self, layers: Sequence[Any], patches: torch.Tensor, dtype: torch.dtype) -> None:
        import torch

        self.dtype, self.eps = dtype, layers[-1].norm4.eps
        channels = patches.shape[1]
        # Divided so that the square of a length is a variance, which half precision can hold.
        less_means = (torch.eye(channels, device=patches.device) - 1 / channels) / channels**0.5
        self.sums = Projection(layers, patches, less_means, patches.new_zeros(channels), last_norm=False)
        picture = self.sums.picture
        self.variances = picture.square().sum(1)[None]
        """float32[1, N] of the picture's part."""
        self.products = [(2 * weight @ picture.T).to(dtype) for weight in self.sums.weights]
        """[H, D, N] of each layer: twice the product of that part and of what values bring."""
        self.bias_products = [(2 * bias @ picture.T).to(dtype) for bias in self.sums.biases]
        """[N] of each layer: the same of what comes with every value."""

    def __call__(self, looks: PatchUpdates, values: torch.Tensor, shares: Sequence[torch.Tensor]) -> PatchUpdates:
        """The looks after this layer.

        Args:
            looks: before it.
            values: float32[H, B × T, D], what its tokens offer.
            shares: [H × T, N] of each prompt, how much each patch takes of each.

        Raises:
            FloatingPointError: half precision overflows.
        """
        import torch

        everything, count = [*looks.values, values], len(shares)
        rows = self.sums.rows(everything, count)
        among = (rows @ rows.transpose(1, 2)).to(self.dtype)  # [B, K, K]
        with_picture = [
            split_by_prompt(some.to(self.dtype) @ part, count) for some, part in zip(everything, self.products)
        ]
        after, scales = [], []
        for prompt, new in enumerate(shares):
            held = torch.cat([looks.shares[prompt], new]) if looks.values else new
            scale = looks.scales[prompt] if looks.values else self.variances.new_ones(1, 1)
            parts = [part[prompt] + bias for part, bias in zip(with_picture, self.bias_products)]
            products = torch.cat(parts).flatten(0, 1) * scale.to(self.dtype)
            products.addmm_(among[prompt], held).mul_(held)
            own = scale.square() * self.variances
            variances = own + products.sum(0, keepdim=True, dtype=torch.float32)
            if self.dtype == torch.float16 and not variances.isfinite().all():
                raise FloatingPointError("the decoder overflowed in half precision")
            # Where the tokens' part all but undoes the picture's, what is left is not known below the rounding.
            factor = (variances.maximum(own * torch.finfo(self.dtype).eps) + self.eps).rsqrt()
            after.append(held.mul_(factor.to(self.dtype)))
            scales.append(scale * factor)
        return PatchUpdates(everything, after, scales)


class MaskUpscaling:
    """The two doublings, prepared for one picture.

    Args:
        decoder: a segment_anything ``MaskDecoder``, float32.
        patches: float32[N, C] of the picture.
        dtype: of the large products.
    """

    def __init__(self, decoder: Any, patches: torch.Tensor, dtype: torch.dtype) -> None:
        first, norm, _, second, _ = decoder.output_upscaling
        self.first = Projection(decoder.transformer.layers, patches, *_as_product(first))
        self.picture, self.constant = self.first.picture.to(dtype), self.first.constant.to(dtype)
        self.norm = norm.weight.to(dtype), norm.bias.to(dtype), norm.eps
        weight, constant = _as_product(second)
        self.second, self.second_constant = weight.T.to(dtype).contiguous(), constant.to(dtype)

    def __call__(self, looks: PatchUpdates, prompts: Sequence[int], count: int) -> Iterator[torch.Tensor]:
        """The pixels of some prompts, one prompt after the other.

        Args:
            looks: through all layers.
            prompts: which of those that looked.
            count: how many patches, from the first.

        Returns:
            [16 × count, C / 8] of each. A patch's sixteen pixels are together, in the order (y, x) of the first
            doubling, then of the second.
        """
        from torch import addcmul
        from torch.nn.functional import layer_norm, linear

        rows = self.first.rows(looks.values, len(looks.shares)).to(self.picture.dtype)
        weight, bias, eps = self.norm
        for prompt in prompts:
            scale = looks.scales[prompt][:, :count].T.to(rows.dtype)
            pixels = addcmul(self.constant, self.picture[:count], scale)
            pixels = pixels.addmm_(looks.shares[prompt][:, :count].T, rows[prompt]).view(4 * count, -1)
            pixels = gelu_in_place(layer_norm(pixels, weight.shape, weight, bias, eps))
            yield gelu_in_place(linear(pixels, self.second, self.second_constant)).view(16 * count, -1)


def _as_product(convolution: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight float32[in, 4 × out] and bias float32[4 × out] of a transposed convolution as a matrix product."""
    return convolution.weight.permute(0, 2, 3, 1).flatten(1), convolution.bias.repeat(4)
