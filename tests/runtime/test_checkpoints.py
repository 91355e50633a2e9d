"""Models on disk and from a server: found, fetched, continued, checked. The server is one of our own on 127.0.0.1."""

from __future__ import annotations

import errno
import hashlib
import socket
import sys
import threading
import types
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import tiny_models

from lib_automask.errors import InputError, Interrupted, ModelCorrupt, ModelMissing
from lib_automask.runtime import checkpoints, download
from lib_automask.runtime.registry import CHECKPOINTS, PublishedCheckpoint, PublishedFile

CONTENT = bytes(range(256)) * 40


class Server(BaseHTTPRequestHandler):
    """Serves CONTENT under every name but /gone; breaks off after ``stop_at`` bytes; knows ranges if ``ranges``."""

    stop_at: ClassVar[int | None] = None
    ranges: ClassVar[bool] = True
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.asked.append((self.path, wanted))
        if self.path.endswith("gone"):
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if wanted and self.ranges else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : self.stop_at])

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Server, "stop_at", None)
    monkeypatch.setattr(Server, "ranges", True)
    monkeypatch.setattr(Server, "asked", [])
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise AssertionError("asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def download_content(url: str, path: Path, **more: Any) -> None:
    download.download_file(url, path, len(CONTENT), more.pop("sha256", sha256(CONTENT)), **more)


# --- one file


def test_file_arrives_whole_and_progress_is_told(server: str, tmp_path: Path) -> None:
    told: list[int] = []
    download_content(f"{server}/file", tmp_path / "deep" / "file.pth", progress=told.append)
    assert (tmp_path / "deep" / "file.pth").read_bytes() == CONTENT
    assert told[0] == 0
    assert told[-1] == len(CONTENT)
    assert told == sorted(told)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file.pth"]


def test_broken_connection_keeps_what_came_and_the_next_time_goes_on(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.pth"
    monkeypatch.setattr(Server, "stop_at", 4000)
    with pytest.raises(ModelMissing, match="goes on from there"):
        download_content(f"{server}/file", path)
    assert not path.exists()
    assert (tmp_path / "file.pth.part").read_bytes() == CONTENT[:4000]
    monkeypatch.setattr(Server, "stop_at", None)
    download_content(f"{server}/file", path)
    assert path.read_bytes() == CONTENT
    assert Server.asked == [("/file", None), ("/file", "bytes=4000-")]


def test_server_without_ranges_starts_over(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file.pth.part").write_bytes(CONTENT[:100])
    monkeypatch.setattr(Server, "ranges", False)
    download_content(f"{server}/file", tmp_path / "file.pth")
    assert (tmp_path / "file.pth").read_bytes() == CONTENT


def test_part_that_is_longer_than_the_file_starts_over(server: str, tmp_path: Path) -> None:
    (tmp_path / "file.pth.part").write_bytes(CONTENT + b"more")
    download_content(f"{server}/file", tmp_path / "file.pth")
    assert (tmp_path / "file.pth").read_bytes() == CONTENT


def test_part_that_is_whole_needs_no_network(no_network: None, tmp_path: Path) -> None:
    (tmp_path / "file.pth.part").write_bytes(CONTENT)
    download_content("http://127.0.0.1:1/file", tmp_path / "file.pth")
    assert (tmp_path / "file.pth").read_bytes() == CONTENT


def test_wrong_checksum_leaves_nothing_behind(server: str, tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match="wrong checksum"):
        download_content(f"{server}/file", tmp_path / "file.pth", sha256=sha256(b"another"))
    assert list(tmp_path.iterdir()) == []


def test_wrong_beginning_is_noticed_when_going_on(server: str, tmp_path: Path) -> None:
    (tmp_path / "file.pth.part").write_bytes(b"x" * 4000)
    with pytest.raises(ModelCorrupt, match="wrong checksum"):
        download_content(f"{server}/file", tmp_path / "file.pth")
    assert list(tmp_path.iterdir()) == []


def test_file_that_is_gone_from_the_server_says_where_to_put_it(server: str, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"404 .*put it into"):
        download_content(f"{server}/gone", tmp_path / "file.pth")


def test_no_connection_says_so(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ModelMissing, match="connection to"):
        download_content(f"http://127.0.0.1:{port}/file", tmp_path / "file.pth")


def test_full_disk_says_so(server: str, tmp_path: Path) -> None:
    def full(_done: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ModelMissing, match=r"disk .* is full"):
        download_content(f"{server}/file", tmp_path / "file.pth", progress=full)


def test_interrupted_keeps_what_came(server: str, tmp_path: Path) -> None:
    def stop(done: int) -> None:
        if done:
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        download_content(f"{server}/file", tmp_path / "file.pth", progress=stop)
    assert (tmp_path / "file.pth.part").stat().st_size > 0
    assert not (tmp_path / "file.pth").exists()


# --- the table


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
    told: list[tuple[int, int]] = []
    path = checkpoints.fetch_checkpoint("tiny-sam", tmp_path, lambda done, whole: told.append((done, whole)))
    assert path == tmp_path / "sam" / "tiny.pth"
    assert checkpoints.find_checkpoint("tiny-sam", [tmp_path]) == path
    assert "published file" in checkpoints.verify_checkpoint("tiny-sam", [tmp_path])
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_fetched_folder_goes_on_with_the_files_that_lack(table: str, tmp_path: Path) -> None:
    folder = tmp_path / "BLIP" / "tiny"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(CONTENT)
    with pytest.raises(ModelMissing):
        checkpoints.find_checkpoint("tiny-blip", [tmp_path])
    told: list[int] = []
    assert checkpoints.fetch_checkpoint("tiny-blip", tmp_path, lambda done, _whole: told.append(done)) == folder
    assert [path for path, _range in Server.asked] == ["/pytorch_model.bin"]
    assert told == sorted(told)
    assert told[-1] == 2 * len(CONTENT)
    assert checkpoints.find_checkpoint("tiny-blip", [tmp_path]) == folder


def test_file_that_was_copied_badly_is_fetched_again(table: str, tmp_path: Path) -> None:
    path = tmp_path / "sam" / "tiny.pth"
    path.parent.mkdir()
    path.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(ModelCorrupt, match=f"not the published file.*fetch tiny-sam --folder {tmp_path}`"):
        checkpoints.verify_checkpoint("tiny-sam", [tmp_path])
    checkpoints.fetch_checkpoint("tiny-sam", tmp_path)
    assert path.read_bytes() == CONTENT


def test_in_place_is_never_asked_of_the_network(no_network: None, table: str, tmp_path: Path) -> None:
    path = tmp_path / "sam" / "tiny.pth"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    assert checkpoints.find_checkpoint("tiny-sam", [tmp_path]) == path
    assert checkpoints.fetch_checkpoint("tiny-sam", tmp_path) == path
    assert Server.asked == []


def test_folders_are_looked_into_in_order_and_may_be_the_sam_folder_itself(table: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second" / "sam"
    second.mkdir(parents=True)
    (second / "tiny.pth").write_bytes(b"")
    assert checkpoints.find_checkpoint("tiny-sam", [first, second]) == second / "tiny.pth"
    (first / "sam").mkdir(parents=True)
    (first / "sam" / "tiny.pth").write_bytes(b"")
    assert checkpoints.find_checkpoint("tiny-sam", [first, second]) == first / "sam" / "tiny.pth"


def test_missing_model_says_where_it_belongs_and_how_to_get_it(table: str, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        checkpoints.find_checkpoint("tiny-sam", [tmp_path / "models"])
    said = str(caught.value)
    assert str(tmp_path / "models" / "sam" / "tiny.pth") in said
    assert f"python -m lib_automask models fetch tiny-sam --folder {tmp_path / 'models'}`" in said


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


def test_mirror_of_hugging_face_is_honoured(table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = PublishedFile(
        "config.json", "https://huggingface.co/owner/name/resolve/1/config.json", len(CONTENT), sha256(CONTENT)
    )
    pinned = PublishedCheckpoint("mirrored", "matcher", "BLIP/mirrored", (file, file), "")
    monkeypatch.setattr(checkpoints, "BY_NAME", {"mirrored": pinned})
    monkeypatch.setenv("HF_ENDPOINT", f"{table}/")
    checkpoints.fetch_checkpoint("mirrored", tmp_path)
    assert Server.asked == [("/owner/name/resolve/1/config.json", None)]


# --- repositories on Hugging Face


@pytest.mark.parametrize(
    ("name", "can_be"),
    [
        ("Salesforce/blip-itm-large-coco", True),
        ("Salesforce/blip-itm-large-coco@main", True),
        ("sam-vit-b", False),
        ("models/sam.pth", False),
        ("/models/blip", False),
        ("../models/blip", False),
    ],
)
def test_name_of_a_repository(name: str, can_be: bool) -> None:
    assert download.is_repository_name(name) is can_be


@pytest.fixture
def fake_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """A huggingface_hub whose one repository has both kinds of weights; notes what is asked of it."""
    asked: list[dict[str, Any]] = []

    def snapshot_download(repository: str, **more: Any) -> None:
        if repository == "no/where":
            raise RuntimeError("Repository not found\nlong text")
        asked.append({"repository": repository, **more})

    class Api:
        def list_repo_files(self, repository: str, revision: str | None = None) -> list[str]:
            return ["config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5"]

    fake: Any = types.ModuleType("huggingface_hub")
    fake.snapshot_download, fake.HfApi = snapshot_download, Api
    fake.try_to_load_from_cache = lambda repository, file, revision: (
        str(tmp_path / "cache" / file) if (repository, revision) == ("in/cache", "abc") else None
    )
    monkeypatch.setitem(sys.modules, "huggingface_hub", fake)
    return asked


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
    (asked,) = fake_hub
    assert asked["repository"] == "owner/blip-large"
    assert asked["revision"] == "abc"
    assert "model.safetensors" in asked["allow_patterns"]
    assert "pytorch_model.bin" not in asked["allow_patterns"]


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


# --- loading


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
    from lib_automask.loading import load_models

    told: list[str] = []
    models = load_models("demo", progress=lambda stage, _share: told.append(stage))
    picture = tiny_models.picture()
    assert models.captioner.caption(picture) is not None
    assert len(models.matcher.match(picture, ["a cat"])) == 1
    models.segmenter.segments(picture)
    assert set(told) == {"loading models", "caption", "scores", "segments"}


def test_kind_of_a_path_is_seen_from_its_files(models_folder: Path) -> None:
    from lib_automask.loading import load_models

    demo = models_folder / "own" / "demo"
    models = load_models(demo / "sam", demo / "blip-matcher", demo / "blip-captioner")
    assert type(models.captioner.model).__name__ == "BlipCaptioner"
    assert type(models.matcher.model).__name__ == "BlipMatcher"
    assert type(models.segmenter).__name__ == "SamSegmenter"


def test_unnamed_models_are_those_in_place_and_the_missing_one_is_named(models_folder: Path) -> None:
    from lib_automask.loading import load_models

    with pytest.raises(ModelMissing, match=r"sam-vit-b .*models fetch sam-vit-b"):
        load_models(folders=[models_folder])
    assert load_models(segmenter="demo", folders=[models_folder]).captioner is not None


def test_two_models_of_one_kind_are_refused(models_folder: Path) -> None:
    from lib_automask.loading import load_models

    with pytest.raises(InputError, match="as the segmenter"):
        load_models("demo", "sam-vit-b")


def test_missing_model_is_fetched_into_the_first_folder_if_it_may_be(
    models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lib_automask.loading import load_models

    asked: list[tuple[str, Path]] = []

    def fetch(name: str, folder: Path, progress: Any) -> Path:
        asked.append((name, folder))
        progress(1, 4)
        return models_folder / "own" / "demo" / "sam"

    monkeypatch.setattr(checkpoints, "fetch_checkpoint", fetch)
    told: list[tuple[str, float]] = []
    load_models(
        folders=[models_folder, "elsewhere"], fetch=True, progress=lambda stage, share: told.append((stage, share))
    )
    assert asked == [("sam-vit-b", models_folder)]
    assert ("fetching sam-vit-b", 0.25) in told
