"""How fast phrases are matched with segments, compared with a pass of BLIP for the crop of every segment."""

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
from benchmarks.scoring import score_by_full_crops
from benchmarks.scoring_ways import score_by_likeness, score_by_patches, segment_patches
from benchmarks.speed_rows import Row
from lib_automask.blip import matcher
from lib_automask.blip import model as blip_model
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


def match_rows(_side: int) -> list[Row]:
    """40 segments and 3 phrases by BLIP base, with an empty cache and with the picture's features in it.

    Rows are in the precision that is chosen on this machine, but for the reference and those that end in "-f32". The
    choice, made once in a process, is measured by itself (match-check).
    """
    exact, chosen, image, segments = make_base_model("float32"), make_base_model("auto"), make_noise(), make_boxes()
    reference = crops_row("reference-match", exact, image, segments)
    check = Row("match-check", measure(lambda: chosen.dtype).seconds)
    rows = [crops_row("match-crops", chosen, image, segments)]
    for model, names, suffix in ((chosen, list(WAYS), ""), (exact, ["match-likeness", "match"], "-f32")):
        for name in names:
            ours = measure_anew(model, partial(WAYS[name], model, image, segments))
            rows.append(Row(name + suffix, ours.seconds, memory=ours.bytes))
    chosen.cache.clear()
    chosen.encode_picture(image)
    again = measure(partial(WAYS["match-likeness"], chosen, image, segments))
    rows.append(Row("match-again", again.seconds))
    return [reference, check, *(compare_row(reference, row) for row in rows)]


def crops_row(name: str, model: MatchingModel, image: Image, segments: Sequence[Segment]) -> Row:
    """A pass for every segment."""
    some = measure_anew(model, lambda: score_by_full_crops(model, image, segments[:SAMPLE], PHRASES))
    return Row(name, some.seconds * SEGMENTS / SAMPLE, count=SEGMENTS, memory=some.bytes)


def compare_row(reference: Row, row: Row) -> Row:
    """The row with its ratios to the reference."""
    memory = row.memory / reference.memory if row.memory and reference.memory else None
    return replace(row, ratio=reference.seconds / row.seconds, memory_ratio=memory)


def make_base_model(precision: Precision) -> MatchingModel:
    """BLIP base with random weights, and a tokenizer of five words a phrase."""
    network = make_base_network()
    with (
        patch.object(blip_model, "load_network", lambda *_args, **_more: network),
        patch.object(blip_model, "load_tokenizer", lambda *_: Tokenizer()),
        patch.object(Pixels, "from_folder", lambda _folder: Pixels(384)),
        patch.object(blip_model, "fingerprint_model", lambda *_: "random"),
    ):
        return MatchingModel(Path("random"), cache=ByteCache(2**28), precision=precision)


@cache
def make_base_network() -> Any:
    """The networks that all models here share."""
    import transformers

    torch.manual_seed(0)
    network = transformers.BlipForImageTextRetrieval(transformers.BlipConfig.from_dict(CONFIG))
    return network.eval().requires_grad_(False)


class Tokenizer:
    """Makes ``WORDS`` tokens of every phrase."""

    def __call__(self, phrase: str, **_more: object) -> dict[str, torch.Tensor]:
        return {"input_ids": torch.tensor([[101, *(2000 + ord(letter) for letter in phrase[: WORDS - 2]), 102]])}

    def __len__(self) -> int:
        return 30522


def measure_anew(model: MatchingModel, way: Callable[[], object]) -> Measured[object]:
    """A way at work with an empty cache."""
    model.cache.clear()
    return measure(way)


def score_with_rivals(model: MatchingModel, image: Image, segments: Sequence[Segment], rivals: int) -> object:
    """The product's way, as if each phrase's heat fitted ``rivals`` segments, none of them another phrase's.

    The heat of random weights fits nothing, so the passes are run and their results replaced.
    """

    def fitting(number: int, answer: PhraseHeat) -> PhraseHeat:
        heat = torch.zeros(model.grid, model.grid)
        for segment in segments[number * rivals : (number + 1) * rivals]:
            heat += segment_patches(segment, model.grid)[1:].view_as(heat)
        return PhraseHeat(answer.probability, heat, heat)

    def locate(*args: Any) -> list[PhraseHeat]:
        return [fitting(number, answer) for number, answer in enumerate(compute_gradcam(*args))]

    with patch.object(matcher, "compute_gradcam", locate):
        return matcher.score_segments(model, image, segments, PHRASES)


Way = Callable[[MatchingModel, Image, Sequence[Segment]], object]
WAYS: dict[str, Way] = {
    "match-patches": partial(score_by_patches, phrases=PHRASES),
    "match-likeness": partial(score_by_likeness, phrases=PHRASES),
    "match": partial(score_with_rivals, rivals=1),
    "match-some-rivals": partial(score_with_rivals, rivals=2),
    "match-most-rivals": partial(score_with_rivals, rivals=RIVALS),
}


def make_noise() -> Image:
    return np.random.default_rng(0).integers(0, 256, (512, 768, 3), dtype=np.uint8)


def make_boxes() -> list[Segment]:
    """Squares of 72 pixels beside each other, 8 × 5."""
    segments = []
    for number in range(SEGMENTS):
        mask = np.zeros((512, 768), np.bool_)
        top, left = 100 * (number // 8), 96 * (number % 8)
        mask[top : top + 72, left : left + 72] = True
        segments.append(Segment(mask, 0.95, 0.95))
    return segments
