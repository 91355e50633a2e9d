"""BLIP's files: how they are read, and which are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_models

from lib_automask.blip.captioner import BlipCaptioner
from lib_automask.blip.model import MatchingModel
from lib_automask.errors import Interrupted, ModelCorrupt, ModelMissing
from lib_automask.types import Image

pytest.importorskip("transformers")


def test_layers_are_made_without_random_numbers_in_that_context() -> None:
    """They would be overwritten at once by a file's, and take seconds for a network of the true size."""
    import torch

    from lib_automask.runtime.tensors import skip_initialization

    before = torch.get_rng_state()
    with skip_initialization():
        torch.nn.Linear(3, 4)
        torch.empty(3, 4).normal_()
        torch.nn.init.trunc_normal_(torch.full((3, 4), 9.0))
    assert torch.equal(torch.get_rng_state(), before)
    torch.nn.Linear(3, 4)
    assert not torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_reading_of_files_reports_progress_and_can_be_interrupted(
    matcher_folder: Path, tmp_path: Path, name: str
) -> None:
    import torch
    from safetensors.torch import load_file

    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    if name == "pytorch_model.bin":
        torch.save(load_file(folder / "model.safetensors"), folder / name)
        (folder / "model.safetensors").unlink()
    shares: list[float] = []
    MatchingModel(folder, loading=lambda _stage, share: shares.append(share))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len(shares) > 20

    def stop_at_half(_stage: str, share: float) -> None:
        shares.append(share)
        if share >= 0.5:
            raise Interrupted("stopped")

    shares.clear()
    with pytest.raises(Interrupted, match="stopped"):
        MatchingModel(folder, loading=stop_at_half)
    assert shares[-2] < 0.5 <= shares[-1] < 0.9


def test_head_that_transformers_5_does_not_save_is_restored(
    captioner_folder: Path, tmp_path: Path, picture: Image
) -> None:
    from safetensors.torch import load_file, save_file

    whole, lean = (shutil.copytree(captioner_folder, tmp_path / name) for name in ("whole", "lean"))
    tensors = load_file(whole / "model.safetensors")
    head = "text_decoder.cls.predictions"
    tensors[f"{head}.decoder.weight"] = tensors["text_decoder.bert.embeddings.word_embeddings.weight"].clone()
    tensors[f"{head}.decoder.bias"] = tensors[f"{head}.bias"].clone()
    save_file(tensors, whole / "model.safetensors")
    del tensors[f"{head}.decoder.weight"], tensors[f"{head}.decoder.bias"]
    save_file(tensors, lean / "model.safetensors")
    assert BlipCaptioner(lean).caption(picture) == BlipCaptioner(whole).caption(picture)


def test_matching_model_is_refused_as_captioner(matcher_folder: Path) -> None:
    with pytest.raises(ModelCorrupt, match="matching model and cannot write captions"):
        BlipCaptioner(matcher_folder)


def test_captioning_model_is_refused_as_matcher(captioner_folder: Path) -> None:
    with pytest.raises(ModelCorrupt, match="captioning model and cannot match"):
        MatchingModel(captioner_folder)


def test_missing_tensor_is_named(matcher_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    del tensors["vision_model.post_layernorm.weight"]
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(ModelCorrupt, match=r"vision_model\.post_layernorm\.weight"):
        MatchingModel(folder)


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_missing_file_is_named(matcher_folder: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(ModelMissing, match=name.replace(".", r"\.")):
        MatchingModel(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_cut_off_file_is_refused_and_stays_in_place(matcher_folder: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelCorrupt, match=name.replace(".", r"\.")):
        MatchingModel(folder)
    assert (folder / name).stat().st_size == len(whole) // 2


def test_weights_of_another_size_are_refused(matcher_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    tiny_models.write_json(folder / "config.json", tiny_models.blip_config(width=64))
    with pytest.raises(ModelCorrupt, match=r"do not fit its config\.json"):
        MatchingModel(folder)


@pytest.mark.parametrize("block", [-1, 1])
def test_block_that_cannot_localise_is_refused(matcher_folder: Path, tmp_path: Path, block: int) -> None:
    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    tiny_models.write_json(folder / "automask.json", {"gradcam_block": block})
    with pytest.raises(ModelCorrupt, match="gradcam_block"):
        MatchingModel(folder)
