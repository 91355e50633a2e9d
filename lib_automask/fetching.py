"""One file from the network to its place: continued after a break, checked, and there whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from lib_automask.errors import ModelCorrupt, ModelMissing

CHUNK = 2**20
TIMEOUT = 30
Progress = Callable[[int], None]
"""Told the bytes that are there, again and again; it may raise to stop, and what is there is kept for the next time."""


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def download(url: str, path: Path, size: int, sha256: str, progress: Progress = lambda _done: None) -> None:
    """Fetch ``url`` into ``path``.

    What has come so far lies beside it as NAME.part; the next call goes on from there. The file appears under its own
    name only once its checksum is right.

    Args:
        size: of the whole file, in bytes.
        sha256: of the whole file, 64 hex digits.

    Raises:
        ModelMissing: no connection, not there any more, broken off, or no room on the disk.
        ModelCorrupt: the checksum is wrong; nothing is kept.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = part.is_file() and part.stat().st_size == size
        digest = sha256_of(part) if whole else _receive(url, part, progress)
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
            f"the connection to {url} failed or broke off ({_reason(error)}); fetch again, it goes on from there"
        ) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ModelMissing(f"the disk of {path.parent} is full; make room and fetch again, it goes on") from error
        raise ModelMissing(f"{path} cannot be written ({error.strerror}); choose another folder") from error


def sha256_of(path: Path) -> str:
    """64 hex digits of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        _feed(digest, file)
    return digest.hexdigest()


def _receive(url: str, part: Path, progress: Progress) -> str:
    """Bring ``part`` to its end; the checksum of all of it."""
    digest = hashlib.sha256()
    start = part.stat().st_size if part.exists() else 0
    with _open(url, start) as answer:
        continued = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        with part.open("ab" if continued else "wb") as file:
            if continued:
                with part.open("rb") as begun:
                    _feed(digest, begun)
            progress(file.tell())
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                progress(file.tell())
        if answer.length:  # the server closed before it had sent all that it had announced
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
