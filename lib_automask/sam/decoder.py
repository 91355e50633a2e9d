"""SAM's mask decoder for many prompts on one picture: the same numbers for a third of the work.

The network is the two-way transformer of Kirillov et al. (Segment Anything, 2023, appendix A): a few tokens of a prompt
and the thousands of patches of the picture look at each other in turn. As written, every look projects every patch, for
every prompt. Here:

- In the first layer the patches are still those of the picture alone: their projections are shared by all prompts.
- Afterwards the projections are moved to the tokens' side. With queries q, patches x and a projection W,
  q·(W x) = (Wᵀq)·x, and Σ pᵢ (W xᵢ) = W (Σ pᵢ xᵢ): a few tokens are projected, and no patch is.
- The patches of one prompt after the other pass, so that they stay in the processor's cache from step to step. The last
  look at them is that of the tokens that become masks, and of no others.
- The predicted quality depends on the tokens alone. Only for prompts that pass are masks made (``sam.upscaling``), and
  only for those rows of patches that show the picture and not its padding.

Shapes: B prompts, T tokens each, N patches, C channels, H heads of D channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib_automask.sam.encoder import Linear
from lib_automask.sam.upscaling import Look, Upscaling

if TYPE_CHECKING:
    import torch

    Scorer = Callable[[int], torch.Tensor]
    """A prompt → scores [H, T, N]: how much each of its patches looks at each token."""
    Patches = Sequence[torch.Tensor]
    """[N, C] of each prompt."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What the transformer made of some prompts, before any mask is drawn.

    Args:
        qualities: float32[B, M], the predicted IoU of each mask.
        tokens: float32[B, M, C], one a mask.
        looks: how the patches came to be what they are, layer by layer.
        several: whether a prompt has three masks, or one.
    """

    qualities: torch.Tensor
    tokens: torch.Tensor
    looks: Sequence[Look]
    several: bool


class PictureDecoder:
    """The decoder of a Sam, prepared for one picture.

    Args:
        sam: a segment_anything ``Sam`` with float32 weights.
        embedding: float32[1, C, G, G] of the picture.
        dtype: of the large products; between them the tokens stay float32.
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
        self.mlps = [_Mlp(layer.mlp, dtype) for layer in self.decoder.transformer.layers]
        self.upscaling = Upscaling(self.decoder, patches, dtype)
        self.order = self._reading_order()

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
        tokens = first.norm3(tokens + self.mlps[0](tokens))
        scorer = self._shared_scorer(first, tokens + start)
        patches: Patches = [self.patches] * len(prompts)
        looks = []
        for layer, following, mlp in zip(transformer.layers, transformer.layers[1:], self.mlps[1:]):
            writers, tokens = tokens, following.norm1(tokens + _attend_self(following, tokens, start))
            attention = following.cross_attn_token_to_image
            patches, look, seen = self._exchange(layer, writers, scorer, patches, attention, tokens + start)
            looks.append(look)
            tokens = following.norm2(tokens + seen)
            tokens = following.norm3(tokens + mlp(tokens))
            scorer = self._scorer(following, tokens + start, patches)
        layer, attention = transformer.layers[-1], transformer.final_attn_token_to_image
        _, look, seen = self._exchange(layer, tokens, scorer, patches, attention, (tokens + start)[:, wanted])
        looks.append(look)
        tokens = transformer.norm_final_attn(tokens[:, wanted] + seen)
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

    def _reading_order(self) -> torch.Tensor:
        """Where the pixels are, line by line, when each patch has its sixteen together."""
        import torch

        places = torch.arange(16 * self.grid**2, device=self.patches.device)
        # The sides of two are (y, x) of the first doubling, then of the second.
        return places.view(self.grid, self.grid, 2, 2, 2, 2).permute(0, 2, 4, 1, 3, 5).flatten()

    # --- looks

    def _read_shared(self, attention: Any, queries: torch.Tensor) -> torch.Tensor:
        """What tokens float32[B, T, C] see of the picture alone: float32[B, T, C]."""
        asked = self._heads(attention.q_proj(queries)) * _scale(attention)  # [H, B × T, D]
        scores = asked.to(self.dtype) @ self.shared_keys.transpose(1, 2)
        seen = (scores.softmax(-1) @ self.shared_values).float()
        return _project(attention, seen, len(queries))

    def _shared_scorer(self, layer: Any, keys: torch.Tensor) -> Scorer:
        """How much each patch of the picture alone looks at each token of float32[B, T, C]."""
        offered = self._heads(layer.cross_attn_image_to_token.k_proj(keys)) * _scale(layer.cross_attn_image_to_token)
        scores = offered.to(self.dtype) @ self.shared_queries  # [H, B × T, N], in one product a head
        by_prompt = scores.view(self.heads, len(keys), -1, len(self.patches)).unbind(1)
        return lambda prompt: by_prompt[prompt]

    def _scorer(self, layer: Any, keys: torch.Tensor, patches: Patches) -> Scorer:
        """How much each of a prompt's patches looks at each of its tokens, float32[B, T, C]."""
        import torch

        attention = layer.cross_attn_image_to_token
        offered = self._heads(attention.k_proj(keys)) * _scale(attention)  # [H, B × T, D]
        bias = self._by_prompt(offered @ attention.q_proj.bias.view(self.heads, -1, 1), len(keys))
        folded = self._by_prompt(offered @ self._split_weight(attention.q_proj), len(keys))

        def score(prompt: int) -> torch.Tensor:
            placed = torch.add(patches[prompt], self.positions, out=self.placed)
            scores = torch.addmm(bias[prompt], folded[prompt], placed.T)
            return scores.view(self.heads, -1, len(self.patches))

        return score

    def _exchange(
        self,
        layer: Any,
        values: torch.Tensor,
        scorer: Scorer,
        patches: Patches,
        reader: Any,
        queries: torch.Tensor,
    ) -> tuple[Patches, Look, torch.Tensor]:
        """Patches look at tokens, and then the next tokens at the patches.

        Args:
            layer: whose patches look.
            values: float32[B, T, C], the tokens looked at.
            scorer: how much each is.
            patches: of each prompt.
            reader: the attention by which tokens look back.
            queries: float32[B, Q, C], the tokens that do.

        Returns:
            The patches afterwards, how they looked, and what the tokens see, float32[B, Q, C].
        """
        import torch

        last = layer is self.decoder.transformer.layers[-1]
        look = Look([], self._offered(layer.cross_attn_image_to_token, values), [])
        asked = self._heads(reader.q_proj(queries)) * _scale(reader)
        # The bias of keys changes no softmax.
        asked = self._by_prompt(asked @ self._split_weight(reader.k_proj), len(queries))  # [B, H × Q, C]
        norm, seen, after = layer.norm4, torch.empty_like(asked), []
        weight, bias = norm.weight.to(self.dtype), norm.bias.to(self.dtype)
        for prompt, some in enumerate(patches):
            shares = scorer(prompt).softmax(1).flatten(0, 1)
            sums = torch.addmm(some, shares.T, look.offered[prompt], out=self.sums)
            some, _, scales = torch.native_layer_norm(sums, weight.shape, weight, bias, norm.eps)
            scores = asked[prompt] @ torch.add(some, self.positions, out=self.placed).T
            seen[prompt] = scores.softmax(1) @ some
            look.shares.append(shares)
            look.scales.append(scales)
            if not last:
                after.append(some)
        seen = seen.float().view(len(queries), self.heads, -1, seen.shape[-1]).transpose(0, 1).flatten(1, 2)
        seen = seen @ self._split_weight(reader.v_proj).transpose(1, 2) + reader.v_proj.bias.view(self.heads, 1, -1)
        return after, look, _project(reader, seen, len(queries))

    def _offered(self, attention: Any, values: torch.Tensor) -> torch.Tensor:
        """What tokens float32[B, T, C] give to patches that look at them, [B, H × T, C].

        The shares of a head add up to one, so a part of the bias given to every head's values arrives whole.
        """
        own = self._heads(attention.v_proj(values))  # [H, B × T, D]
        back = attention.out_proj.weight.unflatten(1, (self.heads, -1)).permute(1, 2, 0)  # [H, D, C]
        return self._by_prompt(own @ back + attention.out_proj.bias / self.heads, len(values))

    # --- shapes

    def _heads(self, values: torch.Tensor) -> torch.Tensor:
        """[B, T, H × D] → [H, B × T, D]."""
        return values.flatten(0, 1).unflatten(1, (self.heads, -1)).transpose(0, 1)

    def _by_prompt(self, values: torch.Tensor, prompts: int) -> torch.Tensor:
        """[H, B × T, C] → [B, H × T, C], in the type of the large products."""
        return values.unflatten(1, (prompts, -1)).transpose(0, 1).to(self.dtype).flatten(1, 2)

    def _split(self, values: torch.Tensor) -> torch.Tensor:
        """[N, H × D] → [H, N, D]."""
        return values.view(len(values), self.heads, -1).transpose(0, 1).contiguous()

    def _split_weight(self, layer: Any) -> torch.Tensor:
        """The weight of a projection to heads, [H, D, C]."""
        weight: torch.Tensor = layer.weight.unflatten(0, (self.heads, -1))
        return weight


class _Mlp:
    """What a layer does to each token, of which the products are as large as those over patches."""

    def __init__(self, mlp: Any, dtype: torch.dtype) -> None:
        self.first, self.second, self.act = Linear(mlp.lin1, dtype), Linear(mlp.lin2, dtype), mlp.act

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """float32[B, T, C] → float32[B, T, C]."""
        return self.second(self.act(self.first(tokens.to(self.first.weight.dtype)))).float()


def _scale(attention: Any) -> float:
    return float((attention.internal_dim // attention.num_heads) ** -0.5)


def _attend_self(layer: Any, tokens: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """What tokens float32[B, T, C] see of one another."""
    seen: torch.Tensor = layer.self_attn(tokens + start, tokens + start, tokens)
    return seen


def _project(attention: Any, seen: torch.Tensor, prompts: int) -> torch.Tensor:
    """[H, B × T, D] → [B, T, C]."""
    result: torch.Tensor = attention.out_proj(seen.transpose(0, 1).flatten(1).unflatten(0, (prompts, -1)))
    return result
