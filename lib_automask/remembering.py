"""Models that answer once: what was said of a picture is remembered by the content of picture, model and question.

A matcher says of one phrase the same whatever other phrases it is asked with, so its answers to phrases are kept one by
one. How segments score depends on all that are compared: those answers are kept as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lib_automask.cache import ByteCache
from lib_automask.structures import Captioner, Heat, Image, Matcher, Segment, digest

FLOAT_BYTES = 24
"""What a float takes in Python."""


@dataclass(frozen=True)
class RememberingCaptioner:
    """A ``Captioner`` that looks at each picture once.

    Args:
        model: what looks.
        name: tells it from other models; see ``cache.fingerprint``.
        cache: where captions are kept.
    """

    model: Captioner
    name: str
    cache: ByteCache[Any]

    def caption(self, image: Image) -> str:
        """See ``Captioner``."""
        key = digest(image, self.name.encode(), b"caption")
        caption: str = self.cache.get_or_make(key, lambda: self.model.caption(image), len)
        return caption


@dataclass(frozen=True)
class RememberingMatcher:
    """A ``Matcher`` that answers each question once.

    Args:
        model: what compares.
        name: tells it from other models; see ``cache.fingerprint``.
        cache: where its answers are kept.
    """

    model: Matcher
    name: str
    cache: ByteCache[Any]

    def match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        """See ``Matcher``."""
        picture = self._key(image, b"match")
        keys = {phrase: f"{picture} {phrase}" for phrase in phrases}
        found = self.cache.get_or_make_each(keys, lambda new: self.model.match(image, new), lambda _one: FLOAT_BYTES)
        return [found[phrase] for phrase in phrases]

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        """See ``Matcher``. As large as the picture, and quickly made of what the model itself remembers: not kept."""
        return self.model.heat(image, phrases)

    def score_segments(
        self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """See ``Matcher``. In which order the phrases come does not matter."""
        ordered = sorted(set(phrases))
        masks = (np.packbits(segment.mask).tobytes() for segment in segments)
        scores: npt.NDArray[np.float32] = self.cache.get_or_make(
            self._key(image, b"scores", *map(_encoded, ordered), *masks),
            lambda: self.model.score_segments(image, segments, ordered),
            lambda made: made.nbytes,
        )
        return scores[:, [ordered.index(phrase) for phrase in phrases]]

    def _key(self, image: Image, *what: bytes) -> str:
        return digest(image, self.name.encode(), *what)


def _encoded(phrase: str) -> bytes:
    return phrase.encode("utf-8", "surrogatepass")
