"""The layers of SAM's mask decoder for patches that are never computed; see ``sam.projection``, also for the shapes.

``TokenToPatchAttention`` and ``PatchToTokenAttention`` are the two directions of attention between the tokens of a
prompt and the patches of the picture.

``PatchNorm`` is the norm at the end of a layer. It needs the length of each patch x + S O, less its mean. With x the
picture's part and O the few rows that tokens bring, |x|² + Σ S (2 x·O + (O Oᵀ) S) gives it from products of the parts.

``MaskUpscaling`` doubles the sides of the patches twice, by transposed convolutions (Kirillov et al., Segment Anything,
2023, appendix A). Their stride is their size, so each is a matrix product, and the first projects patches.
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
    """The patches of the picture after some layers.

    Args:
        layers: that the patches passed.
        patches: float32[N, C] of the picture.
        positions: float32[N, C], which are added to patches before they are projected.
        dtype: of the large products.
    """

    layers: Sequence[Any]
    patches: torch.Tensor
    positions: torch.Tensor
    dtype: torch.dtype

    def project(self, linear: Any) -> Projection:
        """The patches, without positions, after a linear layer."""
        return Projection(self.layers, self.patches, linear.weight.T, linear.bias)


class AttentionScores:
    """Products of queries and keys, of which either are the tokens' and the others the patches'.

    Args:
        context: the patches.
        attention: a segment_anything ``Attention``.
        linear: its projection of the patches: of keys, if tokens attend to them, or of queries.
    """

    def __init__(self, context: PatchContext, attention: Any, linear: Any) -> None:
        self.heads, self.dtype = attention.num_heads, context.dtype
        self.scale = (attention.internal_dim // attention.num_heads) ** -0.5
        self.patches = context.project(linear)
        placed = context.positions @ linear.weight.T + self.patches.constant
        if context.layers:
            self.picture, self.placed = self._split(self.patches.picture), self._split(placed)
        else:
            self.picture = self._split(self.patches.picture + placed)

    def __call__(self, tokens: torch.Tensor, updates: PatchUpdates) -> Iterator[torch.Tensor]:
        """[H, T, N] of one prompt after the other, where its tokens are projected to float32[B, T, H × D]."""
        import torch

        prompts, scaled = len(tokens), split_by_head(tokens, self.heads) * self.scale
        low = scaled.to(self.dtype)
        with_picture = split_by_prompt(low @ self.picture, prompts)
        if not updates.values:
            yield from with_picture
            return
        with_positions = split_by_prompt(low @ self.placed, prompts)
        rows = self.patches.rows(updates.values, prompts).unflatten(2, (self.heads, -1))  # [B, K, H, D]
        with_rows = (
            (split_by_prompt(scaled, prompts) @ rows.permute(0, 2, 3, 1)).flatten(1, 2).to(self.dtype)
        )  # [B, H × T, K]
        for prompt, (shares, scale) in enumerate(zip(updates.shares, updates.scales)):
            scores = torch.addcmul(with_positions[prompt], with_picture[prompt], scale.to(self.dtype))
            yield scores.flatten(0, 1).addmm_(with_rows[prompt], shares).view(scores.shape)

    def _split(self, values: torch.Tensor) -> torch.Tensor:
        """float32[N, H × D] → [H, D, N]."""
        return values.unflatten(1, (self.heads, -1)).permute(1, 2, 0).to(self.dtype).contiguous()


class TokenToPatchAttention:
    """Tokens attend to the patches; the arguments are those of ``AttentionScores``."""

    def __init__(self, context: PatchContext, attention: Any) -> None:
        self.attention, self.heads, self.dtype = attention, attention.num_heads, context.dtype
        self.scores = AttentionScores(context, attention, attention.k_proj)
        self.values = context.project(attention.v_proj)
        self.picture = split_by_head(self.values.picture[None], self.heads).to(self.dtype).contiguous()  # [H, N, D]

    def __call__(self, queries: torch.Tensor, updates: PatchUpdates) -> torch.Tensor:
        """The attention's result float32[B, T, C] for queries float32[B, T, C]."""
        import torch

        scores = self.scores(self.attention.q_proj(queries), updates)
        if updates.values:
            rows = self.values.rows(updates.values, len(queries)).unflatten(2, (self.heads, -1)).transpose(1, 2)
            attended = [
                self._gather(of_prompt.softmax(-1), updates, prompt, rows[prompt])
                for prompt, of_prompt in enumerate(scores)
            ]
        else:
            attended = [(of_prompt.softmax(-1) @ self.picture).float() for of_prompt in scores]
        together = torch.stack(attended).transpose(1, 2).flatten(2) + self.values.constant
        result: torch.Tensor = self.attention.out_proj(together)
        return result

    def _gather(self, weights: torch.Tensor, updates: PatchUpdates, prompt: int, rows: torch.Tensor) -> torch.Tensor:
        """float32[H, T, D] of one prompt, by weights [H, T, N], where its tokens bring rows float32[H, K, D]."""
        of_rows = (weights.flatten(0, 1) @ updates.shares[prompt].T).float().view(*weights.shape[:2], -1)
        of_picture = weights.mul_(updates.scales[prompt].to(self.dtype)) @ self.picture
        return of_picture.float() + of_rows @ rows


class PatchToTokenAttention:
    """Patches attend to the tokens; the arguments are those of ``AttentionScores``."""

    def __init__(self, context: PatchContext, attention: Any) -> None:
        self.attention = attention
        self.scores = AttentionScores(context, attention, attention.q_proj)

    def __call__(
        self, keys: torch.Tensor, values: torch.Tensor, updates: PatchUpdates
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The tokens' values float32[H, B × T, D], and the shares [H × T, N] of them that each prompt's patches take.

        ``keys`` and ``values`` are float32[B, T, C].
        """
        scores = self.scores(self.attention.k_proj(keys), updates)
        shares = [of_prompt.softmax(1).flatten(0, 1) for of_prompt in scores]
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
        """[H, D, N] of each layer: twice the product of that part and the part of the tokens' values."""
        self.bias_products = [(2 * bias @ picture.T).to(dtype) for bias in self.sums.biases]
        """[N] of each layer: the same for the bias that comes with every value."""

    def __call__(self, updates: PatchUpdates, values: torch.Tensor, shares: Sequence[torch.Tensor]) -> PatchUpdates:
        """The updates after this layer.

        Args:
            updates: before it.
            values: float32[H, B × T, D] of its tokens.
            shares: [H × T, N] of each prompt, how much each patch takes of each value.

        Raises:
            FloatingPointError: half precision overflows.
        """
        import torch

        everything, count = [*updates.values, values], len(shares)
        rows = self.sums.rows(everything, count)
        among = (rows @ rows.transpose(1, 2)).to(self.dtype)  # [B, K, K]
        with_picture = [
            split_by_prompt(layer.to(self.dtype) @ part, count) for layer, part in zip(everything, self.products)
        ]
        after, scales = [], []
        for prompt, new in enumerate(shares):
            held = torch.cat([updates.shares[prompt], new]) if updates.values else new
            scale = updates.scales[prompt] if updates.values else self.variances.new_ones(1, 1)
            parts = [part[prompt] + bias for part, bias in zip(with_picture, self.bias_products)]
            products = torch.cat(parts).flatten(0, 1) * scale.to(self.dtype)
            products.addmm_(among[prompt], held).mul_(held)
            own = scale.square() * self.variances
            variances = own + products.sum(0, keepdim=True, dtype=torch.float32)
            if self.dtype == torch.float16 and not variances.isfinite().all():
                raise FloatingPointError("the decoder overflowed in half precision")
            # Where the tokens' part nearly cancels the picture's, the rest is not known more exactly than the rounding.
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

    def __call__(self, updates: PatchUpdates, prompts: Sequence[int], count: int) -> Iterator[torch.Tensor]:
        """The pixels of some prompts, one prompt after the other.

        Args:
            updates: of all layers.
            prompts: which of those in ``updates``.
            count: how many patches, from the first.

        Returns:
            [16 × count, C / 8] of each. A patch's sixteen pixels are together, in the order (y, x) of the first
            doubling, then of the second.
        """
        from torch import addcmul
        from torch.nn.functional import layer_norm, linear

        rows = self.first.rows(updates.values, len(updates.shares)).to(self.picture.dtype)
        weight, bias, eps = self.norm
        for prompt in prompts:
            scale = updates.scales[prompt][:, :count].T.to(rows.dtype)
            pixels = addcmul(self.constant, self.picture[:count], scale)
            pixels = pixels.addmm_(updates.shares[prompt][:, :count].T, rows[prompt]).view(4 * count, -1)
            pixels = gelu_in_place(layer_norm(pixels, weight.shape, weight, bias, eps))
            yield gelu_in_place(linear(pixels, self.second, self.second_constant)).view(16 * count, -1)


def _as_product(convolution: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight float32[in, 4 × out] and bias float32[4 × out] of a transposed convolution as a matrix product."""
    return convolution.weight.permute(0, 2, 3, 1).flatten(1), convolution.bias.repeat(4)
