"""The main job on the demo models: six pictures, six prompts, one contact sheet.

python -m examples.demo --out DIR
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PIL_Image

from benchmarks.icon_world.scenes import Scene, Thing, draw, reading_order
from lib_automask import MaskRequest, MaskResult, build_mask, load_models
from lib_automask.imaging import preview
from lib_automask.types import Image

SIDE = 320
CELL, GAP, TITLE = 240, 12, 58
COLUMNS = ("picture", "candidates", "to be repainted", "mask", "what is kept")
INK, SOFT, PAPER = (40, 40, 48), (120, 120, 130), (250, 250, 248)


def picture(ground: str, seed: int, *things: Thing) -> Scene:
    return Scene(reading_order(list(things)), ground, SIDE, SIDE, seed)


EXAMPLES = (
    (
        picture("grass", 3, Thing("ball", "red", 0.28, 0.55, 0.19, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.2, 4, 1)),
        "a blue star left of an orange cat, on the grass",
    ),
    (
        picture("road", 5, Thing("car", "blue", 0.3, 0.6, 0.2, 0, 1.1), Thing("house", "white", 0.7, 0.45, 0.21, 0, 1)),
        "masterpiece, a (yellow car:1.2) left of a white house, on the road, best quality, <lora:toy:0.6>",
    ),
    (
        picture(
            "snow",
            7,
            Thing("dog", "purple", 0.2, 0.5, 0.16, 0, 1),
            Thing("tree", "green", 0.5, 0.4, 0.18, 0, 1),
            Thing("cup", "red", 0.8, 0.6, 0.15, 5, 1),
        ),
        "a purple dog and a green tree, in the snow",
    ),
    (
        picture("water", 9, Thing("fish", "yellow", 0.5, 0.55, 0.26, -6, 1)),
        "a yellow fish at night",
    ),
    (
        picture("sand", 11, Thing("flower", "white", 0.3, 0.62, 0.18, 0, 1)),
        "a white flower on the sand, and a green box right of the white flower",
    ),
    (
        picture(
            "night", 13, Thing("heart", "red", 0.3, 0.5, 0.2, 0, 1), Thing("star", "yellow", 0.72, 0.45, 0.19, 8, 1)
        ),
        "an oil painting of a red heart left of a yellow star, at night",
    ),
)


def main() -> int:
    """Run every example; the exit code is 1 if one of them ends without a mask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo-output"))
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    models = load_models("demo")
    rows, outcomes = [], []
    for number, (scene, prompt) in enumerate(EXAMPLES, 1):
        image = draw(scene)
        started = time.perf_counter()
        result = build_mask(MaskRequest(image, prompt), models)
        seconds = time.perf_counter() - started
        print(f"picture: {result.caption}\nprompt:  {prompt}\n{result.plan}\n{result.outcome}, {seconds:.1f} s\n")
        PIL_Image.fromarray(image).save(out / f"picture-{number}.png")
        PIL_Image.fromarray(preview.draw_mask(result.mask)).save(out / f"mask-{number}.png")
        rows.append(row(image, prompt, result))
        outcomes.append(result.outcome)
    sheet = np.concatenate([header(), *rows])
    PIL_Image.fromarray(sheet).save(out / "contact-sheet.png")
    print(f"{out / 'contact-sheet.png'}: what was found and what will be repainted, a row a picture")
    return int(set(outcomes) != {"mask"})


def row(image: Image, prompt: str, result: MaskResult) -> Image:
    """One picture of the sheet: two lines of text over five cells."""
    cells = (
        image,
        preview.draw_candidates(image, result),
        preview.draw_overlay(image, result),
        preview.draw_mask(result.mask),
        preview.draw_kept(image, result),
    )
    strip = blank(TITLE + CELL + 2 * GAP)
    write(strip, f"prompt: {prompt}", 22, INK, 0.5)
    write(strip, f"{result.plan}".replace("→", "->"), 44, SOFT, 0.45)
    for column, cell in enumerate(cells):
        left = GAP + column * (CELL + GAP)
        strip[TITLE : TITLE + CELL, left : left + CELL] = cv2.resize(cell, (CELL, CELL), interpolation=cv2.INTER_AREA)
    return strip


def header() -> Image:
    strip = blank(34)
    for column, title in enumerate(COLUMNS):
        write(strip, title, 24, SOFT, 0.5, GAP + column * (CELL + GAP))
    return strip


def blank(height: int) -> Image:
    return np.full((height, GAP + len(COLUMNS) * (CELL + GAP), 3), PAPER, np.uint8)


def write(canvas: Image, text: str, y: int, color: tuple[int, int, int], size: float, x: int = GAP) -> None:
    """Text that fits the canvas; OpenCV's own letters, so that no font is needed."""
    while cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)[0][0] > canvas.shape[1] - x - GAP:
        text = text[:-2].rstrip(" .") + "..." if not text.endswith("...") else text[:-5] + "..."
    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, color, 1, cv2.LINE_AA)


if __name__ == "__main__":
    sys.exit(main())
