"""A pool of drawn training pictures for BLIP: whole scenes, and crops of single segments, with labels per patch.

Drawing costs more than a training step spends on a picture, so pictures are drawn once, at the size the network sees
(96 px, resized as `BlipImageProcessor` does it: bicubic, to a square), and used several times with new colour noise.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage

from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import Image, Mask, Scene, Thing, draw, make_scene, silhouettes

SIDE, PATCH = 96, 8
GRID = SIDE // PATCH
COLOR_NAMES = tuple(COLORS)
NOT_A_THING, UNKNOWN = -1, -2
GROUND_CROP = -1
FILLS = ("grey", "white", "black", "mean", "clip", "blur", "keep")
SIMPLE_FILLS: dict[str, tuple[int, int, int]] = {
    "grey": (127, 127, 127), "white": (255, 255, 255), "black": (0, 0, 0), "clip": (122, 116, 104),
}  # fmt: skip
SHARE_OF_CROPS = 0.6


@dataclass(frozen=True)
class Labelled:
    """A picture uint8[96, 96, 3] and, for each patch int8[12, 12], which thing of its scene it shows.

    The map holds the thing's index, `NOT_A_THING`, or `UNKNOWN` where a patch is neither one nor the other.
    `target` is the thing a crop shows (`GROUND_CROP` for a piece of ground) and `fill` what surrounds it.
    """

    image: Image
    patches: npt.NDArray[np.int8]
    scene: Scene
    target: int | None = None
    fill: str = "keep"


def resized(image: Image) -> Image:
    """The picture as BLIP's image processor resizes it: bicubic, to a square of 96 px."""
    return np.asarray(PilImage.fromarray(image).resize((SIDE, SIDE), PilImage.Resampling.BICUBIC))


def patch_map(masks: list[Mask]) -> npt.NDArray[np.int8]:
    """int8[12, 12]: the thing that covers more than a third of a patch; a patch covered a little is unknown."""
    cover = [cv2.resize(mask.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA) for mask in masks]
    stack = np.stack(cover)
    found = np.where(stack.max(0) > 0.35, stack.argmax(0), UNKNOWN)
    return np.where(stack.sum(0) < 0.12, NOT_A_THING, found).astype(np.int8)


def random_size(rng: np.random.Generator) -> tuple[int, int]:
    """Mostly the demo's 160 px square; else 128–256 px with a mild aspect."""
    if rng.random() < 0.5:
        return 160, 160
    side, aspect = rng.uniform(128, 224), rng.uniform(0.8, 1.25)
    return int(side * np.sqrt(aspect)), int(side / np.sqrt(aspect))


def examples(seed: int, count: int) -> Iterator[Labelled]:
    """`count` scenes, and after some of them a crop of one of their segments."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        width, height = random_size(rng)
        things = int(rng.choice([1, 2, 3, 4], p=[0.16, 0.30, 0.30, 0.24]))
        scene = make_scene(rng, things, width, height)
        image, masks = draw(scene), silhouettes(scene)
        yield Labelled(resized(image), patch_map(masks), scene)
        if rng.random() < SHARE_OF_CROPS:
            yield random_crop(rng, scene, image, masks)


def random_crop(rng: np.random.Generator, scene: Scene, image: Image, masks: list[Mask]) -> Labelled:
    """A crop of one thing or of the ground, the way a segment would be shown to the matcher."""
    fill = str(rng.choice(FILLS))
    if rng.random() < 0.15:
        return ground_crop(rng, scene, image, masks, fill)
    index = int(rng.integers(len(masks)))
    return thing_crop(rng, scene, image, masks, index, fill)


def thing_crop(
    rng: np.random.Generator, scene: Scene, image: Image, masks: list[Mask], index: int, fill: str
) -> Labelled:
    """The box of one thing with a margin, what lies outside its (roughly drawn) mask replaced by `fill`."""
    rough = rough_mask(rng, masks[index])
    rows, columns = box_with_margin(rng, rough)
    shown = filled(image, rough, fill)[rows, columns]
    others = masks if fill == "keep" else [mask & rough for mask in masks]
    labels = patch_map([mask[rows, columns] for mask in others])
    return Labelled(resized(np.ascontiguousarray(shown)), labels, scene, index, fill)


def ground_crop(rng: np.random.Generator, scene: Scene, image: Image, masks: list[Mask], fill: str) -> Labelled:
    """The whole picture with its things replaced by `fill`, or a rectangle of bare ground."""
    ground = ~np.any(masks, axis=0)
    empty = np.full((GRID, GRID), NOT_A_THING, np.int8)
    if fill not in ("keep", "blur") and rng.random() < 0.5:
        ground = reshaped(cv2.erode, ground, 5)
        return Labelled(resized(filled(image, ground, fill)), empty, scene, GROUND_CROP, fill)
    height, width = ground.shape
    for _ in range(40):
        h, w = (int(rng.uniform(0.18, 0.5) * side) for side in (height, width))
        top, left = int(rng.integers(height - h)), int(rng.integers(width - w))
        part = (slice(top, top + h), slice(left, left + w))
        if ground[part].all():
            return Labelled(resized(np.ascontiguousarray(image[part])), empty, scene, GROUND_CROP, "keep")
    return Labelled(resized(filled(image, ground, "grey")), empty, scene, GROUND_CROP, "grey")


def rough_mask(rng: np.random.Generator, mask: Mask) -> Mask:
    """The mask as a segmenter might give it: exact, grown, shrunk a little, or ragged."""
    size = max(3, int(np.sqrt(mask.sum())))
    kind = rng.random()
    if kind < 0.3:
        return mask
    if kind < 0.55:
        reach = int(rng.uniform(0.03, 0.14) * size) * 2 + 1
        return reshaped(cv2.dilate, mask, reach)
    if kind < 0.65:
        return reshaped(cv2.erode, mask, 3)
    noise = cv2.resize(rng.normal(0, 1, (12, 12)), mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.5, 0.05 * size))
    ragged: Mask = soft + 0.12 * noise * (soft > 0.02) > rng.uniform(0.3, 0.55)
    return ragged


def reshaped(change: Callable[..., npt.NDArray[np.uint8]], mask: Mask, reach: int) -> Mask:
    """The mask dilated or eroded by a square of `reach` px."""
    return change(mask.astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(np.bool_)


def box_with_margin(rng: np.random.Generator, mask: Mask) -> tuple[slice, slice]:
    """Rows and columns of the mask's box, grown by 0–35 %; half of the time grown to a square."""
    ys, xs = np.nonzero(mask)
    top, bottom, left, right = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
    margin = rng.uniform(0, 0.35)
    half_h, half_w = (bottom - top) * (0.5 + margin), (right - left) * (0.5 + margin)
    if rng.random() < 0.5:
        half_h = half_w = max(half_h, half_w)
    center_y, center_x = (top + bottom) / 2, (left + right) / 2
    rows = slice(max(0, int(center_y - half_h)), int(np.ceil(center_y + half_h)) + 1)
    return rows, slice(max(0, int(center_x - half_w)), int(np.ceil(center_x + half_w)) + 1)


def filled(image: Image, mask: Mask, fill: str) -> Image:
    """The picture with what lies outside `mask` replaced."""
    if fill == "keep":
        return image
    if fill == "blur":
        rest = cv2.GaussianBlur(image, (0, 0), 0.06 * min(image.shape[:2]))
        return np.where(mask[..., None], image, rest)
    paint = image.reshape(-1, 3).mean(0) if fill == "mean" else SIMPLE_FILLS[fill]
    return np.where(mask[..., None], image, np.asarray(paint, np.uint8))


@dataclass
class Pool:
    """Labelled pictures as arrays of N rows; up to four things each (`kind` −1 where there are fewer)."""

    image: npt.NDArray[np.uint8]
    patches: npt.NDArray[np.int8]
    kind: npt.NDArray[np.int8]
    color: npt.NDArray[np.int8]
    place: npt.NDArray[np.float32]
    ground: npt.NDArray[np.str_]
    target: npt.NDArray[np.int8]
    fill: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.image)

    @property
    def count(self) -> npt.NDArray[np.int64]:
        """int64[N]: how many things a picture's scene has."""
        counts: npt.NDArray[np.int64] = (self.kind >= 0).sum(1)
        return counts

    def things(self, row: int) -> tuple[Thing, ...]:
        """The things of one row's scene, in reading order (size and angle are not kept)."""
        return tuple(
            Thing(CLASSES[kind], COLOR_NAMES[color], float(x), float(y), 0, 0, 1)
            for kind, color, (x, y) in zip(self.kind[row], self.color[row], self.place[row])
            if kind >= 0
        )

    def take(self, rows: npt.NDArray[np.int64]) -> Pool:
        return Pool(*(getattr(self, field.name)[rows] for field in fields(self)))

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Pool:
        with np.load(path) as arrays:
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    @classmethod
    def joined(cls, pools: list[Pool]) -> Pool:
        return cls(*(np.concatenate([getattr(pool, field.name) for pool in pools]) for field in fields(cls)))


def gather(seed: int, count: int) -> Pool:
    """Draw `count` scenes and their crops."""
    cv2.setNumThreads(1)
    made = list(examples(seed, count))
    padded = [[*one.scene.things, *[None] * (4 - len(one.scene.things))] for one in made]
    return Pool(
        image=np.stack([one.image for one in made]),
        patches=np.stack([one.patches for one in made]),
        kind=np.array([[CLASSES.index(t.kind) if t else -1 for t in row] for row in padded], np.int8),
        color=np.array([[COLOR_NAMES.index(t.color) if t else -1 for t in row] for row in padded], np.int8),
        place=np.array([[(t.x, t.y) if t else (0, 0) for t in row] for row in padded], np.float32),
        ground=np.array([one.scene.ground for one in made]),
        target=np.array([-2 if one.target is None else one.target for one in made], np.int8),
        fill=np.array([one.fill for one in made]),
    )


def draw_pool(seed: int, count: int, workers: int = 2, chunk: int = 1000) -> Pool:
    """The same pool for the same seed, whatever the number of workers."""
    jobs = [(seed * 1_000_000 + number, chunk) for number in range(count // chunk)]
    with multiprocessing.Pool(workers) as processes:
        return Pool.joined(processes.starmap(gather, jobs))
