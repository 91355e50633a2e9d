"""Files from the network: a single one by its address, or a BLIP repository on Hugging Face by its name.

A repository's name is "owner/name" or "owner/name@revision". A single file is continued after a break, checked, and
appears under its own name whole or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import re
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO, Protocol

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.interfaces import ignore_progress
from lib_automask.types import Progress

REPOSITORY = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*?(@[\w.-]+)?")
"""The form of a repository's name."""
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Names of a BLIP's weights, the preferred one first."""
CHUNK = 2**20
"""Bytes that are received between two reports of progress; a guess."""
TIMEOUT = 30
"""Seconds without an answer after which a connection counts as broken; a guess."""


def is_repository_name(name: str) -> bool:
    """Whether this can be the name of a repository rather than of a file with weights."""
    return REPOSITORY.fullmatch(name) is not None and Path(name).suffix not in (".pth", ".pt", ".bin", ".safetensors")


def find_cached_repository(name: str) -> Path | None:
    """The repository's folder in the user's own cache of Hugging Face, or None; needs no network."""
    from huggingface_hub import try_to_load_from_cache

    repository, revision = split_revision(name)
    try:
        config = try_to_load_from_cache(repository, "config.json", revision=revision)
    except (ValueError, OSError):  # no name that Hugging Face allows, or longer than the disk's names
        return None
    return Path(config).parent if isinstance(config, str) else None


def fetch_repository(name: str, folder: Path) -> Path:
    """Fetch a repository's configuration, tokenizer and weights into ``folder``, continuing after a break.

    Raises:
        ModelMissing: there is no such repository, no connection, or no room on the disk.
    """
    from huggingface_hub import HfApi, snapshot_download

    repository, revision = split_revision(name)
    try:
        files = HfApi().list_repo_files(repository, revision=revision)
        weights = next((name for name in WEIGHTS if name in files), WEIGHTS[0])
        snapshot_download(
            repository, revision=revision, local_dir=str(folder), allow_patterns=["*.json", "*.txt", weights]
        )
    except Exception as error:  # its versions raise errors of requests, of httpx and of their own
        first = str(error).strip().split("\n")[0] or type(error).__name__
        raise ModelMissing(
            f"{name} could not be fetched from Hugging Face ({first}); check the name and the connection, and try again"
        ) from error
    return folder


def repository_folder_name(name: str) -> str:
    """The name of a repository's folder, with owner and revision, since others have the same last name."""
    return name.replace("/", "--")


def split_revision(name: str) -> tuple[str, str | None]:
    """(owner/name, revision or None)."""
    repository, _, revision = name.partition("@")
    return repository, revision or None


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def part_path(path: Path) -> Path:
    """Where the bytes of a file lie that have come so far."""
    return path.with_name(path.name + ".part")


def download_file(url: str, path: Path, size: int, sha256: str, progress: Progress = ignore_progress) -> None:
    """Fetch ``url`` into ``path``.

    What has come so far is kept beside it as NAME.part, also if ``progress`` raises; the next call goes on from there.
    The file appears under its own name only once its checksum is right.

    Args:
        size: of the whole file, in bytes.
        sha256: of the whole file, 64 hex digits.
        progress: its stage is "fetching NAME".

    Raises:
        ModelMissing: no connection, not there any more, broken off, or no room on the disk.
        ModelCorrupt: the checksum is wrong; nothing is kept.
    """
    part = part_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_whole = part.is_file() and part.stat().st_size == size
        digest = sha256_of(part) if is_whole else _receive(url, part, size, progress)
        if digest != sha256:
            part.unlink()
            raise ModelCorrupt(f"{url} came with a wrong checksum and was thrown away; fetch it again")
        part.replace(path)
    except urllib.error.HTTPError as error:
        raise ModelMissing(
            f"{url} answered {error.code} {error.reason}; find {path.name} elsewhere and put it into {path.parent}"
        ) from error
    except (urllib.error.URLError, http.client.HTTPException, ssl.SSLError, TimeoutError, ConnectionError) as error:
        raise ModelMissing(
            f"{path.name} could not be fetched: the connection to {url} failed or broke off ({_reason(error)}); "
            f"fetch again, it goes on from there, or put the file into {path.parent} yourself"
        ) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ModelMissing(f"the disk of {path.parent} is full; make room and fetch again, it goes on") from error
        raise ModelMissing(f"{path} cannot be written ({error.strerror}); choose another folder") from error


def sha256_of(path: Path) -> str:
    """The checksum of a file, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        _feed(digest, file)
    return digest.hexdigest()


def _receive(url: str, part: Path, size: int, progress: Progress) -> str:
    """Complete ``part`` and return the checksum of all of it."""
    digest, stage = hashlib.sha256(), f"fetching {part.stem}"
    start = part.stat().st_size if part.exists() else 0
    with _open(url, start) as answer:
        continued = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        with part.open("ab" if continued else "wb") as file:
            if continued:
                with part.open("rb") as begun:
                    _feed(digest, begun)
            progress(stage, min(1.0, file.tell() / size))
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                progress(stage, min(1.0, file.tell() / size))
        if answer.length:  # the connection was closed before all announced bytes had come
            raise http.client.IncompleteRead(b"", answer.length)
    return digest.hexdigest()


def _open(url: str, start: int) -> http.client.HTTPResponse:
    """The rest of a file from byte ``start`` on; from its beginning where the server has nothing after that byte."""
    request = urllib.request.Request(url, headers={"User-Agent": "automask"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)
        return answer
    except urllib.error.HTTPError as error:
        if start and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            error.close()
            return _open(url, 0)
        raise


def _feed(digest: _Hash, file: BinaryIO) -> None:
    while chunk := file.read(CHUNK):
        digest.update(chunk)


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", "")) or str(error) or type(error).__name__
