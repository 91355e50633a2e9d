"""Attention between the tokens of prompts and their patches, either way, without the patches: see ``sam.projection``.

Shapes as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib_automask.sam.projection import Looks, Projection, by_head, by_prompt

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Sight:
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


class Scores:
    """How much tokens and patches agree.

    Args:
        sight: the patches, and what they went through.
        attention: a segment_anything ``Attention``.
        side: its projection of the patches: of keys, where tokens look at them, or of queries.
    """

    def __init__(self, sight: Sight, attention: Any, side: Any) -> None:
        self.heads, self.dtype = attention.num_heads, sight.dtype
        self.scale = (attention.internal_dim // attention.num_heads) ** -0.5
        self.patches = sight.projected(side)
        placed = sight.positions @ side.weight.T + self.patches.constant
        if sight.layers:
            self.picture, self.placed = self._split(self.patches.picture), self._split(placed)
        else:
            self.picture = self._split(self.patches.picture + placed)

    def __call__(self, tokens: torch.Tensor, looks: Looks) -> Iterator[torch.Tensor]:
        """[H, T, N] of one prompt after the other, where its tokens are projected to float32[B, T, H × D]."""
        import torch

        prompts, asked = len(tokens), by_head(tokens, self.heads) * self.scale
        low = asked.to(self.dtype)
        with_picture = by_prompt(low @ self.picture, prompts)
        if not looks.values:
            yield from with_picture
            return
        with_positions = by_prompt(low @ self.placed, prompts)
        rows = self.patches.rows(looks.values, prompts).unflatten(2, (self.heads, -1))  # [B, K, H, D]
        with_rows = (by_prompt(asked, prompts) @ rows.permute(0, 2, 3, 1)).flatten(1, 2).to(self.dtype)  # [B, H × T, K]
        for prompt, (shares, scale) in enumerate(zip(looks.shares, looks.scales)):
            scores = torch.addcmul(with_positions[prompt], with_picture[prompt], scale.to(self.dtype))
            yield scores.flatten(0, 1).addmm_(with_rows[prompt], shares).view(scores.shape)

    def _split(self, values: torch.Tensor) -> torch.Tensor:
        """float32[N, H × D] → [H, D, N]."""
        return values.unflatten(1, (self.heads, -1)).permute(1, 2, 0).to(self.dtype).contiguous()


class Reader:
    """Tokens look at the patches; the arguments are those of ``Scores``."""

    def __init__(self, sight: Sight, attention: Any) -> None:
        self.attention, self.heads, self.dtype = attention, attention.num_heads, sight.dtype
        self.scores = Scores(sight, attention, attention.k_proj)
        self.values = sight.projected(attention.v_proj)
        self.picture = by_head(self.values.picture[None], self.heads).to(self.dtype).contiguous()  # [H, N, D]

    def __call__(self, queries: torch.Tensor, looks: Looks) -> torch.Tensor:
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

    def _see(self, weights: torch.Tensor, looks: Looks, prompt: int, rows: torch.Tensor) -> torch.Tensor:
        """float32[H, T, D] of one prompt, by weights [H, T, N], where its tokens bring rows float32[H, K, D]."""
        of_rows = (weights.flatten(0, 1) @ looks.shares[prompt].T).float().view(*weights.shape[:2], -1)
        of_picture = weights.mul_(looks.scales[prompt].to(self.dtype)) @ self.picture
        return of_picture.float() + of_rows @ rows


class Writer:
    """Patches look at the tokens; the arguments are those of ``Scores``."""

    def __init__(self, sight: Sight, attention: Any) -> None:
        self.attention = attention
        self.scores = Scores(sight, attention, attention.q_proj)

    def __call__(
        self, keys: torch.Tensor, values: torch.Tensor, looks: Looks
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """What tokens offer, float32[H, B × T, D], and the shares [H × T, N] of it that each prompt's patches take.

        ``keys`` and ``values`` are float32[B, T, C].
        """
        shares = [some.softmax(1).flatten(0, 1) for some in self.scores(self.attention.k_proj(keys), looks)]
        return by_head(self.attention.v_proj(values), self.attention.num_heads), shares
