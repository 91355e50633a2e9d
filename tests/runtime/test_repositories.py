"""BLIP repositories on Hugging Face: found in the user's cache and in folders of models, and fetched."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from lib_automask.errors import ModelMissing
from lib_automask.runtime import checkpoints


@pytest.fixture
def fake_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """A huggingface_hub whose one repository has both kinds of weights; records the downloads."""
    downloads: list[dict[str, Any]] = []

    def snapshot_download(repository: str, **more: Any) -> None:
        if repository == "no/where":
            raise RuntimeError("Repository not found\nlong text")
        downloads.append({"repository": repository, **more})

    class Api:
        def list_repo_files(self, repository: str, revision: str | None = None) -> list[str]:
            return ["config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5"]

    fake: Any = types.ModuleType("huggingface_hub")
    fake.snapshot_download, fake.HfApi = snapshot_download, Api
    fake.try_to_load_from_cache = lambda repository, file, revision: (
        str(tmp_path / "cache" / file) if (repository, revision) == ("in/cache", "abc") else None
    )
    monkeypatch.setitem(sys.modules, "huggingface_hub", fake)
    return downloads


def test_repository_in_the_users_cache_is_found(fake_hub: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "config.json").write_bytes(b"")
    with pytest.raises(ModelMissing):
        checkpoints.find_checkpoint("in/cache@abc", [])
    (tmp_path / "cache" / "pytorch_model.bin").write_bytes(b"")
    assert checkpoints.find_checkpoint("in/cache@abc", []) == tmp_path / "cache"
    with pytest.raises(ModelMissing):
        checkpoints.find_checkpoint("in/cache", [])


def test_repository_is_fetched_at_its_revision_without_what_is_not_needed(
    fake_hub: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert checkpoints.fetch_checkpoint("owner/blip-large@abc", tmp_path) == tmp_path / "BLIP" / "owner--blip-large@abc"
    (download,) = fake_hub
    assert download["repository"] == "owner/blip-large"
    assert download["revision"] == "abc"
    assert "model.safetensors" in download["allow_patterns"]
    assert "pytorch_model.bin" not in download["allow_patterns"]


def write_blip_files(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(b"")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def test_repositories_of_one_last_name_are_kept_apart(fake_hub: list[dict[str, Any]], tmp_path: Path) -> None:
    names = ("alice/mine", "bob/mine", "bob/mine@rev2")
    folders = [write_blip_files(checkpoints.fetch_checkpoint(name, tmp_path)) for name in names]
    assert [checkpoints.find_checkpoint(name, [tmp_path]) for name in names] == folders
    assert len(set(folders)) == 3
    with pytest.raises(ModelMissing):
        checkpoints.find_checkpoint("carol/mine", [tmp_path])


def test_published_repository_is_found_in_its_own_place(fake_hub: list[dict[str, Any]], tmp_path: Path) -> None:
    place = write_blip_files(tmp_path / "BLIP" / "blip-itm-base-coco")
    assert checkpoints.find_checkpoint("Salesforce/blip-itm-base-coco", [tmp_path]) == place
    for other in ("Salesforce/blip-itm-base-coco@other", "somebody/blip-itm-base-coco"):
        with pytest.raises(ModelMissing):
            checkpoints.find_checkpoint(other, [tmp_path])


def test_repository_that_is_not_there_is_one_sentence(fake_hub: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"no/where could not be fetched .*\(Repository not found\)"):
        checkpoints.fetch_checkpoint("no/where", tmp_path)
