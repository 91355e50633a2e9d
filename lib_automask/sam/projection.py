"""A faster form of one part of SAM's decoder, with the same numbers.

Patches of a prompt are projected after some layers without ever being computed.

In a layer the patches x take the shares S of the values O of a few tokens, and a norm follows, which takes off the
means, multiplies patches by s and channels by w and adds b (Kirillov et al., Segment Anything, 2023, appendix A).
Whatever weights V project the patches afterwards,

    x' = s (x + S O - means) w + b    and so    x' V = s (x V' + S (O V')) + b V    with V' = w V, less its means.

So x V' is computed once for a picture, O V' has a few rows, and V' of a layer is the V of the layer before it.
``sam.decoder_layers.PatchNorm`` computes s in the same way.

Shapes: B prompts, T tokens each, N patches, C channels, H heads of D channels; K = layers × H × T.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class PatchUpdates:
    """How B prompts changed the patches, layer by layer; empty before the first layer.

    Args:
        values: float32[H, B × T, D] of each layer's tokens, before they are projected back.
        shares: [K, N] of each prompt: how much each patch has of each token of each layer after all norms, in the type
            of the large products.
        scales: float32[1, N] of each prompt: how much each patch has of the picture's own patch.
    """

    values: Sequence[torch.Tensor] = ()
    shares: Sequence[torch.Tensor] = ()
    scales: Sequence[torch.Tensor] = ()


class Projection:
    """x V + v of patches x after some layers, as a part of the picture, a part of the tokens, and a constant.

    Args:
        layers: of segment_anything's ``TwoWayTransformer``, float32.
        patches: float32[N, C] of the picture.
        weight: V, float32[C, E].
        constant: v, float32[E].
        last_norm: whether the patches passed the norm of the last layer, or are the sums before it.
    """

    def __init__(
        self,
        layers: Sequence[Any],
        patches: torch.Tensor,
        weight: torch.Tensor,
        constant: torch.Tensor,
        last_norm: bool = True,
    ) -> None:
        self.weights: list[torch.Tensor] = []
        """[H, D, E] of each layer, for the values of its tokens."""
        biases = [constant]
        for number, layer in reversed(list(enumerate(layers, 1))):
            if last_norm or number < len(layers):
                biases[0] = biases[0] + layer.norm4.bias @ weight
                weight = weight * layer.norm4.weight[:, None]
                weight = weight - weight.mean(0)
            output = layer.cross_attn_image_to_token.out_proj
            heads = layer.cross_attn_image_to_token.num_heads
            self.weights.insert(0, output.weight.T.unflatten(0, (heads, -1)) @ weight)
            biases.insert(0, output.bias @ weight)
        self.picture = patches @ weight
        """float32[N, E], to be multiplied by ``PatchUpdates.scales``."""
        self.constant = biases.pop()
        # The shares of a head add up to one, so a bias that is divided among the heads' values is added whole.
        self.biases = [bias / len(weight) for bias, weight in zip(biases, self.weights)]
        """[E] of each layer, for each of its tokens."""

    def rows(self, values: Sequence[torch.Tensor], prompts: int) -> torch.Tensor:
        """The tokens' part, float32[B, K, E], to be multiplied by ``PatchUpdates.shares``."""
        import torch

        layers = zip(values, self.weights, self.biases)
        return torch.cat(
            [split_by_prompt(value @ weight, prompts).flatten(1, 2) + bias for value, weight, bias in layers], 1
        )


def split_by_prompt(values: torch.Tensor, prompts: int) -> torch.Tensor:
    """[H, B × T, E] → [B, H, T, E], a view."""
    return values.unflatten(1, (prompts, -1)).transpose(0, 1)


def split_by_head(values: torch.Tensor, heads: int) -> torch.Tensor:
    """[B, T, H × D] → [H, B × T, D], a view."""
    return values.flatten(0, 1).unflatten(1, (heads, -1)).transpose(0, 1)
