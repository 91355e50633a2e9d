"""The regions that phrases may mean: SAM asked where the phrases' heat is, and loosely everywhere else.

A full grid spends most of its points on what nobody asked for. Here every phrase gets a few points on its hottest
places, and a sparse net of points finds what lies elsewhere, so that a wrong heat costs little. The regions that fit
the heat best are then asked for once more, by their boxes: the outline that SAM is surer of stays. (MobileSAMv2, Zhang
et al. 2023, prompts at detected objects in place of a grid in a similar way.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lib_automask.sam.grid_search import PointPrompter, Points, grid_of_points
from lib_automask.types import Heat, Segment

LATTICE = 64
"""Places along the longer side where the heat is read."""


@dataclass(frozen=True)
class GuideSettings:
    """How many points and boxes, and where.

    Args:
        net_per_side: points along each side of the net over the whole picture.
        points: for a phrase, at most.
        least: heat of a point, as a share of the phrase's hottest place.
        spacings: least distances of a phrase's points, as shares of the longer side, each tried in turn: the widest
            finds the several things that a phrase can mean, the narrower ones put more points on each.
        boxes: for a phrase, at most.
    """

    net_per_side: int = 8
    points: int = 12
    least: float = 0.3
    spacings: tuple[float, ...] = (0.15, 0.05)
    boxes: int = 3


def find_guided_regions(
    asker: PointPrompter, heat: Heat, guide: GuideSettings = GuideSettings()
) -> tuple[Segment, ...]:
    """The distinct regions at the heat of phrases and at the points of a net, best predicted quality first.

    Args:
        asker: of the picture.
        heat: float32[P, H, W], 0 or more, one map a phrase, at the size of the picture; P may be 0.
    """
    points = choose_points(heat, asker.embedding.size, guide)
    shares = np.cumsum([0, *map(len, points)]) / (sum(map(len, points)) + guide.boxes * len(heat))
    answers = [asker.at(*asked) for asked in zip(points, shares, shares[1:])]
    candidates = [one for some in answers for one in some]
    boxes = boxes_of_heat(asker.best(candidates), heat, guide.boxes)
    if len(boxes):
        candidates += asker.within(boxes, shares[-1])
    return asker.best(candidates)


def choose_points(heat: Heat, size: tuple[int, int], guide: GuideSettings = GuideSettings()) -> list[Points]:
    """The points of the net, then those of each phrase, in a picture of (height, width); see ``find_hot_points``."""
    net = grid_of_points(guide.net_per_side, size)
    return [net, *(found for one in heat if len(found := find_hot_points(one, guide)))]


def find_hot_points(heat: npt.NDArray[np.float32], guide: GuideSettings = GuideSettings()) -> Points:
    """Points (x, y) in pixels, float64[N, 2], on the hottest places of one map float32[H, W], the hottest first."""
    rows, columns = (_places(side, max(heat.shape)) for side in heat.shape)
    read = heat[np.ix_(rows.astype(int), columns.astype(int))]
    chosen: list[tuple[float, float]] = []
    for spacing in guide.spacings:
        left = np.where(read >= guide.least * max(read.max(), 1e-12), read, 0)
        for point in chosen:
            _cool(left, rows, columns, point, spacing * max(heat.shape))
        while len(chosen) < guide.points and left.max() > 0:
            row, column = np.unravel_index(left.argmax(), left.shape)
            chosen.append((float(columns[column]), float(rows[row])))
            _cool(left, rows, columns, chosen[-1], spacing * max(heat.shape))
    return np.array(chosen, np.float64).reshape(-1, 2)


def boxes_of_heat(segments: Sequence[Segment], heat: Heat, count: int) -> Points:
    """The boxes, XYXY float64[N, 4], of the ``count`` segments that are most like each map, each box once.

    Likeness is the cosine between mask and map: parts of what is hot, and what reaches beyond it, are less alike.
    """
    boxes: dict[tuple[int, ...], None] = {}
    for one in heat:
        alike = [float(one[segment.mask].sum()) / np.sqrt(segment.area) for segment in segments]
        for index in np.argsort(-np.array(alike), kind="stable")[:count]:
            if alike[index] > 0:
                boxes[segments[index].box] = None
    return np.array(list(boxes), np.float64).reshape(-1, 4)


def _places(side: int, longer: int) -> npt.NDArray[np.float64]:
    """The middles of equal steps along a side, in pixels: ``LATTICE`` of them on the longer one."""
    count = max(1, round(min(LATTICE, longer) * side / longer))
    return (np.arange(count) + 0.5) * side / count


def _cool(
    left: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float64],
    columns: npt.NDArray[np.float64],
    point: tuple[float, float],
    radius: float,
) -> None:
    """Set the heat round a point to 0, in place."""
    left[np.hypot(columns[None] - point[0], rows[:, None] - point[1]) < radius] = 0
