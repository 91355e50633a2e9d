"""ViTMatte on random weights of its true classes: read from a folder, run, and believed only where it fits the mask."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from fake_models import Drawing

from lib_automask import vitmatte
from lib_automask.cutout import cut_out_target
from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.imaging.masks import grow_mask
from lib_automask.loading import load_models
from lib_automask.vitmatte import VitMatte, find_matting_model

needs_vitmatte = pytest.mark.skipif(
    not hasattr(transformers, "VitMatteForImageMatting"), reason="this transformers has no ViTMatte"
)
Y, X = np.indices((90, 130))
THING = (X - 70) ** 2 + (Y - 45) ** 2 < 30**2
IMAGE = np.where(THING[..., None], (200, 60, 40), (60, 120, 200)).astype(np.uint8)
SMALL = {"hidden_size": 24, "num_hidden_layers": 4, "num_attention_heads": 2, "image_size": 64}
LARGE = {"hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6, "image_size": 512}


def write_model(folder: Path, size: dict[str, int]) -> Path:
    """A ViTMatte of random weights; ``LARGE`` is the size of vitmatte-small."""
    from safetensors.torch import save_file

    layers = size["num_hidden_layers"]
    whole = [number for number in range(layers) if number % 3 == 2]
    backbone = transformers.VitDetConfig(
        **size,
        num_channels=4,
        pretrain_image_size=size["image_size"] // 2,
        window_size=4 if size is SMALL else 14,
        window_block_indices=[number for number in range(layers) if number not in whole],
        residual_block_indices=whole,
        use_relative_position_embeddings=True,
        out_features=[f"stage{layers}"],
    )
    config = transformers.VitMatteConfig(
        backbone_config=backbone,
        hidden_size=size["hidden_size"],
        **({"convstream_hidden_sizes": [8, 16, 24], "fusion_hidden_sizes": [32, 16, 8, 4]} if size is SMALL else {}),
    )
    torch.manual_seed(0)
    network = transformers.VitMatteForImageMatting(config)
    for weight in network.parameters():  # as transformers 5 draws them, the answer is one half everywhere
        torch.nn.init.normal_(weight, std=0.2)
    folder.mkdir(parents=True)
    entries = {**config.to_dict(), "architectures": ["VitMatteForImageMatting"]}
    (folder / "config.json").write_text(json.dumps(entries, default=str), encoding="utf-8")
    save_file(network.state_dict(), folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "matting" / "small", SMALL)


@needs_vitmatte
def test_the_edge_is_the_networks_and_the_rest_the_masks(folder, monkeypatch):
    monkeypatch.setattr(vitmatte, "LEAST_AGREEMENT", 0.0)
    model = VitMatte("small", [folder.parents[1]])
    found = model.refine_opacity(IMAGE, THING)
    assert found is not None
    assert (found.dtype, found.shape) == (np.float32, THING.shape)
    assert (found[grow_mask(THING, -4)] == 1).all()
    assert not found[~grow_mask(THING, 4)].any()
    band = grow_mask(THING, 4) & ~grow_mask(THING, -4)
    assert 0 <= found[band].min() < found[band].max() <= 1
    np.testing.assert_array_equal(found, model.refine_opacity(IMAGE, THING))


@needs_vitmatte
def test_the_network_is_given_what_its_own_image_processor_makes(folder, monkeypatch):
    """Colours from -1 to 1, a trimap of 0, .5 and 1, padded to a multiple of 32 pixels."""
    from transformers import VitMatteImageProcessor

    seen = []
    model = VitMatte(str(folder))
    network = model.network
    monkeypatch.setitem(
        model.__dict__, "network", lambda pixel_values: seen.append(pixel_values) or network(pixel_values=pixel_values)
    )
    model.__dict__["network"].parameters = network.parameters
    trimap = np.where(THING, 1.0, 0.0).astype(np.float32)
    trimap[grow_mask(THING, 4) & ~grow_mask(THING, -4)] = 0.5
    found = model._run(IMAGE, trimap)
    shades = (trimap * 255).astype(np.uint8)
    wanted = VitMatteImageProcessor()(images=IMAGE, trimaps=shades, return_tensors="pt").pixel_values
    assert seen[0].shape == wanted.shape == (1, 4, 96, 160)
    np.testing.assert_allclose(seen[0][:, :, :90, :130], wanted[:, :, :90, :130], atol=0.01)
    assert found.shape == THING.shape


@needs_vitmatte
def test_a_large_thing_is_looked_at_smaller(folder, monkeypatch):
    monkeypatch.setattr(vitmatte, "LONGEST_SIDE", 64)
    monkeypatch.setattr(vitmatte, "LEAST_AGREEMENT", 0.0)
    found = VitMatte(str(folder)).refine_opacity(IMAGE, THING)
    assert found is not None
    assert found.shape == THING.shape


@needs_vitmatte
def test_another_thing_than_the_mask_is_no_answer(folder, monkeypatch):
    model = VitMatte(str(folder))
    monkeypatch.setattr(model, "_look_closer", lambda image, trimap: np.zeros_like(trimap))
    thin = THING & (X < 45)
    assert model.refine_opacity(IMAGE, thin) is None
    assert model.refine_opacity(IMAGE, np.zeros_like(THING)) is None
    assert model.refine_opacity(IMAGE, np.ones_like(THING)) is None


@needs_vitmatte
@pytest.mark.slow
def test_a_model_of_the_published_size_runs(tmp_path):
    model = VitMatte(str(write_model(tmp_path / "large", LARGE)))
    assert 20e6 < model.nbytes / 4 < 30e6, "the published vitmatte-small has 26 million weights"
    model.refine_opacity(IMAGE, THING)


def test_a_model_that_is_not_there_says_where_it_belongs(tmp_path):
    with pytest.raises(ModelMissing, match="matting"):
        find_matting_model("none-such", [tmp_path])
    unread = VitMatte("none-such", [tmp_path])
    with pytest.raises(ModelMissing, match="none-such"):
        unread.refine_opacity(IMAGE, THING)


@needs_vitmatte
def test_wrong_files_are_refused(folder, tmp_path):
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps({**config, "architectures": ["Other"]}), encoding="utf-8")
    with pytest.raises(ModelCorrupt, match="no ViTMatte"):
        VitMatte(str(tmp_path)).refine_opacity(IMAGE, THING)
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelMissing, match=r"model\.safetensors"):
        VitMatte(str(tmp_path)).refine_opacity(IMAGE, THING)
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    dropped = sorted(tensors)[0]
    save_file({name: tensor for name, tensor in tensors.items() if name != dropped}, tmp_path / "model.safetensors")
    with pytest.raises(ModelCorrupt, match=f"lacks 1 tensors, {dropped}"):
        VitMatte(str(tmp_path)).refine_opacity(IMAGE, THING)


def test_a_transformers_without_vitmatte_is_named(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text('{"architectures": ["VitMatteForImageMatting"]}', encoding="utf-8")
    monkeypatch.setattr(vitmatte, "ARCHITECTURE", "NoSuchNetwork")
    with pytest.raises(ModelMissing, match="has no ViTMatte"):
        VitMatte(str(tmp_path)).refine_opacity(IMAGE, THING)


def test_load_models_reads_nothing_of_it_before_a_cutout(tmp_path):
    assert load_models("demo").matting is None
    named = load_models("demo", matting=str(tmp_path / "not there"))
    assert isinstance(named.matting, VitMatte)


class HalfOpaque:
    """A matting model that finds everything half transparent, or nothing."""

    def __init__(self, knows: bool) -> None:
        self.knows = knows

    def refine_opacity(self, _image, mask):
        return mask.astype(np.float32) / 2 if self.knows else None


@pytest.mark.parametrize("knows", [True, False])
def test_a_cutout_has_the_matting_models_edge_where_it_has_one(knows):
    rows = ["".join(row) for row in np.where(THING, "b", ".")]
    drawing = Drawing(rows, {"b": "red ball", ".": "grass"}, "a red ball on the grass")
    models = drawing.models()
    plain = cut_out_target(drawing.image, models, "red ball").picture[..., 3]
    found = cut_out_target(drawing.image, replace(models, matting=HalfOpaque(knows)), "red ball").picture[..., 3]
    if knows:
        assert set(np.unique(found)) == {0, 128}
    else:
        np.testing.assert_array_equal(found, plain)
