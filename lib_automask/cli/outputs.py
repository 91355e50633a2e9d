"""Where a command writes: never over what it reads, checked before the work, lines kept as they come."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lib_automask.errors import InputError
from lib_automask.imaging.files import write_atomically

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
"""Endings of files that are pictures."""
LONGEST_ID = 200
"""Bytes of an id: a file's name may have 255 on common disks, and an ending is added."""


class OutputFiles:
    """The files that a command writes. A file is known by its place on the disk, however its path is spelt."""

    def __init__(self, sources: Iterable[Path] = ()) -> None:
        self.sources = {identity for source in sources for identity in _identities(source)}

    def check_target(self, path: Path) -> None:
        """Raises InputError if a file would be written over that this command reads."""
        if self.sources & set(_identities(path, below=False)):
            raise InputError(f"{path} is read by this command and is not written over; choose another --out")

    def write(self, content: bytes, path: Path) -> None:
        """Write a file whole or not at all. Raises InputError if it cannot be written, or is one that is read."""
        self.check_target(path)
        write_atomically(content, path)

    def remove(self, path: Path) -> None:
        """Take away what an earlier run left under this name, unless it is read."""
        if not self.sources & set(_identities(path, below=False)):
            path.unlink(missing_ok=True)


class LineFile:
    """A file of JSON lines. What is finished lies in NAME.partial until ``close`` gives it its name."""

    def __init__(self, path: Path, outputs: OutputFiles) -> None:
        self.path, self.part = path, path.with_name(f"{path.name}.partial")
        for target in (self.path, self.part):
            outputs.check_target(target)
        if path.is_dir():
            raise InputError(f"cannot write {path}: Is a directory; choose another --out")
        write_atomically(b"", self.part)

    def add(self, line: dict[str, Any]) -> None:
        """Write one line. Raises InputError where the disk takes no more; the lines before are kept."""
        text = json.dumps(line, ensure_ascii=False) + "\n"
        try:
            with self.part.open("ab") as file:
                file.write(text.encode("utf-8", "backslashreplace"))  # half a character stays JSON's escape for it
        except OSError as error:
            raise InputError(f"cannot write {self.part}: {error.strerror}; choose another --out") from error

    def close(self) -> None:
        """Give the file its name."""
        try:
            self.part.replace(self.path)
        except OSError as error:
            raise InputError(f"cannot write {self.path}: {error.strerror}; the lines are in {self.part}") from error


def check_folder(folder: Path) -> None:
    """Raises InputError unless files can be written into a folder, or into the one where it would be made."""
    place = folder
    try:
        while not place.exists() and not place.is_symlink() and place != place.parent:
            place = place.parent
        probe = place / f".{uuid.uuid4().hex}.part"
        (probe / folder.relative_to(place)).mkdir(parents=True)  # with its names, which may be too long
        for made in (probe / folder.relative_to(place), *(probe / folder.relative_to(place)).parents):
            if made == place:
                break
            made.rmdir()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write into {folder}: {reason}; choose another --out") from error


def name_stem(picture: Path) -> str:
    """What the files of a picture are called: its name without ending, with it where another picture shares that."""
    try:
        siblings = [path for path in picture.parent.iterdir() if path.suffix.lower() in PICTURES]
    except OSError:
        siblings = []
    shared = [path for path in siblings if path.stem.casefold() == picture.stem.casefold()]
    return picture.name if len(shared) > 1 else picture.stem


def check_id(name: str) -> None:
    """Raises InputError unless the id of a record can be a file's name."""
    is_name = Path(name).name == name and name not in ("", ".", "..") and not set(name) & set('\\/:*?"<>|')
    if not is_name or not name.isprintable() or len(name.encode("utf-8", "replace")) > LONGEST_ID:
        short = name if len(name) < 40 else f"{name[:40]}…"
        raise InputError(f"the id {short!r} cannot be a file's name; use letters, digits, - and _")


def _identities(path: Path, below: bool = True) -> list[tuple[int, int] | str]:
    """What tells a file from others, also through links; with ``below`` of all files of a folder."""
    found: list[tuple[int, int] | str] = [os.path.abspath(path)]  # noqa: PTH100  resolve follows the link itself
    try:
        found += [(entry.st_dev, entry.st_ino) for entry in (path.stat(), path.lstat())]
        if below and path.is_dir():
            found += [identity for inner in path.rglob("*") if inner.is_file() for identity in _identities(inner)]
    except (OSError, ValueError, RuntimeError):
        pass
    return found
