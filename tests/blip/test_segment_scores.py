"""Scores of segments for phrases: by likeness to the heat, by crops of rivals, and by the ways of the benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from drawn_segments import many_segments, segment

from benchmarks import scoring_ways
from lib_automask.blip import localization
from lib_automask.blip import matcher as matching
from lib_automask.blip.localization import PhraseHeat
from lib_automask.blip.matcher import BlipMatcher
from lib_automask.blip.model import MatchingModel
from lib_automask.errors import Interrupted
from lib_automask.types import Image, Segment

pytest.importorskip("transformers")


def test_every_way_scores_every_segment_and_phrase(matcher: BlipMatcher, picture: Image) -> None:
    segments, phrases = many_segments(11), ["a red ball", "a cat", "a star"]
    for way in (
        matching.score_by_crops,
        scoring_ways.score_by_patches,
        scoring_ways.score_by_likeness,
        matching.score_segments,
    ):
        scores = way(matcher.model, picture, segments, phrases)
        assert scores.shape == (11, 3), way.__name__
        assert scores.dtype == np.float32, way.__name__
        assert scores.min() >= 0, way.__name__
        assert scores.max() <= 1 + 1e-6, way.__name__


def test_nothing_to_score(matcher: BlipMatcher, picture: Image) -> None:
    assert matcher.score_segments(picture, [], ["a cat"]).shape == (0, 1)
    assert matcher.score_segments(picture, many_segments(2), []).shape == (2, 0)


def test_scores_do_not_depend_on_the_batch(matcher: BlipMatcher, picture: Image) -> None:
    segments = many_segments(11)
    for way in (matching.score_by_crops, scoring_ways.score_by_patches):
        together = way(matcher.model, picture, segments, ["a cat", "a red ball"])
        alone = np.concatenate([way(matcher.model, picture, [one], ["a cat", "a red ball"]) for one in segments])
        assert together == pytest.approx(alone, abs=1e-5), way.__name__


class KnownResults:
    """Stands for a model: ``heat`` float32[24, 40] of the one phrase, and what a closer look tells of a segment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, heat: np.ndarray, present: float = 0.9) -> None:
        import torch

        self.cropped: list[Segment] = []
        self.crop_scores: dict[int, float] = {}
        found = PhraseHeat(present, *[torch.from_numpy(heat.astype(np.float32))] * 2)
        monkeypatch.setattr(matching, "compute_gradcam", lambda *_: [found])
        monkeypatch.setattr(matching, "enlarge_maps", lambda maps, _size: maps)
        monkeypatch.setattr(matching, "score_by_crops", self.score_by_crops)

    def score_by_crops(self, _reader: Any, _image: Image, segments: list[Segment], phrases: list[str]) -> np.ndarray:
        self.cropped += segments
        return np.array([[self.crop_scores[id(one)]] * len(phrases) for one in segments], np.float32)

    def score(self, picture: Image, segments: list[Segment]) -> list[float]:
        model: Any = self
        return [float(score) for score in matching.score_segments(model, picture, segments, ["a cat"])[:, 0]]


THING, PART, AROUND = segment(4, 4, 12, 12), segment(4, 4, 8, 12), segment(0, 0, 16, 16)

TWIN, ELSEWHERE = segment(10, 24, 18, 32), segment(20, 0, 24, 20)


def test_thing_scores_above_its_part_and_its_surroundings(monkeypatch: pytest.MonkeyPatch, picture: Image) -> None:
    model = KnownResults(monkeypatch, THING.mask, present=0.9)
    part, thing, around, elsewhere = model.score(picture, [PART, THING, AROUND, ELSEWHERE])
    assert thing == pytest.approx(0.9)
    assert elsewhere == 0
    assert max(part, around) < 0.7


def test_part_scores_above_its_whole_where_it_alone_is_hot(monkeypatch: pytest.MonkeyPatch, picture: Image) -> None:
    part, thing = KnownResults(monkeypatch, PART.mask).score(picture, [PART, THING])
    assert part > thing


def test_one_place_needs_no_crop(monkeypatch: pytest.MonkeyPatch, picture: Image) -> None:
    model = KnownResults(monkeypatch, THING.mask)
    model.score(picture, [PART, THING, AROUND, ELSEWHERE])
    assert model.cropped == []


@pytest.mark.parametrize(("of_thing", "of_twin"), [(0.8, 0.1), (0.1, 0.8), (0.8, 0.7)])
def test_rivals_score_as_their_crops(
    monkeypatch: pytest.MonkeyPatch, picture: Image, of_thing: float, of_twin: float
) -> None:
    model = KnownResults(monkeypatch, THING.mask + 0.6 * TWIN.mask)
    model.crop_scores = {id(THING): of_thing, id(TWIN): of_twin}
    part, thing, twin, elsewhere = model.score(picture, [PART, THING, TWIN, ELSEWHERE])
    assert (thing, twin) == pytest.approx((of_thing, of_twin))
    assert part < thing
    assert elsewhere == 0
    assert len(model.cropped) == 2


def test_no_more_than_so_many_rivals_are_cropped(monkeypatch: pytest.MonkeyPatch, picture: Image) -> None:
    segments = many_segments(12)
    model = KnownResults(monkeypatch, np.sum([one.mask for one in segments], 0))
    model.crop_scores = {id(one): 0.9 for one in segments}
    model.score(picture, segments)
    assert len(model.cropped) == localization.RIVALS


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_region_of_a_picture_agrees_with_transformers_own_text_network(
    tmp_path: Path, picture: Image, layers: int
) -> None:
    """Theirs is shown a region's patches alone: transformers 5 takes a mask of the patches, and forgets it."""
    import torch

    folder = tiny_models.write_matcher(tmp_path, config=tiny_models.blip_config(layers=layers))
    model = MatchingModel(folder)
    segments, phrases = many_segments(7), ["a cat", "a red ball left of the blue star"]
    scores = scoring_ways.score_by_patches(model, picture, segments, phrases)
    with torch.no_grad():
        seen = model.network.vision_model(model.pixels.tensor([picture]))[0]
        for row, one in enumerate(segments):
            patches = seen[:, scoring_ways.segment_patches(one, model.grid)]
            for column, phrase in enumerate(phrases):
                tokens = model.tokenize(phrase)[None]
                theirs = model.network.text_encoder(tokens, encoder_hidden_states=patches, return_dict=True)
                logits = model.network.itm_head(theirs.last_hidden_state[:, 0])
                assert float(scores[row, column]) == pytest.approx(float(torch.softmax(logits, 1)[0, 1]), abs=1e-5)


def test_crops_are_encoded_with_fewer_pixels_at_places_between(matcher: BlipMatcher, picture: Image) -> None:
    import torch

    model = matcher.model
    assert model.crop_pixels.size == 24
    with torch.no_grad():
        assert model.vision.encode(torch.zeros(2, 3, 24, 24)).shape == (2, 10, 32)
        whole = model.pixels.tensor([picture])
        assert torch.equal(model.vision.encode(whole), model.network.vision_model(whole)[0])
        places = model.vision._embed_places(9)[0, 1:].unflatten(0, (3, 3))
        own = model.network.vision_model.embeddings.position_embedding[0, 1:].unflatten(0, (4, 4))
    middle = own[1:3, 1:3].mean((0, 1))
    assert torch.cosine_similarity(places[1, 1], middle, dim=0) > 0.9


def test_scoring_ends_between_batches_when_interrupted(matcher_folder: Path, picture: Image) -> None:
    shares: list[float] = []

    def stop_at_half(_stage: str, share: float) -> None:
        shares.append(share)
        if share >= 0.5:
            raise Interrupted("stopped")

    matcher = BlipMatcher(MatchingModel(matcher_folder, progress=stop_at_half))
    with pytest.raises(Interrupted):
        matching.score_by_crops(matcher.model, picture, many_segments(8), ["a cat"])
    assert sorted(set(shares)) == [0, 0.25, 0.5]


def test_patches_of_a_segment() -> None:
    patches = scoring_ways.segment_patches(segment(0, 0, 12, 20), 4)
    assert patches.int().tolist() == [0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    speck = scoring_ways.segment_patches(segment(23, 39, 24, 40), 4)
    assert speck.int().tolist() == [0] * 16 + [1]
