"""BLIP's captions: tidy, depending on the picture, made as the model's settings say."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tiny_models

from lib_automask.blip.captioner import BlipCaptioner, clean_caption
from lib_automask.errors import Interrupted
from lib_automask.types import Image

pytest.importorskip("transformers")


def test_caption_is_one_tidy_sentence_and_always_the_same(captioner_folder: Path, picture: Image) -> None:
    captioner = BlipCaptioner(captioner_folder)
    caption = captioner.caption(picture)
    assert caption == captioner.caption(picture) == clean_caption(caption)
    assert not any(word in caption for word in ("[", "]"))


def test_caption_depends_on_the_picture(captioner_folder: Path, picture: Image) -> None:
    captioner = BlipCaptioner(captioner_folder)
    noise = np.random.default_rng(0).integers(0, 256, (5, 24, 40, 3), dtype=np.uint8)
    assert len({captioner.caption(image) for image in [picture, *noise]}) > 1


@pytest.mark.parametrize(
    ("written", "caption"),
    [
        ("a red ball left of an orange cat , on the grass", "a red ball left of an orange cat, on the grass"),
        ("A  Dog on a Bench .", "a dog on a bench"),
        ("araffe dog sitting. there is a cat", "dog sitting"),
        ("arafed man in a giraffe costume", "man in a giraffe costume"),
        ("", ""),
    ],
)
def test_caption_is_cleaned(written: str, caption: str) -> None:
    assert clean_caption(written) == caption


def test_generation_settings_come_from_the_model(captioner_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(captioner_folder, tmp_path / "model")
    tiny_models.write_json(folder / "automask.json", {"num_beams": 1, "max_new_tokens": 2})
    captioner = BlipCaptioner(folder)
    assert captioner.beams == 1
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    assert len(captioner.caption(image).split()) <= 2


def test_progress_is_reported_between_the_layers_and_may_stop_a_caption(captioner_folder: Path, picture: Image) -> None:
    shares: list[float] = []

    def stop_in_the_vision_network(_stage: str, share: float) -> None:
        shares.append(share)
        if len(shares) == 3:
            raise Interrupted("stopped")

    captioner = BlipCaptioner(captioner_folder, progress=stop_in_the_vision_network)
    with pytest.raises(Interrupted):
        captioner.caption(picture)
    before = len(shares)
    captioner.caption(picture)
    assert len(shares) - before > len(captioner.network.vision_model.encoder.layers)
