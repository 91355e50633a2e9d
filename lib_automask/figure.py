"""Where things are worn or held on a figure, from its outline alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib_automask import masks
from lib_automask.structures import Box, Mask, box_of

TALL, WIDE = 1.9, 1.1
"""Height over width of a figure that stands, and of a head or a bust; between them the bands lie in between."""


@dataclass(frozen=True)
class Band:
    """Rows of a figure in shares of its height: (top, bottom) where it stands, and where only its bust is seen.

    ``wide`` is the width of what is worn there, in widths of the figure within the band; ``free``, whether it hangs
    at the side where the figure reaches furthest.
    """

    standing: tuple[float, float]
    bust: tuple[float, float]
    wide: float = 1.1
    aside: bool = False


BANDS: dict[str, Band] = {
    "crown": Band((-0.07, 0.07), (-0.18, 0.2), wide=1.3),
    "eyes": Band((0.05, 0.09), (0.24, 0.36)),
    "ears": Band((0.04, 0.1), (0.15, 0.4), wide=1.2),
    "face": Band((0.04, 0.13), (0.1, 0.52)),
    "neck": Band((0.13, 0.24), (0.5, 0.72)),
    "chest": Band((0.16, 0.48), (0.6, 1.0)),
    "back": Band((0.14, 0.5), (0.5, 1.0), wide=1.5),
    "waist": Band((0.42, 0.56), (0.75, 1.0)),
    "body": Band((0.16, 0.75), (0.6, 1.0)),
    "hands": Band((0.42, 0.55), (0.7, 0.95), aside=True),
    "legs": Band((0.5, 0.93), (0.8, 1.0)),
    "feet": Band((0.91, 1.01), (0.9, 1.02)),
}
"""After the proportions that drawing is taught with: seven and a half heads to a standing figure, two to a bust."""


def worn(figure: Mask, part: str) -> Mask:
    """The band of ``figure`` (bool[H, W]) where something is worn, as a box that follows its width there."""
    rows, columns = _band(figure, part)
    middle, half = (columns[0] + columns[1]) / 2, BANDS[part].wide * (columns[1] - columns[0]) / 2
    room = Box(round(middle - half), rows[0], round(middle + half), max(rows[1], rows[0] + 2))
    return masks.from_box(room, (figure.shape[0], figure.shape[1]))


def point(figure: Mask, part: str) -> tuple[float, float]:
    """(x, y) of a part; for hands, at the side where the figure reaches furthest from its middle."""
    rows, columns = _band(figure, part)
    x = (columns[0] + columns[1]) / 2
    box = box_of(figure)
    if BANDS[part].aside and box is not None:
        x = float(max(columns, key=lambda column: abs(column - _middle(figure))))
    return x, (rows[0] + rows[1]) / 2


def _band(figure: Mask, part: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows (from, to) of a part, and the columns (from, to) that the figure covers there."""
    box = box_of(figure)
    assert box is not None, "a figure is never empty"
    stands = float(np.clip((box.height / box.width - WIDE) / (TALL - WIDE), 0, 1))
    band = BANDS[part]
    shares = [stands * tall + (1 - stands) * bust for tall, bust in zip(band.standing, band.bust)]
    top, bottom = (round(box.top + share * box.height) for share in shares)
    seen = figure[max(top, box.top) : max(bottom, box.top + 1)]
    columns = np.flatnonzero(seen.any(0))
    if not columns.size:
        return (top, bottom), (box.left, box.right)
    return (top, bottom), (int(columns[0]), int(columns[-1]) + 1)


def _middle(figure: Mask) -> float:
    """The column that halves the figure."""
    return float(np.nonzero(figure)[1].mean())
