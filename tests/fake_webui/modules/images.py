"""Tiles of a picture, and saving."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

from modules import script_callbacks, shared

saved: list[tuple[Image.Image, str]] = []


NOWHERE = "outputs"
"""The folder of a run that names none: what is saved there is only counted."""


def save_image(image: Image.Image, path: str, *_names: Any, info: str, p: Any, suffix: str = "") -> None:
    p.saved.append(image)
    saved.append((image, suffix))
    filename = f"00000{suffix}.png"
    params = SimpleNamespace(image=image, p=p, filename=filename, pnginfo={"parameters": info})
    if shared.opts.stealth_pnginfo_option == "Alpha" and image.mode == "RGBA":  # Forge does so with every PNG
        image.putalpha(255)
    script_callbacks.call("before_image_saved", params)
    if path != NOWHERE:
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        filename = f"{len(list(folder.glob('?????.png'))):05}{suffix}.png"
        image.save(folder / filename)
        image.already_saved_as = params.filename = str(folder / filename)
    script_callbacks.call("image_saved", params)


def split_grid(image: Image.Image, tile_w: int = 512, tile_h: int = 512, overlap: int = 64) -> Any:
    """tiles: [top, height, [[left, width, picture], …]] a row."""
    rows = []
    for top in starts(image.height, tile_h, overlap):
        pieces = [
            [left, tile_w, image.crop((left, top, left + tile_w, top + tile_h))]
            for left in starts(image.width, tile_w, overlap)
        ]
        rows.append([top, tile_h, pieces])
    return SimpleNamespace(tiles=rows, image_w=image.width, image_h=image.height)


def starts(length: int, tile: int, overlap: int) -> list[int]:
    count = 1 if length <= tile else -(-(length - overlap) // (tile - overlap))
    return [round(number * (length - tile) / max(1, count - 1)) for number in range(count)]


def combine_grid(grid: Any) -> Image.Image:
    """The mean of all tiles where they overlap."""
    total = np.zeros((grid.image_h, grid.image_w, 3))
    count = np.zeros((grid.image_h, grid.image_w, 1))
    for top, height, row in grid.tiles:
        for left, width, piece in row:
            assert piece.size == (width, height)
            total[top : top + height, left : left + width] += np.asarray(piece)
            count[top : top + height, left : left + width] += 1
    return Image.fromarray((total / count).astype(np.uint8))
