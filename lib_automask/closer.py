"""A closer look, where the caption of the whole picture was too poor to say what changes: one thing at a time.

BLIP miscounts and leaves out where there are several things ("two green fish" for a fish and a box). Of one thing
alone, the ground painted over all else, it says less that is wrong; and what it says is believed only where its
matcher, which sees the thing in the picture itself, agrees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_automask import masks
from lib_automask.plan.retelling import first_thing
from lib_automask.selection import FOUND, overlap
from lib_automask.structures import Box, Image, Models, Segment, box_of
from lib_automask.view import GROUND

MOST = 4
"""So many things are looked at: each costs a caption."""
SMALLEST, LARGEST = 0.01, 0.5
"""Of a thing, in shares of the picture."""
WIDER = 1.6
"""The side of what is seen, in longer sides of the thing."""
MARGIN, RING = 0.01, 0.03
"""What is kept round a thing, and how far the ground reaches whose colour replaces all else, in shorter sides."""


def things_seen(image: Image, segments: Sequence[Segment], models: Models) -> list[str]:
    """What the largest things of ``image`` uint8[H, W, 3] are, by captions of each alone: "green fish", "green box"."""
    seen = separate(segments)[:MOST]
    names = [first_thing(models.captioner.caption(alone(image, segment))) for segment in seen]
    phrases = list(dict.fromkeys(filter(None, names)))
    if not phrases:
        return []
    scores = models.matcher.score_segments(image, seen, phrases)
    return [name for name, row in zip(names, scores) if name and row[phrases.index(name)] >= FOUND]


def separate(segments: Sequence[Segment]) -> list[Segment]:
    """Things apart from one another, the largest first; of those that overlap the surest outline, and no ground."""
    surest = sorted(segments, key=lambda one: -one.predicted_iou * one.stability_score)
    things: list[Segment] = []
    for segment in surest:
        share = segment.area / segment.mask.size
        is_thing = masks.sides_touched(segment.mask) < GROUND and SMALLEST <= share <= LARGEST
        if is_thing and not any(overlap(segment, other) for other in things):
            things.append(segment)
    return sorted(things, key=lambda one: -one.area)


def alone(image: Image, segment: Segment) -> Image:
    """A square of the picture round a thing, all else painted over with the colour of the ground next to it."""
    shorter = min(segment.mask.shape)
    kept = masks.grow(segment.mask, max(1, round(MARGIN * shorter)))
    ring = masks.grow(kept, max(2, round(RING * shorter))) & ~kept
    painted = image.copy()
    painted[~kept] = np.median(image[ring], axis=0) if ring.any() else 127
    box = box_of(segment.mask)
    assert box is not None, "a segment is never empty"
    rows, columns = _square(box, segment.mask.shape)
    return np.ascontiguousarray(painted[rows, columns])


def _square(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns round a box, as far as the picture goes."""
    half = WIDER * max(box.width, box.height) / 2
    x, y = box.center
    return (
        slice(max(0, round(y - half)), min(shape[0], round(y + half))),
        slice(max(0, round(x - half)), min(shape[1], round(x + half))),
    )
