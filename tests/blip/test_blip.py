"""BLIP: files that are refused, captions, matches, heat and scores, on small random networks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers")

import tiny_models

from benchmarks import scoring_ways
from lib_automask.blip import localization
from lib_automask.blip import matcher as matching
from lib_automask.blip import model as reading
from lib_automask.blip.captioner import BlipCaptioner, clean_caption
from lib_automask.blip.localization import PhraseHeat, make_heat_maps
from lib_automask.blip.matcher import BlipMatcher
from lib_automask.blip.model import MatchingModel
from lib_automask.errors import Interrupted, ModelCorrupt, ModelMissing
from lib_automask.runtime import device
from lib_automask.runtime.cache import ByteCache
from lib_automask.runtime.device import Precision
from lib_automask.types import Image, Segment

DEMO = Path(__file__).parents[2] / "models" / "demo" / "blip-matcher"


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


def test_layers_are_made_without_random_numbers_while_that_lasts() -> None:
    """They would be overwritten at once by a file's, and take seconds for a network of the true size."""
    import torch

    from lib_automask.runtime.tensors import skip_initialization

    before = torch.get_rng_state()
    with skip_initialization():
        torch.nn.Linear(3, 4)
        torch.empty(3, 4).normal_()
        torch.nn.init.trunc_normal_(torch.full((3, 4), 9.0))
    assert torch.equal(torch.get_rng_state(), before)
    torch.nn.Linear(3, 4)
    assert not torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_the_reading_of_files_is_told_and_can_be_interrupted(matcher_folder: Path, tmp_path: Path, name: str) -> None:
    import torch
    from safetensors.torch import load_file

    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    if name == "pytorch_model.bin":
        torch.save(load_file(folder / "model.safetensors"), folder / name)
        (folder / "model.safetensors").unlink()
    told: list[float] = []
    BlipMatcher(folder, loading=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert len(told) > 20

    def stop_at_half(share: float) -> None:
        told.append(share)
        if share >= 0.5:
            raise Interrupted("stopped")

    told.clear()
    with pytest.raises(Interrupted, match="stopped"):
        BlipMatcher(folder, loading=stop_at_half)
    assert told[-2] < 0.5 <= told[-1] < 0.9


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
    tokens = reader.read("a red ball")[None]
    pixels = reader.pixels.tensor([picture])
    with torch.no_grad():
        theirs = reader.network(input_ids=tokens, pixel_values=pixels)
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
    assert int(BlipMatcher(folder).reader.read("a cat")[0]) == expected


def test_picture_is_looked_at_once(matcher_folder: Path, picture: Image) -> None:
    matcher = BlipMatcher(matcher_folder)
    looked: list[int] = []
    matcher.reader.vision.encoder.register_forward_hook(lambda *_: looked.append(1))
    matcher.match(picture, ["a cat"])
    matcher.heat(picture.copy(), ["a dog", "a star"])
    assert len(looked) == 1
    matcher.match(picture[::-1], ["a cat"])
    assert len(looked) == 2


def test_a_phrase_is_looked_for_once(matcher_folder: Path, picture: Image) -> None:
    """Where it is and how the regions there score comes from one pass of the text network, whatever is asked first."""
    matcher = BlipMatcher(matcher_folder)
    read: list[int] = []
    matcher.reader.text.head.register_forward_hook(lambda *_: read.append(1))
    fresh = BlipMatcher(matcher_folder).heat(picture, ["a star", "a dog"])
    matcher.heat(picture, ["a cat", "a dog"])
    assert len(read) == 2
    scoring_ways.score_by_likeness(matcher.reader, picture.copy(), many_segments(3), ["a dog", "a cat"])
    assert len(read) == 2
    np.testing.assert_array_equal(matcher.heat(picture, ["a star", "a dog"]), fresh)
    assert len(read) == 3
    matcher.heat(picture[::-1], ["a cat"])
    assert len(read) == 4


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

    from lib_automask.blip.localization import compute_gradcam

    reader = matcher.reader
    block = reader.network.text_encoder.encoder.layer[reader.gradcam_block].crossattention.self
    asked = {"input_ids": reader.read("a cat")[None], "pixel_values": reader.pixels.tensor([picture])}
    maps: list[torch.Tensor] = []
    handle = block.dropout.register_forward_hook(lambda _module, inputs, _output: maps.append(inputs[0]))
    with torch.no_grad():
        reader.network(**asked)
    handle.remove()
    attention = maps[0]
    slope = torch.zeros_like(attention)
    step = 1e-2

    def logit_with(change: torch.Tensor) -> float:
        def shifted(probabilities: torch.Tensor) -> torch.Tensor:
            return probabilities + change

        handle = block.dropout.register_forward_hook(lambda _module, _inputs, output: shifted(output))
        try:
            with torch.no_grad():
                return float(reader.network(**asked).itm_score[0, 1])
        finally:
            handle.remove()

    places = [(head, word, patch) for head in range(4) for word in (1, 2) for patch in (1, 6, 16)]
    for place in places:
        change = torch.zeros_like(attention)
        change[(0, *place)] = step
        slope[(0, *place)] = (logit_with(change) - logit_with(-change)) / (2 * step)
    (found,) = compute_gradcam(reader, picture, ["a cat"])
    heat = found.gradcam.flatten()
    assert heat[[0, 5, 15]].max() > 0
    for patch in (1, 6, 16):
        by_head = (slope.clamp(min=0) * attention)[0, :, 1:3, patch]
        assert float(heat[patch - 1]) == pytest.approx(float(by_head.mean(0).mean()), rel=0.05, abs=1e-6)
    assert found.attention.flatten().tolist() == pytest.approx(attention[0, :, 1:3, 1:].mean((0, 1)).tolist(), abs=1e-6)
    assert found.probability == pytest.approx(matcher.match(picture, ["a cat"])[0], abs=1e-6)


@pytest.mark.parametrize("block", [-1, 1])
def test_block_that_cannot_localise_is_refused(matcher_folder: Path, tmp_path: Path, block: int) -> None:
    folder = shutil.copytree(matcher_folder, tmp_path / "model")
    tiny_models.write_json(folder / "automask.json", {"gradcam_block": block})
    with pytest.raises(ModelCorrupt, match="gradcam_block"):
        BlipMatcher(folder)


# --- precision


WIDE = {"size": 48, "width": 192, "layers": 3}


@pytest.fixture(scope="module")
def wide_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model that is wide enough to gain from half precision; its layers keep the size of what they get."""
    from safetensors.torch import load_file, save_file

    folder = tiny_models.write_matcher(tmp_path_factory.mktemp("wide"), config=tiny_models.blip_config(**WIDE))
    file = folder / "model.safetensors"
    tensors = {name: value / 4 if value.ndim > 1 else value for name, value in load_file(file).items()}
    save_file(tensors, file)
    return folder


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_half_precision_is_close_to_float32(wide_folder: Path, picture: Image, name: Precision) -> None:
    segments, phrases = many_segments(11), ["a cat", "a red ball left of the blue star"]
    exact, rough = MatchingModel(wide_folder, precision="float32"), MatchingModel(wide_folder, precision=name)
    assert str(rough.dtype) == f"torch.{name}"
    seen, roughly_seen = (reader.look(picture) for reader in (exact, rough))
    assert roughly_seen.dtype == seen.dtype
    assert not np.array_equal(roughly_seen, seen)
    for phrase in phrases:
        expected = float(exact.match(phrase, seen)[0])
        assert float(rough.match(phrase, roughly_seen)[0]) == pytest.approx(expected, abs=0.02)
    for way in (matching.score_by_crops, scoring_ways.score_by_patches, scoring_ways.score_by_likeness):
        expected_scores = way(exact, picture, segments, phrases)
        assert way(rough, picture, segments, phrases) == pytest.approx(expected_scores, abs=0.02), way.__name__


def test_heat_follows_gradients_where_pictures_are_seen_in_half_precision(wide_folder: Path, picture: Image) -> None:
    expected = make_heat_maps(MatchingModel(wide_folder, precision="float32"), picture, ["a cat", "a dog"])
    found = make_heat_maps(MatchingModel(wide_folder, precision="bfloat16"), picture, ["a cat", "a dog"])
    assert found.dtype == np.float32
    assert expected.std() > 0.1
    for one, other in zip(found, expected):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99


def test_precision_goes_by_the_device_and_the_width(wide_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: True)
    assert MatchingModel(wide_folder).dtype == torch.bfloat16
    assert MatchingModel(wide_folder, precision="float32").dtype == torch.float32
    assert MatchingModel(DEMO).dtype == torch.float32
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: False)
    assert MatchingModel(wide_folder).dtype == torch.float32


@pytest.mark.parametrize("harm", [1e8, float("nan")])
def test_half_precision_has_to_stand_a_test(wide_folder: Path, monkeypatch: pytest.MonkeyPatch, harm: float) -> None:
    """On the processor here, as if it were a card; weights beyond float16's 65504, and such as answer nothing."""
    import torch

    monkeypatch.setattr(reading, "choose_dtype", lambda *_: torch.float16)
    assert MatchingModel(wide_folder).dtype == torch.float16
    harmed = MatchingModel(wide_folder)
    with torch.no_grad():
        harmed.network.vision_model.encoder.layers[0].mlp.fc2.weight.mul_(harm)
    assert harmed.dtype == torch.float32


def test_overflow_in_half_precision_is_done_again_in_float32(wide_folder: Path, picture: Image) -> None:
    import torch

    exact, rough = MatchingModel(wide_folder, precision="float32"), MatchingModel(wide_folder, precision="float16")
    for reader in (exact, rough):
        with torch.no_grad():
            reader.network.vision_model.encoder.layers[0].mlp.fc2.weight.mul_(1e8)
    seen = [reader.look(picture) for reader in (exact, rough)]
    assert rough.dtype == torch.float16
    assert seen[1].isfinite().all()
    assert torch.equal(*seen)


def test_what_was_seen_in_another_precision_is_not_taken_for_this_one(wide_folder: Path, picture: Image) -> None:
    shared: Any = ByteCache(2**24)
    names: list[Precision] = ["float32", "bfloat16", "float32"]
    for name in names:
        MatchingModel(wide_folder, cache=shared, precision=name).look(picture)
    assert len(shared) == 2


# --- scores of segments


def test_every_way_of_scoring_answers_for_every_segment_and_phrase(matcher: BlipMatcher, picture: Image) -> None:
    segments, phrases = many_segments(11), ["a red ball", "a cat", "a star"]
    for way in (
        matching.score_by_crops,
        scoring_ways.score_by_patches,
        scoring_ways.score_by_likeness,
        matching.score_segments,
    ):
        scores = way(matcher.reader, picture, segments, phrases)
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
        together = way(matcher.reader, picture, segments, ["a cat", "a red ball"])
        alone = np.concatenate([way(matcher.reader, picture, [one], ["a cat", "a red ball"]) for one in segments])
        assert together == pytest.approx(alone, abs=1e-5), way.__name__


class Knowing:
    """Stands for a reader: ``heat`` float32[24, 40] of the one phrase, and what a closer look tells of a segment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, heat: np.ndarray, present: float = 0.9) -> None:
        import torch

        self.looked: list[Segment] = []
        self.close: dict[int, float] = {}
        found = PhraseHeat(present, *[torch.from_numpy(heat.astype(np.float32))] * 2)
        monkeypatch.setattr(matching, "compute_gradcam", lambda *_: [found])
        monkeypatch.setattr(matching, "enlarge_maps", lambda maps, _size: maps)
        monkeypatch.setattr(matching, "score_by_crops", self.by_crops)

    def by_crops(self, _reader: Any, _image: Image, segments: list[Segment], phrases: list[str]) -> np.ndarray:
        self.looked += segments
        return np.array([[self.close[id(one)]] * len(phrases) for one in segments], np.float32)

    def score(self, picture: Image, segments: list[Segment]) -> list[float]:
        reader: Any = self
        return [float(score) for score in matching.score_segments(reader, picture, segments, ["a cat"])[:, 0]]


THING, PART, AROUND = segment(4, 4, 12, 12), segment(4, 4, 8, 12), segment(0, 0, 16, 16)
TWIN, ELSEWHERE = segment(10, 24, 18, 32), segment(20, 0, 24, 20)


def test_thing_scores_above_its_part_and_its_surroundings(monkeypatch: pytest.MonkeyPatch, picture: Image) -> None:
    reader = Knowing(monkeypatch, THING.mask, present=0.9)
    part, thing, around, elsewhere = reader.score(picture, [PART, THING, AROUND, ELSEWHERE])
    assert thing == pytest.approx(0.9)
    assert elsewhere == 0
    assert max(part, around) < 0.7


def test_part_scores_above_its_whole_where_it_alone_is_hot(monkeypatch: pytest.MonkeyPatch, picture: Image) -> None:
    part, thing = Knowing(monkeypatch, PART.mask).score(picture, [PART, THING])
    assert part > thing


def test_one_place_needs_no_closer_look(monkeypatch: pytest.MonkeyPatch, picture: Image) -> None:
    reader = Knowing(monkeypatch, THING.mask)
    reader.score(picture, [PART, THING, AROUND, ELSEWHERE])
    assert reader.looked == []


@pytest.mark.parametrize(("of_thing", "of_twin"), [(0.8, 0.1), (0.1, 0.8), (0.8, 0.7)])
def test_rivals_score_as_a_closer_look_tells(
    monkeypatch: pytest.MonkeyPatch, picture: Image, of_thing: float, of_twin: float
) -> None:
    reader = Knowing(monkeypatch, THING.mask + 0.6 * TWIN.mask)
    reader.close = {id(THING): of_thing, id(TWIN): of_twin}
    part, thing, twin, elsewhere = reader.score(picture, [PART, THING, TWIN, ELSEWHERE])
    assert (thing, twin) == pytest.approx((of_thing, of_twin))
    assert part < thing
    assert elsewhere == 0
    assert len(reader.looked) == 2


def test_no_more_than_so_many_rivals_are_looked_at(monkeypatch: pytest.MonkeyPatch, picture: Image) -> None:
    segments = many_segments(12)
    reader = Knowing(monkeypatch, np.sum([one.mask for one in segments], 0))
    reader.close = {id(one): 0.9 for one in segments}
    reader.score(picture, segments)
    assert len(reader.looked) == localization.RIVALS


def test_large_pictures_are_compared_in_small() -> None:
    large = np.zeros((1100, 2200), dtype=bool)
    large[100:300, 100:300] = True
    compared = localization.SegmentShapes.of([Segment(large, 0.9, 0.9), Segment(np.ones_like(large), 0.9, 0.9)])
    assert compared.size == (128, 256)
    assert compared.shares[0].sum() / compared.shares[1].sum() == pytest.approx(large.mean(), rel=0.01)
    assert compared.together[0, 1] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_region_of_a_picture_agrees_with_transformers_own_text_network(
    tmp_path: Path, picture: Image, layers: int
) -> None:
    """Theirs is shown a region's patches alone: transformers 5 takes a mask of the patches, and forgets it."""
    import torch

    folder = tiny_models.write_matcher(tmp_path, config=tiny_models.blip_config(layers=layers))
    reader = BlipMatcher(folder).reader
    segments, phrases = many_segments(7), ["a cat", "a red ball left of the blue star"]
    scores = scoring_ways.score_by_patches(reader, picture, segments, phrases)
    with torch.no_grad():
        seen = reader.network.vision_model(reader.pixels.tensor([picture]))[0]
        for row, one in enumerate(segments):
            patches = seen[:, scoring_ways.segment_patches(one, reader.grid)]
            for column, phrase in enumerate(phrases):
                tokens = reader.read(phrase)[None]
                theirs = reader.network.text_encoder(tokens, encoder_hidden_states=patches, return_dict=True)
                logits = reader.network.itm_head(theirs.last_hidden_state[:, 0])
                assert float(scores[row, column]) == pytest.approx(float(torch.softmax(logits, 1)[0, 1]), abs=1e-5)


def test_crops_are_seen_with_fewer_pixels_at_places_between(matcher: BlipMatcher, picture: Image) -> None:
    import torch

    reader = matcher.reader
    assert reader.close_pixels.size == 24
    with torch.no_grad():
        assert reader.vision.see(torch.zeros(2, 3, 24, 24)).shape == (2, 10, 32)
        whole = reader.pixels.tensor([picture])
        assert torch.equal(reader.vision.see(whole), reader.network.vision_model(whole)[0])
        places = reader.vision._places(9)[0, 1:].unflatten(0, (3, 3))
        own = reader.network.vision_model.embeddings.position_embedding[0, 1:].unflatten(0, (4, 4))
    middle = own[1:3, 1:3].mean((0, 1))
    assert torch.cosine_similarity(places[1, 1], middle, dim=0) > 0.9


def test_scoring_ends_between_batches_when_interrupted(matcher_folder: Path, picture: Image) -> None:
    told: list[float] = []

    def stop_at_half(share: float) -> None:
        told.append(share)
        if share >= 0.5:
            raise Interrupted("stopped")

    matcher = BlipMatcher(matcher_folder, progress=stop_at_half)
    with pytest.raises(Interrupted):
        matching.score_by_crops(matcher.reader, picture, many_segments(8), ["a cat"])
    assert sorted(set(told)) == [0, 0.25, 0.5]


def test_progress_is_told_between_the_blocks_that_read_phrases(matcher_folder: Path, picture: Image) -> None:
    told: list[float] = []
    matcher = BlipMatcher(matcher_folder, progress=told.append)
    matcher.match(picture, ["a cat"])
    told.clear()
    matcher.match(picture, ["a cat", "a dog", "a star"])
    assert len(told) >= 3 * len(matcher.reader.text.blocks)


def test_progress_is_told_between_the_layers_and_may_stop_a_caption(captioner_folder: Path, picture: Image) -> None:
    told: list[float] = []

    def stop_in_the_vision_network(share: float) -> None:
        told.append(share)
        if len(told) == 3:
            raise Interrupted("stopped")

    captioner = BlipCaptioner(captioner_folder, progress=stop_in_the_vision_network)
    with pytest.raises(Interrupted):
        captioner.caption(picture)
    before = len(told)
    captioner.caption(picture)
    assert len(told) - before > len(captioner.network.vision_model.encoder.layers)


def test_patches_of_a_segment() -> None:
    patches = scoring_ways.segment_patches(segment(0, 0, 12, 20), 4)
    assert patches.int().tolist() == [0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    speck = scoring_ways.segment_patches(segment(23, 39, 24, 40), 4)
    assert speck.int().tolist() == [0] * 16 + [1]


def test_crop_shows_the_segment_alone_in_a_grey_square(picture: Image) -> None:
    wide = segment(10, 24, 14, 34)
    crop = localization.crop_segment(picture, wide, margin=0.1)
    assert crop.shape == (12, 12, 3)
    assert (crop[4:8, 1:11] == (0, 0, 220)).all()
    outside = np.ones((12, 12), dtype=bool)
    outside[4:8, 1:11] = False
    assert (crop[outside] == localization.GREY).all()
