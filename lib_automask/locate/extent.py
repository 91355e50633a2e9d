"""How far a mask goes: round the things that stay, over the shadow of what is removed, along a thing's true outline.

All of it is measured against the ground round a thing, which is read from a ring that keeps away from the thing. A
removed thing takes along the rim that SAM's outline left out and its contact shadow: what is darker than the ground,
of the ground's own colour, and joined to the thing's foot. SAM's outlines are as fine as its grid, a quarter of its
square; on a plain ground colours tell more exactly where a thing ends, elsewhere SAM's outline stays.

Pictures are ``uint8[H, W, 3]`` RGB, masks ``bool[H, W]``, distances in pixels. The size of a thing is the root of its
area. The constants are guesses.
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

MARGIN, WIDEST_MARGIN = 0.006, 0.03
"""Distance from the outline where SAM is sure of it, and the largest one, in shorter sides of the picture."""
SMALLEST_HOLE = 0.005
"""Below this share of the subject a hole is a flaw of the outline; larger ones, as between arm and body, are seen
through and belong to the background."""

WIDEST_RIM = 0.06
"""In sizes of the thing."""
RIM_SHARE = 0.6
"""Share of the pixels along the outline that must differ from the ground for a rim."""
LEAST_DARKENING = 24
"""A shadow is darker than the ground by so many steps of 255, and by ``NOISE_DEVIATIONS``."""
MOST_TINT = 0.2
"""A shadow keeps the ground's colour: the shares that it leaves of the three channels differ by no more than this."""
DEEPEST = 0.15
"""No shadow dims the ground below this share of its lightness."""
SMALLEST_SHADOW, LARGEST_SHADOW = 0.03, 1.0
"""In areas of the thing: smaller is noise, larger is another ground."""

RING = 0.5
"""Width of the ring of ground, in sizes of the thing."""
LEAST_DIFFERENCE = 40
"""A pixel is unlike the ground from so many steps of 255 on, and from ``NOISE_DEVIATIONS`` on."""
NOISE_DEVIATIONS = 4
"""So many deviations of the ground's lightness are noise."""
LEAST_DISTINCT = 0.6
"""Share of a thing that must be unlike the ground: a white cup on a white table keeps SAM's outline."""


def locate_background(view: SceneView) -> Location:
    """Everything but the things that stay, with a margin round them; of certainty 0 where none of them is found."""
    subjects = view.subjects()
    if not subjects:
        return Location(np.zeros(view.size, np.bool_), 0.0)
    kept = masks.unite_masks((protect_subjects(view.scores.segments[i]) for i in subjects), view.size)
    certainty = float(view.scores.values[subjects].max(1).min())
    return Location(~kept, certainty, tuple(subjects))


def protect_subjects(segment: Segment) -> Mask:
    """A thing that stays, with its small holes and a margin round it."""
    outline = drop_stray_spots(segment)
    closed = ~masks.drop_islands(~outline, SMALLEST_HOLE * outline.sum()) if not outline.all() else outline
    return masks.grow_mask(closed, measure_margin(segment))


def measure_margin(segment: Segment) -> int:
    """Pixels to keep from a thing's outline: more where SAM is less sure of it, as round hair or fur.

    SAM's stability is the likeness of two masks, cut at a stricter and at a looser threshold. What lies between them
    is a band along the outline; its mean width is its area over the outline's length, and half of it lies outside.
    """
    shorter = min(segment.mask.shape)
    outline = segment.mask & ~masks.grow_mask(segment.mask, -1)
    band = (1 - segment.stability_score) * segment.area / max(1, int(outline.sum())) / 2
    return max(1, int(min(MARGIN * shorter + band, WIDEST_MARGIN * shorter)))


def extend_removal(image: Image, thing: Mask, others: Mask) -> Mask:
    """``thing`` with its rim and its contact shadow, without what is in ``others``, the other things that are named."""
    spared = others & ~thing
    ground = measure_ground(image, thing, spared)
    if ground is None:
        return thing.copy()
    whole = thing | (_find_rim(image, thing, spared, ground) & ~spared)
    return whole | (find_shadow(image, whole, spared, ground) & ~spared)


def find_shadow(image: Image, thing: Mask, others: Mask, ground: Ground) -> Mask:
    """The contact shadow of ``thing``, without ``others``; empty where none is measured."""
    dimming = image / np.maximum(ground.color, 1)
    darker = ground.lightness - image.mean(2) > max(LEAST_DARKENING, NOISE_DEVIATIONS * ground.deviation)
    dark = darker & (np.ptp(dimming, axis=2) <= MOST_TINT) & (dimming.min(2) >= DEEPEST)
    dark &= _around_foot(thing) & ~thing & ~masks.grow_mask(others, 1)
    # A shadow is thicker than the drawn line or the soft edge of an outline: opening drops those.
    radius = max(1, round(0.02 * np.sqrt(thing.sum())))
    dark = masks.grow_mask(masks.grow_mask(dark, -radius), radius) & dark
    _count, labels = cv2.connectedComponents(dark.astype(np.uint8), connectivity=8)
    touching = set(np.unique(labels[masks.grow_mask(thing, 2 * radius + 1) & dark]).tolist()) - {0}
    shadow = np.isin(labels, list(touching))
    if not SMALLEST_SHADOW * thing.sum() <= shadow.sum() <= LARGEST_SHADOW * thing.sum():
        return np.zeros_like(thing)
    return masks.grow_mask(shadow, 2 * radius) & ~others


def _find_rim(image: Image, thing: Mask, others: Mask, ground: Ground) -> Mask:
    """The thing grown as far as the pixels along its outline differ from the ground for the most part."""
    different = ground.unlike(image)
    distances = np.ceil(cv2.distanceTransform((~thing).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE))
    width = 0
    for distance in range(1, round(WIDEST_RIM * np.sqrt(thing.sum())) + 1):
        if masks.share_inside((distances == distance) & ~others, different) < RIM_SHARE:
            break
        width = distance
    return np.asarray(distances <= width)


def _around_foot(thing: Mask) -> Mask:
    """The surroundings of the lower half of a thing."""
    near = masks.grow_mask(thing, surroundings_width(thing))
    box = bounding_box(thing)
    if box is not None:
        near[: box.top + box.height // 2] = False
    return near


@dataclass(frozen=True, eq=False)
class Ground:
    """What surrounds a thing: ``color`` float[3] RGB 0–255, and the ``deviation`` of its lightness."""

    color: npt.NDArray[np.float64]
    deviation: float

    @property
    def lightness(self) -> float:
        return float(self.color.mean())

    @property
    def plain(self) -> bool:
        """Whether it is even enough for its colour to tell it from a thing."""
        return NOISE_DEVIATIONS * self.deviation <= LEAST_DIFFERENCE

    def unlike(self, image: Image) -> Mask:
        """bool[H, W]: where ``image`` uint8[H, W, 3] is not of this ground's colour."""
        return np.asarray(abs(image - self.color).max(2) > max(LEAST_DIFFERENCE, NOISE_DEVIATIONS * self.deviation))


def measure_ground(image: Image, thing: Mask, others: Mask) -> Ground | None:
    """The ground in a ring round a thing, without ``others``; None where the picture shows none of it."""
    width = surroundings_width(thing)
    ring = masks.grow_mask(thing, 3 * width) & ~masks.grow_mask(thing, width) & ~masks.grow_mask(others, 2)
    if not ring.any():
        return None
    colors = image[ring].astype(float)
    lightness = colors.mean(1)
    # The median absolute deviation, scaled to the standard deviation of a normal distribution: other things in the
    # ring hardly move it.
    deviation = 1.4826 * float(np.median(abs(lightness - np.median(lightness))))
    return Ground(np.median(colors, axis=0), deviation)


def refine_outline(image: Image, thing: Mask, others: Mask) -> Mask:
    """``thing`` with its outline found anew where the picture shows it clearly; else as it is.

    In a photograph that is for ``imaging.photo_edges`` to judge. In a drawn picture the ground must be plain and of
    another colour, and a pixel changes only where two measures agree: the colours near by
    (``imaging.matting.refine_drawn_outline``) and the colour of the ground. Nothing is taken from ``others``, the
    other things that are named.
    """
    if not matting.is_drawn(image, thing):
        return matting.refine_photo_outline(image, thing) & (thing | ~others)
    ground = measure_ground(image, thing, others & ~thing)
    if ground is None or not ground.plain:
        return thing
    unlike = ground.unlike(image)
    if masks.share_inside(thing, unlike) < LEAST_DISTINCT:
        return thing
    refined = matting.refine_drawn_outline(image, thing)
    return (thing & (refined | unlike)) | (refined & unlike & ~others)


def surroundings_width(thing: Mask) -> int:
    """How far a thing's surroundings go, in pixels."""
    return max(3, round(RING * float(np.sqrt(thing.sum()))))
