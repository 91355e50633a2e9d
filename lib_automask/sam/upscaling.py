"""From patches that looked at tokens to the pixels of masks, without going through the patches.

SAM doubles the sides of its patches twice, by transposed convolutions (Kirillov et al., Segment Anything, 2023,
appendix A). Their stride is their size, so each is a matrix product, and the first, x V + v, would be the largest of a
whole prompt. But a prompt's patches come from those of the picture by what a few tokens offered. If in a layer they
took the shares S of what was offered, O, and a norm then took off the means, multiplied patches by s and channels by w
and added b,

    x' = s (x + S O - means) w + b    then    x' V = s (x V' + S (O V')) + b V    with V' = w V, less its means.

So x V' is made once a picture, O V' has a few rows, and V' of a layer is the V of the layer before it.

Shapes: B prompts, T tokens each, N patches, C channels, H heads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib_automask.sam.encoder import gelu_in_place

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Look:
    """How the patches of B prompts looked at their tokens in one layer.

    Args:
        shares: [H × T, N] of each prompt, how much each patch took of each token; those of a head add up to one.
        offered: [B, H × T, C], what the tokens offered.
        scales: [N, 1] of each prompt, by what the norm afterwards multiplied each patch.
    """

    shares: list[torch.Tensor]
    offered: torch.Tensor
    scales: list[torch.Tensor]


class Upscaling:
    """The two doublings, prepared for one picture.

    Args:
        decoder: a segment_anything ``MaskDecoder``, float32.
        patches: float32[N, C] of the picture, before any token has changed them.
        dtype: of the large products.
    """

    def __init__(self, decoder: Any, patches: torch.Tensor, dtype: torch.dtype) -> None:
        first, norm, _, second, _ = decoder.output_upscaling
        weight, constant = _as_product(first)
        folds: list[torch.Tensor] = []
        passed: list[torch.Tensor] = []
        for layer in reversed(decoder.transformer.layers):
            passed.insert(0, layer.norm4.bias @ weight)
            weight = weight * layer.norm4.weight[:, None]
            weight = weight - weight.mean(0)
            folds.insert(0, weight)
        self.picture = (patches @ weight).to(dtype)
        self.folds = [fold.to(dtype) for fold in folds]
        self.constant = (passed.pop() + constant).to(dtype)
        # A norm's bias goes with what the next layer's tokens offer, a part with every head's.
        heads = decoder.transformer.num_heads
        self.passed = [constant.new_zeros(1, dtype=dtype), *((bias / heads).to(dtype) for bias in passed)]
        self.norm = norm.weight.to(dtype), norm.bias.to(dtype), norm.eps
        weight, constant = _as_product(second)
        self.second, self.second_constant = weight.T.to(dtype).contiguous(), constant.to(dtype)

    def __call__(self, looks: Sequence[Look], prompts: Sequence[int], count: int) -> Iterator[torch.Tensor]:
        """The pixels of some prompts, one prompt after the other.

        Args:
            looks: of every layer.
            prompts: which of those that looked.
            count: how many patches, from the first.

        Returns:
            [16 × count, C / 8] of each. A patch's sixteen pixels are together, in the order (y, x) of the first
            doubling, then of the second.
        """
        import torch

        layers = zip(looks, self.folds, self.passed)
        offered = torch.cat([look.offered[list(prompts)] @ fold + passed for look, fold, passed in layers], 1)
        for number, prompt in enumerate(prompts):
            yield self._second_doubling(self._first_doubling(looks, prompt, count, offered[number]))

    def _first_doubling(self, looks: Sequence[Look], prompt: int, count: int, offered: torch.Tensor) -> torch.Tensor:
        """[4 × count, C / 4], where the tokens of all layers bring ``offered`` [L × H × T, C]."""
        import torch

        scale = torch.ones(())
        shares: list[torch.Tensor] = []
        for look in reversed(looks):
            scale = scale * look.scales[prompt][:count].float()
            shares.insert(0, look.shares[prompt][:, :count] * scale.T.to(offered.dtype))
        pixels = torch.addcmul(self.constant, self.picture[:count], scale.to(offered.dtype))
        return pixels.addmm_(torch.cat(shares).T, offered).view(4 * count, -1)

    def _second_doubling(self, pixels: torch.Tensor) -> torch.Tensor:
        """[4 × count, C / 4] → [16 × count, C / 8]."""
        from torch.nn.functional import layer_norm, linear

        weight, bias, eps = self.norm
        pixels = gelu_in_place(layer_norm(pixels, weight.shape, weight, bias, eps))
        return gelu_in_place(linear(pixels, self.second, self.second_constant)).view(4 * len(pixels), -1)


def _as_product(convolution: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight float32[in, 4 × out] and bias float32[4 × out] of a transposed convolution as a matrix product."""
    return convolution.weight.permute(0, 2, 3, 1).flatten(1), convolution.bias.repeat(4)
