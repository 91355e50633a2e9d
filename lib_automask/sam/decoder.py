"""SAM's mask decoder for many prompts on one picture: the same numbers for a fraction of the work.

The network is the two-way transformer of Kirillov et al. (Segment Anything, 2023, appendix A): a few tokens of a prompt
and the thousands of patches of the picture look at each other in turn. As written, every look projects every patch, for
every prompt. Here:

- All that a prompt ever changes in the patches comes from its few tokens. So what is projected from the patches of the
  picture is projected once, and for a prompt the tokens' part alone; its own patches are never made (``projection``).
- The shares of one prompt after the other pass, so that they stay in the processor's cache from step to step. The last
  look at the patches is that of the tokens that become masks, and of no others.
- The predicted quality depends on the tokens alone. Only for prompts that pass are masks made (``upscaling``), and only
  for those rows of patches that show the picture and not its padding.

Shapes: B prompts, T tokens each, M masks, N patches, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib_automask.sam.decoder_layers import MaskUpscaling, PatchContext, PatchNorm, TokenReader, TokenWriter
from lib_automask.sam.encoder import Linear
from lib_automask.sam.projection import PatchUpdates

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Answers:
    """What the transformer made of some prompts, before any mask is drawn.

    Args:
        qualities: float32[B, M], the predicted IoU of each mask.
        tokens: float32[B, M, C], one a mask.
        looks: what became of the patches.
        several: whether a prompt has three masks, or one.
    """

    qualities: torch.Tensor
    tokens: torch.Tensor
    looks: PatchUpdates
    several: bool


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
        sights = [PatchContext(layers[:passed], patches, positions, dtype) for passed in range(len(layers) + 1)]
        self.layers = [_Layer(layer, before) for layer, before in zip(layers, sights)]
        self.last_reader = TokenReader(sights[-1], transformer.final_attn_token_to_image)
        self.upscaling = MaskUpscaling(self.decoder, patches, dtype)
        self.order = self._reading_order(embedding.device)

    def answer(self, prompts: torch.Tensor, several: bool = True) -> Answers:
        """The qualities of the masks that prompts ask for.

        Args:
            prompts: float32[B, P, C], from the Sam's prompt encoder.
            several: three masks a prompt, for a point that can mean a part, a thing or a group; else one.

        Raises:
            FloatingPointError: half precision overflows.
        """
        import torch

        decoder = self.decoder
        own = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
        start = torch.cat([own.expand(len(prompts), -1, -1), prompts], 1)
        masks = slice(1, decoder.num_mask_tokens) if several else slice(0, 1)
        wanted = [0, *range(1, decoder.num_mask_tokens + 1)[masks]]

        tokens, looks = start, PatchUpdates()
        for layer in self.layers:
            tokens, looks = layer(tokens, start, looks)
        seen = self.last_reader((tokens + start)[:, wanted], looks)
        tokens = decoder.transformer.norm_final_attn(tokens[:, wanted] + seen)
        qualities = decoder.iou_prediction_head(tokens[:, 0])[:, masks]
        return Answers(qualities, tokens[:, 1:], looks, several)

    def draw(self, answers: Answers, prompts: Sequence[int], rows: int) -> torch.Tensor:
        """The masks of some of the answered prompts.

        Args:
            prompts: which of the answers.
            rows: how many rows of patches, from the top, show the picture.

        Returns:
            Logits float32[S, M, 4 × rows, 4 × G].
        """
        import torch

        if not prompts:
            return answers.tokens.new_empty(0, answers.tokens.shape[1], 4 * rows, 4 * self.grid)
        networks = self.decoder.output_hypernetworks_mlps
        networks = networks[1:] if answers.several else networks[:1]
        tokens = answers.tokens[list(prompts)]
        weights = torch.stack([net(tokens[:, number]) for number, net in enumerate(networks)], 1).to(self.dtype)
        order = self.order[: 16 * rows * self.grid]
        drawn = weights.new_empty(*weights.shape[:2], len(order), dtype=torch.float32)
        for number, pixels in enumerate(self.upscaling(answers.looks, prompts, rows * self.grid)):
            torch.index_select((weights[number] @ pixels.T).float(), 1, order, out=drawn[number])
        return drawn.view(len(drawn), -1, 4 * rows, 4 * self.grid)

    def _reading_order(self, device: torch.device) -> torch.Tensor:
        """Where the pixels are, line by line, when each patch has its sixteen together."""
        import torch

        places = torch.arange(16 * self.grid**2, device=device)
        # The sides of two are (y, x) of the first doubling, then of the second.
        return places.view(self.grid, self.grid, 2, 2, 2, 2).permute(0, 2, 4, 1, 3, 5).flatten()


class _Layer:
    """A layer of the two-way transformer, and the sight as the layers before it leave it."""

    def __init__(self, layer: Any, before: PatchContext) -> None:
        self.layer, self.dtype = layer, before.dtype
        self.reader = TokenReader(before, layer.cross_attn_token_to_image)
        self.writer = TokenWriter(before, layer.cross_attn_image_to_token)
        self.norm = PatchNorm([*before.layers, layer], before.patches, self.dtype)
        self.widened, self.narrowed = Linear(layer.mlp.lin1, self.dtype), Linear(layer.mlp.lin2, self.dtype)

    def __call__(
        self, tokens: torch.Tensor, start: torch.Tensor, looks: PatchUpdates
    ) -> tuple[torch.Tensor, PatchUpdates]:
        """Tokens float32[B, T, C] and looks after the layer; ``start`` is what the tokens were before the first."""
        layer = self.layer
        if layer.skip_first_layer_pe:
            tokens = layer.norm1(layer.self_attn(tokens, tokens, tokens))
        else:
            tokens = layer.norm1(tokens + layer.self_attn(tokens + start, tokens + start, tokens))
        tokens = layer.norm2(tokens + self.reader(tokens + start, looks))
        tokens = layer.norm3(tokens + self.narrowed(layer.mlp.act(self.widened(tokens.to(self.dtype)))).float())
        return tokens, self.norm(looks, *self.writer(tokens + start, tokens, looks))
