"""SAM's mask decoder for many prompts on one picture: the same numbers for a third of the work.

The network is the two-way transformer of Kirillov et al. (Segment Anything, 2023, appendix A): a few tokens of a prompt
and the thousands of patches of the picture look at each other in turn. As written, every look projects every patch, for
every prompt. Here:

- In the first layer the patches are still those of the picture alone: their projections are shared by all prompts.
- Afterwards the projections are moved to the tokens' side. With queries q, patches x and a projection W,
  q·(W x) = (Wᵀq)·x, and Σ pᵢ (W xᵢ) = W (Σ pᵢ xᵢ): a few tokens are projected, and no patch is.
- The patches of one prompt after the other pass, so that they stay in the processor's cache from step to step. The last
  look at them is that of the tokens that become masks, and of no others.
- The predicted quality depends on the tokens alone. Only for prompts that pass are masks made, by plain matrix
  products, and only for those rows of patches that show the picture and not its padding.

Shapes: B prompts, T tokens each, N patches, C channels, H heads of D channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib_automask.sam.encoder import gelu_in_place

if TYPE_CHECKING:
    import torch

    Scorer = Callable[[int, torch.Tensor], torch.Tensor]
    """(prompt, its patches [N, C]) → scores [H, T, N]: how much each patch looks at each token."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What the transformer made of some prompts, before any mask is drawn.

    Args:
        qualities: float32[B, M], the predicted IoU of each mask.
        tokens: float32[B, M, C], one a mask.
        patches: [N, C] of each prompt.
        several: whether a prompt has three masks, or one.
    """

    qualities: torch.Tensor
    tokens: torch.Tensor
    patches: Sequence[torch.Tensor]
    several: bool


class PictureDecoder:
    """The decoder of a Sam, prepared for one picture.

    Args:
        sam: a segment_anything ``Sam`` with float32 weights.
        embedding: float32[1, C, G, G] of the picture.
        dtype: of the large products; the tokens stay float32.
    """

    def __init__(self, sam: Any, embedding: torch.Tensor, dtype: torch.dtype) -> None:
        import torch

        self.decoder = sam.mask_decoder
        self.dtype = dtype
        self.grid = embedding.shape[-1]
        self.heads = sam.mask_decoder.transformer.num_heads
        patches = embedding[0].flatten(1).T + sam.prompt_encoder.no_mask_embed.weight
        positions = sam.prompt_encoder.get_dense_pe()[0].flatten(1).T
        first = self.decoder.transformer.layers[0]
        to_image, to_token = first.cross_attn_token_to_image, first.cross_attn_image_to_token
        self.shared_keys = self._split(to_image.k_proj(patches + positions)).to(dtype)
        self.shared_values = self._split(to_image.v_proj(patches)).to(dtype)
        self.shared_queries = self._split(to_token.q_proj(patches + positions)).to(dtype).transpose(1, 2).contiguous()
        self.patches, self.positions = patches.to(dtype).contiguous(), positions.to(dtype).contiguous()
        self.sums, self.placed = torch.empty_like(self.patches), torch.empty_like(self.patches)
        """Room for the patches of one prompt: to make it anew each time costs as much as to fill it."""
        self.doublings = self._doubling(0), self._doubling(3)

    def answer(self, prompts: torch.Tensor, several: bool = True) -> Answers:
        """The qualities of the masks that prompts ask for.

        Args:
            prompts: float32[B, P, C], from the Sam's prompt encoder.
            several: three masks a prompt, for a point that can mean a part, a thing or a group; else one.
        """
        import torch

        decoder, transformer = self.decoder, self.decoder.transformer
        own = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
        start = torch.cat([own.expand(len(prompts), -1, -1), prompts], 1)
        masks = slice(1, decoder.num_mask_tokens) if several else slice(0, 1)
        wanted = [0, *range(1, decoder.num_mask_tokens + 1)[masks]]

        first = transformer.layers[0]
        tokens = first.norm1(first.self_attn(start, start, start))
        tokens = first.norm2(tokens + self._read_shared(first.cross_attn_token_to_image, tokens + start))
        tokens = first.norm3(tokens + first.mlp(tokens))
        patches: Sequence[torch.Tensor] = [self.patches] * len(prompts)
        for layer, following in zip(transformer.layers, transformer.layers[1:]):
            writers, tokens = tokens, following.norm1(tokens + _attend_self(following, tokens, start))
            attention = following.cross_attn_token_to_image
            scorer = self._scorer(layer, writers + start, layer is first)
            patches, seen = self._exchange(layer, writers, scorer, patches, attention, tokens + start)
            tokens = following.norm2(tokens + seen)
            tokens = following.norm3(tokens + following.mlp(tokens))
        layer, attention = transformer.layers[-1], transformer.final_attn_token_to_image
        scorer = self._scorer(layer, tokens + start, layer is first)
        patches, seen = self._exchange(layer, tokens, scorer, patches, attention, (tokens + start)[:, wanted])
        tokens = transformer.norm_final_attn(tokens[:, wanted] + seen)
        qualities = decoder.iou_prediction_head(tokens[:, 0])[:, masks]
        return Answers(qualities, tokens[:, 1:], patches, several)

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
        order = self._reading_order(rows)
        drawn = weights.new_empty(*weights.shape[:2], len(order), dtype=torch.float32)
        for number, prompt in enumerate(prompts):
            pixels = self._upscale(answers.patches[prompt][: rows * self.grid])
            torch.index_select((weights[number] @ pixels.T).float(), 1, order, out=drawn[number])
        return drawn.view(len(drawn), -1, 4 * rows, 4 * self.grid)

    def _reading_order(self, rows: int) -> torch.Tensor:
        """Where the pixels of ``rows`` rows of patches are, line by line, when each patch has its sixteen together."""
        import torch

        places = torch.arange(16 * rows * self.grid, device=self.patches.device)
        # The sides of two are (y, x) of the first doubling, then of the second.
        return places.view(rows, self.grid, 2, 2, 2, 2).permute(0, 2, 4, 1, 3, 5).flatten()

    def _upscale(self, patches: torch.Tensor) -> torch.Tensor:
        """[n, C] → [16n, C / 8]: a patch's sixteen pixels, doubled twice."""
        from torch import addmm

        (weight, bias), (weight_2, bias_2) = self.doublings
        pixels = addmm(bias, patches, weight).view(4 * len(patches), -1)
        pixels = gelu_in_place(self._norm(self.decoder.output_upscaling[1], pixels))
        return gelu_in_place(addmm(bias_2, pixels, weight_2)).view(16 * len(patches), -1)

    def _doubling(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight [in, 4 × out] and bias [4 × out] of a transposed convolution as a matrix product.

        It is one, because its stride is its size.
        """
        convolution = self.decoder.output_upscaling[number]
        weight = convolution.weight.permute(0, 2, 3, 1).flatten(1).to(self.dtype)
        return weight, convolution.bias.to(self.dtype).repeat(4)

    # --- looks

    def _read_shared(self, attention: Any, queries: torch.Tensor) -> torch.Tensor:
        """What tokens float32[B, T, C] see of the picture alone: float32[B, T, C]."""
        asked = self._heads(attention.q_proj(queries)) * _scale(attention)  # [B, H, T, D]
        scores = asked.transpose(0, 1).flatten(1, 2).to(self.dtype) @ self.shared_keys.transpose(1, 2)
        seen = (scores.softmax(-1) @ self.shared_values).float()  # [H, B × T, D]
        return _project(attention, seen.view(self.heads, len(queries), -1, seen.shape[-1]).transpose(0, 1))

    def _scorer(self, layer: Any, keys: torch.Tensor, shared: bool) -> Scorer:
        """How much each patch looks at each token of float32[B, T, C]; ``shared``: patches of the picture alone."""
        import torch

        attention = layer.cross_attn_image_to_token
        offered = self._heads(attention.k_proj(keys)) * _scale(attention)  # [B, H, T, D]
        if shared:
            # [H, B × T, N], in one product a head
            scores = offered.to(self.dtype).transpose(0, 1).flatten(1, 2) @ self.shared_queries
            by_prompt = scores.view(self.heads, len(keys), -1, len(self.patches)).unbind(1)
            return lambda prompt, _patches: by_prompt[prompt]
        bias = (offered @ attention.q_proj.bias.view(self.heads, -1, 1)).flatten(1, 2).to(self.dtype)
        folded = (offered @ self._split_weight(attention.q_proj)).flatten(1, 2).to(self.dtype)  # [B, H × T, C]

        def score(prompt: int, patches: torch.Tensor) -> torch.Tensor:
            placed = torch.add(patches, self.positions, out=self.placed)
            scores = torch.addmm(bias[prompt], folded[prompt], placed.T)
            return scores.view(self.heads, -1, len(patches))

        return score

    def _exchange(
        self,
        layer: Any,
        values: torch.Tensor,
        scorer: Scorer,
        patches: Sequence[torch.Tensor],
        reader: Any,
        queries: torch.Tensor,
    ) -> tuple[Sequence[torch.Tensor], torch.Tensor]:
        """Patches look at tokens, and then the next tokens at the patches.

        Args:
            layer: whose patches look.
            values: float32[B, T, C], the tokens looked at.
            scorer: how much each is.
            patches: of each prompt.
            reader: the attention by which tokens look back.
            queries: float32[B, Q, C], the tokens that do.

        Returns:
            The patches afterwards, and what the tokens see, float32[B, Q, C].
        """
        import torch

        offered = self._offered(layer.cross_attn_image_to_token, values)
        asked = self._heads(reader.q_proj(queries)) * _scale(reader)
        asked = asked @ self._split_weight(reader.k_proj)  # [B, H, Q, C]; the bias of keys changes no softmax
        folded, seen = asked.flatten(1, 2).to(self.dtype), asked.new_empty(asked.shape).flatten(1, 2)
        after = []
        for prompt, some in enumerate(patches):
            shares = scorer(prompt, some).softmax(1).flatten(0, 1).T  # [N, H × T]
            some = self._norm(layer.norm4, torch.addmm(some, shares, offered[prompt], out=self.sums))
            scores = folded[prompt] @ torch.add(some, self.positions, out=self.placed).T
            seen[prompt] = scores.softmax(1) @ some
            after.append(some)
        seen = seen.view(asked.shape) @ self._split_weight(reader.v_proj).transpose(1, 2)  # [B, H, Q, D]
        return after, _project(reader, seen + reader.v_proj.bias.view(self.heads, 1, -1))

    def _offered(self, attention: Any, values: torch.Tensor) -> torch.Tensor:
        """What tokens float32[B, T, C] give to patches that look at them, [B, H × T, C].

        The shares of a head add up to one, so a part of the bias given to every head's values arrives whole.
        """
        own = self._heads(attention.v_proj(values))  # [B, H, T, D]
        back = attention.out_proj.weight.unflatten(1, (self.heads, -1)).permute(1, 2, 0)  # [H, D, C]
        return (own @ back + attention.out_proj.bias / self.heads).flatten(1, 2).to(self.dtype)

    # --- shapes

    def _heads(self, values: torch.Tensor) -> torch.Tensor:
        """[B, T, H × D] → [B, H, T, D]."""
        return values.view(*values.shape[:-1], self.heads, -1).transpose(1, 2)

    def _split(self, values: torch.Tensor) -> torch.Tensor:
        """[N, H × D] → [H, N, D]."""
        return values.view(len(values), self.heads, -1).transpose(0, 1).contiguous()

    def _split_weight(self, layer: Any) -> torch.Tensor:
        """The weight of a projection to heads, [H, D, C]."""
        weight: torch.Tensor = layer.weight.unflatten(0, (self.heads, -1))
        return weight

    def _norm(self, layer: Any, values: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import layer_norm

        return layer_norm(values, values.shape[-1:], layer.weight.to(self.dtype), layer.bias.to(self.dtype), layer.eps)


def _scale(attention: Any) -> float:
    return float((attention.internal_dim // attention.num_heads) ** -0.5)


def _attend_self(layer: Any, tokens: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """What tokens float32[B, T, C] see of one another."""
    seen: torch.Tensor = layer.self_attn(tokens + start, tokens + start, tokens)
    return seen


def _project(attention: Any, seen: torch.Tensor) -> torch.Tensor:
    """[B, H, T, D] → [B, T, C]."""
    result: torch.Tensor = attention.out_proj(seen.transpose(1, 2).flatten(2))
    return result
