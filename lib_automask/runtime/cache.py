"""Results that are kept, bounded in bytes, and models that answer each question once.

A key is made of the content (``types.digest_image``), of the model (``fingerprint_model``) and of the question. So no
result can be used for another picture, and one cache may serve several models and outlive them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from lib_automask.interfaces import Captioner, Matcher
from lib_automask.types import Heat, Image, Segment, digest_image

Question = TypeVar("Question", bound=Hashable)
Value = TypeVar("Value")

FLOAT_BYTES = 24
"""Size of a float in Python (``sys.getsizeof``)."""


class ByteCache(Generic[Value]):
    """Keeps the most recently used values, up to ``max_bytes`` and ``max_entries``; safe to share between threads.

    The second bound is for pictures so small that thousands would fit: the last ones are enough (how many is a guess).
    Values are never copied: treat them as read-only.
    """

    def __init__(self, max_bytes: int, max_entries: int = 512) -> None:
        self.max_bytes, self.max_entries = max_bytes, max_entries
        self._entries: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: str) -> Value | None:
        """The value of ``key``, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: str, value: Value, size: int) -> None:
        """Keep ``value``, which takes ``size`` bytes, in place of those that were not used for longest."""
        with self._lock:
            self._drop(key)
            if size > self.max_bytes:
                return
            self._entries[key] = (value, size)
            self._bytes += size
            while self._bytes > self.max_bytes or len(self._entries) > self.max_entries:
                self._drop(next(iter(self._entries)))

    def get_or_make(self, key: str, make: Callable[[], Value], size_of: Callable[[Value], int]) -> Value:
        """The value of ``key``, or else the result of ``make``, which is then kept.

        Two threads that need the same key at the same time may both make it: that only wastes time.
        """
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value, size_of(value))
        return value

    def get_or_make_each(
        self,
        keys: Mapping[Question, str],
        make: Callable[[list[Question]], Sequence[Value]],
        size_of: Callable[[Value], int],
    ) -> dict[Question, Value]:
        """The same for several questions with their keys: ``make`` gets those whose values are not kept."""
        kept = {question: self.get(key) for question, key in keys.items()}
        new = [question for question, value in kept.items() if value is None]
        made = dict(zip(new, make(new))) if new else {}
        for question, value in made.items():
            self.put(keys[question], value, size_of(value))
        return {**kept, **made}  # type: ignore[dict-item]  # ``made`` replaces every None

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    @property
    def bytes(self) -> int:
        """Size of all values."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)

    def _drop(self, key: str) -> None:
        if key in self._entries:
            self._bytes -= self._entries.pop(key)[1]


def fingerprint_model(path: Path) -> str:
    """Identifies the content of a model's file or folder: changes when a file is exchanged."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return repr([(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files])


@dataclass(frozen=True)
class CachedCaptioner:
    """A ``Captioner`` that captions each picture once.

    Args:
        model: whose captions are kept.
        name: of the model; see ``fingerprint_model``.
        cache: where captions are kept.
    """

    model: Captioner
    name: str
    cache: ByteCache[Any]

    def caption(self, image: Image) -> str:
        """See ``Captioner``."""
        key = digest_image(image, self.name.encode(), b"caption")
        caption: str = self.cache.get_or_make(key, lambda: self.model.caption(image), len)
        return caption


@dataclass(frozen=True)
class CachedMatcher:
    """A ``Matcher`` that computes each result once.

    The match of one phrase does not depend on the other phrases, so matches are kept one by one. Scores of segments
    depend on all that are compared, so they are kept as a whole.

    Args:
        model: whose results are kept.
        name: of the model; see ``fingerprint_model``.
        cache: where results are kept.
    """

    model: Matcher
    name: str
    cache: ByteCache[Any]

    def match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        """See ``Matcher``."""
        picture = self._key(image, b"match")
        keys = {phrase: f"{picture} {phrase}" for phrase in phrases}
        found = self.cache.get_or_make_each(keys, lambda new: self.model.match(image, new), lambda _match: FLOAT_BYTES)
        return [found[phrase] for phrase in phrases]

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        """See ``Matcher``. Not kept: it is as large as the picture, and the model keeps what it is quickly made of."""
        return self.model.heat(image, phrases)

    def score_segments(
        self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """See ``Matcher``. The order of the phrases does not matter."""
        ordered = sorted(set(phrases))
        masks = (np.packbits(segment.mask).tobytes() for segment in segments)
        scores: npt.NDArray[np.float32] = self.cache.get_or_make(
            self._key(image, b"scores", *map(_encode_phrase, ordered), *masks),
            lambda: self.model.score_segments(image, segments, ordered),
            lambda table: table.nbytes,
        )
        return scores[:, [ordered.index(phrase) for phrase in phrases]]

    def _key(self, image: Image, *question: bytes) -> str:
        return digest_image(image, self.name.encode(), *question)


def _encode_phrase(phrase: str) -> bytes:
    return phrase.encode("utf-8", "surrogatepass")
