"""Models that answer once: what was said of a picture is remembered by the content of picture, model and question.

Answers are kept a call at a time and never put together from several, since phrases that are compared together can
differ in the last bits from phrases that are compared alone: the same request gives the same mask, whatever was asked
before it. Only the order of phrases does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lib_automask.cache import ByteCache
from lib_automask.structures import Captioner, Heat, Image, Matcher, Segment, digest

Values = npt.NDArray[Any]


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
        found = self._recall(image, phrases, lambda ordered: np.array(self.model.match(image, ordered)), b"match")
        return [float(value) for value in found]

    def score_segments(
        self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """See ``Matcher``."""
        masks = [np.packbits(segment.mask).tobytes() for segment in segments]
        found = self._recall(
            image, phrases, lambda ordered: self.model.score_segments(image, segments, ordered).T, b"scores", *masks
        )
        scores: npt.NDArray[np.float32] = found.T
        return scores

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        """See ``Matcher``."""
        return self._recall(image, phrases, lambda ordered: self.model.heat(image, ordered), b"heat")

    def _recall(self, image: Image, phrases: Sequence[str], ask: Callable[[list[str]], Values], *what: bytes) -> Values:
        """The rows that ``ask`` answers to phrases, one each; asked in the order of the alphabet, as they are kept."""
        ordered = sorted(set(phrases))
        key = digest(image, self.name.encode(), *what, *(phrase.encode("utf-8", "surrogatepass") for phrase in ordered))
        rows: Values = self.cache.get_or_make(key, lambda: ask(ordered), lambda made: made.nbytes)
        return rows[[ordered.index(phrase) for phrase in phrases]]
