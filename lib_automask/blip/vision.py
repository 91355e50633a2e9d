"""BLIP's vision network at the size it was trained with, and at smaller ones for a quick look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lib_automask.blip.half import in_half

if TYPE_CHECKING:
    import torch


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
        states = in_half(lambda: self.encoder(inputs_embeds=tokens)[0], tokens.device, dtype)
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
