"""RefCOCO, RefCOCO+ and RefCOCOg: things in COCO's pictures, each named by people in some sentences.

From "Modeling Context in Referring Expressions" (Yu et al., arXiv 1608.00272) and "Generation and Comprehension of
Unambiguous Object Descriptions" (Mao et al., arXiv 1511.02283), in the layout of the REFER tools: ``refcoco/`` with
``refs(unc).p`` and ``instances.json``, and COCO's pictures in ``images/mscoco/images/train2014/``. Nothing is edited
there: each sentence is given as the target that a user names.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.localise.cases import Case, Published, read_json, with_pictures
from benchmarks.localise.plain_pickle import read_plain_pickle
from lib_automask import InputError
from lib_automask.types import Mask

NEEDS = "give the folder with refcoco/instances.json, refcoco/refs(unc).p and images/mscoco/images/train2014/ in it"
DATASETS = {"refcoco": "unc", "refcoco+": "unc", "refcocog": "umd"}
"""Whose split of each is usual."""
SPLITS = ("val", "testA", "testB", "test", "train")
PUBLISHED = (
    Published("Global-Local CLIP, without training", "RefCOCO val overall IoU", 24.9, "Yu et al., arXiv 2303.17811"),
)
FINER = 4
"""How many times finer than the picture an outline is drawn."""


def read_refcoco(folder: Path, dataset: str = "refcoco", split: str = "val", split_by: str = "") -> list[Case]:
    """Every sentence of a split as a case, counted under what COCO calls the thing."""
    instances = read_json(folder / dataset / "instances.json", NEEDS)
    listed = folder / dataset / f"refs({split_by or DATASETS[dataset]}).p"
    if not listed.is_file():
        raise InputError(f"there is no {listed}; {NEEDS}")
    photos = folder / "images" / "mscoco" / "images" / "train2014"
    try:
        images = {image["id"]: image for image in instances["images"]}
        outlines = {one["id"]: one for one in instances["annotations"]}
        kinds = {one["id"]: one.get("supercategory", one["name"]) for one in instances["categories"]}
        cases = []
        for ref in read_plain_pickle(listed):
            if ref["split"] == split:
                image, outline = images[ref["image_id"]], outlines[ref["ann_id"]]
                name, kind, photo = f"ref {ref['ref_id']}", kinds[ref["category_id"]], photos / image["file_name"]
                truth = partial(mask_of_segmentation, outline["segmentation"])
                cases += [Case(name, kind, "", photo, truth, said["sent"]) for said in ref["sentences"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{folder / dataset} is not laid out as the REFER tools have it ({error!r}); {NEEDS}"
        ) from error
    return with_pictures(cases, NEEDS)


def mask_of_segmentation(segmentation: Any, size: tuple[int, int]) -> Mask:
    """bool[H, W] from COCO's polygons (x, y, x, y, … in pixels) or from runs of zeros and ones, column by column."""
    height, width = size
    if isinstance(segmentation, list):
        canvas = np.zeros((height * FINER, width * FINER), np.uint8)
        for points in segmentation:
            outline = np.array(points, float).reshape(-1, 2) * FINER - 0.5
            cv2.fillPoly(canvas, [np.round(outline).astype(np.int32)], 255)
        return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA) > 127
    runs = segmentation.get("counts") if isinstance(segmentation, dict) else None
    if not isinstance(runs, list) or sum(runs) != height * width:
        raise InputError(
            "an outline is neither polygons nor runs that fill its picture; take instances.json as published"
        )
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T
