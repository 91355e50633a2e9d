"""What is known of a picture when the edits are located: its pixels, scored segments, heat and presence of phrases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from lib_automask.imaging import masks
from lib_automask.locate.selection import FOUND, Location, SegmentScores, find_referents, locate_object
from lib_automask.types import Heat, Image, Mask, Presence, Size

GROUND = 3
"""What reaches so many sides of the picture is a ground that other things stand on: a guess."""


@dataclass(frozen=True, eq=False)
class SceneView:
    """A picture with what was found in it.

    Args:
        image: uint8[H, W, 3] RGB.
        scores: its segments, compared with every phrase that matters.
        heat: phrases → float32[P, H, W], 0–1: where in the picture each is looked for.
        presence: phrases → the probability (0–1) that the picture shows each.
        min_score: the score, 0–1, from which a segment can be what an edit means.
    """

    image: Image
    scores: SegmentScores
    heat: Callable[[Sequence[str]], Heat]
    presence: Presence
    min_score: float = FOUND

    @property
    def size(self) -> Size:
        """Of the picture."""
        return Size.of(self.image)

    def find(self, phrase: str) -> Location | None:
        """The thing of that name; None where the phrase was not scored, or no segment shows it."""
        if phrase not in self.scores.phrases:
            return None
        location = locate_object(phrase, self.scores, self.size)
        return location if location.segments else None

    def subjects(self) -> list[int]:
        """The segments (indices) of every thing that is named: those kept and those changed."""
        return sorted({index for phrase in self.scores.phrases for index in find_referents(phrase, self.scores)})

    @cached_property
    def named(self) -> Mask:
        """Where named things are; not the ground that they stand on."""
        outlines = (self.scores.segments[index].mask for index in self.subjects())
        return masks.unite_masks((mask for mask in outlines if masks.count_sides_touched(mask) < GROUND), self.size)
