"""Models for a drawing: a picture of letters, each letter a segment with a name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_automask.interfaces import Models
from lib_automask.types import Heat, Image, Segment


class Drawing:
    """A picture made of letters; ``names`` says what each letter is. Pixels differ by letter."""

    def __init__(self, rows: Sequence[str], names: dict[str, str], caption: str) -> None:
        cells = np.array([list(row) for row in rows])
        self.names = names
        self.caption_text = caption
        self.image: Image = np.stack([np.vectorize(ord)(cells)] * 3, 2).astype(np.uint8)
        self.masks = {letter: cells == letter for letter in names}
        self.captions_made = 0

    def models(self, **more: object) -> Models:
        return Models(self, self, self, **more)  # type: ignore[arg-type]

    def caption(self, image: Image) -> str:
        self.captions_made += 1
        return self.caption_text

    def match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        return [0.95 if any(name in phrase for name in self.names.values()) else 0.03 for phrase in phrases]

    def score_segments(self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> np.ndarray:
        named = {mask.tobytes(): self.names[letter] for letter, mask in self.masks.items()}
        return np.array(
            [
                [0.9 if phrase and named[segment.mask.tobytes()].endswith(phrase) else 0.05 for phrase in phrases]
                for segment in segments
            ],
            np.float32,
        ).reshape(len(segments), len(phrases))

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        return np.zeros((len(phrases), *image.shape[:2]), np.float32)

    def segments(self, image: Image, heat: Heat | None = None) -> tuple[Segment, ...]:
        return tuple(Segment(mask, 0.9, 0.95) for mask in self.masks.values() if mask.any())


def two_things(kind: type[Drawing] = Drawing) -> Drawing:
    """A red ball (b) and an orange cat (c) on grass (.)."""
    rows = (
        "................",
        "..bbb...........",
        "..bbb.....cccc..",
        "..bbb.....cccc..",
        "..........cccc..",
        "..........cccc..",
        "................",
        "................",
        "................",
        "................",
        "................",
        "................",
    )
    names = {"b": "red ball", "c": "orange cat", ".": "grass"}
    return kind(rows, names, "a red ball left of an orange cat, on the grass")
