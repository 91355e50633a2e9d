"""Phrases against pictures by BLIP."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lib_automask.blip import scoring
from lib_automask.blip.heat import heat_maps
from lib_automask.blip.reader import Reader
from lib_automask.blip.steps import Progress
from lib_automask.cache import ByteCache
from lib_automask.device import Device
from lib_automask.structures import Heat, Image, Segment


class BlipMatcher:
    """Compares phrases with a picture and its regions (BLIP, Li et al. 2022; ``BlipForImageTextRetrieval``).

    Args:
        folder: the model in Hugging Face's layout; its ``automask.json`` may set "gradcam_block", the cross-attention
            block that localises best, which differs between models, and "first_token", see ``Reader``.
        device: as torch names it, or one that is shared with other models.
        cache: where vision passes, and what phrases found, are kept; its own, of 64 MB, if none is given.
        progress: see ``Progress``; the share is that of the segments that are scored.
        loading: the same for the files that are read.

    Raises:
        ModelMissing: a file is not there.
        ModelCorrupt: the files are not those of a matching model.
    """

    def __init__(
        self,
        folder: str | Path,
        device: str | Device = "cpu",
        cache: ByteCache[Any] | None = None,
        progress: Progress = lambda _share: None,
        loading: Progress = lambda _share: None,
    ) -> None:
        self.reader = Reader(folder, "cpu", cache, progress, loading=loading)
        self.device = Device.of(device)

    def match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        """Probability, 0–1, that each phrase describes something in ``image`` uint8[H, W, 3] RGB."""
        if not phrases:
            return []
        return self.device.run(self, lambda: self._match(image, phrases))

    def score_segments(
        self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """float32[S, P]: how sure it is, 0–1, that a segment shows a phrase."""
        if not segments or not phrases:
            return np.zeros((len(segments), len(phrases)), dtype=np.float32)
        return self.device.run(self, lambda: scoring.score_segments(self.reader, image, segments, phrases))

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        """float32[P, H, W] in 0–1: where in the picture each phrase is looked for; its hottest place is 1."""
        if not phrases:
            return np.zeros((0, *image.shape[:2]), dtype=np.float32)
        return self.device.run(self, lambda: self._heat(image, phrases))

    @property
    def nbytes(self) -> int:
        """See ``Movable``."""
        return self.reader.nbytes

    def to(self, device: str) -> None:
        """See ``Movable``."""
        self.reader.to(device)

    def smaller(self) -> bool:
        """See ``Movable``."""
        return self.reader.smaller()

    def _match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        self.reader.progress(0.0)
        seen = self.reader.look(image)
        return [float(self.reader.match(phrase, seen)[0]) for phrase in phrases]

    def _heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        self.reader.progress(0.0)
        return heat_maps(self.reader, image, phrases)
