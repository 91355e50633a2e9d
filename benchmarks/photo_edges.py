"""What the refinement of edges does to rough masks of photographs.

    python -m benchmarks.photo_edges FOLDER [--seeds 3] [--first 0] [--json]

``FOLDER/index.jsonl`` has a line a picture: ``image``, a file, and ``masks``, a list of ``{mask, label, truth}``. Each
``mask`` is an 8-bit picture of the same size, white where the thing is. Where ``truth`` is "alpha" it is the opacity;
elsewhere it is cut at one half ("pixel", "polygon", "hand-drawn, loose" and whatever else says where it is from).

The true masks are made as rough as SAM's (``roughen``), then treated by ``locate.extent.refine_outline`` and
``imaging.matting.refine_outline_by_color`` (hard) and ``imaging.matting.estimate_opacity`` (soft; "with prior" is given
the rough mask before it was cut as well). Printed are the IoU with the truth, cut at one half, and the error, the mean
absolute difference of opacity over the picture in thousandths, of the rough mask and after each treatment; and in how
many the treatment is no worse: the error not larger, the IoU by no more than ``IOU_SLACK`` smaller.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PIL_Image

from lib_automask.imaging import files, masks
from lib_automask.imaging.matting import Opacity, estimate_opacity, refine_outline_by_color
from lib_automask.locate.extent import refine_outline
from lib_automask.types import Image, Mask, Size

SAM_SIDE = 256
"""Pixels of the longer side of SAM's masks."""
SAM_BLUR = 1.2
"""Standard deviation of the blur, in pixels of SAM's masks; it and the noise were chosen by looking at SAM's masks."""
NOISE_SIZE = 3.0
"""Standard deviation of the blur that makes the noise smooth, in pixels of SAM's masks."""
IOU_SLACK = 0.005
"""A change of IoU that counts as none."""
EXACT = ("alpha", "pixel")
"""Truths whose outline is that of the picture; others are annotated by hand, with corners or more loosely."""


@dataclass(frozen=True)
class Roughness:
    """How a true mask is made rough: the weight of the noise, and by how many of SAM's pixels it is grown."""

    name: str
    noise: float = 0.18
    growth: float = 0.0


ROUGHNESSES = (
    Roughness("usual"),
    Roughness("noisier", noise=0.36),
    Roughness("shrunk", growth=-1.0),
    Roughness("grown", growth=1.0),
)


@dataclass(frozen=True, eq=False)
class Case:
    """A mask of a photograph: ``image`` uint8[H, W, 3], ``alpha`` float32[H, W] in 0–1, and the kind of truth."""

    name: str
    truth: str
    image: Image
    alpha: Opacity


@dataclass(frozen=True)
class Figures:
    """IoU and error of one mask, rough and after each treatment."""

    name: str
    truth: str
    roughness: str
    seed: int
    iou: dict[str, float]
    error: dict[str, float]


def read_cases(folder: Path) -> Iterator[Case]:
    for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        image = files.read_image(folder / row["image"])
        for entry in row["masks"]:
            shades = read_shades(folder / entry["mask"])
            exact = shades if entry["truth"] == "alpha" else (shades > 0.5).astype(np.float32)
            yield Case(f"{row['name']}/{entry['label']}", entry["truth"], image, exact)


def read_shades(path: Path) -> Opacity:
    """float32[H, W] in 0–1: the lightness of a picture."""
    with PIL_Image.open(path) as picture:
        return np.asarray(picture.convert("L"), np.float32) / 255


def roughen(alpha: Opacity, roughness: Roughness, seed: int) -> Opacity:
    """``alpha`` as SAM's decoder would give it, float32[H, W] in 0–1; the mask is where it is above one half."""
    noise_of = np.random.default_rng(seed)
    size = Size.of(alpha)
    small_size = size.scaled(SAM_SIDE / size.longer)
    small = cv2.resize(alpha, small_size[::-1], interpolation=cv2.INTER_AREA)
    if roughness.growth:
        small = _move_outline(small, roughness.growth)
    small = cv2.GaussianBlur(small, (0, 0), SAM_BLUR)
    noise = cv2.GaussianBlur(noise_of.standard_normal(small.shape).astype(np.float32), (0, 0), NOISE_SIZE)
    small = small + roughness.noise * noise / noise.std() * 4 * small * (1 - small)
    return np.asarray(cv2.resize(small, size[::-1], interpolation=cv2.INTER_LINEAR).clip(0, 1), np.float32)


def _move_outline(alpha: Opacity, pixels: float) -> Opacity:
    """A hard mask whose outline lies so many pixels further out."""
    hard = (alpha > 0.5).astype(np.uint8)
    outside, inside = (cv2.distanceTransform(part, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for part in (1 - hard, hard))
    distance = outside - inside - np.where(hard > 0, -0.5, 0.5)  # of a pixel's middle from the outline
    return (distance <= pixels).astype(np.float32)


def judge(case: Case, number: int, roughness: Roughness, seed: int) -> Figures:
    prior = roughen(case.alpha, roughness, 1000 * seed + number)
    rough = prior > 0.5
    nothing = np.zeros_like(rough)
    treated: dict[str, npt.NDArray[np.float32] | Mask] = {
        "rough": rough,
        "outline": refine_outline(case.image, rough, nothing),
        "by colour": refine_outline_by_color(case.image, rough),
        "soft": estimate_opacity(case.image, rough),
        "with prior": estimate_opacity(case.image, rough, prior),
    }
    iou = {name: masks.mask_iou(found > 0.5, case.alpha > 0.5) for name, found in treated.items()}
    error = {name: 1000 * float(np.abs(found - case.alpha).mean()) for name, found in treated.items()}
    return Figures(case.name, case.truth, roughness.name, seed, iou, error)


def run(folder: Path, seeds: range) -> list[Figures]:
    return [
        judge(case, number, roughness, seed)
        for number, case in enumerate(read_cases(folder))
        for roughness in ROUGHNESSES
        for seed in seeds
    ]


def print_means(title: str, rows: list[Figures]) -> None:
    """A line for each treatment."""
    print(f"\n{title}: {len(rows)}")
    print(f"{'':12}{'IoU':>8}{'change':>9}{'least':>9}{'no worse':>10}{'error':>9}{'no worse':>10}")
    for name in rows[0].iou:
        change = np.array([row.iou[name] - row.iou["rough"] for row in rows])
        worse = np.array([row.error[name] - row.error["rough"] for row in rows])
        print(
            f"{name:12}{np.mean([row.iou[name] for row in rows]):>8.3f}{change.mean():>+9.4f}{change.min():>+9.4f}"
            f"{(change >= -IOU_SLACK).mean():>10.2f}{np.mean([row.error[name] for row in rows]):>9.2f}"
            f"{(worse <= 1e-6).mean():>10.2f}"
        )


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.photo_edges", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=1, help="rough masks of each kind for each true one")
    parser.add_argument("--first", type=int, default=0, help="seed of the first of them; the others follow")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    rows = run(args.folder, range(args.first, args.first + args.seeds))
    if args.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    usual = [row for row in rows if row.roughness == "usual"]
    print(f"{'mask':34}{'truth':12}{'IoU rough':>10}{'outline':>9}{'error rough':>13}{'soft':>8}{'with prior':>12}")
    for row in (row for row in usual if row.seed == args.first):
        print(
            f"{row.name:34}{row.truth[:10]:12}{row.iou['rough']:>10.3f}{row.iou['outline']:>9.3f}"
            f"{row.error['rough']:>13.2f}{row.error['soft']:>8.2f}{row.error['with prior']:>12.2f}"
        )
    for roughness in ROUGHNESSES:
        print_means(roughness.name, [row for row in rows if row.roughness == roughness.name])
    exact = [row for row in usual if row.truth in EXACT]
    if exact:
        print_means("usual, exact truth", exact)


if __name__ == "__main__":
    main()
