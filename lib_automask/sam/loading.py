"""SAM from a file, known by its tensors and not by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.sam.architecture import VIT_B, VIT_H, VIT_L, SamShape, build_sam
from lib_automask.tensors import Progress, read_json, read_tensors, unfilled

if TYPE_CHECKING:
    import torch

__all__ = ["build_sam", "generator_settings", "load_sam"]

BY_WIDTH = {shape.embed_dim: shape for shape in (VIT_B, VIT_L, VIT_H)}
POSITIONS = "image_encoder.pos_embed"
SETTINGS = ("sam.json", "sam.safetensors")
"""Names of the two files in a folder that holds a SAM of another shape than the published ones."""
FETCH = "choose a vit_b, vit_l or vit_h file, or fetch one with `python -m lib_automask models fetch sam-vit-b`"


def load_sam(path: str | Path, device: str = "cpu", progress: Progress = lambda _share: None) -> Any:
    """A ``segment_anything`` Sam, float32, in evaluation mode.

    Args:
        path: a published checkpoint (vit_b, vit_l or vit_h; .pth or .safetensors), or a folder with sam.json, which
            gives the shape, and sam.safetensors.
        device: as torch names it.
        progress: told the share of the file that is read.

    Raises:
        ModelMissing: there is no such file.
        ModelCorrupt: it is broken, or is not a SAM that can be used here.
    """
    path = Path(path)
    tensors = read_tensors(path / SETTINGS[1] if path.is_dir() else path, progress)
    progress(1.0)
    config = _settings(path)
    with unfilled():
        sam = build_sam(config or recognize(tensors, path.name))
    try:
        sam.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelCorrupt(f"the tensors in {path.name} are not those of a SAM; {FETCH}") from error
    return sam.float().requires_grad_(False).to(device)


def generator_settings(path: str | Path) -> dict[str, Any]:
    """What sam.json in a folder says of finding everything ("generator"), or {} for a published checkpoint."""
    settings = _settings(Path(path)).get("generator", {})
    return dict(settings)


def recognize(tensors: Mapping[str, torch.Tensor], name: str) -> SamShape:
    """Which published SAM these tensors are; ``name`` of the file is for messages only. Raises ModelCorrupt."""
    if any(key.startswith("mask_decoder.hf_") or "compress_vit_feat" in key for key in tensors):
        raise ModelCorrupt(f"{name} is a SAM-HQ model, which is not supported; {FETCH}")
    if any(key.startswith("image_encoder.layers.") for key in tensors):
        raise ModelCorrupt(f"{name} is a MobileSAM model, which is not supported; {FETCH}")
    if any(key.startswith(("sam_mask_decoder.", "memory_")) for key in tensors) or "model" in tensors:
        raise ModelCorrupt(f"{name} looks like a SAM 2 model, which is not supported; {FETCH}")
    positions = tensors.get(POSITIONS)
    if positions is None or positions.shape[-1] not in BY_WIDTH:
        raise ModelCorrupt(f"{name} is not a SAM vit_b, vit_l or vit_h; {FETCH}")
    return BY_WIDTH[positions.shape[-1]]


def _settings(path: Path) -> dict[str, Any]:
    """sam.json of a folder, or {} for a file."""
    if not path.is_dir():
        return {}
    file = path / SETTINGS[0]
    if not file.is_file():
        raise ModelMissing(f"{file} is not there; choose a folder with {' and '.join(SETTINGS)}, or a .pth file")
    return read_json(file)
