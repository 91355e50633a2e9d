"""The ground round a thing, and the thing's outline found anew against it.

SAM answers on a grid of a quarter of its square, so its outlines are as fine as that and as its training. Where the
ground is plain, colours tell more exactly where the thing ends; where it is not, SAM knows better and is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lib_automask import masks, matting
from lib_automask.structures import Image, Mask

RING = 0.5
"""Width of the ring of ground in sizes of the thing (the root of its area)."""
DIFFERENT = 40
"""Steps of 255 from which on a pixel is unlike the ground; and ``NOISES`` deviations, whichever is more."""
NOISES = 4
DISTINCT = 0.6
"""Share of a thing that must be unlike the ground: a white cup on a white table keeps SAM's outline."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What surrounds a thing: ``color`` float[3], and the deviation of its lightness."""

    color: npt.NDArray[np.float64]
    deviation: float

    @property
    def lightness(self) -> float:
        return float(self.color.mean())

    @property
    def plain(self) -> bool:
        """Whether its colour tells it from a thing."""
        return NOISES * self.deviation <= DIFFERENT

    def unlike(self, image: Image) -> Mask:
        """bool[H, W]: where ``image`` uint8[H, W, 3] is not of this ground's colour."""
        return np.asarray(abs(image - self.color).max(2) > max(DIFFERENT, NOISES * self.deviation))


def ground_round(image: Image, thing: Mask, others: Mask) -> Ground | None:
    """The ground in a ring round a thing, without ``others``; None where nothing of it is seen."""
    width = reach(thing)
    ring = masks.grow(thing, 3 * width) & ~masks.grow(thing, width) & ~masks.grow(others, 2)
    if not ring.any():
        return None
    seen = image[ring].astype(float)
    lightness = seen.mean(1)
    deviation = 1.4826 * float(np.median(abs(lightness - np.median(lightness))))
    return Ground(np.median(seen, axis=0), deviation)


def outlined(image: Image, thing: Mask, others: Mask) -> Mask:
    """``thing`` bool[H, W] with its outline found anew where the ground is plain and of another colour.

    What is taken along was unlike the ground, and what is given back was like it: two witnesses for every pixel that
    changes, the colours near by (``matting.outline_of``) and those of the ground.

    Args:
        image: uint8[H, W, 3] RGB.
        others: bool[H, W], the other things that are named; nothing is taken from them.
    """
    ground = ground_round(image, thing, others & ~thing)
    if ground is None or not ground.plain:
        return thing
    unlike = ground.unlike(image)
    if masks.share_inside(thing, unlike) < DISTINCT:
        return thing
    found = matting.outline_of(image, thing)
    return (thing & (found | unlike)) | (found & unlike & ~others)


def reach(thing: Mask) -> int:
    """How far a thing's surroundings go, in pixels."""
    return max(3, round(RING * float(np.sqrt(thing.sum()))))
