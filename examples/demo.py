"""The main job on the demo models: six pictures, six prompts, one contact sheet.

python -m examples.demo --out DIR
"""

from __future__ import annotations

import argparse
import colorsys
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PIL_Image

from benchmarks.icon_world.scenes import Scene, Thing, draw, reading_order
from lib_automask import MaskRequest, MaskResult, build_mask, load_models
from lib_automask.imaging import preview
from lib_automask.types import Image, Mask

SIDE = 320
"""Pixels of a side of each picture."""
CELL, GAP, TITLE = 240, 12, 58
"""Pixels of the sheet: side of a cell, gap between cells, height of the two lines of text."""
COLUMNS = ("picture", "candidates", "to be repainted", "mask", "what is kept")
INK, SOFT, PAPER = (40, 40, 48), (120, 120, 130), (250, 250, 248)
BOARD = 236
"""The lighter grey of the checkerboard in place of what is repainted; the darker one is 30 less."""


def make_scene(ground: str, seed: int, *things: Thing) -> Scene:
    return Scene(reading_order(list(things)), ground, SIDE, SIDE, seed)


EXAMPLES = (
    (
        make_scene(
            "grass", 3, Thing("ball", "red", 0.28, 0.55, 0.19, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.2, 4, 1)
        ),
        "a blue star left of an orange cat, on the grass",
    ),
    (
        make_scene(
            "road", 5, Thing("car", "blue", 0.3, 0.6, 0.2, 0, 1.1), Thing("house", "white", 0.7, 0.45, 0.21, 0, 1)
        ),
        "masterpiece, a (yellow car:1.2) left of a white house, on the road, best quality, <lora:toy:0.6>",
    ),
    (
        make_scene(
            "snow",
            7,
            Thing("dog", "purple", 0.2, 0.5, 0.16, 0, 1),
            Thing("tree", "green", 0.5, 0.4, 0.18, 0, 1),
            Thing("cup", "red", 0.8, 0.6, 0.15, 5, 1),
        ),
        "a purple dog and a green tree, in the snow",
    ),
    (
        make_scene("water", 9, Thing("fish", "yellow", 0.5, 0.55, 0.26, -6, 1)),
        "a yellow fish at night",
    ),
    (
        make_scene("sand", 11, Thing("flower", "white", 0.3, 0.62, 0.18, 0, 1)),
        "a white flower on the sand, and a green box right of the white flower",
    ),
    (
        make_scene(
            "night", 13, Thing("heart", "red", 0.3, 0.5, 0.2, 0, 1), Thing("star", "yellow", 0.72, 0.45, 0.19, 8, 1)
        ),
        "an oil painting of a red heart left of a yellow star, at night",
    ),
)


def main() -> int:
    """Run every example. Returns the exit code: 1 if one of them ends without a mask."""
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
        PIL_Image.fromarray(draw_mask(result.mask)).save(out / f"mask-{number}.png")
        rows.append(draw_row(image, prompt, result))
        outcomes.append(result.outcome)
    sheet = np.concatenate([draw_header(), *rows])
    PIL_Image.fromarray(sheet).save(out / "contact-sheet.png")
    print(f"{out / 'contact-sheet.png'}: what was found and what will be repainted, a row a picture")
    return int(set(outcomes) != {"mask"})


def draw_row(image: Image, prompt: str, result: MaskResult) -> Image:
    """One picture of the sheet: two lines of text over five cells."""
    cells = (
        image,
        draw_candidates(image, result),
        preview.draw_overlay(image, result),
        draw_mask(result.mask),
        draw_kept(image, result),
    )
    strip = blank_strip(TITLE + CELL + 2 * GAP)
    write_text(strip, f"prompt: {prompt}", 22, INK, 0.5)
    write_text(strip, f"{result.plan}".replace("→", "->"), 44, SOFT, 0.45)
    for column, cell in enumerate(cells):
        left = GAP + column * (CELL + GAP)
        strip[TITLE : TITLE + CELL, left : left + CELL] = cv2.resize(cell, (CELL, CELL), interpolation=cv2.INTER_AREA)
    return strip


def draw_header() -> Image:
    strip = blank_strip(34)
    for column, title in enumerate(COLUMNS):
        write_text(strip, title, 24, SOFT, 0.5, GAP + column * (CELL + GAP))
    return strip


def blank_strip(height: int) -> Image:
    return np.full((height, GAP + len(COLUMNS) * (CELL + GAP), 3), PAPER, np.uint8)


def write_text(canvas: Image, text: str, y: int, color: tuple[int, int, int], size: float, x: int = GAP) -> None:
    """Write text, shortened to fit the canvas, in OpenCV's own letters: no font is needed."""
    while cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)[0][0] > canvas.shape[1] - x - GAP:
        text = text[:-2].rstrip(" .") + "..." if not text.endswith("...") else text[:-5] + "..."
    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, color, 1, cv2.LINE_AA)


def draw_candidates(image: Image, result: MaskResult) -> Image:
    """The picture in grey with every segment in a colour of its own, and the selected ones outlined in white."""
    grey = image.mean(2, keepdims=True).repeat(3, 2).astype(np.uint8)
    canvas = (grey // 2 + 90).astype(np.uint8)
    order = sorted(range(len(result.candidates)), key=lambda i: -result.candidates[i].segment.area)
    for i in order:
        hue = (i * 0.618) % 1
        color = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.7, 0.95))
        canvas = tint_region(canvas, result.candidates[i].segment.mask, color, 0.5)
    for candidate in result.candidates:
        if candidate.selected:
            canvas = preview.draw_outline(canvas, candidate.segment.mask, preview.WHITE, 2)
    return canvas


def draw_kept(image: Image, result: MaskResult) -> Image:
    """The picture with a checkerboard in place of what will be repainted."""
    height, width = image.shape[:2]
    square = max(4, min(height, width) // 24)
    rows, cols = np.indices((height, width)) // square
    board = (BOARD - 30 * ((rows + cols) % 2)).astype(np.uint8)
    return np.where(result.mask[..., None], board[..., None], image)


def draw_mask(mask: Mask) -> Image:
    """The mask as a picture: white is repainted, black stays."""
    return (mask[..., None].repeat(3, 2) * 255).astype(np.uint8)


def tint_region(image: Image, mask: Mask, color: tuple[int, ...], strength: float) -> Image:
    """The picture with ``color`` (RGB, 0–255) over the mask at ``strength`` (0–1), and its outline."""
    mixed = (image * (1 - strength) + np.array(color) * strength).astype(np.uint8)
    return preview.draw_outline(np.where(mask[..., None], mixed, image), mask, color, 1)


if __name__ == "__main__":
    sys.exit(main())
