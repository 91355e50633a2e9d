"""Files from a server: continued, checked, and there whole or not at all."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import Any

import pytest
from file_server import CONTENT, Server, sha256

from lib_automask.errors import Interrupted, ModelCorrupt, ModelMissing
from lib_automask.runtime import download


def download_content(url: str, path: Path, **more: Any) -> None:
    download.download_file(url, path, len(CONTENT), more.pop("sha256", sha256(CONTENT)), **more)


def test_file_arrives_whole_and_progress_is_reported(server: str, tmp_path: Path) -> None:
    reports: list[tuple[str, float]] = []
    download_content(f"{server}/file", tmp_path / "deep" / "file.pth", progress=lambda *report: reports.append(report))
    assert (tmp_path / "deep" / "file.pth").read_bytes() == CONTENT
    assert reports[0] == ("fetching file.pth", 0.0)
    assert reports[-1] == ("fetching file.pth", 1.0)
    assert reports == sorted(reports)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file.pth"]


def test_broken_connection_keeps_its_part_and_the_next_call_continues(
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
    assert Server.requests == [("/file", None), ("/file", "bytes=4000-")]


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


def test_wrong_beginning_is_noticed_when_continuing(server: str, tmp_path: Path) -> None:
    (tmp_path / "file.pth.part").write_bytes(b"x" * 4000)
    with pytest.raises(ModelCorrupt, match="wrong checksum"):
        download_content(f"{server}/file", tmp_path / "file.pth")
    assert list(tmp_path.iterdir()) == []


def test_file_that_is_gone_from_the_server_tells_where_to_put_it(server: str, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"404 .*put it into"):
        download_content(f"{server}/gone", tmp_path / "file.pth")


def test_no_connection_says_so(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ModelMissing, match="connection to"):
        download_content(f"http://127.0.0.1:{port}/file", tmp_path / "file.pth")


def test_full_disk_says_so(server: str, tmp_path: Path) -> None:
    def full(_stage: str, _share: float) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ModelMissing, match=r"disk .* is full"):
        download_content(f"{server}/file", tmp_path / "file.pth", progress=full)


def test_interrupted_download_keeps_its_part(server: str, tmp_path: Path) -> None:
    def stop(_stage: str, share: float) -> None:
        if share:
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        download_content(f"{server}/file", tmp_path / "file.pth", progress=stop)
    assert (tmp_path / "file.pth.part").stat().st_size > 0
    assert not (tmp_path / "file.pth").exists()


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
