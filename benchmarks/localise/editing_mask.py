"""Editing-Mask: 200 pictures from Imagen's page and ImageNet, each with a mask of what an edit changes.

From "Towards Efficient Diffusion-Based Image Editing with Instant Attention Masks" (Zou et al., AAAI 2024, arXiv
2401.07709). The folder is that of the authors' repository: ``dataset_txt/Editing-Mask_list.txt``, and the unpacked
``dataset/Editing-Mask/`` with ``image/`` and ``mask/``. A line of the list is one of

    23 <> A photo of a Persian cat riding a bike. <> Persian cat <> a raccoon
    ILSVRC2012_val_00028602.JPEG <> beagle <> Afghan hound

with the picture ``23.jpg`` or ``00028602.jpg``. The archive could not be looked into when this was written: the name of
the folder of masks, and of the files in it, is a guess that ``find_mask`` alone makes.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from benchmarks.localise.cases import Case, Published
from lib_automask import InputError
from lib_automask.imaging import files
from lib_automask.types import Mask

NEEDS = "give the folder with dataset_txt/Editing-Mask_list.txt and dataset/Editing-Mask/ in it"
SOURCE = "Zou et al., arXiv 2401.07709"
PUBLISHED = (
    Published("InstDiffEdit", "IoU", 56.2, SOURCE),
    Published("DiffEdit", "IoU", 33.0, f"as measured by {SOURCE}"),
)
MASK_FOLDERS = ("mask", "masks", "Mask", "label")
SUFFIXES = (".png", ".jpg", ".JPEG", ".jpeg")
ARTICLES = ("a ", "an ", "the ")


def read_editing_mask(folder: Path, own_prompt: bool = False) -> list[Case]:
    """Every line of the list as a case; with ``own_prompt``, Imagen's pictures carry what they were made with."""
    listed = folder / "dataset_txt" / "Editing-Mask_list.txt"
    if not listed.is_file():
        raise InputError(f"there is no {listed}; {NEEDS}")
    lines = listed.read_text(encoding="utf-8").splitlines()
    cases = [_case(line, folder / "dataset" / "Editing-Mask") for line in lines if line.strip()]
    return cases if own_prompt else [replace(case, own_prompt="") for case in cases]


def _case(line: str, data: Path) -> Case:
    parts = [part.strip() for part in line.split("<>")]
    if len(parts) == 4:
        name, described, old, new = parts
        kind, prompt, own_prompt = "Imagen", exchanged(described, old, new), described
    elif len(parts) == 3:
        file, old, new = parts
        name = Path(file).stem.removeprefix("ILSVRC2012_val_")
        kind, prompt, own_prompt = "ImageNet", f"replace the {old} with {with_article(new)}", ""
    else:
        raise InputError(f"the line {line!r} of Editing-Mask_list.txt has {len(parts)} parts, not 3 or 4; {NEEDS}")
    truth = partial(read_truth, find_mask(name, data))
    return Case(name, kind, prompt, find_picture(name, data), truth, own_prompt=own_prompt)


def exchanged(described: str, old: str, new: str) -> str:
    """A description with ``new`` in the place of ``old``, and one article: "a Persian cat" → "a raccoon"."""
    if new.startswith(ARTICLES):
        for article in ARTICLES:
            described = described.replace(f"{article}{old}", old)
    return described.replace(old, new)


def with_article(phrase: str) -> str:
    """ "Afghan hound" → "an Afghan hound"."""
    return f"{'an' if phrase[0].lower() in 'aeiou' else 'a'} {phrase}"


def find_picture(name: str, data: Path) -> Path:
    """The picture of a line."""
    return _first(name, [data / "image"])


def find_mask(name: str, data: Path) -> Path:
    """The mask of a line: a file of the picture's name in a folder beside it."""
    return _first(name, [data / folder for folder in MASK_FOLDERS])


def _first(name: str, folders: list[Path]) -> Path:
    for folder in folders:
        for file in (f"{name}{suffix}" for suffix in SUFFIXES):
            if (folder / file).is_file():
                return folder / file
    looked = ", ".join(str(folder) for folder in folders)
    raise InputError(f"{name} has no file {' or '.join(f'{name}{suffix}' for suffix in SUFFIXES)} in {looked}; {NEEDS}")


def read_truth(path: Path, size: tuple[int, int]) -> Mask:
    """The mask, brought to the picture's size (H, W): it may have been drawn at another."""
    height, width = size
    mask = files.read_mask(path).astype(np.uint8)
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST) > 0
