"""The background: everything but the things that stay, held away from their outline."""

from __future__ import annotations

import numpy as np

from lib_automask import masks
from lib_automask.selection import Place, whole
from lib_automask.structures import Mask, Segment
from lib_automask.view import View

MARGIN = 0.006
"""Distance from the outline, in shorter sides of the picture, where SAM is sure of it."""
WIDEST = 0.03
"""The largest distance, in shorter sides of the picture."""
HOLE = 0.005
"""Below this share of the subject a hole is a flaw of the outline; larger ones, as between arm and body, are seen
through and belong to the background."""


def background(view: View) -> Place:
    """Everything but the things that stay, held away from their outline so that nothing grows from behind them."""
    subjects = view.subjects()
    if not subjects:
        return Place(np.zeros(view.shape, np.bool_), 0.0)
    kept = masks.union((protected(view.scores.segments[i]) for i in subjects), view.shape)
    certainty = float(view.scores.values[subjects].max(1).min())
    return Place(~kept, certainty, tuple(subjects))


def protected(segment: Segment) -> Mask:
    """A thing that stays, with the margin round it; its small holes stay with it."""
    outline = whole(segment)
    closed = ~masks.drop_islands(~outline, HOLE * outline.sum()) if not outline.all() else outline
    return masks.grow(closed, margin(segment))


def margin(segment: Segment) -> int:
    """Pixels to keep from a thing's outline: more where SAM is less sure of it, as round hair or fur.

    SAM's stability is the likeness of two masks, cut at a stricter and at a looser threshold. What lies between them
    is a band along the outline; its mean width is its area over the outline's length, and half of it lies outside.
    """
    shorter = min(segment.mask.shape)
    rim = segment.mask & ~masks.grow(segment.mask, -1)
    band = (1 - segment.stability_score) * segment.area / max(1, int(rim.sum())) / 2
    return max(1, int(min(MARGIN * shorter + band, WIDEST * shorter)))
