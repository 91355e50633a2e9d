"""The norms of SAM's decoder, for patches that are never made.

A norm needs the length of each patch, x + S O, less its mean. With x the picture's part and O the few rows that tokens
bring, it follows from products of the parts: |x|² + Σ S (2 x·O + (O Oᵀ) S).

Shapes as in ``sam.projection``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lib_automask.sam.projection import Looks, Projection, by_prompt

if TYPE_CHECKING:
    import torch


class Norm:
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

    def __call__(self, looks: Looks, values: torch.Tensor, shares: Sequence[torch.Tensor]) -> Looks:
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
        with_picture = [by_prompt(some.to(self.dtype) @ part, count) for some, part in zip(everything, self.products)]
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
        return Looks(everything, after, scales)
