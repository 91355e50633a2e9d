"""BLIP's large products in shorter numbers, where that is faster and changes next to nothing.

Phrases are always read in float32: they are so short that to shorten the weights would take longer than to use them.

BLIP's vision network at the size it was trained with, and at smaller ones for a quick look.

BLIP's text network over what was seen once: the same sums as in transformers, each done as seldom as it can be.

No patch is made a key or a value: the few words of a phrase are turned into the vision network's terms, compared with
the patches there, and what they gather is turned back. While phrases are few that is less work than the keys and values
of all patches. What a phrase makes of itself before it first looks is done once for all segments. Of the last block
only the first token is followed, since the match is read from it alone. Phrases come one at a time: none is padded.

Progress that is told between the layers of a network too, so that Interrupt comes soon on a slow machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


Progress = Callable[[float], None]
"""Told the share that is done, 0–1, between small pieces of work; it may raise ``Interrupted`` to end the run."""


def run_in_precision(work: Callable[[], torch.Tensor], device: torch.device, dtype: torch.dtype | None) -> torch.Tensor:
    """What ``work`` returns, in float32, its products of matrices done in ``dtype``.

    What is summed from layer to layer stays float32. Where something overflows, the same is done again in float32
    alone, which is also what happens if that, or None, is the ``dtype``.
    """
    import torch

    if dtype not in (None, torch.float32):
        with torch.autocast(device.type, dtype):
            made = work().float()
        if made.isfinite().all():
            return made
    return work()


class VisionNetwork:
    """The vision side of a BLIP, in evaluation mode; its modules are used as they are."""

    def __init__(self, network: Any) -> None:
        self.embeddings = network.vision_model.embeddings
        self.encoder = network.vision_model.encoder
        self.norm = network.vision_model.post_layernorm

    def see(self, pixels: torch.Tensor, dtype: torch.dtype | None = None) -> torch.Tensor:
        """float32[B, 1 + patches, C] of pictures float32[B, 3, S, S], class token first.

        S may be any multiple of the patch: the places of the patches are interpolated, as BLIP's own were when it went
        from 224 pixels to 384 (Li et al. 2022, after Dosovitskiy et al. 2021). The large products are in ``dtype``, or
        in float32; see ``in_half``.
        """
        import torch

        patches = self.embeddings.patch_embedding(pixels).flatten(2).transpose(1, 2)
        first = self.embeddings.class_embedding.expand(len(pixels), -1, -1)
        tokens = torch.cat([first, patches], 1) + self._places(patches.shape[1])
        states = run_in_precision(lambda: self.encoder(inputs_embeds=tokens)[0], tokens.device, dtype)
        seen: torch.Tensor = self.norm(states)
        return seen

    def _places(self, patches: int) -> torch.Tensor:
        """float32[1, 1 + patches, C]: the embedding of each place, for a square of so many patches."""
        import torch

        own: torch.Tensor = self.embeddings.position_embedding
        if own.shape[1] == 1 + patches:
            return own
        width, side = round((own.shape[1] - 1) ** 0.5), round(patches**0.5)
        square = own[:, 1:].transpose(1, 2).unflatten(2, (width, width))
        scaled = torch.nn.functional.interpolate(square, size=(side, side), mode="bicubic", align_corners=False)
        return torch.cat([own[:, :1], scaled.flatten(2).transpose(1, 2)], 1)


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
            states = block.crossattention.output(_join_heads(self._gathered(look, weights, seen)), states)
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
        result: torch.Tensor = words.output(_join_heads(found), asking)
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


def _join_heads(states: torch.Tensor) -> torch.Tensor:
    """[B, heads, N, C / heads] → [B, N, C]."""
    return states.transpose(1, 2).flatten(2)


class LayerProgress:
    """A ``Progress`` that hands on what it is told, and tells the last share again before each layer that it watches.

    Args:
        progress: is told.
        layers: modules of torch, whose ``forward`` is called for each pass.
    """

    def __init__(self, progress: Progress, layers: Iterable[Any]) -> None:
        self.progress, self.share = progress, 0.0
        for layer in layers:
            layer.register_forward_pre_hook(self._before_layer)

    def __call__(self, share: float) -> None:
        self.share = share
        self.progress(share)

    def _before_layer(self, *_module_and_inputs: Any) -> None:
        self.progress(self.share)
