"""The regions that phrases may name: SAM prompted where the phrases' heat is, and sparsely everywhere else.

A full grid spends most of its points on things that no phrase names. Here every phrase gets a few points on its hottest
places, and a sparse net of points finds what lies elsewhere, so that a wrong heat costs little. The regions that fit
the heat best are then prompted once more, by their boxes: the outline with the better predicted quality stays.
(MobileSAMv2, Zhang et al. 2023, prompts at detected objects in place of a grid in a similar way.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lib_automask.sam.grid_search import PointPrompter, Points, grid_of_points
from lib_automask.types import Heat, Segment, Size

LATTICE = 64
"""Places along the longer side where the heat is read; a guess, three times as fine as the heat of BLIP base."""


@dataclass(frozen=True)
class GuideSettings:
    """How many points and boxes, and where.

    Args:
        net_per_side: points along each side of the net over the whole picture.
        points: for a phrase, at most.
        least: heat of a point, as a share of the phrase's hottest place.
        spacings: least distances of a phrase's points, as shares of the longer side, each tried in turn: the widest
            finds the several things that a phrase can name, the narrower ones put more points on each.
        boxes: for a phrase, at most.

    The defaults are guesses; ``python -m benchmarks.speed --parts guided`` measures what they cost.
    """

    net_per_side: int = 8
    points: int = 12
    least: float = 0.3
    spacings: tuple[float, ...] = (0.15, 0.05)
    boxes: int = 3


def find_guided_regions(
    prompter: PointPrompter, heat: Heat, guide: GuideSettings = GuideSettings()
) -> tuple[Segment, ...]:
    """The distinct regions at the heat of phrases and at the points of a net, best predicted quality first.

    Args:
        prompter: of the picture.
        heat: float32[P, H, W], 0 or more, one map a phrase, at the size of the picture; P may be 0.
    """
    groups = choose_points(heat, prompter.embedding.size, guide)
    shares = np.cumsum([0, *map(len, groups)]) / (sum(map(len, groups)) + guide.boxes * len(heat))
    candidates = [
        candidate
        for points, begin, end in zip(groups, shares, shares[1:])
        for candidate in prompter.prompt_points(points, begin, end)
    ]
    boxes = boxes_of_heat(prompter.select_best(candidates), heat, guide.boxes)
    if len(boxes):
        candidates += prompter.prompt_boxes(boxes, shares[-1])
    return prompter.select_best(candidates)


def choose_points(heat: Heat, size: Size, guide: GuideSettings = GuideSettings()) -> list[Points]:
    """The points of the net, then those of each phrase, in a picture of a size; see ``find_hot_points``."""
    net = grid_of_points(guide.net_per_side, size)
    return [net, *(points for one_map in heat if len(points := find_hot_points(one_map, guide)))]


def find_hot_points(heat: npt.NDArray[np.float32], guide: GuideSettings = GuideSettings()) -> Points:
    """Points (x, y) in pixels, float64[N, 2], on the hottest places of one map float32[H, W], the hottest first."""
    rows, columns = (_places(side, max(heat.shape)) for side in heat.shape)
    lattice = heat[np.ix_(rows.astype(int), columns.astype(int))]
    chosen: list[tuple[float, float]] = []
    for spacing in guide.spacings:
        remaining = np.where(lattice >= guide.least * max(lattice.max(), 1e-12), lattice, 0)
        for point in chosen:
            _clear_around(remaining, rows, columns, point, spacing * max(heat.shape))
        while len(chosen) < guide.points and remaining.max() > 0:
            row, column = np.unravel_index(remaining.argmax(), remaining.shape)
            chosen.append((float(columns[column]), float(rows[row])))
            _clear_around(remaining, rows, columns, chosen[-1], spacing * max(heat.shape))
    return np.array(chosen, np.float64).reshape(-1, 2)


def boxes_of_heat(segments: Sequence[Segment], heat: Heat, count: int) -> Points:
    """The boxes, XYXY float64[N, 4], of the ``count`` segments that are most like each map, each box once.

    Likeness is the cosine between mask and map: it is less for a part of the hot region and for a mask beyond it.
    """
    boxes: dict[tuple[int, ...], None] = {}
    for one_map in heat:
        likeness = [float(one_map[segment.mask].sum()) / np.sqrt(segment.area) for segment in segments]
        for index in np.argsort(-np.array(likeness), kind="stable")[:count]:
            if likeness[index] > 0:
                boxes[segments[index].box] = None
    return np.array(list(boxes), np.float64).reshape(-1, 4)


def _places(side: int, longer: int) -> npt.NDArray[np.float64]:
    """The middles of equal steps along a side, in pixels: ``LATTICE`` of them on the longer one."""
    count = max(1, round(min(LATTICE, longer) * side / longer))
    return (np.arange(count) + 0.5) * side / count


def _clear_around(
    heat: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float64],
    columns: npt.NDArray[np.float64],
    point: tuple[float, float],
    radius: float,
) -> None:
    """Set the heat around a point to 0, in place."""
    heat[np.hypot(columns[None] - point[0], rows[:, None] - point[1]) < radius] = 0
