"""How fast phrases are matched with segments, beside a pass of BLIP for every segment cut out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.measuring import Measured, measure
from benchmarks.scoring import full_crops
from benchmarks.speed_rows import Row
from lib_automask.blip import reader as reading
from lib_automask.blip import scoring
from lib_automask.blip.heat import Found
from lib_automask.blip.pixels import Pixels
from lib_automask.blip.reader import Reader
from lib_automask.blip.shapes import RIVALS
from lib_automask.cache import ByteCache
from lib_automask.structures import Image, Segment

SEGMENTS, SAMPLE = 40, 8
"""The reference takes equally long for every segment; it is measured on some, and multiplied."""
PHRASES = ("a red ball", "a cat", "the green tree")
WORDS = 5
BLOCK = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
CONFIG: dict[str, Any] = {
    "text_config": {**BLOCK, "vocab_size": 30524, "encoder_hidden_size": 768, "is_decoder": True},
    "vision_config": {**BLOCK, "image_size": 384, "patch_size": 16},
}


def match(_side: int) -> list[Row]:
    """40 segments and 3 phrases by BLIP base, with nothing remembered and with the picture looked at before."""
    reader, image, segments = base_reader(), noise(), boxes()
    slow = timed(reader, lambda: full_crops(reader, image, segments[:SAMPLE], PHRASES))
    reference = slow.seconds * SEGMENTS / SAMPLE
    rows = [Row("reference-match", reference, count=SEGMENTS, memory=slow.bytes)]
    ways: dict[str, Callable[[], object]] = {
        "match-patches": lambda: scoring.by_patches(reader, image, segments, PHRASES),
        "match-likeness": lambda: scoring.by_likeness(reader, image, segments, PHRASES),
        "match": lambda: with_rivals(1, reader, image, segments),
        "match-some-rivals": lambda: with_rivals(2, reader, image, segments),
        "match-most-rivals": lambda: with_rivals(RIVALS, reader, image, segments),
    }
    for name, way in ways.items():
        ours = timed(reader, way)
        ratio = ours.bytes / slow.bytes if slow.bytes else None
        rows.append(Row(name, ours.seconds, reference / ours.seconds, memory=ours.bytes, memory_ratio=ratio))
    again = measure(ways["match-likeness"])
    return [*rows, Row("match-again", again.seconds, reference / again.seconds)]


def base_reader() -> Reader:
    """BLIP base with random weights, and a tokenizer of five words a phrase."""
    import transformers

    torch.manual_seed(0)
    network = transformers.BlipForImageTextRetrieval(transformers.BlipConfig.from_dict(CONFIG))
    network = network.eval().requires_grad_(False)
    with (
        patch.object(reading, "load_network", lambda *_: network),
        patch.object(reading, "load_tokenizer", lambda *_: Tokenizer()),
        patch.object(Pixels, "from_folder", lambda _folder: Pixels(384)),
        patch.object(reading, "fingerprint", lambda *_: "random", create=True),
    ):
        return Reader(Path("random"), cache=ByteCache(2**28))


class Tokenizer:
    """Every phrase as so many tokens."""

    def __call__(self, phrase: str, **_more: object) -> dict[str, torch.Tensor]:
        return {"input_ids": torch.tensor([[101, *(2000 + ord(letter) for letter in phrase[: WORDS - 2]), 102]])}

    def __len__(self) -> int:
        return 30522


def timed(reader: Reader, way: Callable[[], object]) -> Measured[object]:
    """A way at work on a picture that was never looked at."""
    reader.cache.clear()
    return measure(way)


def with_rivals(rivals: int, reader: Reader, image: Image, segments: Sequence[Segment]) -> object:
    """The way of the product, as if each phrase's heat fitted so many segments, none of them another phrase's.

    Random weights have no heat that fits anything; the passes are run, and what they find is exchanged.
    """
    fits = iter(range(len(PHRASES)))
    find = scoring.find

    def found(*asked: Any) -> Found:
        answer, first = find(*asked), next(fits) * rivals
        heat = torch.zeros(reader.grid, reader.grid)
        for segment in segments[first : first + rivals]:
            heat += scoring.segment_patches(segment, reader.grid)[1:].view_as(heat)
        return Found(answer.probability, heat, heat)

    with patch.object(scoring, "find", found):
        return scoring.score_segments(reader, image, segments, PHRASES)


def noise() -> Image:
    return np.random.default_rng(0).integers(0, 256, (512, 768, 3), dtype=np.uint8)


def boxes() -> list[Segment]:
    """Squares of 72 pixels beside each other, 8 × 5."""
    segments = []
    for number in range(SEGMENTS):
        mask = np.zeros((512, 768), np.bool_)
        top, left = 100 * (number // 8), 96 * (number % 8)
        mask[top : top + 72, left : left + 72] = True
        segments.append(Segment(mask, 0.95, 0.95))
    return segments
