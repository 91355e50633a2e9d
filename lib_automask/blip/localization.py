"""Where in a picture a phrase is found, and how segments compare with that.

``compute_gradcam`` gives each phrase a heat map, ``SegmentShapes`` compares segments with heat maps and with each
other, and ``crop_segment`` cuts a segment out for a pass of its own.
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
from lib_automask.types import Heat, Image, Segment, Size, digest_image

if TYPE_CHECKING:
    import torch

# Chosen with ``python -m benchmarks.scoring`` on seeds of its own, see docs/benchmarks.md.
RIVAL = 0.1
"""Share of the best likeness from which another segment may be the phrase's."""
RIVALS = 4
"""Most segments that are cropped for one phrase."""
APART = 0.5
"""Two segments are apart if neither has so much of itself in the other."""
CELLS = 256
"""Longest side of the grid on which masks are compared; a guess, ten times as fine as the heat of BLIP base."""
GREY, MARGIN = 127, 0.1
"""What surrounds a cropped segment: a grey that the demo's matcher was trained with; its width is a guess."""


@dataclass(frozen=True)
class PhraseHeat:
    """The result of one pass of a phrase over a picture; on the CPU, since it is kept in the cache.

    Args:
        probability: 0–1, that the picture shows it.
        attention: float32[grid, grid], 0 or more: how much its words attend to each patch in one block, mean over
            heads.
        gradcam: float32[grid, grid], 0 or more: the same, each head and patch weighted by how much more attention
            there would add to the match; 0 where it would not. The method is that of LAVIS's ``compute_gradcam``
            for BLIP's matching (Li et al. 2022, after Selvaraju et al. 2017); PnP-OVSS (Luo et al., CVPR 2024)
            builds on it.
    """

    probability: float
    attention: torch.Tensor
    gradcam: torch.Tensor

    @property
    def nbytes(self) -> int:
        return self.attention.nbytes + self.gradcam.nbytes


def compute_gradcam(model: MatchingModel, image: Image, phrases: Sequence[str]) -> list[PhraseHeat]:
    """Whether, and where, a picture uint8[H, W, 3] shows each phrase; each phrase is computed once."""
    picture = digest_image(image, f"{model.name} {model.dtype}".encode())
    found = model.cache.get_or_make_each(
        {phrase: f"{picture} found {phrase}" for phrase in phrases},
        lambda new: _locate_phrases(model, model.encode_picture(image), new),
        lambda heat: heat.nbytes,
    )
    return [found[phrase] for phrase in phrases]


def _locate_phrases(model: MatchingModel, features: torch.Tensor, phrases: Sequence[str]) -> list[PhraseHeat]:
    return [_locate_phrase(model, features, phrase) for phrase in phrases]


def _locate_phrase(model: MatchingModel, features: torch.Tensor, phrase: str) -> PhraseHeat:
    import torch

    with torch.inference_mode(False), torch.enable_grad():
        embedded = model.text.embed_phrase(model.tokenize(phrase))
        logits, attention = model.text.match(embedded, features, watched=model.gradcam_block)
        assert attention is not None, "the watched block is one of the network's"
        (slope,) = torch.autograd.grad(logits[0, 1], attention)
    attention = attention.detach()
    return PhraseHeat(
        float(logits.detach().softmax(1)[0, 1]),
        _average_over_words(model, attention),
        _average_over_words(model, slope.clamp(min=0) * attention),
    )


def _average_over_words(model: MatchingModel, attention: torch.Tensor) -> torch.Tensor:
    """float32[grid, grid]: mean over heads and words, not the first and last token, of [1, heads, L, 1 + grid²]."""
    words = attention[0, :, 1:-1] if attention.shape[2] > 2 else attention[0]
    return words[..., 1:].mean((0, 1)).reshape(model.grid, model.grid).cpu()


def make_heat_maps(model: MatchingModel, image: Image, phrases: Sequence[str]) -> Heat:
    """float32[P, H, W]: Grad-CAM at the size of the picture, each phrase scaled so that its hottest place is 1."""
    import torch

    maps = torch.stack([found.gradcam for found in compute_gradcam(model, image, phrases)])
    full = enlarge_maps(maps, Size.of(image))
    peak = full.amax((1, 2), keepdim=True)
    scaled: Heat = torch.where(peak > 0, full / peak.clamp(min=1e-30), full).numpy()
    return scaled


def enlarge_maps(maps: torch.Tensor, size: Size) -> torch.Tensor:
    """float32[N, H, W] at ``size`` of float32[N, grid, grid], bilinear."""
    import torch

    return torch.nn.functional.interpolate(maps[:, None], size=tuple(size), mode="bilinear")[:, 0]


@dataclass(frozen=True, eq=False)
class SegmentShapes:
    """Masks on a coarse grid.

    Args:
        shares: float32[S, h · w], how much a segment covers of each cell.
        size: of the grid, h × w.
        groups: bool[S], whether a segment consists of several large pieces.
    """

    shares: npt.NDArray[np.float32]
    size: Size
    groups: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> SegmentShapes:
        """At most ``CELLS`` cells a side: masks of large pictures are compared as quickly as those of small ones."""
        full = Size.of(segments[0].mask)
        size = full.scaled(min(1.0, CELLS / full.longer))
        small = [
            cv2.resize(segment.mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
            for segment in segments
        ]
        groups = np.array([masks.is_in_pieces(mask > 0.5) for mask in small])
        return cls(np.stack(small).reshape(len(segments), -1), size, groups)

    def compare_with_heat(self, heat: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32[S, P]: cosine between each mask and each heat float32[P, h · w]."""
        cosines = self.shares @ heat.T / (_vector_lengths(self.shares)[:, None] * _vector_lengths(heat))
        return np.asarray(cosines, np.float32)

    @cached_property
    def containment(self) -> npt.NDArray[np.float32]:
        """float32[S, S]: the share of one segment that lies in another, for each pair the larger of both shares."""
        common = self.shares @ self.shares.T
        areas = np.diag(common)
        return np.asarray(np.maximum(common / areas[:, None], common / areas), np.float32)

    def find_rivals(self, likeness: npt.NDArray[np.float32]) -> list[int]:
        """The segment of the highest ``likeness`` float32[S] and those that come near it, each apart from the others.

        Single things come before groups, since SAM also offers two alike things as one region.
        """
        chosen: list[int] = []
        near = np.flatnonzero(likeness >= RIVAL * likeness.max())
        for index in sorted(near, key=lambda index: (self.groups[index], -likeness[index])):
            if len(chosen) == RIVALS:
                break
            if all(self.containment[index, other] < APART for other in chosen):
                chosen.append(int(index))
        return chosen


def _vector_lengths(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """float32[N] of float32[N, D]; never 0."""
    return np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)


def crop_segment(image: Image, segment: Segment, margin: float = MARGIN) -> Image:
    """The segment in the middle of a grey square, without its surroundings and with its proportions.

    Args:
        image: uint8[H, W, 3] RGB.
        margin: grey around the segment, as a share of its longer side.

    Returns:
        uint8[S, S, 3] RGB.
    """
    box = segment.box
    region = (slice(box.top, box.bottom), slice(box.left, box.right))
    longer = max(box.width, box.height)
    side = longer + 2 * round(longer * margin)
    square: Image = np.full((side, side, 3), GREY, dtype=np.uint8)
    top, left = (side - box.height) // 2, (side - box.width) // 2
    middle = square[top : top + box.height, left : left + box.width]
    middle[segment.mask[region]] = image[region][segment.mask[region]]
    return square
