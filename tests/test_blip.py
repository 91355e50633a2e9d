"""BLIP: files that are refused, captions, matches, heat and scores, on small random networks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers")

import tiny_models

from lib_automask.blip import crops, scoring
from lib_automask.blip.captioner import BlipCaptioner, clean_caption
from lib_automask.blip.matcher import BlipMatcher
from lib_automask.cache import ByteCache
from lib_automask.errors import Interrupted, ModelCorrupt, ModelMissing
from lib_automask.structures import Image, Segment


@pytest.fixture(scope="module")
def captioner_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.write_captioner(tmp_path_factory.mktemp("captioner"))


@pytest.fixture(scope="module")
def matcher_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.write_matcher(tmp_path_factory.mktemp("matcher"))


@pytest.fixture(scope="module")
def matcher(matcher_folder: Path) -> BlipMatcher:
    return BlipMatcher(matcher_folder)


@pytest.fixture
def picture() -> Image:
    """A red square and a blue square on green, 40 wide and 24 high."""
    image = np.zeros((24, 40, 3), dtype=np.uint8)
    image[:] = (0, 160, 0)
    image[4:12, 4:12] = (220, 0, 0)
    image[10:22, 24:36] = (0, 0, 220)
    return image


def segment(top: int, left: int, bottom: int, right: int) -> Segment:
    mask = np.zeros((24, 40), dtype=bool)
    mask[top:bottom, left:right] = True
    return Segment(mask, 0.9, 0.9)


def many_segments(count: int) -> list[Segment]:
    return [segment(row, left, row + 3, left + 3) for row in range(0, 20, 4) for left in range(0, 36, 4)][:count]


# --- captions


def test_caption_is_one_tidy_sentence_and_always_the_same(captioner_folder: Path, picture: Image) -> None:
    captioner = BlipCaptioner(captioner_folder)
    caption = captioner.caption(picture)
    assert caption == captioner.caption(picture) == clean_caption(caption)
    assert not any(word in caption for word in ("[", "]"))


def test_caption_depends_on_the_picture(captioner_folder: Path, picture: Image) -> None:
    captioner = BlipCaptioner(captioner_folder)
    noise = np.random.default_rng(0).integers(0, 256, (5, 24, 40, 3), dtype=np.uint8)
    assert len({captioner.caption(image) for image in [picture, *noise]}) > 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a red ball left of an orange cat , on the grass", "a red ball left of an orange cat, on the grass"),
        ("A  Dog on a Bench .", "a dog on a bench"),
        ("araffe dog sitting. there is a cat", "dog sitting"),
        ("arafed man in a giraffe costume", "man in a giraffe costume"),
        ("", ""),
    ],
)
def test_caption_is_cleaned(written: str, said: str) -> None:
    assert clean_caption(written) == said


def test_generation_settings_come_from_the_model(captioner_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(captioner_folder, tmp_path / "model")
    tiny_models.write_json(folder / "automask.json", {"num_beams": 1, "max_new_tokens": 2})
    captioner = BlipCaptioner(folder)
    assert captioner.beams == 1
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    assert len(captioner.caption(image).split()) <= 2


def test_head_that_transformers_5_left_out_is_put_back(captioner_folder: Path, tmp_path: Path, picture: Image) -> None:
    from safetensors.torch import load_file, save_file

    whole, lean = (shutil.copytree(captioner_folder, tmp_path / name) for name in ("whole", "lean"))
    tensors = load_file(whole / "model.safetensors")
    head = "text_decoder.cls.predictions"
    tensors[f"{head}.decoder.weight"] = tensors["text_decoder.bert.embeddings.word_embeddings.weight"].clone()
    tensors[f"{head}.decoder.bias"] = tensors[f"{head}.bias"].clone()
    save_file(tensors, whole / "model.safetensors")
    del tensors[f"{head}.decoder.weight"], tensors[f"{head}.decoder.bias"]
    save_file(tensors, lean / "model.safetensors")
    assert BlipCaptioner(lean).caption(picture) == BlipCaptioner(whole).caption(picture)


# --- files that are refused


def test_matching_model_is_refused_as_captioner(matcher_folder: Path) -> None:
    with pytest.raises(ModelCorrupt, match="matching model and cannot write captions"):
        BlipCaptioner(matcher_folder)


def test_captioning_model_is_refused_as_matcher(captioner_folder: Path) -> None:
    with pytest.raises(ModelCorrupt, match="captioning model and cannot match"):
        BlipMatcher(captioner_folder)


def test_missing_tensor_is_named(matcher_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    del tensors["vision_model.post_layernorm.weight"]
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(ModelCorrupt, match=r"vision_model\.post_layernorm\.weight"):
        BlipMatcher(folder)


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_missing_file_is_named(matcher_folder: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(ModelMissing, match=name.replace(".", r"\.")):
        BlipMatcher(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_cut_off_file_is_refused_and_stays_in_place(matcher_folder: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelCorrupt, match=name.replace(".", r"\.")):
        BlipMatcher(folder)
    assert (folder / name).stat().st_size == len(whole) // 2


def test_weights_of_another_size_are_refused(matcher_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    tiny_models.write_json(folder / "config.json", tiny_models.blip_config(width=64))
    with pytest.raises(ModelCorrupt, match=r"do not fit its config\.json"):
        BlipMatcher(folder)


# --- matching


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

    reader = matcher.reader
    tokens = reader.read(["a red ball"])
    pixels = reader.pixels.tensor([picture])
    with torch.no_grad():
        theirs = reader.network(input_ids=tokens.ids, attention_mask=tokens.mask, pixel_values=pixels)
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
    assert int(BlipMatcher(folder).reader.read(["a cat"]).ids[0, 0]) == expected


def test_picture_is_looked_at_once(matcher_folder: Path, picture: Image) -> None:
    matcher = BlipMatcher(matcher_folder)
    looked: list[int] = []
    matcher.reader.network.vision_model.register_forward_hook(lambda *_: looked.append(1))
    matcher.match(picture, ["a cat"])
    matcher.heat(picture.copy(), ["a dog", "a star"])
    assert len(looked) == 1
    matcher.match(picture[::-1], ["a cat"])
    assert len(looked) == 2


def test_cache_can_be_shared(matcher_folder: Path, picture: Image) -> None:
    shared: Any = ByteCache(2**20)
    BlipMatcher(matcher_folder, cache=shared).match(picture, ["a cat"])
    assert len(shared) == 1


# --- heat


def test_heat_covers_the_picture_and_peaks_at_one(matcher: BlipMatcher, picture: Image) -> None:
    heat = matcher.heat(picture, ["a red ball", "a cat"])
    assert heat.shape == (2, 24, 40)
    assert heat.dtype == np.float32
    assert heat.min() >= 0
    assert heat.reshape(2, -1).max(1) == pytest.approx([1, 1])
    assert matcher.heat(picture, []).shape == (0, 24, 40)


@pytest.mark.parametrize("inference", [True, False])
def test_heat_is_the_same_whatever_mode_the_host_is_in(matcher: BlipMatcher, picture: Image, inference: bool) -> None:
    import torch

    expected = matcher.heat(picture, ["a cat"])
    with torch.inference_mode(inference), torch.set_grad_enabled(not inference):
        assert matcher.heat(picture, ["a cat"]) == pytest.approx(expected)


def test_heat_follows_the_gradient_of_the_match(matcher: BlipMatcher, picture: Image) -> None:
    """Grad-CAM computed a second way: the slope of the logit along each attention value, by finite differences."""
    import torch

    reader = matcher.reader
    block = reader.network.text_encoder.encoder.layer[reader.gradcam_block].crossattention.self
    rows, seen = reader.read(["a cat"]), reader.look(picture)
    with torch.no_grad():
        attention = reader.compare(seen, rows, attentions=True).cross_attentions[reader.gradcam_block]
    slope = torch.zeros_like(attention)
    step = 1e-2

    def logit_with(change: torch.Tensor) -> float:
        def shifted(probabilities: torch.Tensor) -> torch.Tensor:
            return probabilities + change

        handle = block.dropout.register_forward_hook(lambda _module, _inputs, output: shifted(output))
        try:
            with torch.no_grad():
                return float(reader.logits(reader.compare(seen, rows))[0, 1])
        finally:
            handle.remove()

    places = [(head, word, patch) for head in range(4) for word in (1, 2) for patch in (1, 6, 16)]
    for place in places:
        change = torch.zeros_like(attention)
        change[(0, *place)] = step
        slope[(0, *place)] = (logit_with(change) - logit_with(-change)) / (2 * step)
    from lib_automask.blip.heat import gradcam

    heat = gradcam(reader, picture, ["a cat"]).flatten()
    assert heat[[0, 5, 15]].max() > 0
    for patch in (1, 6, 16):
        by_head = (slope.clamp(min=0) * attention)[0, :, 1:3, patch]
        assert float(heat[patch - 1]) == pytest.approx(float(by_head.mean(0).mean()), rel=0.05, abs=1e-6)


@pytest.mark.parametrize("block", [-1, 1])
def test_block_that_cannot_localise_is_refused(matcher_folder: Path, tmp_path: Path, block: int) -> None:
    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    tiny_models.write_json(folder / "automask.json", {"gradcam_block": block})
    with pytest.raises(ModelCorrupt, match="gradcam_block"):
        BlipMatcher(folder)


# --- scores of segments


def test_every_way_of_scoring_answers_for_every_segment_and_phrase(matcher: BlipMatcher, picture: Image) -> None:
    segments, phrases = many_segments(11), ["a red ball", "a cat", "a star"]
    for way in (scoring.by_crops, scoring.by_patches, scoring.by_heat, scoring.score_segments):
        scores = way(matcher.reader, picture, segments, phrases)
        assert scores.shape == (11, 3), way.__name__
        assert scores.dtype == np.float32, way.__name__
        assert scores.min() >= 0, way.__name__
        assert scores.max() <= 1, way.__name__


def test_nothing_to_score(matcher: BlipMatcher, picture: Image) -> None:
    assert matcher.score_segments(picture, [], ["a cat"]).shape == (0, 1)
    assert matcher.score_segments(picture, many_segments(2), []).shape == (2, 0)


def test_scores_do_not_depend_on_the_batch(matcher: BlipMatcher, picture: Image) -> None:
    segments = many_segments(11)
    for way in (scoring.by_crops, scoring.by_patches):
        together = way(matcher.reader, picture, segments, ["a cat", "a red ball"])
        alone = np.concatenate([way(matcher.reader, picture, [one], ["a cat", "a red ball"]) for one in segments])
        assert together == pytest.approx(alone, abs=1e-5), way.__name__


def test_few_segments_are_all_looked_at_closely(matcher: BlipMatcher, picture: Image) -> None:
    segments = many_segments(scoring.CHECKED)
    expected = scoring.by_crops(matcher.reader, picture, segments, ["a cat"])
    assert matcher.score_segments(picture, segments, ["a cat"]) == pytest.approx(expected)


def test_of_many_segments_the_promising_ones_are_looked_at_closely(matcher: BlipMatcher, picture: Image) -> None:
    segments, phrases = many_segments(40), ["a cat", "a red ball"]
    scores = matcher.score_segments(picture, segments, phrases)
    heat = scoring.by_heat(matcher.reader, picture, segments, phrases)
    checked = scores.any(1)
    assert checked.sum() == scoring.CHECKED
    for column in range(2):
        assert checked[heat[:, column].argmax()]
    crops_alone = scoring.by_crops(
        matcher.reader, picture, [segments[index] for index in np.flatnonzero(checked)], phrases
    )
    assert scores[checked] == pytest.approx(crops_alone, abs=1e-6)


def test_scoring_ends_between_batches_when_interrupted(matcher_folder: Path, picture: Image) -> None:
    told: list[float] = []

    def stop_at_half(share: float) -> None:
        told.append(share)
        if share >= 0.5:
            raise Interrupted("stopped")

    matcher = BlipMatcher(matcher_folder, progress=stop_at_half)
    with pytest.raises(Interrupted):
        matcher.score_segments(picture, many_segments(8), ["a cat"])
    assert told == [0, 0.25, 0.5]


def test_best_few_takes_from_each_phrase_in_turn() -> None:
    scores = np.array([[0.9, 0.0], [0.8, 0.1], [0.7, 0.2], [0.1, 0.9]], dtype=np.float32)
    assert scoring.best_few(scores, 2) == [0, 3]
    assert scoring.best_few(scores, 3) == [0, 1, 3]
    assert scoring.best_few(scores, 9) == [0, 1, 2, 3]


def test_heat_score_prefers_the_thing_to_its_part_and_to_its_surroundings(
    matcher: BlipMatcher, picture: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    hot = segment(4, 4, 12, 12)
    monkeypatch.setattr(scoring, "heat_maps", lambda *_: hot.mask.astype(np.float32)[None])
    segments = [segment(4, 4, 8, 12), hot, segment(0, 0, 16, 16), segment(14, 20, 20, 30)]
    scores = scoring.by_heat(matcher.reader, picture, segments, ["a cat"])[:, 0]
    assert scores.argmax() == 1
    assert scores[1] == pytest.approx(1)
    assert scores[3] == 0


def test_patches_of_a_segment() -> None:
    patches = scoring.segment_patches(segment(0, 0, 12, 20), 4)
    assert patches.tolist() == [0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    speck = scoring.segment_patches(segment(23, 39, 24, 40), 4)
    assert speck.tolist() == [0] * 16 + [1]


def test_crop_shows_the_segment_alone_in_a_grey_square(picture: Image) -> None:
    wide = segment(10, 24, 14, 34)
    crop = crops.crop_segment(picture, wide, margin=0.1)
    assert crop.shape == (12, 12, 3)
    assert (crop[4:8, 1:11] == (0, 0, 220)).all()
    outside = np.ones((12, 12), dtype=bool)
    outside[4:8, 1:11] = False
    assert (crop[outside] == crops.GREY).all()
