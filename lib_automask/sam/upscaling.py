"""From patches that looked at tokens to the pixels of masks, without the patches: see ``sam.projection``.

SAM doubles the sides of its patches twice, by transposed convolutions (Kirillov et al., Segment Anything, 2023,
appendix A). Their stride is their size, so each is a matrix product, and the first projects patches.

Shapes as in ``sam.projection``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lib_automask.sam.encoder import gelu_in_place
from lib_automask.sam.projection import Looks, Projection

if TYPE_CHECKING:
    import torch


class Upscaling:
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

    def __call__(self, looks: Looks, prompts: Sequence[int], count: int) -> Iterator[torch.Tensor]:
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
