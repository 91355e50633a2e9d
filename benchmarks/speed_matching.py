"""How fast phrases are matched with segments, beside a pass of BLIP for every segment cut out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.measuring import Measured, measure
from benchmarks.scoring import full_crops
from benchmarks.scoring_ways import score_by_likeness, score_by_patches, segment_patches
from benchmarks.speed_rows import Row
from lib_automask.blip import matcher
from lib_automask.blip import model as reading
from lib_automask.blip.loading import Pixels
from lib_automask.blip.localization import RIVALS, PhraseHeat, compute_gradcam
from lib_automask.blip.model import MatchingModel
from lib_automask.runtime.cache import ByteCache
from lib_automask.runtime.device import Precision
from lib_automask.types import Image, Segment

SEGMENTS, SAMPLE = 40, 8
"""The reference takes equally long for every segment; it is measured on some, and multiplied."""
PHRASES = ("a red ball", "a cat", "the green tree")
WORDS = 5
BLOCK = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
CONFIG: dict[str, Any] = {
    "text_config": {**BLOCK, "vocab_size": 30524, "encoder_hidden_size": 768, "is_decoder": True},
    "vision_config": {**BLOCK, "image_size": 384, "patch_size": 16, "initializer_range": 0.02},
}


def match(_side: int) -> list[Row]:
    """40 segments and 3 phrases by BLIP base, with nothing remembered and with the picture looked at before.

    Rows are in the precision that is chosen here, but for the reference and those that end in "-f32". The choice, made
    once in a process, is measured by itself (match-check).
    """
    exact, chosen, image, segments = base_reader("float32"), base_reader("auto"), noise(), boxes()
    reference = crops("reference-match", exact, image, segments)
    check = Row("match-check", measure(lambda: chosen.dtype).seconds)
    rows = [crops("match-crops", chosen, image, segments)]
    for reader, names, suffix in ((chosen, list(WAYS), ""), (exact, ["match-likeness", "match"], "-f32")):
        for name in names:
            ours = timed(reader, partial(WAYS[name], reader, image, segments))
            rows.append(Row(name + suffix, ours.seconds, memory=ours.bytes))
    chosen.cache.clear()
    chosen.look(image)
    again = measure(partial(WAYS["match-likeness"], chosen, image, segments))
    rows.append(Row("match-again", again.seconds))
    return [reference, check, *(beside(reference, row) for row in rows)]


def crops(name: str, reader: MatchingModel, image: Image, segments: Sequence[Segment]) -> Row:
    """A pass for every segment."""
    some = timed(reader, lambda: full_crops(reader, image, segments[:SAMPLE], PHRASES))
    return Row(name, some.seconds * SEGMENTS / SAMPLE, count=SEGMENTS, memory=some.bytes)


def beside(reference: Row, row: Row) -> Row:
    """The row with its ratios to the reference."""
    memory = row.memory / reference.memory if row.memory and reference.memory else None
    return replace(row, ratio=reference.seconds / row.seconds, memory_ratio=memory)


def base_reader(precision: Precision) -> MatchingModel:
    """BLIP base with random weights, and a tokenizer of five words a phrase."""
    network = base_network()
    with (
        patch.object(reading, "load_network", lambda *_: network),
        patch.object(reading, "load_tokenizer", lambda *_: Tokenizer()),
        patch.object(Pixels, "from_folder", lambda _folder: Pixels(384)),
        patch.object(reading, "fingerprint_model", lambda *_: "random"),
    ):
        return MatchingModel(Path("random"), cache=ByteCache(2**28), precision=precision)


@cache
def base_network() -> Any:
    """The networks that all readers here share."""
    import transformers

    torch.manual_seed(0)
    network = transformers.BlipForImageTextRetrieval(transformers.BlipConfig.from_dict(CONFIG))
    return network.eval().requires_grad_(False)


class Tokenizer:
    """Every phrase as so many tokens."""

    def __call__(self, phrase: str, **_more: object) -> dict[str, torch.Tensor]:
        return {"input_ids": torch.tensor([[101, *(2000 + ord(letter) for letter in phrase[: WORDS - 2]), 102]])}

    def __len__(self) -> int:
        return 30522


def timed(reader: MatchingModel, way: Callable[[], object]) -> Measured[object]:
    """A way at work on a picture that was never looked at."""
    reader.cache.clear()
    return measure(way)


def with_rivals(reader: MatchingModel, image: Image, segments: Sequence[Segment], rivals: int) -> object:
    """The way of the product, as if each phrase's heat fitted so many segments, none of them another phrase's.

    Random weights have no heat that fits anything; the passes are run, and what they find is exchanged.
    """

    def fitting(number: int, answer: PhraseHeat) -> PhraseHeat:
        heat = torch.zeros(reader.grid, reader.grid)
        for segment in segments[number * rivals : (number + 1) * rivals]:
            heat += segment_patches(segment, reader.grid)[1:].view_as(heat)
        return PhraseHeat(answer.probability, heat, heat)

    def found(*asked: Any) -> list[PhraseHeat]:
        return [fitting(number, answer) for number, answer in enumerate(compute_gradcam(*asked))]

    with patch.object(matcher, "compute_gradcam", found):
        return matcher.score_segments(reader, image, segments, PHRASES)


Way = Callable[[MatchingModel, Image, Sequence[Segment]], object]
WAYS: dict[str, Way] = {
    "match-patches": partial(score_by_patches, phrases=PHRASES),
    "match-likeness": partial(score_by_likeness, phrases=PHRASES),
    "match": partial(with_rivals, rivals=1),
    "match-some-rivals": partial(with_rivals, rivals=2),
    "match-most-rivals": partial(with_rivals, rivals=RIVALS),
}


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
