"""Remembered results, bounded in bytes.

A key is made of the content (``structures.digest``), of the model (``fingerprint``) and of what was asked of it. So a
result can never be handed out for another picture, and one cache may serve several models and outlive them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Value = TypeVar("Value")


class ByteCache(Generic[Value]):
    """Keeps what was used last, up to ``max_bytes`` and ``max_entries``; safe to share between threads.

    The second bound is for pictures so small that thousands would fit: what was last seen of them is enough. Values
    are handed out as they were put in, never copied: treat them as read-only.
    """

    def __init__(self, max_bytes: int, max_entries: int = 512) -> None:
        self.max_bytes, self.max_entries = max_bytes, max_entries
        self._entries: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: str) -> Value | None:
        """What was put under ``key``, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: str, value: Value, size: int) -> None:
        """Keep ``value``, which takes ``size`` bytes; what was not used for longest makes room."""
        with self._lock:
            self._drop(key)
            if size > self.max_bytes:
                return
            self._entries[key] = (value, size)
            self._bytes += size
            while self._bytes > self.max_bytes or len(self._entries) > self.max_entries:
                self._drop(next(iter(self._entries)))

    def get_or_make(self, key: str, make: Callable[[], Value], size_of: Callable[[Value], int]) -> Value:
        """What is kept under ``key``, or what ``make`` returns, which is then kept.

        Two threads that ask for the same key at the same time may both make it: that wastes time, and nothing else.
        """
        found = self.get(key)
        if found is None:
            found = make()
            self.put(key, found, size_of(found))
        return found

    def get_or_make_each(
        self,
        keys: Mapping[Question, str],
        make: Callable[[list[Question]], Sequence[Value]],
        size_of: Callable[[Value], int],
    ) -> dict[Question, Value]:
        """The same for several questions with their keys: ``make`` is asked those of which nothing is kept."""
        found = {question: self.get(key) for question, key in keys.items()}
        new = [question for question, value in found.items() if value is None]
        made = dict(zip(new, make(new))) if new else {}
        for question, value in made.items():
            self.put(keys[question], value, size_of(value))
        return {**found, **made}  # type: ignore[dict-item]  # what was None is made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes that are kept now."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)

    def _drop(self, key: str) -> None:
        if key in self._entries:
            self._bytes -= self._entries.pop(key)[1]


def fingerprint(path: Path) -> str:
    """Of a model's file, or of its folder: another one where a file was exchanged."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return repr([(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files])
