"""BLIP's vision and text networks, computed with less work than in transformers, and with the same result.

The vision network also sees pictures smaller than those it was trained with, for a quick look at crops, and may do its
large products in half precision.

The text network compares a phrase with what the vision network made of a picture. It makes no keys and values of the
patches: the few words of a phrase are turned into the vision network's terms, compared with the patches there, and what
they gather is turned back. While phrases are few that is less work than the keys and values of all patches. The words
before the first look at the picture are computed once for all segments. Of the last block only the first token is
followed, since the match is read from it alone. Phrases come one at a time, so none is padded. They are always read in
float32: they are so short that to convert the weights would take longer than to use them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from lib_automask.types import Progress

if TYPE_CHECKING:
    import torch


def run_in_precision(work: Callable[[], torch.Tensor], device: torch.device, dtype: torch.dtype | None) -> torch.Tensor:
    """The result of ``work`` in float32, with its products of matrices in ``dtype``; in float32 if that is None.

    Sums from layer to layer stay float32. If something overflows, ``work`` is done again in float32 alone.
    """
    import torch

    if dtype not in (None, torch.float32):
        with torch.autocast(device.type, dtype):
            result = work().float()
        if result.isfinite().all():
            return result
    return work()


class VisionNetwork:
    """The vision side of a BLIP, in evaluation mode; its modules are used as they are."""

    def __init__(self, network: Any) -> None:
        self.embeddings = network.vision_model.embeddings
        self.encoder = network.vision_model.encoder
        self.norm = network.vision_model.post_layernorm

    def encode(self, pixels: torch.Tensor, dtype: torch.dtype | None = None) -> torch.Tensor:
        """float32[B, 1 + patches, C] of pictures float32[B, 3, S, S], class token first.

        S may be any multiple of the patch: the embeddings of the patches' places are interpolated, as BLIP's own were
        when it went from 224 pixels to 384 (Li et al. 2022, after Dosovitskiy et al. 2021). The large products are in
        ``dtype``, see ``run_in_precision``.
        """
        import torch

        patches = self.embeddings.patch_embedding(pixels).flatten(2).transpose(1, 2)
        first = self.embeddings.class_embedding.expand(len(pixels), -1, -1)
        tokens = torch.cat([first, patches], 1) + self._embed_places(patches.shape[1])
        states = run_in_precision(lambda: self.encoder(inputs_embeds=tokens)[0], tokens.device, dtype)
        features: torch.Tensor = self.norm(states)
        return features

    def _embed_places(self, patches: int) -> torch.Tensor:
        """float32[1, 1 + patches, C]: the embedding of each place, for a square of so many patches."""
        import torch

        trained: torch.Tensor = self.embeddings.position_embedding
        if trained.shape[1] == 1 + patches:
            return trained
        width, side = round((trained.shape[1] - 1) ** 0.5), round(patches**0.5)
        square = trained[:, 1:].transpose(1, 2).unflatten(2, (width, width))
        scaled = torch.nn.functional.interpolate(square, size=(side, side), mode="bicubic", align_corners=False)
        return torch.cat([trained[:, :1], scaled.flatten(2).transpose(1, 2)], 1)


class TextNetwork:
    """The text side of ``BlipForImageTextRetrieval``, in evaluation mode; its modules are used as they are."""

    def __init__(self, network: Any) -> None:
        self.embeddings = network.text_encoder.embeddings
        self.blocks = list(network.text_encoder.encoder.layer)
        self.head = network.itm_head
        self.heads = int(network.config.text_config.num_attention_heads)

    def embed_phrase(self, tokens: torch.Tensor) -> torch.Tensor:
        """float32[1, L, C]: a phrase, int64[L], before it is compared with a picture."""
        return self._attend_words(0, self.embeddings(tokens[None]))

    def match(
        self,
        phrase: torch.Tensor,
        features: torch.Tensor,
        allowed: torch.Tensor | None = None,
        watched: int | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Compare a phrase with pictures, or with regions of one picture, in float32.

        Args:
            phrase: from ``embed_phrase``.
            features: float32[B, 1 + patches, C] of the vision network; of one picture, if there are ``allowed``
                regions.
            allowed: bool[B, 1 + patches], the patches that each of B rows sees; all, if None.
            watched: the block whose attention is returned.

        Returns:
            The logits float32[B, 2] of no match and of match, and the watched block's attention to the picture,
            float32[B, heads, L, 1 + patches], a leaf from which gradients are followed where they are enabled.
        """
        states, attention = phrase, None
        for number, block in enumerate(self.blocks):
            if number > 0:
                states = self._attend_words(number, states)
            cross = block.crossattention.self
            weights = self._attention_weights(cross, states, features, allowed)
            if number == watched:
                attention = weights.requires_grad_()
            states = block.crossattention.output(_join_heads(self._weighted_values(cross, weights, features)), states)
            states = block.output(block.intermediate(states), states)
        return self.head(states[:, 0]), attention

    def _attend_words(self, number: int, states: torch.Tensor) -> torch.Tensor:
        """A block's self-attention over the words; in the last block for the first of them alone."""
        import torch

        words = self.blocks[number].attention
        asking = states[:, :1] if number == len(self.blocks) - 1 else states
        query, key, value = words.self.query(asking), words.self.key(states), words.self.value(states)
        query, key, value = (self._split_heads(part) for part in (query, key, value))
        attended = torch.nn.functional.scaled_dot_product_attention(query, key, value)
        result: torch.Tensor = words.output(_join_heads(attended), asking)
        return result

    def _attention_weights(
        self, cross: Any, states: torch.Tensor, features: torch.Tensor, allowed: torch.Tensor | None
    ) -> torch.Tensor:
        """How much each word attends to each patch in a block: float32[B, heads, L, 1 + patches].

        The bias of the keys adds the same for all patches, which changes no share: it is left out.
        """
        query = self._split_heads(cross.query(states)) / (states.shape[-1] // self.heads) ** 0.5
        projected = query @ self._split_weight(cross.key.weight)
        scores = (projected.flatten(1, 2) @ features.transpose(1, 2)).unflatten(1, (self.heads, -1))
        if allowed is not None:
            scores = scores.masked_fill(~allowed[:, None, None], float("-inf"))
        return scores.softmax(-1)

    def _weighted_values(self, cross: Any, weights: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """The attention's result float32[B, heads, L, C / heads]; weights add up to 1, so the bias is added whole."""
        gathered = (weights.flatten(1, 2) @ features).unflatten(1, (self.heads, -1))
        values = gathered @ self._split_weight(cross.value.weight).transpose(1, 2)
        return values + cross.value.bias.view(self.heads, 1, -1)

    def _split_weight(self, weight: torch.Tensor) -> torch.Tensor:
        """[C, D] → [heads, C / heads, D]."""
        return weight.unflatten(0, (self.heads, -1))

    def _split_heads(self, states: torch.Tensor) -> torch.Tensor:
        """[B, N, C] → [B, heads, N, C / heads]."""
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def _join_heads(states: torch.Tensor) -> torch.Tensor:
    """[B, heads, N, C / heads] → [B, N, C]."""
    return states.transpose(1, 2).flatten(2)


class LayerProgress:
    """A ``Progress`` that also repeats the last stage and share before each layer, so that a run can end between them.

    Args:
        progress: receives all reports.
        stage: reported until the first call.
        layers: modules of torch, whose ``forward`` is called for each pass.
    """

    def __init__(self, progress: Progress, stage: str, layers: Iterable[Any]) -> None:
        self.progress = progress
        self.last = (stage, 0.0)
        for layer in layers:
            layer.register_forward_pre_hook(self._before_layer)

    def __call__(self, stage: str, share: float) -> None:
        self.last = (stage, share)
        self.progress(stage, share)

    def _before_layer(self, *_module_and_inputs: Any) -> None:
        self.progress(*self.last)
