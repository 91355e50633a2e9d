"""Scenes of the icon world: one to four icons on a ground, with caption and true masks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.icon_world.icons import CLASSES, COLORS, ICONS, shade

Image = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
GROUNDS: dict[str, tuple[int, int, int]] = {
    "grass": (128, 196, 82),
    "sand": (224, 190, 140),
    "snow": (226, 232, 240),
    "water": (98, 172, 228),
    "road": (146, 146, 150),
    "night": (40, 42, 76),
}
PLACES = {
    "grass": "on the grass", "sand": "on the sand", "snow": "in the snow",
    "water": "on the water", "road": "on the road", "night": "at night",
}  # fmt: skip
SUPERSAMPLING = 2
# Radius of an icon in shares of the shorter side, by how many icons there are.
RADII = {1: (0.15, 0.32), 2: (0.13, 0.24), 3: (0.12, 0.19), 4: (0.11, 0.165)}


@dataclass(frozen=True)
class Thing:
    """One icon: place (x, y) and radius in shares of the scene's width, height and shorter side; angle in degrees."""

    kind: str
    color: str
    x: float
    y: float
    radius: float
    angle: float
    aspect: float

    @property
    def phrase(self) -> str:
        return f"{'an' if self.color == 'orange' else 'a'} {self.color} {self.kind}"


@dataclass(frozen=True)
class Scene:
    """What a scene shows; ``seed`` fixes the ground's texture and the jitter of the colours."""

    things: tuple[Thing, ...]
    ground: str
    width: int
    height: int
    seed: int

    @property
    def caption(self) -> str:
        """ "a red ball left of an orange cat, on the grass"; three or more are listed from left to right."""
        return describe(self.things, self.ground)

    def with_thing(self, index: int, **changes: str) -> Scene:
        """The same scene with another class or colour for one thing."""
        things = list(self.things)
        things[index] = replace(things[index], **changes)  # type: ignore[arg-type]
        return replace(self, things=tuple(things))


def describe(things: tuple[Thing, ...], ground: str) -> str:
    """The caption of ``things``, which stand in reading order (see ``reading_order``)."""
    place = PLACES[ground]
    if len(things) == 1:
        return f"{things[0].phrase} {place}"
    if len(things) == 2:
        first, second = things
        if (first.kind, first.color) == (second.kind, second.color):
            return f"two {first.color} {plural(first.kind)}, {place}"
        relation = "left of" if abs(first.x - second.x) > abs(first.y - second.y) else "above"
        return f"{first.phrase} {relation} {second.phrase}, {place}"
    phrases = [thing.phrase for thing in things]
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}, {place}"


def plural(kind: str) -> str:
    return {"box": "boxes", "fish": "fish"}.get(kind, kind + "s")


def reading_order(things: list[Thing]) -> tuple[Thing, ...]:
    """Two that lie one above the other from the top; else from the left."""
    if len(things) == 2 and abs(things[0].x - things[1].x) <= abs(things[0].y - things[1].y):
        return tuple(sorted(things, key=lambda t: t.y))
    return tuple(sorted(things, key=lambda t: t.x))


def make_scene(rng: np.random.Generator, count: int | None = None, width: int = 160, height: int = 160) -> Scene:
    """A random scene of ``count`` things (1–4 by default) whose caption is unambiguous."""
    count = int(rng.integers(1, 5)) if count is None else count
    things: list[Thing] = []
    while len(things) < count:
        things = _try_things(rng, count, width, height)
    ground = str(rng.choice(list(GROUNDS)))
    return Scene(reading_order(things), ground, width, height, int(rng.integers(2**31)))


def _try_things(rng: np.random.Generator, count: int, width: int, height: int) -> list[Thing]:
    """Up to ``count`` things; fewer where no free place was found."""
    short = min(width, height)
    things: list[Thing] = []
    twins = count == 2 and rng.random() < 0.08
    for _ in range(60):
        if len(things) == count:
            break
        low, high = RADII[count]
        radius = float(rng.uniform(low, high))
        margin_x, margin_y = radius * 0.9 * short / width, radius * 0.9 * short / height
        thing = Thing(
            kind=things[0].kind if twins and things else str(rng.choice(CLASSES)),
            color=things[0].color if twins and things else str(rng.choice(list(COLORS))),
            x=float(rng.uniform(margin_x, 1 - margin_x)),
            y=float(rng.uniform(margin_y, 1 - margin_y)),
            radius=radius,
            angle=float(rng.uniform(-14, 14)),
            aspect=float(rng.uniform(0.82, 1.22)),
        )
        if all(_apart(thing, other, count, twins, width, height) for other in things):
            things.append(thing)
    return things


def _apart(one: Thing, other: Thing, count: int, twins: bool, width: int, height: int) -> bool:
    """Whether two things neither touch, nor look alike, nor make the caption's order doubtful."""
    dx, dy = abs(one.x - other.x), abs(one.y - other.y)
    distance = np.hypot(dx * width, dy * height) / min(width, height)
    if distance < 1.12 * (one.radius + other.radius):
        return False
    if not twins and (one.kind, one.color) == (other.kind, other.color):
        return False
    if count == 2:
        return bool(max(dx, dy) > 1.4 * min(dx, dy))
    return dx > 0.09


def silhouettes(scene: Scene) -> list[Mask]:
    """bool[H, W] of each thing, its outline included."""
    masks = []
    for thing in scene.things:
        canvas = np.zeros((scene.height * SUPERSAMPLING, scene.width * SUPERSAMPLING), np.uint8)
        for points, _paint in ICONS[thing.kind]():
            cv2.fillPoly(canvas, [_placed(points, thing, scene)], 255)
            cv2.polylines(canvas, [_placed(points, thing, scene)], True, 255, _stroke(scene))
        masks.append(cv2.resize(canvas, (scene.width, scene.height), interpolation=cv2.INTER_AREA) > 127)
    return masks


def draw(scene: Scene, on: tuple[int, int, int] | None = None) -> Image:
    """uint8[H, W, 3] RGB; ``on`` a flat colour in place of the ground, the things being the very same."""
    rng = np.random.default_rng(scene.seed)
    canvas = _ground(rng, scene)
    if on is not None:
        canvas[:] = on
    for thing in scene.things:
        jitter = rng.normal(0, 7, 3)
        color = tuple(int(v) for v in np.clip(np.array(COLORS[thing.color]) + jitter, 0, 255))
        outline = (92, 90, 96) if thing.color == "black" else tuple(int(v * 0.35) for v in color)
        polygons = [(_placed(points, thing, scene), paint) for points, paint in ICONS[thing.kind]()]
        for points, _paint in polygons:
            cv2.polylines(canvas, [points], True, outline, _stroke(scene), cv2.LINE_AA)
        for points, paint in polygons:
            cv2.fillPoly(canvas, [points], shade(color, paint), cv2.LINE_AA)
    return cv2.resize(canvas, (scene.width, scene.height), interpolation=cv2.INTER_AREA)


def _stroke(scene: Scene) -> int:
    """Width of the outline in supersampled pixels; half of it lies outside the polygons."""
    return max(1, round(0.022 * min(scene.width, scene.height) * SUPERSAMPLING))


def _placed(points: npt.NDArray[np.float64], thing: Thing, scene: Scene) -> npt.NDArray[np.int32]:
    """The polygon in supersampled pixels."""
    angle = np.radians(thing.angle)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    scale = thing.radius * min(scene.width, scene.height) * 0.9
    shaped = points * [scale * np.sqrt(thing.aspect), scale / np.sqrt(thing.aspect)]
    placed = shaped @ turn.T + [thing.x * scene.width, thing.y * scene.height]
    return np.round(placed * SUPERSAMPLING).astype(np.int32)


def _ground(rng: np.random.Generator, scene: Scene) -> Image:
    """The textured ground at supersampled size."""
    height, width = scene.height * SUPERSAMPLING, scene.width * SUPERSAMPLING
    base = np.array(GROUNDS[scene.ground], np.float32) + rng.normal(0, 8) + rng.normal(0, 3, 3)
    clouds = cv2.resize(rng.normal(0, 9, (5, 5)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    canvas = np.clip(base + clouds[..., None], 0, 255).astype(np.uint8)
    unit = min(width, height) / 160
    if scene.ground == "road":
        for share in rng.uniform(0.1, 0.9, int(rng.integers(1, 3))):
            _dashes(canvas, int(share * height), unit)
        return canvas
    for x, y in zip(rng.uniform(0, width, 26).astype(int), rng.uniform(0, height, 26).astype(int)):
        _speck(canvas, scene.ground, int(x), int(y), unit)
    return canvas


def _dashes(canvas: Image, y: int, unit: float) -> None:
    step = int(16 * unit)
    for x in range(0, canvas.shape[1], step):
        cv2.line(canvas, (x, y), (x + int(9 * unit), y), (222, 222, 216), max(1, int(1.4 * unit)), cv2.LINE_AA)


def _speck(canvas: Image, ground: str, x: int, y: int, unit: float) -> None:
    """A blade of grass, a grain of sand, a flake, a wave or a star."""
    thin = max(1, round(0.6 * unit))
    if ground == "grass":
        cv2.line(canvas, (x, y), (x + int(unit), y - int(4 * unit)), (98, 168, 60), thin, cv2.LINE_AA)
    elif ground == "water":
        cv2.ellipse(canvas, (x, y), (int(4 * unit), int(2 * unit)), 0, 180, 360, (136, 200, 242), thin, cv2.LINE_AA)
    else:
        paint = {"sand": (196, 160, 110), "snow": (252, 253, 255), "night": (236, 236, 250)}[ground]
        cv2.circle(canvas, (x, y), max(1, round(0.7 * unit)), paint, -1, cv2.LINE_AA)
