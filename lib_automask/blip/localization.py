"""Where in the picture a phrase is looked for.

The shapes of segments, compared with heat and with each other.

A segment cut out for a closer look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from lib_automask.blip.model import MatchingModel
from lib_automask.imaging import masks
from lib_automask.types import Heat, Image, Segment, digest_image

if TYPE_CHECKING:
    import torch

CELLS = 256
RIVAL = 0.1
"""Share of the best likeness from which another segment may be what is meant."""
RIVALS = 4
"""Most segments that are looked at closer for one phrase."""
APART = 0.5
"""Two segments are apart where neither has so much of itself in the other."""

GREY = 127
MARGIN = 0.1


@dataclass(frozen=True)
class PhraseHeat:
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


def compute_gradcam(reader: MatchingModel, image: Image, phrases: Sequence[str]) -> list[PhraseHeat]:
    """Whether, and where, a picture uint8[H, W, 3] shows each phrase; asked once of each."""
    picture = digest_image(image, f"{reader.name} {reader.dtype}".encode())
    found = reader.cache.get_or_make_each(
        {phrase: f"{picture} found {phrase}" for phrase in phrases},
        lambda new: _compute_each(reader, reader.look(image), new),
        lambda one: one.nbytes,
    )
    return [found[phrase] for phrase in phrases]


def _compute_each(reader: MatchingModel, seen: torch.Tensor, phrases: Sequence[str]) -> list[PhraseHeat]:
    return [_attend_phrase(reader, seen, phrase) for phrase in phrases]


def _attend_phrase(reader: MatchingModel, seen: torch.Tensor, phrase: str) -> PhraseHeat:
    import torch

    with torch.inference_mode(False), torch.enable_grad():
        begun = reader.text.begin(reader.read(phrase))
        logits, attention = reader.text.match(begun, seen, watched=reader.gradcam_block)
        assert attention is not None, "the block that is watched is one of the network's"
        (slope,) = torch.autograd.grad(logits[0, 1], attention)
    attention = attention.detach()
    return PhraseHeat(
        float(logits.detach().softmax(1)[0, 1]),
        _average_over_patches(reader, attention),
        _average_over_patches(reader, slope.clamp(min=0) * attention),
    )


def make_heat_maps(reader: MatchingModel, image: Image, phrases: Sequence[str]) -> Heat:
    """float32[P, H, W]: Grad-CAM at the size of the picture, each phrase scaled so that its hottest place is 1."""
    import torch

    maps = torch.stack([found.gradcam for found in compute_gradcam(reader, image, phrases)])
    full = enlarge_maps(maps, (image.shape[0], image.shape[1]))
    peak = full.amax((1, 2), keepdim=True)
    scaled: Heat = torch.where(peak > 0, full / peak.clamp(min=1e-30), full).numpy()
    return scaled


def enlarge_maps(maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """float32[N, H, W], at the ``size`` (H, W), of float32[N, grid, grid]."""
    import torch

    return torch.nn.functional.interpolate(maps[:, None], size=size, mode="bilinear")[:, 0]


def _average_over_patches(reader: MatchingModel, attention: torch.Tensor) -> torch.Tensor:
    """float32[grid, grid]: mean over heads and words, not the first and last token, of [1, heads, L, 1 + grid²]."""
    words = attention[0, :, 1:-1] if attention.shape[2] > 2 else attention[0]
    return words[..., 1:].mean((0, 1)).reshape(reader.grid, reader.grid).cpu()


@dataclass(frozen=True, eq=False)
class SegmentShapes:
    """Masks in small.

    Args:
        shares: float32[S, h · w], how much a segment covers of each cell of a grid.
        size: (h, w) of the grid.
        groups: bool[S], whether a segment is of several large pieces.
    """

    shares: npt.NDArray[np.float32]
    size: tuple[int, int]
    groups: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> SegmentShapes:
        """At most ``CELLS`` cells a side: masks of large pictures are compared as quickly as those of small ones."""
        height, width = segments[0].mask.shape
        scale = min(1.0, CELLS / max(height, width))
        size = max(1, round(height * scale)), max(1, round(width * scale))
        small = [cv2.resize(one.mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA) for one in segments]
        groups = np.array([masks.is_in_pieces(one > 0.5) for one in small])
        return cls(np.stack(small).reshape(len(segments), -1), size, groups)

    def likeness(self, heat: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32[S, P]: cosine between each mask and each heat float32[P, h · w]."""
        cosines = self.shares @ heat.T / (_vector_lengths(self.shares)[:, None] * _vector_lengths(heat))
        return np.asarray(cosines, np.float32)

    @cached_property
    def together(self) -> npt.NDArray[np.float32]:
        """float32[S, S]: how much of one segment lies in another, whichever of the two holds more of the other."""
        common = self.shares @ self.shares.T
        own = np.diag(common)
        return np.asarray(np.maximum(common / own[:, None], common / own), np.float32)

    def rivals(self, likeness: npt.NDArray[np.float32]) -> list[int]:
        """The most alike segment and others that come near it, float32[S], each apart from those before it.

        Single things before groups, for SAM offers two that are alike as one region too.
        """
        chosen: list[int] = []
        near = np.flatnonzero(likeness >= RIVAL * likeness.max())
        for index in sorted(near, key=lambda index: (self.groups[index], -likeness[index])):
            if len(chosen) == RIVALS:
                break
            if all(self.together[index, other] < APART for other in chosen):
                chosen.append(int(index))
        return chosen


def _vector_lengths(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """float32[N] of float32[N, D]; never 0."""
    return np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)


def crop_segment(image: Image, segment: Segment, margin: float = MARGIN) -> Image:
    """The segment in the middle of a grey square, nothing of its surroundings, its proportions kept.

    Args:
        image: uint8[H, W, 3] RGB.
        margin: grey left round the segment, as a share of its longer side.

    Returns:
        uint8[S, S, 3] RGB.
    """
    box = segment.box
    cut = (slice(box.top, box.bottom), slice(box.left, box.right))
    longer = max(box.width, box.height)
    side = longer + 2 * round(longer * margin)
    square: Image = np.full((side, side, 3), GREY, dtype=np.uint8)
    top, left = (side - box.height) // 2, (side - box.width) // 2
    inside = square[top : top + box.height, left : left + box.width]
    inside[segment.mask[cut]] = image[cut][segment.mask[cut]]
    return square
