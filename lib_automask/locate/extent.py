"""The background: everything but the things that stay, held away from their outline.

What goes with a thing that is taken away: the rim that its outline left out, and the shadow at its foot.

Both are measured against the ground round the thing, so that a thing without them loses nothing but itself. The
ground is read from a ring that keeps away from the thing; a shadow is what is darker than that, of the ground's own
colour, and joined to the thing's foot.

The ground round a thing, and the thing's outline found anew against it.

SAM answers on a grid of a quarter of its square, so its outlines are as fine as that and as its training. Where the
ground is plain, colours tell more exactly where the thing ends; where it is not, SAM knows better and is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from lib_automask.imaging import masks, matting
from lib_automask.locate.scene_view import SceneView
from lib_automask.locate.selection import Location, drop_stray_spots
from lib_automask.types import Image, Mask, Segment, bounding_box

MARGIN = 0.006
"""Distance from the outline, in shorter sides of the picture, where SAM is sure of it."""
WIDEST = 0.03
"""The largest distance, in shorter sides of the picture."""
HOLE = 0.005
"""Below this share of the subject a hole is a flaw of the outline; larger ones, as between arm and body, are seen
through and belong to the background."""

RIM = 0.06
"""The widest rim, in sizes of the thing."""
RIM_SHARE = 0.6
"""Share of the pixels along the outline that must differ from the ground for a rim."""
DARKER = 24
"""Steps of 255 that a shadow is darker than the ground at least; and ``NOISES`` deviations, whichever is more."""
TINT = 0.2
"""A shadow keeps the ground's colour: its channels are dimmed alike up to this share."""
DEEPEST = 0.15
"""No shadow dims the ground below this share of its lightness."""
SMALLEST_SHADOW, LARGEST_SHADOW = 0.03, 1.0
"""Of a shadow, in areas of the thing: smaller is noise, larger is another ground."""

RING = 0.5
"""Width of the ring of ground in sizes of the thing (the root of its area)."""
DIFFERENT = 40
"""Steps of 255 from which on a pixel is unlike the ground; and ``NOISES`` deviations, whichever is more."""
NOISES = 4
DISTINCT = 0.6
"""Share of a thing that must be unlike the ground: a white cup on a white table keeps SAM's outline."""


def locate_background(view: SceneView) -> Location:
    """Everything but the things that stay, held away from their outline so that nothing grows from behind them."""
    subjects = view.subjects()
    if not subjects:
        return Location(np.zeros(view.shape, np.bool_), 0.0)
    kept = masks.unite_masks((protect_subjects(view.scores.segments[i]) for i in subjects), view.shape)
    certainty = float(view.scores.values[subjects].max(1).min())
    return Location(~kept, certainty, tuple(subjects))


def protect_subjects(segment: Segment) -> Mask:
    """A thing that stays, with the margin round it; its small holes stay with it."""
    outline = drop_stray_spots(segment)
    closed = ~masks.drop_islands(~outline, HOLE * outline.sum()) if not outline.all() else outline
    return masks.grow_mask(closed, measure_margin(segment))


def measure_margin(segment: Segment) -> int:
    """Pixels to keep from a thing's outline: more where SAM is less sure of it, as round hair or fur.

    SAM's stability is the likeness of two masks, cut at a stricter and at a looser threshold. What lies between them
    is a band along the outline; its mean width is its area over the outline's length, and half of it lies outside.
    """
    shorter = min(segment.mask.shape)
    rim = segment.mask & ~masks.grow_mask(segment.mask, -1)
    band = (1 - segment.stability_score) * segment.area / max(1, int(rim.sum())) / 2
    return max(1, int(min(MARGIN * shorter + band, WIDEST * shorter)))


def extend_removal(image: Image, thing: Mask, others: Mask) -> Mask:
    """The thing (bool[H, W]) with its rim and its shadow, never what is in ``others``.

    Args:
        image: uint8[H, W, 3] RGB.
        others: bool[H, W], the other things that are named.
    """
    spared = others & ~thing
    ground = measure_ground(image, thing, spared)
    if ground is None:
        return thing.copy()
    whole = thing | (_find_rim(image, thing, spared, ground) & ~spared)
    return whole | (find_shadow(image, whole, spared, ground) & ~spared)


def find_shadow(image: Image, thing: Mask, others: Mask, ground: Ground) -> Mask:
    """The contact shadow of a thing; empty where none is measured."""
    dim = image / np.maximum(ground.color, 1)
    darker = ground.lightness - image.mean(2) > max(DARKER, NOISES * ground.deviation)
    dark = darker & (np.ptp(dim, axis=2) <= TINT) & (dim.min(2) >= DEEPEST)
    dark &= _around_foot(thing) & ~thing & ~masks.grow_mask(others, 1)
    # A shadow is thicker than the drawn line, or the soft edge, of an outline.
    radius = max(1, round(0.02 * np.sqrt(thing.sum())))
    dark = masks.grow_mask(masks.grow_mask(dark, -radius), radius) & dark
    _count, labels = cv2.connectedComponents(dark.astype(np.uint8), connectivity=8)
    touching = set(np.unique(labels[masks.grow_mask(thing, 2 * radius + 1) & dark]).tolist()) - {0}
    joined = np.isin(labels, list(touching))
    if not SMALLEST_SHADOW * thing.sum() <= joined.sum() <= LARGEST_SHADOW * thing.sum():
        return np.zeros_like(thing)
    return masks.grow_mask(joined, 2 * radius) & ~others


def _find_rim(image: Image, thing: Mask, others: Mask, ground: Ground) -> Mask:
    """The thing grown as far as the pixels along its outline differ from the ground for the most part."""
    different = ground.unlike(image)
    away = np.ceil(cv2.distanceTransform((~thing).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE))
    width = 0
    for distance in range(1, round(RIM * np.sqrt(thing.sum())) + 1):
        if masks.share_inside((away == distance) & ~others, different) < RIM_SHARE:
            break
        width = distance
    return np.asarray(away <= width)


def _around_foot(thing: Mask) -> Mask:
    """Round the lower half of a thing, and below it."""
    near = masks.grow_mask(thing, surroundings_width(thing))
    box = bounding_box(thing)
    if box is not None:
        near[: box.top + box.height // 2] = False
    return near


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


def measure_ground(image: Image, thing: Mask, others: Mask) -> Ground | None:
    """The ground in a ring round a thing, without ``others``; None where nothing of it is seen."""
    width = surroundings_width(thing)
    ring = masks.grow_mask(thing, 3 * width) & ~masks.grow_mask(thing, width) & ~masks.grow_mask(others, 2)
    if not ring.any():
        return None
    seen = image[ring].astype(float)
    lightness = seen.mean(1)
    deviation = 1.4826 * float(np.median(abs(lightness - np.median(lightness))))
    return Ground(np.median(seen, axis=0), deviation)


def refine_outline(image: Image, thing: Mask, others: Mask) -> Mask:
    """``thing`` bool[H, W] with its outline found anew where the ground is plain and of another colour.

    What is taken along was unlike the ground, and what is given back was like it: two witnesses for every pixel that
    changes, the colours near by (``imaging.matting.refine_outline_by_color``) and those of the ground.

    Args:
        image: uint8[H, W, 3] RGB.
        others: bool[H, W], the other things that are named; nothing is taken from them.
    """
    ground = measure_ground(image, thing, others & ~thing)
    if ground is None or not ground.plain:
        return thing
    unlike = ground.unlike(image)
    if masks.share_inside(thing, unlike) < DISTINCT:
        return thing
    found = matting.refine_outline_by_color(image, thing)
    return (thing & (found | unlike)) | (found & unlike & ~others)


def surroundings_width(thing: Mask) -> int:
    """How far a thing's surroundings go, in pixels."""
    return max(3, round(RING * float(np.sqrt(thing.sum()))))
