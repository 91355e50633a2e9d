"""Matches of phrases with a picture: as transformers computes them, each computed once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from drawn_segments import many_segments

from benchmarks import scoring_ways
from lib_automask.blip.matcher import BlipMatcher
from lib_automask.blip.model import MatchingModel
from lib_automask.runtime.cache import ByteCache
from lib_automask.types import Image

pytest.importorskip("transformers")


def test_match_answers_a_probability_for_each_phrase(matcher: BlipMatcher, picture: Image) -> None:
    scores = matcher.match(picture, ["a red ball", "a cat"])
    assert len(scores) == 2
    assert all(0 < score < 1 for score in scores)
    assert matcher.match(picture, []) == []


def test_match_does_not_depend_on_the_other_phrases(matcher: BlipMatcher, picture: Image) -> None:
    together = matcher.match(picture, ["a cat", "a red ball left of the blue star on the grass"])
    alone = [
        matcher.match(picture, [phrase])[0] for phrase in ("a cat", "a red ball left of the blue star on the grass")
    ]
    assert together == pytest.approx(alone, abs=1e-5)


def test_match_agrees_with_transformers_own_forward(matcher: BlipMatcher, picture: Image) -> None:
    import torch

    model = matcher.model
    tokens = model.tokenize("a red ball")[None]
    pixels = model.pixels.tensor([picture])
    with torch.no_grad():
        theirs = model.network(input_ids=tokens, pixel_values=pixels)
    expected = torch.softmax(theirs.itm_score, 1)[0, 1].item()
    assert matcher.match(picture, ["a red ball"])[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("more_rows", "own", "first"), [(0, {}, "[CLS]"), (0, {"first_token": "[ENC]"}, "[ENC]"), (2, {}, "the last row")]
)
def test_phrase_begins_with_the_token_that_the_model_was_trained_with(
    tmp_path: Path, more_rows: int, own: dict[str, str], first: str
) -> None:
    """The published models have two rows more than their tokenizer has words; the last is their first token."""
    words = len(tiny_models.WORDS)
    folder = tiny_models.write_matcher(tmp_path, config=tiny_models.blip_config(words=words + more_rows))
    tiny_models.write_json(folder / "automask.json", own)
    expected = words + 1 if more_rows else tiny_models.WORDS.index(first)
    assert int(MatchingModel(folder).tokenize("a cat")[0]) == expected


def test_picture_is_encoded_once(matcher_folder: Path, picture: Image) -> None:
    matcher = BlipMatcher(MatchingModel(matcher_folder))
    looked: list[int] = []
    matcher.model.vision.encoder.register_forward_hook(lambda *_: looked.append(1))
    matcher.match(picture, ["a cat"])
    matcher.heat(picture.copy(), ["a dog", "a star"])
    assert len(looked) == 1
    matcher.match(picture[::-1], ["a cat"])
    assert len(looked) == 2


def test_phrase_is_located_once(matcher_folder: Path, picture: Image) -> None:
    """One pass of the text network gives both its heat and the likeness of regions, whichever is needed first."""
    matcher = BlipMatcher(MatchingModel(matcher_folder))
    read: list[int] = []
    matcher.model.text.head.register_forward_hook(lambda *_: read.append(1))
    fresh = BlipMatcher(MatchingModel(matcher_folder)).heat(picture, ["a star", "a dog"])
    matcher.heat(picture, ["a cat", "a dog"])
    assert len(read) == 2
    scoring_ways.score_by_likeness(matcher.model, picture.copy(), many_segments(3), ["a dog", "a cat"])
    assert len(read) == 2
    np.testing.assert_array_equal(matcher.heat(picture, ["a star", "a dog"]), fresh)
    assert len(read) == 3
    matcher.heat(picture[::-1], ["a cat"])
    assert len(read) == 4


def test_cache_can_be_shared(matcher_folder: Path, picture: Image) -> None:
    shared: Any = ByteCache(2**20)
    BlipMatcher(MatchingModel(matcher_folder, cache=shared)).match(picture, ["a cat"])
    assert len(shared) == 1


def test_progress_is_reported_between_the_blocks_of_the_text_network(matcher_folder: Path, picture: Image) -> None:
    shares: list[float] = []
    matcher = BlipMatcher(MatchingModel(matcher_folder, progress=lambda _stage, share: shares.append(share)))
    matcher.match(picture, ["a cat"])
    shares.clear()
    matcher.match(picture, ["a cat", "a dog", "a star"])
    assert len(shares) >= 3 * len(matcher.model.text.blocks)
