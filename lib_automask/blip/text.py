"""BLIP's text network over what was seen once: the same sums as in transformers, each done as seldom as it can be.

A picture's keys and values are made once for every block (``Sight``) and serve all phrases and segments. What a phrase
makes of itself before it first looks is done once for all segments. Of the last block only the first token is followed,
since the match is read from it alone. Phrases come one at a time, so that none is padded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib_automask.blip.half import in_half

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Sight:
    """Pictures as the text network meets them; both are float32[blocks, B, heads, 1 + patches, C / heads]."""

    keys: torch.Tensor
    values: torch.Tensor


class TextNetwork:
    """The text side of ``BlipForImageTextRetrieval``, in evaluation mode; its modules are used as they are."""

    def __init__(self, network: Any) -> None:
        self.embeddings = network.text_encoder.embeddings
        self.blocks = list(network.text_encoder.encoder.layer)
        self.head = network.itm_head
        self.heads = int(network.config.text_config.num_attention_heads)

    def meet(self, seen: torch.Tensor, dtype: torch.dtype | None = None) -> Sight:
        """The keys and values of pictures as the vision network saw them, float32[B, 1 + patches, C].

        They are computed in ``dtype``, or in float32; see ``in_half``. Phrases are always read in float32: they are so
        short that to shorten the weights would take longer than to use them.
        """
        import torch

        def project(layers: list[Any]) -> torch.Tensor:
            return in_half(lambda: torch.stack([self._split(layer(seen)) for layer in layers]), seen.device, dtype)

        looks = [block.crossattention.self for block in self.blocks]
        return Sight(project([look.key for look in looks]), project([look.value for look in looks]))

    def begin(self, tokens: torch.Tensor) -> torch.Tensor:
        """float32[1, L, C]: a phrase, int64[L], before it looks at anything."""
        return self._among_words(0, self.embeddings(tokens[None]))

    def match(
        self,
        begun: torch.Tensor,
        sight: Sight,
        allowed: torch.Tensor | None = None,
        watched: int | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """What a phrase makes of pictures, or of regions of one picture.

        Args:
            begun: from ``begin``.
            sight: of B pictures; of one, if there are ``allowed`` regions.
            allowed: bool[B, 1 + patches], where each of B rows may look; everywhere, if None.
            watched: the block whose attention is wanted.

        Returns:
            The logits float32[B, 2] of no match and of match, and the watched block's attention to the picture,
            float32[B, heads, L, 1 + patches], a leaf from which gradients are followed where they are enabled.
        """
        states, attention = begun, None
        for number, block in enumerate(self.blocks):
            if number > 0:
                states = self._among_words(number, states)
            keys, values = sight.keys[number], sight.values[number]
            query = self._split(block.crossattention.self.query(states))
            if number == watched:
                attention = _attention(query, keys, allowed).requires_grad_()
                found = attention @ values
            else:
                found = _look(query, keys, values, allowed)
            states = block.crossattention.output(_joined(found), states)
            states = block.output(block.intermediate(states), states)
        return self.head(states[:, 0]), attention

    def _among_words(self, number: int, states: torch.Tensor) -> torch.Tensor:
        """A block's self-attention over the words; in the last block for the first of them alone."""
        words = self.blocks[number].attention
        asking = states[:, :1] if number == len(self.blocks) - 1 else states
        query, key, value = words.self.query(asking), words.self.key(states), words.self.value(states)
        found = _look(self._split(query), self._split(key), self._split(value))
        result: torch.Tensor = words.output(_joined(found), asking)
        return result

    def _split(self, states: torch.Tensor) -> torch.Tensor:
        """[B, N, C] → [B, heads, N, C / heads]."""
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def _joined(states: torch.Tensor) -> torch.Tensor:
    """[B, heads, N, C / heads] → [B, N, C]."""
    return states.transpose(1, 2).flatten(2)


def _look(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, allowed: torch.Tensor | None = None
) -> torch.Tensor:
    """Attention, with one phrase or one picture (a batch of 1) shared by all rows of the others."""
    import torch

    rows = max(len(query), len(keys), 0 if allowed is None else len(allowed))
    query, keys, values = (part.expand(rows, -1, -1, -1) for part in (query, keys, values))
    mask = None if allowed is None else allowed[:, None, None]
    return torch.nn.functional.scaled_dot_product_attention(query, keys, values, mask)


def _attention(query: torch.Tensor, keys: torch.Tensor, allowed: torch.Tensor | None) -> torch.Tensor:
    """The map itself, float32[B, heads, L, N]."""
    weights = query @ keys.transpose(-1, -2) / query.shape[-1] ** 0.5
    if allowed is not None:
        weights = weights.masked_fill(~allowed[:, None, None], float("-inf"))
    return weights.softmax(-1)
