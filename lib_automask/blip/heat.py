"""Where in the picture a phrase is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lib_automask.blip.reader import Reader
from lib_automask.structures import Heat, Image

if TYPE_CHECKING:
    import torch


def gradcam(reader: Reader, image: Image, phrases: Sequence[str]) -> torch.Tensor:
    """float32[P, grid, grid], 0 or more: Grad-CAM of each phrase's match over the patches of the picture.

    The gradient of the match logit with respect to one block's cross-attention map, its negative part dropped, times
    the map, averaged over heads and over the words of the phrase. The method is that of LAVIS's ``compute_gradcam``
    for BLIP's matching (Li et al. 2022, after Selvaraju et al. 2017); PnP-OVSS (Luo et al., CVPR 2024) builds on it.
    """
    import torch

    with torch.inference_mode(False), torch.enable_grad():
        rows = reader.read(phrases)
        seen = reader.look(image).expand(len(rows), -1, -1).clone().requires_grad_()
        output = reader.compare(seen, rows, attentions=True)
        attention = output.cross_attentions[reader.gradcam_block]
        (slope,) = torch.autograd.grad(reader.logits(output)[:, 1].sum(), attention)
    heat = (slope.clamp(min=0) * attention.detach())[..., 1:].mean(1)
    words = rows.words.unsqueeze(-1)
    mean: torch.Tensor = (heat * words).sum(1) / words.sum(1).clamp(min=1)
    return mean.reshape(-1, reader.grid, reader.grid)


def heat_maps(reader: Reader, image: Image, phrases: Sequence[str]) -> Heat:
    """float32[P, H, W]: ``gradcam`` at the size of the picture, each phrase scaled so that its hottest place is 1."""
    import torch

    maps = gradcam(reader, image, phrases)[:, None]
    full = torch.nn.functional.interpolate(maps, size=image.shape[:2], mode="bilinear", align_corners=False)[:, 0]
    peak = full.amax((1, 2), keepdim=True)
    scaled: Heat = torch.where(peak > 0, full / peak.clamp(min=1e-30), full).cpu().numpy()
    return scaled
