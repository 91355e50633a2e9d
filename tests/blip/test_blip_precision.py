"""BLIP in half precision: close to float32, or not used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from drawn_segments import many_segments

from benchmarks import scoring_ways
from lib_automask.blip import matcher as matching
from lib_automask.blip import model as blip_model
from lib_automask.blip.localization import make_heat_maps
from lib_automask.blip.model import MatchingModel
from lib_automask.runtime import device
from lib_automask.runtime.cache import ByteCache
from lib_automask.runtime.device import Precision
from lib_automask.types import Image

pytest.importorskip("transformers")

DEMO = Path(__file__).parents[2] / "models" / "demo" / "blip-matcher"

WIDE = {"size": 48, "width": 192, "layers": 3}


@pytest.fixture(scope="module")
def wide_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model that is wide enough to gain from half precision; its layers keep the size of what they get."""
    from safetensors.torch import load_file, save_file

    folder = tiny_models.write_matcher(tmp_path_factory.mktemp("wide"), config=tiny_models.blip_config(**WIDE))
    file = folder / "model.safetensors"
    tensors = {name: value / 4 if value.ndim > 1 else value for name, value in load_file(file).items()}
    save_file(tensors, file)
    return folder


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_half_precision_is_close_to_float32(wide_folder: Path, picture: Image, name: Precision) -> None:
    segments, phrases = many_segments(11), ["a cat", "a red ball left of the blue star"]
    exact, rough = MatchingModel(wide_folder, precision="float32"), MatchingModel(wide_folder, precision=name)
    assert str(rough.dtype) == f"torch.{name}"
    seen, roughly_seen = (model.encode_picture(picture) for model in (exact, rough))
    assert roughly_seen.dtype == seen.dtype
    assert not np.array_equal(roughly_seen, seen)
    for phrase in phrases:
        expected = float(exact.match(phrase, seen)[0])
        assert float(rough.match(phrase, roughly_seen)[0]) == pytest.approx(expected, abs=0.02)
    for way in (matching.score_by_crops, scoring_ways.score_by_patches, scoring_ways.score_by_likeness):
        expected_scores = way(exact, picture, segments, phrases)
        assert way(rough, picture, segments, phrases) == pytest.approx(expected_scores, abs=0.02), way.__name__


def test_heat_follows_gradients_if_pictures_are_encoded_in_half_precision(wide_folder: Path, picture: Image) -> None:
    expected = make_heat_maps(MatchingModel(wide_folder, precision="float32"), picture, ["a cat", "a dog"])
    found = make_heat_maps(MatchingModel(wide_folder, precision="bfloat16"), picture, ["a cat", "a dog"])
    assert found.dtype == np.float32
    assert expected.std() > 0.1
    for one, other in zip(found, expected):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99


def test_precision_goes_by_the_device_and_the_width(wide_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: True)
    assert MatchingModel(wide_folder).dtype == torch.bfloat16
    assert MatchingModel(wide_folder, precision="float32").dtype == torch.float32
    assert MatchingModel(DEMO).dtype == torch.float32
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: False)
    assert MatchingModel(wide_folder).dtype == torch.float32


@pytest.mark.parametrize("harm", [1e8, float("nan")])
def test_blip_in_half_precision_has_to_pass_a_test(
    wide_folder: Path, monkeypatch: pytest.MonkeyPatch, harm: float
) -> None:
    """On the processor here, as if it were a card; weights beyond float16's 65504, and such as answer nothing."""
    import torch

    monkeypatch.setattr(blip_model, "choose_dtype", lambda *_: torch.float16)
    assert MatchingModel(wide_folder).dtype == torch.float16
    harmed = MatchingModel(wide_folder)
    with torch.no_grad():
        harmed.network.vision_model.encoder.layers[0].mlp.fc2.weight.mul_(harm)
    assert harmed.dtype == torch.float32


def test_overflow_of_the_vision_network_is_computed_again_in_float32(wide_folder: Path, picture: Image) -> None:
    import torch

    exact, rough = MatchingModel(wide_folder, precision="float32"), MatchingModel(wide_folder, precision="float16")
    for model in (exact, rough):
        with torch.no_grad():
            model.network.vision_model.encoder.layers[0].mlp.fc2.weight.mul_(1e8)
    seen = [model.encode_picture(picture) for model in (exact, rough)]
    assert rough.dtype == torch.float16
    assert seen[1].isfinite().all()
    assert torch.equal(*seen)


def test_features_of_another_precision_are_not_used_for_this_one(wide_folder: Path, picture: Image) -> None:
    shared: Any = ByteCache(2**24)
    names: list[Precision] = ["float32", "bfloat16", "float32"]
    for name in names:
        MatchingModel(wide_folder, cache=shared, precision=name).encode_picture(picture)
    assert len(shared) == 2
