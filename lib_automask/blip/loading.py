"""BLIP from a folder in Hugging Face's layout: network, tokenizer, settings, and how it wants its pictures.

Neither ``from_pretrained`` nor the image processors of transformers are used, because they differ between versions and
the same picture shall give the same mask in every host. Here the result is the same in transformers 4.30, 4.46 and 5:
float32 whatever the file holds, every missing tensor noticed, and pictures resized by Pillow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.interfaces import ignore_progress
from lib_automask.runtime.tensors import READ, read_json, read_tensors, skip_initialization
from lib_automask.types import Image, Progress

if TYPE_CHECKING:
    import torch

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Names of the file with the weights, the preferred one first."""
WORDS = "text_decoder.bert.embeddings.word_embeddings.weight"
HEAD = "text_decoder.cls.predictions"
"""Names of a captioner's tensors that share their values."""
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""Of each channel in CLIP's training pictures; BLIP was trained with the same numbers (Li et al. 2022)."""


def load_network(folder: Path, kind: str, device: str = "cpu", progress: Progress = ignore_progress) -> Any:
    """The network of a folder, float32, in evaluation mode.

    Args:
        folder: holds config.json and model.safetensors or pytorch_model.bin.
        kind: the class in ``transformers``, "BlipForConditionalGeneration" or "BlipForImageTextRetrieval".
        device: as torch names it.
        progress: see ``read_tensors``; 1 once all tensors are read.

    Raises:
        ModelMissing: a file is not there.
        ModelCorrupt: the weights cannot be read, or are those of another kind of network.
    """
    import torch
    import transformers

    network_class = getattr(transformers, kind)  # transformers imports the class only here, which takes a while
    tensors = read_tensors(_find_weights(folder), progress)
    progress(READ, 1.0)
    with torch.inference_mode(False):  # tensors made in inference mode could never carry the gradients of Grad-CAM
        settings = read_json(folder / "config.json")
        try:
            config = transformers.BlipConfig.from_dict(settings)
            with skip_initialization():
                network = network_class(config)
        except Exception as error:  # wrong settings: transformers and torch raise anything
            raise ModelCorrupt(
                f"{folder / 'config.json'} describes no network that can be made; fetch the whole model again"
            ) from error
        progress(READ, 1.0)
        _fill(network, _with_tied_head(tensors), folder.name)
        return network.float().eval().requires_grad_(False).to(device)


def move_network(network: Any, device: str) -> None:
    """Put a network onto a device so that gradients can flow through it there, as Grad-CAM needs."""
    import torch

    with torch.inference_mode(False):
        network.to(device)


def count_weight_bytes(network: Any) -> int:
    """Bytes of the weights of a network."""
    return sum(weight.nbytes for weight in network.parameters())


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder, without access to the network; code that the folder may hold is never run.

    Raises:
        ModelMissing: its files are not there.
        ModelCorrupt: they are wrong, or ask for code of their own.
    """
    from transformers import AutoTokenizer

    if not (folder / "tokenizer.json").is_file() and not (folder / "vocab.txt").is_file():
        raise ModelMissing(f"{folder} has neither tokenizer.json nor vocab.txt; fetch the model again")
    try:
        # trust_remote_code is named because transformers would ask on stdin otherwise
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # wrong files: transformers and tokenizers raise anything
        raise ModelCorrupt(
            f"the tokenizer of {folder} is broken, or wants to run program code; fetch the whole model again"
        ) from error


def read_model_settings(folder: Path) -> dict[str, Any]:
    """The settings in the folder's ``automask.json``, or {}.

    Known entries: "gradcam_block" and "first_token" of a matcher, "num_beams" and "max_new_tokens" of a captioner.
    """
    path = folder / "automask.json"
    return read_json(path) if path.is_file() else {}


def _find_weights(folder: Path) -> Path:
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    raise ModelMissing(
        f"{folder} has no {' or '.join(WEIGHTS)}; put the BLIP model there, or fetch it with `models fetch`"
    )


def _with_tied_head(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors with those of the decoder's head, which transformers 5 does not save because they are shared."""
    shared = {f"{HEAD}.decoder.weight": WORDS, f"{HEAD}.decoder.bias": f"{HEAD}.bias"}
    restored = {name: tensors[source] for name, source in shared.items() if name not in tensors and source in tensors}
    return {**tensors, **restored}


def _fill(network: Any, tensors: dict[str, torch.Tensor], name: str) -> None:
    """Put the tensors into the network. Raises ModelCorrupt unless they fit and none is missing."""
    try:
        missing = network.load_state_dict(tensors, strict=False).missing_keys
    except RuntimeError as error:
        raise ModelCorrupt(f"the weights in {name} do not fit its config.json; fetch the whole model again") from error
    missing = [key for key in missing if not key.endswith("position_ids")]
    if missing:
        raise ModelCorrupt(_explain_missing(network, tensors, name, missing))


def _explain_missing(network: Any, tensors: dict[str, torch.Tensor], name: str, missing: list[str]) -> str:
    if hasattr(network, "text_decoder") and "itm_head.weight" in tensors:
        return (
            f"{name} is a matching model and cannot write captions; use it as the matcher, and a captioning model here"
        )
    if hasattr(network, "itm_head") and WORDS in tensors:
        return (
            f"{name} is a captioning model and cannot match phrases; use it as the captioner, and a matching model here"
        )
    return f"{name} lacks {len(missing)} tensors, {missing[0]} among them; fetch the model again"


@dataclass(frozen=True)
class Pixels:
    """The form in which a model takes pictures: a square of ``size`` pixels, each channel (x / 255 - mean) / std."""

    size: int
    mean: tuple[float, ...] = CLIP_MEAN
    std: tuple[float, ...] = CLIP_STD

    @classmethod
    def from_folder(cls, folder: Path) -> Pixels:
        """From ``preprocessor_config.json`` (mean, deviation) and ``config.json`` (side of the picture)."""
        vision = read_json(folder / "config.json").get("vision_config", {})
        config = read_json(folder / "preprocessor_config.json")
        try:
            size = int(vision.get("image_size", 384))
            mean, std = (
                tuple(map(float, config.get(key, usual)))
                for key, usual in (("image_mean", CLIP_MEAN), ("image_std", CLIP_STD))
            )
        except (AttributeError, TypeError, ValueError) as error:
            raise ModelCorrupt(f"the settings of {folder} are wrong; fetch the whole model again") from error
        if size < 1 or len(mean) != 3 or len(std) != 3 or not all(std):
            raise ModelCorrupt(f"the settings of {folder} are wrong; fetch the whole model again")
        return cls(size, mean, std)

    def tensor(self, images: Sequence[Image]) -> torch.Tensor:
        """float32[B, 3, size, size] of pictures uint8[H, W, 3] RGB; stretched to the square, as BLIP was trained."""
        import torch

        return torch.from_numpy(np.stack([self._array(image) for image in images]))

    def _array(self, image: Image) -> np.ndarray:  # type: ignore[type-arg]
        square = Pillow.fromarray(image).resize((self.size, self.size), Pillow.Resampling.BICUBIC)
        values = np.asarray(square, dtype=np.float32) / 255
        normal = (values - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(normal.transpose(2, 0, 1))
