"""Where in the picture a phrase is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lib_automask.blip.reader import Reader
from lib_automask.structures import Heat, Image, digest

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Found:
    """What one pass tells of a phrase in a picture; on the CPU, since it is remembered.

    Args:
        probability: 0–1, that the picture shows it.
        attention: float32[grid, grid], 0 or more: how much its words look at each patch in one block, mean over heads.
        gradcam: float32[grid, grid], 0 or more: the same, each head and patch weighted by how much more looking there
            would add to the match; nothing where it would not. The method is that of LAVIS's ``compute_gradcam``
            for BLIP's matching (Li et al. 2022, after Selvaraju et al. 2017); PnP-OVSS (Luo et al., CVPR 2024)
            builds on it.
    """

    probability: float
    attention: torch.Tensor
    gradcam: torch.Tensor

    @property
    def nbytes(self) -> int:
        return self.attention.nbytes + self.gradcam.nbytes


def find(reader: Reader, image: Image, phrases: Sequence[str]) -> list[Found]:
    """Whether, and where, a picture uint8[H, W, 3] shows each phrase; asked once of each."""
    picture = digest(image, f"{reader.name} {reader.dtype}".encode())
    found = reader.cache.get_or_make_each(
        {phrase: f"{picture} found {phrase}" for phrase in phrases},
        lambda new: _found(reader, reader.look(image), new),
        lambda one: one.nbytes,
    )
    return [found[phrase] for phrase in phrases]


def _found(reader: Reader, seen: torch.Tensor, phrases: Sequence[str]) -> list[Found]:
    return [_look_for(reader, seen, phrase) for phrase in phrases]


def _look_for(reader: Reader, seen: torch.Tensor, phrase: str) -> Found:
    import torch

    with torch.inference_mode(False), torch.enable_grad():
        begun = reader.text.begin(reader.read(phrase))
        logits, attention = reader.text.match(begun, seen, watched=reader.gradcam_block)
        assert attention is not None, "the block that is watched is one of the network's"
        (slope,) = torch.autograd.grad(logits[0, 1], attention)
    attention = attention.detach()
    return Found(
        float(logits.detach().softmax(1)[0, 1]),
        _over_patches(reader, attention),
        _over_patches(reader, slope.clamp(min=0) * attention),
    )


def heat_maps(reader: Reader, image: Image, phrases: Sequence[str]) -> Heat:
    """float32[P, H, W]: Grad-CAM at the size of the picture, each phrase scaled so that its hottest place is 1."""
    import torch

    maps = torch.stack([found.gradcam for found in find(reader, image, phrases)])
    full = enlarged(maps, (image.shape[0], image.shape[1]))
    peak = full.amax((1, 2), keepdim=True)
    scaled: Heat = torch.where(peak > 0, full / peak.clamp(min=1e-30), full).numpy()
    return scaled


def enlarged(maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """float32[N, H, W], at the ``size`` (H, W), of float32[N, grid, grid]."""
    import torch

    return torch.nn.functional.interpolate(maps[:, None], size=size, mode="bilinear")[:, 0]


def _over_patches(reader: Reader, attention: torch.Tensor) -> torch.Tensor:
    """float32[grid, grid]: mean over heads and words, not the first and last token, of [1, heads, L, 1 + grid²]."""
    words = attention[0, :, 1:-1] if attention.shape[2] > 2 else attention[0]
    return words[..., 1:].mean((0, 1)).reshape(reader.grid, reader.grid).cpu()
