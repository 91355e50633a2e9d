"""Twelve icons as polygons in a unit square, and the paint for them.

An icon is a list of (polygon float[N, 2] in -1..1 with y downwards, paint). A paint is the name of a shade of the
icon's colour ("main", "dark", "light") or a fixed RGB triple. The union of the polygons is the icon's silhouette.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Polygon = npt.NDArray[np.float64]
Paint = str | tuple[int, int, int]
Icon = list[tuple[Polygon, Paint]]

COLORS: dict[str, tuple[int, int, int]] = {
    "red": (214, 34, 40),
    "orange": (240, 136, 30),
    "yellow": (246, 220, 50),
    "green": (34, 146, 62),
    "blue": (40, 78, 214),
    "purple": (138, 48, 164),
    "white": (243, 243, 240),
    "black": (34, 30, 38),
}
DARK_EYE, PUPIL, NOSE, TRUNK, GLASS = (28, 24, 30), (120, 230, 140), (240, 150, 160), (112, 70, 40), (214, 232, 244)


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360) -> Polygon:
    """Polygon along an ellipse; angles in degrees, clockwise from the right."""
    angle = np.radians(np.linspace(start, end, 40))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], 1)


def polygon(*points: float) -> Polygon:
    """Polygon from x, y, x, y, …"""
    return np.array(points, float).reshape(-1, 2)


def rectangle(left: float, top: float, right: float, bottom: float) -> Polygon:
    return polygon(left, top, right, top, right, bottom, left, bottom)


def ball() -> Icon:
    return [(ellipse(0, 0, 1, 1), "main"), (ellipse(0.3, -0.42, 0.27, 0.17), "light")]


def box() -> Icon:
    return [
        (rectangle(-1, -0.85, 1, 0.85), "main"),
        (rectangle(-0.16, -0.85, 0.16, 0.85), "dark"),
        (rectangle(-1, -0.16, 1, 0.16), "dark"),
    ]


def star() -> Icon:
    angle = np.radians(np.arange(10) * 36 - 90)
    radius = np.where(np.arange(10) % 2 == 0, 1.05, 0.45)
    return [(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), "main")]


def heart() -> Icon:
    t = np.radians(np.arange(0, 360, 8))
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return [(np.stack([x / 16.5, y / 15.5], 1), "main")]


def tree() -> Icon:
    return [
        (rectangle(-0.17, 0.5, 0.17, 1), TRUNK),
        (polygon(0, -0.1, 0.85, 0.62, -0.85, 0.62), "main"),
        (polygon(0, -0.55, 0.68, 0.22, -0.68, 0.22), "main"),
        (polygon(0, -1, 0.5, -0.2, -0.5, -0.2), "main"),
    ]


def house() -> Icon:
    return [
        (rectangle(-0.78, -0.15, 0.78, 1), "main"),
        (polygon(0, -1, 1.05, -0.1, -1.05, -0.1), "dark"),
        (rectangle(-0.05, 0.35, 0.4, 1), TRUNK),
    ]


def car() -> Icon:
    return [
        (polygon(-0.6, 0, -0.4, -0.55, 0.4, -0.55, 0.65, 0), "main"),
        (polygon(-1.05, 0, 1.0, -0.05, 1.1, 0.15, 1.1, 0.42, -1.1, 0.42, -1.1, 0.1), "main"),
        (polygon(-0.45, -0.05, -0.32, -0.43, -0.06, -0.43, -0.06, -0.05), GLASS),
        (polygon(0.06, -0.05, 0.06, -0.43, 0.33, -0.43, 0.48, -0.05), GLASS),
        (ellipse(-0.58, 0.42, 0.24, 0.24), DARK_EYE),
        (ellipse(0.58, 0.42, 0.24, 0.24), DARK_EYE),
    ]


def cat() -> Icon:
    return [
        (polygon(-0.95, 0, -0.9, -1, -0.2, -0.55), "main"),
        (polygon(0.95, 0, 0.9, -1, 0.2, -0.55), "main"),
        (ellipse(0, 0.12, 0.98, 0.82), "main"),
        (ellipse(-0.38, 0.02, 0.16, 0.2), PUPIL),
        (ellipse(0.38, 0.02, 0.16, 0.2), PUPIL),
        (polygon(-0.13, 0.36, 0.13, 0.36, 0, 0.52), NOSE),
    ]


def dog() -> Icon:
    return [
        (ellipse(0, 0, 0.72, 0.9), "main"),
        (ellipse(-0.74, 0.05, 0.28, 0.62), "dark"),
        (ellipse(0.74, 0.05, 0.28, 0.62), "dark"),
        (ellipse(0, 0.45, 0.38, 0.32), "light"),
        (ellipse(-0.27, -0.2, 0.11, 0.13), DARK_EYE),
        (ellipse(0.27, -0.2, 0.11, 0.13), DARK_EYE),
        (ellipse(0, 0.32, 0.17, 0.12), DARK_EYE),
    ]


def fish() -> Icon:
    return [
        (polygon(-0.55, 0, -1.1, -0.5, -1.0, 0, -1.1, 0.5), "dark"),
        (ellipse(0.15, 0, 0.9, 0.56), "main"),
        (ellipse(0.62, -0.12, 0.13, 0.13), (250, 250, 250)),
        (ellipse(0.65, -0.12, 0.06, 0.06), DARK_EYE),
    ]


def flower() -> Icon:
    petals: Icon = []
    for angle in np.radians(np.arange(6) * 60):
        petals.append((ellipse(0.6 * float(np.cos(angle)), 0.6 * float(np.sin(angle)), 0.42, 0.42), "main"))
    return [*petals, (ellipse(0, 0, 0.5, 0.5), "main"), (ellipse(0, 0, 0.3, 0.3), (250, 200, 60))]


def cup() -> Icon:
    handle = np.concatenate([ellipse(0.62, 0.1, 0.48, 0.5, -80, 80), ellipse(0.62, 0.1, 0.22, 0.26, 80, -80)])
    return [
        (handle, "dark"),
        (polygon(-0.9, -0.75, 0.7, -0.75, 0.52, 1, -0.72, 1), "main"),
        (ellipse(-0.1, -0.75, 0.8, 0.22), "light"),
    ]


ICONS: dict[str, Callable[[], Icon]] = {
    draw.__name__: draw for draw in (ball, box, star, heart, tree, house, car, cat, dog, fish, flower, cup)
}
CLASSES: tuple[str, ...] = tuple(ICONS)


def shade(color: Sequence[int], paint: Paint) -> tuple[int, int, int]:
    """The RGB of ``paint`` on an icon of ``color``."""
    if not isinstance(paint, str):
        return paint
    rgb = np.array(color, float)
    if paint == "dark":
        rgb = rgb * 0.66
    elif paint == "light":
        rgb = rgb + (255 - rgb) * 0.5
    return tuple(int(v) for v in rgb)  # type: ignore[return-value]
