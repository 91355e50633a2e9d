"""A picture of 320 x 240 pixels as ``locate_insertion`` sees it: outlines and scores, heat and presence, no models."""

from __future__ import annotations

import numpy as np

from lib_automask.imaging.masks import mask_from_box
from lib_automask.locate.insertion import locate_insertion
from lib_automask.locate.scene_view import SceneView
from lib_automask.locate.selection import Location, SegmentScores
from lib_automask.types import Box, Edit, Mask, Segment, Size

SHAPE = Size(240, 320)
NOTHING = np.zeros(SHAPE, bool)
UNSEEN = ("lamp", "hand", "feet")
"""Compared with every segment, and shown by none."""


def drawn(*boxes: Box) -> Mask:
    mask = NOTHING.copy()
    for box in boxes:
        mask |= mask_from_box(box, SHAPE)
    return mask


WOMAN, HOUSE = drawn(Box(60, 80, 100, 220)), drawn(Box(180, 90, 280, 200))


def view(heat: np.ndarray | None = None, shown: float = 0.0, score: float = 1.0, **things: Mask) -> SceneView:
    """A picture whose segments show one thing each; ``heat`` and ``shown`` (probability) are those of the lamp."""
    segments = tuple(Segment(mask, 0.95, 0.95) for mask in things.values())
    phrases = (*(name.replace("_", " ") for name in things), *UNSEEN)
    values = np.eye(len(things), len(phrases), dtype=np.float32) * np.float32(score)
    looked_for = {"lamp": NOTHING.astype(np.float32) if heat is None else heat}
    return SceneView(
        np.zeros((*SHAPE, 3), np.uint8),
        SegmentScores(segments, phrases, values),
        lambda asked: np.stack([looked_for[phrase] for phrase in asked]),
        lambda asked: [{"lamp": shown}[phrase] for phrase in asked],
    )


STREET = view(woman=WOMAN, house=HOUSE)


def located(
    new: str, target: str = "", relation: str | None = None, seen: SceneView = STREET, added: Mask = NOTHING
) -> Location:
    return locate_insertion(Edit("add", target, new, relation), seen, added)


def spots(*boxes: Box) -> np.ndarray:
    """Heat of 1 in some boxes and of 0 elsewhere."""
    return drawn(*boxes).astype(np.float32)
