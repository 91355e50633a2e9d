"""What the small SAM learns from: scenes of the icon world, roughened, with prompts and the masks they mean."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from benchmarks.icon_world.scenes import Image, Mask, draw, make_scene, silhouettes

SIDES = (128, 144, 160, 160, 160, 176, 192, 224, 256)
MOST_THINGS = 4


@dataclass(frozen=True)
class Example:
    """A scene at the encoder's size, laid out as by ``ResizeLongestSide`` and ``Sam``: padded right and below.

    Args:
        image: uint8[S, S, 3] RGB, zero in the padding.
        things: uint8[K, S, S], how much of each pixel a thing covers, 0–255.
        clutter: bool[S, S], shapes that are neither a thing nor ground; no prompt asks for them.
        size: (height, width) of the part that is not padding.
    """

    image: Image
    things: npt.NDArray[np.uint8]
    clutter: Mask
    size: tuple[int, int]


def make_example(rng: np.random.Generator, side: int) -> Example:
    """A fresh scene of 1–4 things, square or not, sometimes cluttered and roughened."""
    width, height = (160, 160) if rng.random() < 0.5 else (int(rng.choice(SIDES)), int(rng.choice(SIDES)))
    scene = make_scene(rng, int(rng.choice(MOST_THINGS, p=(0.2, 0.25, 0.25, 0.3))) + 1, width, height)
    image, masks = draw(scene), np.stack(silhouettes(scene))
    clutter = np.zeros(masks.shape[1:], bool)
    if rng.random() < 0.3:
        clutter = _add_clutter(rng, image, masks.any(0))
    image = _roughen(rng, image)
    scale = side / max(width, height)
    size = int(height * scale + 0.5), int(width * scale + 0.5)
    return Example(
        image=_fit(image, size, side),
        things=np.stack([_fit(_coverage(mask), size, side) for mask in masks]),
        clutter=_fit(_coverage(clutter), size, side) > 0,
        size=size,
    )


def _coverage(mask: Mask) -> npt.NDArray[np.uint8]:
    """255 where ``mask`` is true."""
    return np.where(mask, 255, 0).astype(np.uint8)


def _fit(picture: npt.NDArray[np.uint8], size: tuple[int, int], side: int) -> npt.NDArray[np.uint8]:
    """``picture`` resized to ``size`` and padded to a square of ``side``."""
    height, width = size
    way = cv2.INTER_AREA if height < picture.shape[0] else cv2.INTER_LINEAR
    padded = np.zeros((side, side, *picture.shape[2:]), np.uint8)
    padded[:height, :width] = cv2.resize(picture, (width, height), interpolation=way)
    return padded


def _add_clutter(rng: np.random.Generator, image: Image, taken: Mask) -> Mask:
    """Draws a few bars and blobs where no thing is; where they are, bool[H, W]."""
    clutter = np.zeros(taken.shape, np.uint8)
    painted = image.copy()
    short = min(taken.shape)
    for _ in range(int(rng.integers(1, 5))):
        x, y = (int(rng.integers(0, length)) for length in taken.shape[::-1])
        color = tuple(int(v) for v in rng.integers(0, 256, 3))
        if rng.random() < 0.5:
            end = (int(rng.integers(0, taken.shape[1])), int(rng.integers(0, taken.shape[0])))
            thickness = int(rng.integers(1, 4))
            cv2.line(painted, (x, y), end, color, thickness, cv2.LINE_AA)
            cv2.line(clutter, (x, y), end, 1, thickness + 2)
        else:
            axes = (int(short * rng.uniform(0.01, 0.06)), int(short * rng.uniform(0.01, 0.06)))
            cv2.ellipse(painted, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, color, -1, cv2.LINE_AA)
            cv2.ellipse(clutter, (x, y), (axes[0] + 1, axes[1] + 1), 0, 0, 360, 1, -1)
    image[~taken] = painted[~taken]
    return (clutter > 0) & ~taken


def _roughen(rng: np.random.Generator, image: Image) -> Image:
    """Sometimes blurred, sometimes through JPEG."""
    if rng.random() < 0.15:
        image = cv2.GaussianBlur(image, (3, 3), float(rng.uniform(0.3, 0.9)))
    if rng.random() < 0.25:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return image


def augment(rng: np.random.Generator, example: Example) -> Example:
    """The example with other light and noise, perhaps mirrored."""
    gain = rng.normal(1, 0.06, 3) * rng.normal(1, 0.08)
    image = example.image * gain.astype(np.float32) + np.float32(rng.normal(0, 6))
    if rng.random() < 0.5:
        image = image + rng.normal(0, rng.uniform(1, 8), image.shape).astype(np.float32)
    height, width = example.size
    light = np.zeros_like(example.image)
    light[:height, :width] = np.clip(image, 0, 255)[:height, :width]
    if rng.random() < 0.5:
        return Example(light, example.things, example.clutter, example.size)
    things, clutter = example.things.copy(), example.clutter.copy()
    light[:, :width] = light[:, :width][:, ::-1].copy()
    things[:, :, :width] = things[:, :, :width][:, :, ::-1].copy()
    clutter[:, :width] = clutter[:, :width][:, ::-1].copy()
    return Example(light, things, clutter, example.size)


@dataclass(frozen=True)
class Prompts:
    """Prompts of one kind for one image, every one with the mask that it means.

    Args:
        points: float[P, N, 2] (x, y) in the encoder's pixels, or None.
        labels: float[P, N], 1 for a point in the thing, 0 for one beside it.
        boxes: float[P, 4] XYXY, or None.
        targets: float[P, S, S] in 0..1.
    """

    points: Tensor | None
    labels: Tensor
    boxes: Tensor | None
    targets: Tensor


def make_prompts(rng: np.random.Generator, example: Example, count: int) -> list[Prompts]:
    """``count`` prompts in two groups that take equally many tokens, so that the decoder can have them at once.

    Mostly single points and a few boxes; in one image of five, pairs of points, and boxes with a point in them.
    """
    regions = _regions(example)
    ground = len(example.things)
    in_points, in_boxes = rng.integers(0, ground, count - count // 4), rng.integers(0, ground, count // 4)
    if rng.random() < 0.2:
        pairs = [_pair(rng, example, regions, int(index)) for index in in_points]
        within = np.stack([_point(rng, example, regions[index]) for index in in_boxes])[:, None]
        return [
            _prompts(regions[in_points], np.stack([p for p, _ in pairs]), np.stack([label for _, label in pairs])),
            _prompts(regions[in_boxes], within, boxes=_boxes(rng, regions[in_boxes])),
        ]
    in_points[: count // 6] = ground
    points = np.stack([_point(rng, example, regions[index]) for index in in_points])[:, None]
    return [
        _prompts(regions[in_points], points),
        _prompts(regions[in_boxes], boxes=_boxes(rng, regions[in_boxes])),
    ]


def _prompts(
    targets: npt.NDArray[np.uint8],
    points: npt.NDArray[np.float64] | None = None,
    labels: npt.NDArray[np.float64] | None = None,
    boxes: npt.NDArray[np.float64] | None = None,
) -> Prompts:
    shape = (0, 0) if points is None else points.shape[:2]
    return Prompts(
        points=None if points is None else torch.as_tensor(points, dtype=torch.float32),
        labels=torch.ones(shape) if labels is None else torch.as_tensor(labels, dtype=torch.float32),
        boxes=None if boxes is None else torch.as_tensor(boxes, dtype=torch.float32),
        targets=torch.as_tensor(targets).float() / 255,
    )


def _regions(example: Example) -> npt.NDArray[np.uint8]:
    """The things' coverage, then the ground's: uint8[K + 1, S, S]."""
    ground = np.zeros(example.clutter.shape, np.uint8)
    height, width = example.size
    ground[:height, :width] = 255 - example.things.max(0)[:height, :width]
    return np.concatenate([example.things, ground[None]])


def _point(rng: np.random.Generator, example: Example, region: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """A point inside ``region``; one in three near its edge."""
    inside = (region > 127) & ~example.clutter
    if rng.random() < 0.33:
        rim = inside & ~cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        inside = rim if rim.any() else inside
    places = np.flatnonzero(inside if inside.any() else region > 0)
    y, x = divmod(int(rng.choice(places)), region.shape[1])
    shift_x, shift_y = rng.uniform(-0.5, 0.5, 2)
    return np.array([x + shift_x, y + shift_y])


def _pair(
    rng: np.random.Generator, example: Example, regions: npt.NDArray[np.uint8], index: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Two points in one thing, or one in it and one, labelled 0, elsewhere."""
    label = int(rng.random() < 0.5)
    others = [other for other in range(len(regions)) if other != index]
    second = regions[index] if label else regions[int(rng.choice(others))]
    points = np.stack([_point(rng, example, regions[index]), _point(rng, example, second)])
    return points, np.array([1.0, label])


def _boxes(rng: np.random.Generator, regions: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """The boxes round ``regions``, each a little off."""
    boxes = []
    for region in regions:
        ys, xs = np.nonzero(region > 127)
        box = np.array([xs.min(), ys.min(), xs.max(), ys.max()], float)
        spread = 0.04 * max(box[2] - box[0], box[3] - box[1]) + 0.5
        boxes.append(np.clip(box + rng.normal(0, spread, 4), 0, region.shape[0] - 1))
    return np.stack(boxes)
