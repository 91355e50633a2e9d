"""The shapes of segments, compared with heat and with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from lib_automask import masks
from lib_automask.structures import Segment

CELLS = 256
RIVAL = 0.1
"""Share of the best likeness from which another segment may be what is meant."""
RIVALS = 4
"""Most segments that are looked at closer for one phrase."""
APART = 0.5
"""Two segments are apart where neither has so much of itself in the other."""


@dataclass(frozen=True, eq=False)
class Shapes:
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
    def of(cls, segments: Sequence[Segment]) -> Shapes:
        """At most ``CELLS`` cells a side: masks of large pictures are compared as quickly as those of small ones."""
        height, width = segments[0].mask.shape
        scale = min(1.0, CELLS / max(height, width))
        size = max(1, round(height * scale)), max(1, round(width * scale))
        small = [cv2.resize(one.mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA) for one in segments]
        groups = np.array([masks.in_pieces(one > 0.5) for one in small])
        return cls(np.stack(small).reshape(len(segments), -1), size, groups)

    def likeness(self, heat: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32[S, P]: cosine between each mask and each heat float32[P, h · w]."""
        cosines = self.shares @ heat.T / (_length(self.shares)[:, None] * _length(heat))
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


def _length(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """float32[N] of float32[N, D]; never 0."""
    return np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)
