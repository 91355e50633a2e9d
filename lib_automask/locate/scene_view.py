"""What is known of a picture by the time places are looked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from lib_automask.imaging import masks
from lib_automask.locate.selection import FOUND, Location, SegmentScores, find_referents, locate_object
from lib_automask.types import Heat, Image, Mask, Presence

GROUND = 3
"""What reaches this many sides of the picture is something that other things stand on."""


@dataclass(frozen=True, eq=False)
class SceneView:
    """A picture with what was found in it.

    Args:
        image: uint8[H, W, 3] RGB.
        scores: its segments, compared with every phrase that matters.
        heat: asked with phrases, answers float32[P, H, W]: where each is looked for.
        shown: asked with phrases, answers with the probability (0–1) that the picture shows each.
        least: the score, 0–1, from which a segment can be what an edit means.
    """

    image: Image
    scores: SegmentScores
    heat: Callable[[Sequence[str]], Heat]
    shown: Presence
    least: float = FOUND

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        return self.image.shape[0], self.image.shape[1]

    def find(self, phrase: str) -> Location | None:
        """The thing of that name; None where it was not compared, or not found."""
        if phrase not in self.scores.phrases:
            return None
        found = locate_object(phrase, self.scores, self.shape)
        return found if found.segments else None

    def subjects(self) -> list[int]:
        """The segments (indices) of every thing that is named: those kept and those changed."""
        return sorted({index for phrase in self.scores.phrases for index in find_referents(phrase, self.scores)})

    @cached_property
    def named(self) -> Mask:
        """Where named things are; not the ground that they stand on."""
        outlines = (self.scores.segments[index].mask for index in self.subjects())
        return masks.unite_masks((mask for mask in outlines if masks.count_sides_touched(mask) < GROUND), self.shape)
