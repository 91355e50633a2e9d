"""ViTMatte (Yao et al., 2023), a network for soft edges, where the user has one and transformers knows it.

It sees more than colours: hair and fur, against grounds of their own colour too. It is used for cutouts alone, in place
of the edges of ``imaging.matting``, and only where its answer is the same thing as the mask.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.imaging import masks
from lib_automask.imaging.photo_edges import measure_accuracy
from lib_automask.interfaces import ignore_progress
from lib_automask.runtime.device import Device
from lib_automask.runtime.download import WEIGHTS
from lib_automask.runtime.tensors import READ, read_json, read_tensors, skip_initialization
from lib_automask.types import Image, Mask, Progress, Size, bounding_box

ARCHITECTURE = "VitMatteForImageMatting"
FOLDER = "matting"
"""Below a folder of models: where those of this kind lie."""
BAND = 4.0
"""Half the width of what the network decides, in pixels of SAM's masks: a guess, as wide as short hair."""
LONGEST_SIDE = 1024
"""Pixels of the longer side of what the network sees: it was trained on 512 × 512 and takes memory by the square."""
MULTIPLE = 32
"""Both sides are padded to a multiple of this many pixels, as the network's own image processor does."""
LEAST_AGREEMENT = 0.75
"""IoU with the mask from which on the answer is taken for the same thing: a guess."""


def find_matting_model(name: str, folders: Sequence[Path]) -> Path:
    """The folder of a model: a path, or a name below ``matting`` in one of ``folders``. Raises ModelMissing."""
    path = Path(os.path.expanduser(name))  # noqa: PTH111  Path.expanduser raises where there is no such user
    for place in (path, *(folder / FOLDER / name for folder in folders)):
        if (place / "config.json").is_file():
            return place
    where = folders[0] / FOLDER if folders else FOLDER
    raise ModelMissing(f"the matting model {name} is not there; put its folder with config.json into {where}")


class VitMatte:
    """Finds the opacity of a thing. The file is read on first use: most runs make no cutout.

    Args:
        name: see ``find_matting_model``; in Hugging Face's layout, as "hustvl/vitmatte-small-composition-1k" has it.
        folders: of models.
        device: as torch names it, or one that is shared with other models.
        loading: progress of the file that is read.
    """

    def __init__(
        self,
        name: str,
        folders: Sequence[Path] = (),
        device: str | Device = "cpu",
        loading: Progress = ignore_progress,
    ) -> None:
        self.name, self.folders, self.loading = name, folders, loading
        self.device = Device.of(device)

    @cached_property
    def network(self) -> Any:
        """In evaluation mode, float32."""
        return _load_network(find_matting_model(self.name, self.folders), self.loading)

    def refine_opacity(self, image: Image, mask: Mask) -> npt.NDArray[np.float32] | None:
        """The opacity float32[H, W] in 0–1 of what ``mask`` bool[H, W] covers in ``image`` uint8[H, W, 3].

        Away from the outline it is that of the mask. None where the mask has no outline, or the network another thing.

        Raises:
            ModelMissing: a file is not there, or the installed transformers has no ViTMatte.
            ModelCorrupt: the files are not those of a ViTMatte.
            OutOfMemory: there is not enough anywhere.
        """
        box = bounding_box(mask)
        if box is None or mask.all():
            return None
        band = max(2, round(BAND * measure_accuracy(Size.of(mask))))
        rows = slice(max(0, box.top - 3 * band), box.bottom + 3 * band)
        columns = slice(max(0, box.left - 3 * band), box.right + 3 * band)
        trimap = np.where(masks.grow_mask(mask, -band), 1.0, 0.0)
        trimap[masks.grow_mask(mask, band) & (trimap == 0)] = 0.5
        found = self._look_closer(image[rows, columns], trimap[rows, columns].astype(np.float32))
        opacity = trimap.astype(np.float32)
        opacity[rows, columns] = np.where(trimap[rows, columns] == 0.5, found, trimap[rows, columns])
        return opacity if masks.mask_iou(opacity > 0.5, mask) >= LEAST_AGREEMENT else None

    @property
    def nbytes(self) -> int:
        """See ``Movable``."""
        return sum(weight.nbytes for weight in self.network.parameters())

    def to(self, device: str) -> None:
        """See ``Movable``."""
        self.network.to(device)

    def reduce_batch(self) -> bool:
        """See ``Movable``; not possible, as there is one picture."""
        return False

    def restore_batch(self) -> None:
        """See ``Movable``."""

    def _look_closer(self, image: Image, trimap: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The network's answer for a part of the picture, float32[H, W]."""
        size = Size.of(trimap)
        if size.longer > LONGEST_SIDE:
            small = size.scaled(LONGEST_SIDE / size.longer)[::-1]
            image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
            trimap = cv2.resize(trimap, small, interpolation=cv2.INTER_NEAREST)
        found = self.device.run(self, lambda: self._run(image, trimap))
        return np.asarray(cv2.resize(found, size[::-1], interpolation=cv2.INTER_LINEAR).clip(0, 1), np.float32)

    def _run(self, image: Image, trimap: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        import torch

        channels = np.dstack([image.astype(np.float32) / 127.5 - 1, trimap]).transpose(2, 0, 1)
        height, width = trimap.shape
        padded = np.pad(channels, ((0, 0), (0, -height % MULTIPLE), (0, -width % MULTIPLE)))
        with torch.inference_mode():
            pixels = torch.from_numpy(padded[None]).to(next(self.network.parameters()).device)
            alphas = self.network(pixel_values=pixels).alphas
        return np.asarray(alphas[0, 0, :height, :width].float().cpu().numpy(), np.float32)


def _load_network(folder: Path, progress: Progress) -> Any:
    import transformers

    network_class = getattr(transformers, ARCHITECTURE, None)
    if network_class is None:
        raise ModelMissing(
            f"transformers {transformers.__version__} has no ViTMatte, 4.34 is the first; leave the matting model empty"
        )
    config = read_json(folder / "config.json")
    if ARCHITECTURE not in config.get("architectures", []):
        raise ModelCorrupt(f"{folder} holds no ViTMatte; choose another matting model, or leave it empty")
    weights = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if weights is None:
        raise ModelMissing(f"{folder} has no {' or '.join(WEIGHTS)}; put all files of the matting model there")
    tensors = read_tensors(weights, progress)
    progress(READ, 1.0)
    with skip_initialization():
        network = network_class(transformers.VitMatteConfig.from_dict(config))
    try:
        missing = network.load_state_dict(tensors, strict=False).missing_keys
    except RuntimeError as error:
        raise ModelCorrupt(f"the weights in {folder} do not fit its config.json; get the whole model again") from error
    if missing:
        raise ModelCorrupt(f"{folder} lacks {len(missing)} tensors, {missing[0]} among them; get the model again")
    return network.float().eval().requires_grad_(False)
