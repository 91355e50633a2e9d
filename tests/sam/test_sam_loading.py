"""Files of SAM: which are taken, which are refused, and that none is changed or run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.sam.model import VIT_B, VIT_H, VIT_L, SamShape, build_sam, load_sam, recognize_checkpoint

pytest.importorskip("segment_anything")


@pytest.mark.parametrize(("name", "shape"), [("vit_b", VIT_B), ("vit_l", VIT_L), ("vit_h", VIT_H)])
def test_published_shapes_are_those_of_segment_anything(name: str, shape: SamShape) -> None:
    import torch
    from segment_anything import sam_model_registry

    with torch.device("meta"):
        ours, theirs = build_sam(shape).state_dict(), sam_model_registry[name]().state_dict()
    assert {key: value.shape for key, value in ours.items()} == {key: value.shape for key, value in theirs.items()}
    assert recognize_checkpoint(theirs, "renamed.pth") == shape


def test_unknown_entry_in_sam_json_is_named() -> None:
    with pytest.raises(ModelCorrupt, match="colour"):
        build_sam({"colour": "red"})


def test_loads_float32_from_a_folder_in_half_precision(folder: Path) -> None:
    import torch

    sam = load_sam(folder)
    assert {value.dtype for value in sam.state_dict().values()} == {torch.float32}
    assert not sam.training
    assert not any(value.requires_grad for value in sam.parameters())


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("mask_decoder.hf_token.weight", "SAM-HQ"),
        ("image_encoder.layers.0.blocks.0.conv1.c.weight", "MobileSAM"),
        ("sam_mask_decoder.iou_token.weight", "SAM 2"),
        ("model.diffusion_model.out.0.weight", "not a SAM"),
    ],
)
def test_other_models_are_refused_by_their_tensors(tmp_path: Path, key: str, message: str) -> None:
    import torch

    torch.save({key: torch.zeros(2)}, tmp_path / "sam_vit_b_01ec64.pth")
    with pytest.raises(ModelCorrupt, match=message):
        load_sam(tmp_path / "sam_vit_b_01ec64.pth")


def test_file_with_some_tensors_missing_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    copy = shutil.copytree(folder, tmp_path / "sam")
    tensors = load_file(copy / "sam.safetensors")
    del tensors["mask_decoder.iou_token.weight"]
    save_file(tensors, copy / "sam.safetensors")
    with pytest.raises(ModelCorrupt, match="not those of a SAM"):
        load_sam(copy)


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"PK\x03\x04 half a zip"])
def test_broken_file_is_refused_and_stays_in_place(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sam.pth"
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"sam\.pth"):
        load_sam(path)
    assert path.read_bytes() == content


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("evil-was-here"),)


def test_code_in_a_file_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.chdir(tmp_path)
    path = tmp_path / "sam.pth"
    torch.save({"weight": Evil()}, path)
    with pytest.raises(ModelCorrupt, match="fetch the model again"):
        load_sam(path)
    assert not (tmp_path / "evil-was-here").exists()


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"nothing\.pth"):
        load_sam(tmp_path / "nothing.pth")


def test_folder_without_its_settings_is_named(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "sam")
    (copy / "sam.json").unlink()
    with pytest.raises(ModelMissing, match=r"sam\.json"):
        load_sam(copy)


def test_the_hosts_torch_load_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    path = tmp_path / "sam.pth"
    torch.save({"image_encoder.pos_embed": torch.zeros(1, 64, 64, 5)}, path)
    monkeypatch.setattr(torch, "load", lambda *_args, **_more: None)
    with pytest.raises(ModelCorrupt, match="not a SAM vit_b"):
        load_sam(path)
