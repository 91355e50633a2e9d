"""BLIP's text network over what was seen once: the same sums as in transformers, each done as seldom as it can be.

No patch is made a key or a value: the few words of a phrase are turned into the vision network's terms, compared with
the patches there, and what they gather is turned back. While phrases are few that is less work than the keys and values
of all patches. What a phrase makes of itself before it first looks is done once for all segments. Of the last block
only the first token is followed, since the match is read from it alone. Phrases come one at a time: none is padded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class TextNetwork:
    """The text side of ``BlipForImageTextRetrieval``, in evaluation mode; its modules are used as they are."""

    def __init__(self, network: Any) -> None:
        self.embeddings = network.text_encoder.embeddings
        self.blocks = list(network.text_encoder.encoder.layer)
        self.head = network.itm_head
        self.heads = int(network.config.text_config.num_attention_heads)

    def begin(self, tokens: torch.Tensor) -> torch.Tensor:
        """float32[1, L, C]: a phrase, int64[L], before it looks at anything."""
        return self._among_words(0, self.embeddings(tokens[None]))

    def match(
        self,
        begun: torch.Tensor,
        seen: torch.Tensor,
        allowed: torch.Tensor | None = None,
        watched: int | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """What a phrase makes of pictures, or of regions of one picture, in float32.

        Args:
            begun: from ``begin``.
            seen: float32[B, 1 + patches, C], pictures as the vision network saw them; of one, if there are ``allowed``
                regions.
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
            look = block.crossattention.self
            weights = self._attention(look, states, seen, allowed)
            if number == watched:
                attention = weights.requires_grad_()
            states = block.crossattention.output(_joined(self._gathered(look, weights, seen)), states)
            states = block.output(block.intermediate(states), states)
        return self.head(states[:, 0]), attention

    def _among_words(self, number: int, states: torch.Tensor) -> torch.Tensor:
        """A block's self-attention over the words; in the last block for the first of them alone."""
        import torch

        words = self.blocks[number].attention
        asking = states[:, :1] if number == len(self.blocks) - 1 else states
        query, key, value = words.self.query(asking), words.self.key(states), words.self.value(states)
        query, key, value = (self._split(part) for part in (query, key, value))
        found = torch.nn.functional.scaled_dot_product_attention(query, key, value)
        result: torch.Tensor = words.output(_joined(found), asking)
        return result

    def _attention(
        self, look: Any, states: torch.Tensor, seen: torch.Tensor, allowed: torch.Tensor | None
    ) -> torch.Tensor:
        """How much each word looks at each patch in a block: float32[B, heads, L, 1 + patches].

        The bias of the keys adds the same for all patches, which changes no share: it is left out.
        """
        query = self._split(look.query(states)) / (states.shape[-1] // self.heads) ** 0.5
        asked = query @ self._by_head(look.key.weight)
        weights = (asked.flatten(1, 2) @ seen.transpose(1, 2)).unflatten(1, (self.heads, -1))
        if allowed is not None:
            weights = weights.masked_fill(~allowed[:, None, None], float("-inf"))
        return weights.softmax(-1)

    def _gathered(self, look: Any, weights: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """The values that the words take, float32[B, heads, L, C / heads]; shares add up to 1, so the bias is whole."""
        taken = (weights.flatten(1, 2) @ seen).unflatten(1, (self.heads, -1))
        return taken @ self._by_head(look.value.weight).transpose(1, 2) + look.value.bias.view(self.heads, 1, -1)

    def _by_head(self, weight: torch.Tensor) -> torch.Tensor:
        """[C, D] → [heads, C / heads, D]."""
        return weight.unflatten(0, (self.heads, -1))

    def _split(self, states: torch.Tensor) -> torch.Tensor:
        """[B, N, C] → [B, heads, N, C / heads]."""
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def _joined(states: torch.Tensor) -> torch.Tensor:
    """[B, heads, N, C / heads] → [B, N, C]."""
    return states.transpose(1, 2).flatten(2)
