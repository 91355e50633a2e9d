"""SAM's mask decoder for many prompts on one picture: the same numbers for a fraction of the work.

The network is the two-way transformer of Kirillov et al. (Segment Anything, 2023, appendix A): a few tokens of a prompt
and the thousands of patches of the picture attend to each other in turn. The reference implementation projects every
patch in every attention, for every prompt. Here:

- All that a prompt changes in the patches comes from its few tokens. So the picture's patches are projected once, and
  for a prompt only the part of its tokens is; its own patches are never computed (``sam.projection``).
- Attention is computed one prompt after the other, so that it stays in the processor's cache from step to step. In the
  last attention to the patches only those tokens take part that become masks.
- The predicted quality depends on the tokens alone. Masks are made only for prompts of good quality
  (``MaskUpscaling``), and only for the rows of patches that show the picture and not its padding.

Shapes: B prompts, T tokens each, M masks, N patches, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib_automask.sam.decoder_layers import (
    MaskUpscaling,
    PatchContext,
    PatchNorm,
    PatchToTokenAttention,
    TokenToPatchAttention,
)
from lib_automask.sam.encoder import Linear
from lib_automask.sam.projection import PatchUpdates

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class DecodedPrompts:
    """The transformer's result for some prompts, before any mask is drawn.

    Args:
        qualities: float32[B, M], the predicted IoU of each mask.
        tokens: float32[B, M, C], one for each mask.
        updates: how the prompts changed the patches.
        multimask: whether a prompt has three masks, or one.
    """

    qualities: torch.Tensor
    tokens: torch.Tensor
    updates: PatchUpdates
    multimask: bool


class PictureDecoder:
    """The decoder of a Sam, prepared for one picture.

    Args:
        sam: a segment_anything ``Sam`` with float32 weights.
        embedding: float32[1, C, G, G] of the picture.
        dtype: of the large products; between them the tokens stay float32.
    """

    def __init__(self, sam: Any, embedding: torch.Tensor, dtype: torch.dtype) -> None:
        self.decoder, self.dtype, self.grid = sam.mask_decoder, dtype, embedding.shape[-1]
        patches = embedding[0].flatten(1).T + sam.prompt_encoder.no_mask_embed.weight
        positions = sam.prompt_encoder.get_dense_pe()[0].flatten(1).T
        transformer = self.decoder.transformer
        layers = list(transformer.layers)
        contexts = [PatchContext(layers[:passed], patches, positions, dtype) for passed in range(len(layers) + 1)]
        self.layers = [_Layer(layer, before) for layer, before in zip(layers, contexts)]
        self.last_attention = TokenToPatchAttention(contexts[-1], transformer.final_attn_token_to_image)
        self.upscaling = MaskUpscaling(self.decoder, patches, dtype)
        self.order = self._reading_order(embedding.device)

    def decode(self, prompts: torch.Tensor, multimask: bool = True) -> DecodedPrompts:
        """The predicted qualities of the masks of prompts, and what is needed to draw them.

        Args:
            prompts: float32[B, P, C], from the Sam's prompt encoder.
            multimask: three masks for each prompt, as a point can mean a part, a thing or a group; else one.

        Raises:
            FloatingPointError: half precision overflows.
        """
        import torch

        decoder = self.decoder
        learned = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
        start = torch.cat([learned.expand(len(prompts), -1, -1), prompts], 1)
        masks = slice(1, decoder.num_mask_tokens) if multimask else slice(0, 1)
        output_tokens = [0, *range(1, decoder.num_mask_tokens + 1)[masks]]

        tokens, updates = start, PatchUpdates()
        for layer in self.layers:
            tokens, updates = layer(tokens, start, updates)
        attended = self.last_attention((tokens + start)[:, output_tokens], updates)
        tokens = decoder.transformer.norm_final_attn(tokens[:, output_tokens] + attended)
        qualities = decoder.iou_prediction_head(tokens[:, 0])[:, masks]
        return DecodedPrompts(qualities, tokens[:, 1:], updates, multimask)

    def draw(self, decoded: DecodedPrompts, prompts: Sequence[int], rows: int) -> torch.Tensor:
        """The masks of some of the prompts.

        Args:
            prompts: which of the decoded ones.
            rows: how many rows of patches, from the top, show the picture.

        Returns:
            Logits float32[S, M, 4 × rows, 4 × G].
        """
        import torch

        if not prompts:
            return decoded.tokens.new_empty(0, decoded.tokens.shape[1], 4 * rows, 4 * self.grid)
        networks = self.decoder.output_hypernetworks_mlps
        networks = networks[1:] if decoded.multimask else networks[:1]
        tokens = decoded.tokens[list(prompts)]
        weights = torch.stack([net(tokens[:, number]) for number, net in enumerate(networks)], 1).to(self.dtype)
        order = self.order[: 16 * rows * self.grid]
        drawn = weights.new_empty(*weights.shape[:2], len(order), dtype=torch.float32)
        for number, pixels in enumerate(self.upscaling(decoded.updates, prompts, rows * self.grid)):
            torch.index_select((weights[number] @ pixels.T).float(), 1, order, out=drawn[number])
        return drawn.view(len(drawn), -1, 4 * rows, 4 * self.grid)

    def _reading_order(self, device: torch.device) -> torch.Tensor:
        """The order that brings pixels line by line, where each patch has its sixteen together."""
        import torch

        places = torch.arange(16 * self.grid**2, device=device)
        # The axes of length two are (y, x) of the first doubling, then of the second.
        return places.view(self.grid, self.grid, 2, 2, 2, 2).permute(0, 2, 4, 1, 3, 5).flatten()


class _Layer:
    """A layer of the two-way transformer; ``before`` are the patches after the layers before it."""

    def __init__(self, layer: Any, before: PatchContext) -> None:
        self.layer, self.dtype = layer, before.dtype
        self.to_patches = TokenToPatchAttention(before, layer.cross_attn_token_to_image)
        self.to_tokens = PatchToTokenAttention(before, layer.cross_attn_image_to_token)
        self.norm = PatchNorm([*before.layers, layer], before.patches, self.dtype)
        self.widened, self.narrowed = Linear(layer.mlp.lin1, self.dtype), Linear(layer.mlp.lin2, self.dtype)

    def __call__(
        self, tokens: torch.Tensor, start: torch.Tensor, updates: PatchUpdates
    ) -> tuple[torch.Tensor, PatchUpdates]:
        """Tokens float32[B, T, C] and patches after the layer; ``start`` are the tokens before the first layer."""
        layer = self.layer
        if layer.skip_first_layer_pe:
            tokens = layer.norm1(layer.self_attn(tokens, tokens, tokens))
        else:
            tokens = layer.norm1(tokens + layer.self_attn(tokens + start, tokens + start, tokens))
        tokens = layer.norm2(tokens + self.to_patches(tokens + start, updates))
        tokens = layer.norm3(tokens + self.narrowed(layer.mlp.act(self.widened(tokens.to(self.dtype)))).float())
        return tokens, self.norm(updates, *self.to_tokens(tokens + start, tokens, updates))
