"""Models on disk: the registry, where a model is found, how it is fetched and verified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_models
from file_server import CONTENT, Server, sha256

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.runtime import checkpoints
from lib_automask.runtime.registry import CHECKPOINTS, PublishedCheckpoint, PublishedFile


def test_every_published_file_is_pinned_by_address_length_and_checksum() -> None:
    published = [file for checkpoint in CHECKPOINTS for file in checkpoint.files]
    assert len(published) == 2 * 7 + 3
    for file in published:
        assert file.url.startswith("https://")
        assert file.url.endswith(f"/{file.name}")
        assert "/main/" not in file.url
        assert file.size > 0
        assert len(file.sha256) == 64
        assert int(file.sha256, 16)


@pytest.fixture
def table(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Two models on our own server: a SAM file and a BLIP folder of two files."""

    def file(name: str) -> PublishedFile:
        return PublishedFile(name, f"{server}/{name}", len(CONTENT), sha256(CONTENT))

    both = (
        PublishedCheckpoint("tiny-sam", "segmenter", "sam/tiny.pth", (file("tiny.pth"),), ""),
        PublishedCheckpoint("tiny-blip", "matcher", "BLIP/tiny", (file("config.json"), file("pytorch_model.bin")), ""),
    )
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", both)
    monkeypatch.setattr(checkpoints, "BY_NAME", {one.name: one for one in both})
    monkeypatch.setattr(checkpoints, "OWN", tmp_path / "own")
    return server


def test_fetched_file_is_found_and_right(table: str, tmp_path: Path) -> None:
    reports: list[tuple[str, float]] = []
    path = checkpoints.fetch_checkpoint("tiny-sam", tmp_path, lambda *report: reports.append(report))
    assert path == tmp_path / "sam" / "tiny.pth"
    assert checkpoints.find_checkpoint("tiny-sam", [tmp_path]) == path
    assert "published file" in checkpoints.verify_checkpoint("tiny-sam", [tmp_path])
    assert reports[-1] == ("fetching tiny-sam", 1.0)


def test_file_that_was_copied_badly_is_fetched_again(table: str, tmp_path: Path) -> None:
    path = tmp_path / "sam" / "tiny.pth"
    path.parent.mkdir()
    path.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(ModelCorrupt, match=f"not the published file.*fetch tiny-sam --folder {tmp_path}`"):
        checkpoints.verify_checkpoint("tiny-sam", [tmp_path])
    checkpoints.fetch_checkpoint("tiny-sam", tmp_path)
    assert path.read_bytes() == CONTENT


def test_missing_model_says_where_it_belongs_and_how_to_get_it(table: str, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        checkpoints.find_checkpoint("tiny-sam", [tmp_path / "models"])
    message = str(caught.value)
    assert str(tmp_path / "models" / "sam" / "tiny.pth") in message
    assert f"python -m lib_automask models fetch tiny-sam --folder {tmp_path / 'models'}`" in message


def test_unknown_name_lists_the_known_ones(table: str, tmp_path: Path) -> None:
    for act in (
        lambda: checkpoints.find_checkpoint("sam-vit-z", [tmp_path]),
        lambda: checkpoints.fetch_checkpoint("sam-vit-z", tmp_path),
    ):
        with pytest.raises(ModelMissing, match=r"tiny-sam, tiny-blip"):
            act()


def test_other_files_and_folders_are_available_by_their_names(table: str, tmp_path: Path) -> None:
    (tmp_path / "sam").mkdir()
    (tmp_path / "sam" / "my_own_sam.pth").write_bytes(b"")
    (tmp_path / "sam" / "readme.txt").write_bytes(b"")
    for name, kind in (
        ("mine", "BlipForConditionalGeneration"),
        ("yours", "BlipForImageTextRetrieval"),
        ("vqa", "Other"),
    ):
        (tmp_path / "BLIP" / name).mkdir(parents=True)
        tiny_models.write_json(tmp_path / "BLIP" / name / "config.json", {"architectures": [kind]})
        (tmp_path / "BLIP" / name / "model.safetensors").write_bytes(b"")
    found = checkpoints.list_available([tmp_path])
    assert [(one.name, one.kind) for one in found] == [
        ("my_own_sam.pth", "segmenter"),
        ("mine", "captioner"),
        ("yours", "matcher"),
    ]
    (tmp_path / "BLIP" / "model_base_caption_capfilt_large.pth").write_bytes(b"")  # of the hosts' Interrogate
    (tmp_path / "loose_sam.pth").write_bytes(b"")
    names = [one.name for one in checkpoints.list_available([tmp_path])]
    assert names == ["my_own_sam.pth", "mine", "yours", "loose_sam.pth"]
    for one in found:
        assert checkpoints.find_checkpoint(one.name, [tmp_path]) == one.path


def test_fetching_a_folder_continues_with_its_missing_files(table: str, tmp_path: Path) -> None:
    folder = tmp_path / "BLIP" / "tiny"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(CONTENT)
    with pytest.raises(ModelMissing):
        checkpoints.find_checkpoint("tiny-blip", [tmp_path])
    shares: list[float] = []
    assert checkpoints.fetch_checkpoint("tiny-blip", tmp_path, lambda _stage, share: shares.append(share)) == folder
    assert [path for path, _range in Server.requests] == ["/pytorch_model.bin"]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.5, 1.0)
    assert checkpoints.find_checkpoint("tiny-blip", [tmp_path]) == folder


def test_model_in_place_needs_no_network(no_network: None, table: str, tmp_path: Path) -> None:
    path = tmp_path / "sam" / "tiny.pth"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    assert checkpoints.find_checkpoint("tiny-sam", [tmp_path]) == path
    assert checkpoints.fetch_checkpoint("tiny-sam", tmp_path) == path
    assert Server.requests == []


def test_folders_are_searched_in_order_and_may_be_the_sam_folder_itself(table: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second" / "sam"
    second.mkdir(parents=True)
    (second / "tiny.pth").write_bytes(b"")
    assert checkpoints.find_checkpoint("tiny-sam", [first, second]) == second / "tiny.pth"
    (first / "sam").mkdir(parents=True)
    (first / "sam" / "tiny.pth").write_bytes(b"")
    assert checkpoints.find_checkpoint("tiny-sam", [first, second]) == first / "sam" / "tiny.pth"


def test_mirror_of_hugging_face_is_used(table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = PublishedFile(
        "config.json", "https://huggingface.co/owner/name/resolve/1/config.json", len(CONTENT), sha256(CONTENT)
    )
    pinned = PublishedCheckpoint("mirrored", "matcher", "BLIP/mirrored", (file, file), "")
    monkeypatch.setattr(checkpoints, "BY_NAME", {"mirrored": pinned})
    monkeypatch.setenv("HF_ENDPOINT", f"{table}/")
    checkpoints.fetch_checkpoint("mirrored", tmp_path)
    assert Server.requests == [("/owner/name/resolve/1/config.json", None)]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "~nouser/x",
        "n" * 300,
        f"owner/{'n' * 300}",
        "nul\0",
        "two\nlines",
        "half \ud800",
        "a--b/c.git",
        "é" * 200,
    ],
    ids=["empty", "blank", "user", "long", "repository", "nul", "newline", "surrogate", "forbidden", "bytes"],
)
def test_odd_names_are_missing_models_in_one_readable_line(name: str, tmp_path: Path) -> None:
    for act in (
        lambda: checkpoints.find_checkpoint(name, [tmp_path]),
        lambda: checkpoints.fetch_checkpoint(name, tmp_path),
        lambda: checkpoints.verify_checkpoint(name, [tmp_path]),
    ):
        with pytest.raises(ModelMissing) as caught:
            act()
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("folder", ["n" * 300, "nul\0"], ids=["long", "nul"])
def test_odd_folders_hold_no_models(folder: str) -> None:
    with pytest.raises(ModelMissing):
        checkpoints.find_checkpoint("some-sam", [Path(folder)])
    assert {found.name for found in checkpoints.list_available([Path(folder)])} <= {one.name for one in CHECKPOINTS}
