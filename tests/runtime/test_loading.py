"""Models are loaded by name, path or kind, and fetched if they may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tiny_models

from lib_automask.errors import InputError, ModelMissing
from lib_automask.loading import load_models
from lib_automask.runtime import checkpoints


@pytest.fixture
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small random models under the names of the demo models and of published ones."""
    pytest.importorskip("transformers")
    pytest.importorskip("segment_anything")
    own = tmp_path / "own"
    for folder in (own / "demo" / "blip-captioner", tmp_path / "BLIP" / "blip-image-captioning-base"):
        tiny_models.write_captioner(folder)
    for folder in (own / "demo" / "blip-matcher", tmp_path / "BLIP" / "blip-itm-base-coco"):
        tiny_models.write_matcher(folder)
    tiny_models.write_sam(own / "demo" / "sam")
    monkeypatch.setattr(checkpoints, "OWN", own)
    return tmp_path


def test_demo_loads_all_three_without_the_network(no_network: None, models_folder: Path) -> None:
    stages: list[str] = []
    models = load_models("demo", progress=lambda stage, _share: stages.append(stage))
    picture = tiny_models.picture()
    assert models.captioner.caption(picture) is not None
    assert len(models.matcher.match(picture, ["a cat"])) == 1
    models.segmenter.segments(picture)
    assert set(stages) == {"loading models", "caption", "scores", "segments"}


def test_kind_of_a_path_is_seen_from_its_files(models_folder: Path) -> None:
    demo = models_folder / "own" / "demo"
    models = load_models(demo / "sam", demo / "blip-matcher", demo / "blip-captioner")
    assert type(models.captioner.model).__name__ == "BlipCaptioner"
    assert type(models.matcher.model).__name__ == "BlipMatcher"
    assert type(models.segmenter).__name__ == "SamSegmenter"


def test_unnamed_models_are_those_in_place_and_the_missing_one_is_named(models_folder: Path) -> None:
    with pytest.raises(ModelMissing, match=r"sam-vit-b .*models fetch sam-vit-b"):
        load_models(folders=[models_folder])
    assert load_models(segmenter="demo", folders=[models_folder]).captioner is not None


def test_two_models_of_one_kind_are_refused(models_folder: Path) -> None:
    with pytest.raises(InputError, match="as the segmenter"):
        load_models("demo", "sam-vit-b")


def test_missing_model_is_fetched_into_the_first_folder_if_it_may_be(
    models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[tuple[str, Path]] = []

    def fetch(name: str, folder: Path, progress: Any) -> Path:
        fetched.append((name, folder))
        progress(f"fetching {name}", 0.25)
        return models_folder / "own" / "demo" / "sam"

    monkeypatch.setattr(checkpoints, "fetch_checkpoint", fetch)
    reports: list[tuple[str, float]] = []
    load_models(
        folders=[models_folder, "elsewhere"], fetch=True, progress=lambda stage, share: reports.append((stage, share))
    )
    assert fetched == [("sam-vit-b", models_folder)]
    assert ("fetching sam-vit-b", 0.25) in reports
