"""Files that appear whole or not at all, and files of JSON lines."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lib_automask.errors import InputError


def write_whole(content: bytes, path: Path) -> None:
    """A file that appears whole or not at all; its folder is made. InputError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A name of our own, not tempfile's: its files can be read by nobody else, and so could the finished one.
        part = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            part.write_bytes(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write {path}: {reason}; choose another --out") from error


def write_lines(lines: Iterable[dict[str, Any]], path: Path) -> None:
    """One JSON object a line, in UTF-8; half of a surrogate pair stays the escape that JSON has for it."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_whole(text.encode("utf-8", "backslashreplace"), path)


def read_lines(path: Path, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The records of a file of JSON lines, each with ``keys``; InputError names the line that is wrong.

    An id is text or a number, and no two are the same; "target" may be missing or null; all others are text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); give a file of JSON lines in UTF-8") from error
    records: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            record = _record(line, keys, f"{path}, line {number}")
            name = str(record["id"])
            if name in records:
                raise InputError(f"{path}, line {number} has the id {name!r} again; give each record its own")
            records[name] = record
    return list(records.values())


def _record(line: str, keys: Sequence[str], place: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place} is not JSON ({error}); write one object a line") from error
    missing = [key for key in keys if not isinstance(record, dict) or key not in record]
    if missing:
        raise InputError(f"{place} lacks {', '.join(missing)}; each record needs {', '.join(keys)}")
    for key in (*keys, "target"):
        value = record.get(key)
        if (key in keys or value is not None) and not _fits(key, value):
            wanted = "text or a number" if key == "id" else "text"
            raise InputError(f"{place}: {key} is {json.dumps(value)[:40]}; write {wanted}")
    return record


def _fits(key: str, value: Any) -> bool:
    return isinstance(value, (str, int, float) if key == "id" else str) and not isinstance(value, bool)
