"""SAM: which files are taken, masks of everything, masks from prompts, on small random networks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("segment_anything")

import tiny_models
from sam_prompts import segment_at

from lib_automask.errors import InputError, Interrupted, ModelCorrupt, ModelMissing
from lib_automask.interfaces import SoftSegmenter
from lib_automask.runtime.cache import ByteCache
from lib_automask.sam.model import VIT_B, VIT_H, VIT_L, SamNetwork, SamShape, build_sam, load_sam, recognize_checkpoint
from lib_automask.sam.segmenter import SamSegmenter
from lib_automask.types import Box, Image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.write_sam(tmp_path_factory.mktemp("sam"))


@pytest.fixture
def picture() -> Image:
    """Two squares on noise, 48 wide and 32 high."""
    image: Image = tiny_models.picture()
    return image


# --- shapes and files


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
    ("key", "said"),
    [
        ("mask_decoder.hf_token.weight", "SAM-HQ"),
        ("image_encoder.layers.0.blocks.0.conv1.c.weight", "MobileSAM"),
        ("sam_mask_decoder.iou_token.weight", "SAM 2"),
        ("model.diffusion_model.out.0.weight", "not a SAM"),
    ],
)
def test_other_models_are_refused_by_their_tensors(tmp_path: Path, key: str, said: str) -> None:
    import torch

    torch.save({key: torch.zeros(2)}, tmp_path / "sam_vit_b_01ec64.pth")
    with pytest.raises(ModelCorrupt, match=said):
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


def test_hosts_replacement_of_torch_load_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    path = tmp_path / "sam.pth"
    torch.save({"image_encoder.pos_embed": torch.zeros(1, 64, 64, 5)}, path)
    monkeypatch.setattr(torch, "load", lambda *_args, **_more: None)
    with pytest.raises(ModelCorrupt, match="not a SAM vit_b"):
        load_sam(path)


# --- everything


def test_finds_the_same_regions_as_segment_anything_alone(folder: Path, picture: Image) -> None:
    from segment_anything import SamAutomaticMaskGenerator

    found = SamSegmenter(folder, precision="float32").segments(picture)
    records = SamAutomaticMaskGenerator(load_sam(folder), **tiny_models.SAM_CONFIG["generator"]).generate(picture)
    assert len(found) > 0
    assert sorted(one.mask.tobytes() for one in found) == sorted(record["segmentation"].tobytes() for record in records)


def test_best_predicted_quality_comes_first(folder: Path, picture: Image) -> None:
    found = SamSegmenter(folder).segments(picture)
    qualities = [one.predicted_iou for one in found]
    assert qualities == sorted(qualities, reverse=True)
    assert all(0 <= one.predicted_iou <= 1 and 0 <= one.stability_score <= 1 for one in found)
    assert all(one.mask.shape == (32, 48) for one in found)


def test_nothing_good_enough_is_no_region_at_all(folder: Path, picture: Image) -> None:
    assert SamSegmenter(folder, settings={"pred_iou_thresh": 99.0}).segments(picture) == ()


def test_same_picture_is_asked_once(folder: Path, picture: Image) -> None:
    told: list[float] = []
    segmenter = SamSegmenter(folder, progress=told.append)
    first = segmenter.segments(picture)
    told.clear()
    again = segmenter.segments(picture.copy())
    assert told == []
    assert [(one.mask.tobytes(), one.predicted_iou, one.stability_score) for one in again] == [
        (one.mask.tobytes(), one.predicted_iou, one.stability_score) for one in first
    ]


def test_progress_rises_from_nothing_to_all_with_every_batch(folder: Path, picture: Image) -> None:
    told: list[float] = []
    SamSegmenter(folder, progress=told.append, settings={"points_per_batch": 4}).segments(picture)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert len([share for share in told if 0.3 <= share < 0.95]) == 4


def test_run_ends_between_batches_when_interrupted(folder: Path, picture: Image) -> None:
    told: list[float] = []

    def stop_at_half(share: float) -> None:
        told.append(share)
        if share >= 0.5:
            raise Interrupted("stopped")

    segmenter = SamSegmenter(folder, progress=stop_at_half, settings={"points_per_batch": 4})
    with pytest.raises(Interrupted):
        segmenter.segments(picture)
    assert told[-2] < 0.5 <= told[-1]


# --- prompts


def count_encodings(network: SamNetwork) -> list[int]:
    seen: list[int] = []
    network.model.image_encoder.patch_embed.register_forward_hook(lambda *_: seen.append(1))
    return seen


def test_prompts_share_the_picture_embedding(folder: Path, picture: Image) -> None:
    network = SamNetwork(folder)
    seen = count_encodings(network)
    first = segment_at(network, picture, inside=[(8, 8)])
    again = segment_at(network, picture, inside=[(8, 8)])
    assert len(seen) == 1
    assert [one.mask.tobytes() for one in first] == [one.mask.tobytes() for one in again]
    segment_at(network, picture[:, ::-1].copy(), inside=[(8, 8)])
    assert len(seen) == 2


def test_cache_can_be_shared(folder: Path, picture: Image) -> None:
    shared: Any = ByteCache(2**20)
    found = SamSegmenter(folder, cache=shared).segments(picture)
    told: list[float] = []
    assert len(SamSegmenter(folder, progress=told.append, cache=shared).segments(picture)) == len(found)
    assert told == []


def test_one_point_gets_up_to_three_answers_and_a_box_one(folder: Path, picture: Image) -> None:
    network = SamNetwork(folder)
    by_point = segment_at(network, picture, inside=[(8, 8)])
    by_box = segment_at(network, picture, box=Box(26, 14, 42, 28))
    assert 1 <= len(by_point) <= 3
    assert len(by_box) <= 1
    assert all(one.mask.shape == (32, 48) for one in (*by_point, *by_box))


def test_answers_follow_the_predictor(folder: Path, picture: Image) -> None:
    from segment_anything import SamPredictor

    predictor = SamPredictor(load_sam(folder))
    predictor.set_image(picture)
    masks, _, _ = predictor.predict(np.array([[8.0, 8.0], [30.0, 20.0]]), np.array([1, 0]), multimask_output=False)
    found = segment_at(SamNetwork(folder, precision="float32"), picture, inside=[(8, 8)], outside=[(30, 20)])
    assert [one.mask.tobytes() for one in found] == [mask.tobytes() for mask in masks if mask.any()]


def test_prompt_without_a_place_is_refused(folder: Path, picture: Image) -> None:
    with pytest.raises(InputError, match="point on the thing"):
        segment_at(SamNetwork(folder), picture, outside=[(1, 1)])


# --- what lies behind an outline


def test_chances_are_those_of_the_region_that_was_found(folder: Path, picture: Image) -> None:
    segmenter = SamSegmenter(folder)
    assert isinstance(segmenter, SoftSegmenter)
    (asked, *_others) = segment_at(segmenter.network, picture, [(24.0, 16.0)])
    found = segmenter.chances(picture, asked.mask)
    if found is None:
        pytest.skip("from within its middle this random network means another region")
    assert (found.shape, found.dtype) == ((32, 48), np.float32)
    assert 0 <= found.min() <= found.max() <= 1
    assert ((found > 0.5) == asked.mask).mean() > 0.9


def test_there_are_no_chances_of_what_sam_means_nothing_by(folder: Path, picture: Image) -> None:
    segmenter = SamSegmenter(folder)
    stripes = np.zeros((32, 48), np.bool_)
    assert segmenter.chances(picture, stripes) is None
    stripes[::2] = True
    assert segmenter.chances(picture, stripes) is None
