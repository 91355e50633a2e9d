"""Models compute each result once, by the content of picture, model and question."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.icon_world.scenes import draw
from examples.demo import EXAMPLES
from lib_automask import MaskRequest, build_mask, load_models
from lib_automask.runtime.cache import ByteCache, CachedCaptioner, CachedMatcher, fingerprint_model
from lib_automask.types import Heat, Image, Segment

demo_models = pytest.mark.skipif(
    not (Path(__file__).parents[2] / "models" / "demo" / "sam").is_dir(), reason="the demo's models are not there"
)
PICTURE: Image = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
OTHER: Image = PICTURE[:, ::-1].copy()
TOP, LEFT = np.zeros((2, 4, 5), bool)
TOP[0], LEFT[:, 0] = True, True
SEGMENTS = (Segment(TOP, 0.9, 0.9), Segment(LEFT, 0.8, 0.9))


class RecordingModel:
    """Returns results by the first letter of a phrase, and records its calls."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def caption(self, image: Image) -> str:
        self.calls.append("caption")
        return f"picture {image[0, 0, 0]}"

    def match(self, image: Image, phrases: Sequence[str]) -> list[float]:
        self.calls.append(tuple(phrases))
        return [ord(phrase[0]) / 200 for phrase in phrases]

    def score_segments(self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> np.ndarray:
        self.calls.append((len(segments), *phrases))
        return np.array([[one.area + ord(phrase[0]) for phrase in phrases] for one in segments], np.float32)

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        self.calls.append(tuple(phrases))
        return np.stack([np.full(image.shape[:2], ord(phrase[0]), np.float32) for phrase in phrases])


def matcher(name: str = "blip", cache: Any = None) -> tuple[RecordingModel, CachedMatcher]:
    model = RecordingModel()
    return model, CachedMatcher(model, name, ByteCache(10**6) if cache is None else cache)


def test_a_picture_is_captioned_once_and_another_separately() -> None:
    model = RecordingModel()
    captioner = CachedCaptioner(model, "blip", ByteCache(1000))
    assert captioner.caption(PICTURE) == captioner.caption(PICTURE.copy()) == "picture 0"
    assert captioner.caption(OTHER) == "picture 12"
    assert len(model.calls) == 2


def test_results_are_those_of_the_model_in_the_order_of_the_phrases() -> None:
    model, cached = matcher()
    for phrases in (["cat", "ball"], ["ball", "cat"], ["cat", "ball", "cat"], ["ball"]):
        assert cached.match(PICTURE, phrases) == RecordingModel().match(PICTURE, phrases)
        np.testing.assert_array_equal(
            cached.score_segments(PICTURE, SEGMENTS, phrases),
            RecordingModel().score_segments(PICTURE, SEGMENTS, phrases),
        )
    assert model.calls == [("cat", "ball"), (2, "ball", "cat"), (2, "ball")]


def test_heat_is_left_to_the_model() -> None:
    cache: ByteCache[Any] = ByteCache(10**6)
    _, cached = matcher(cache=cache)
    np.testing.assert_array_equal(cached.heat(PICTURE, ["cat"]), RecordingModel().heat(PICTURE, ["cat"]))
    assert cache.bytes == 0


def test_only_new_phrases_are_matched() -> None:
    model, cached = matcher()
    cached.match(PICTURE, ["cat"])
    assert cached.match(PICTURE, ["ball", "cat", "dog"]) == RecordingModel().match(PICTURE, ["ball", "cat", "dog"])
    assert model.calls == [("cat",), ("ball", "dog")]


def test_another_picture_model_or_segment_has_its_own_result() -> None:
    cache: ByteCache[Any] = ByteCache(10**6)
    (first, one), (second, two) = matcher("one", cache), matcher("two", cache)
    one.match(PICTURE, ["cat"])
    one.match(OTHER, ["cat"])
    two.match(PICTURE, ["cat"])
    assert (len(first.calls), len(second.calls)) == (2, 1)
    one.score_segments(PICTURE, SEGMENTS, ["cat"])
    one.score_segments(PICTURE, SEGMENTS[::-1], ["cat"])
    assert len(first.calls) == 4


def test_changing_a_result_does_not_change_the_cache() -> None:
    _, cached = matcher()
    cached.score_segments(PICTURE, SEGMENTS, ["cat"])[:] = 0
    assert cached.score_segments(PICTURE, SEGMENTS, ["cat"]).min() > ord("c")


def test_no_phrase_has_no_match() -> None:
    _, cached = matcher()
    assert cached.match(PICTURE, []) == []


def test_results_too_large_to_keep_are_computed_again() -> None:
    model, cached = matcher(cache=ByteCache(10))
    for _ in range(2):
        assert cached.match(PICTURE, ["cat"]) == [ord("c") / 200]
    assert len(model.calls) == 2


def test_a_failure_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    model, cached = matcher()
    with monkeypatch.context() as patched:
        patched.setattr(model, "match", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cached.match(PICTURE, ["cat"])
    assert cached.match(PICTURE, ["cat"]) == [ord("c") / 200]


def test_threads_get_their_own_results() -> None:
    _, cached = matcher(cache=ByteCache(200))
    wrong: list[str] = []

    def work(start: int) -> None:
        for number in range(200):
            phrase = chr(ord("a") + (start + number) % 20)
            if cached.match(PICTURE, [phrase]) != [ord(phrase) / 200]:
                wrong.append(phrase)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_exchanged_model_has_another_fingerprint(tmp_path: Path) -> None:
    file = tmp_path / "blip" / "model.bin"
    file.parent.mkdir()
    file.write_bytes(b"one")
    folder, alone = fingerprint_model(file.parent), fingerprint_model(file)
    assert (fingerprint_model(file.parent), fingerprint_model(file)) == (folder, alone)
    file.write_bytes(b"two")
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 10**9))
    assert fingerprint_model(file.parent) != folder
    assert fingerprint_model(file) != alone


# --- the whole path


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often BLIP and SAM looked at a picture."""
    pytest.importorskip("segment_anything")
    from lib_automask.blip.loading import Pixels
    from lib_automask.sam import grid_search

    seen: Counter[str] = Counter()

    def counted(name: str, look: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: seen.update([name]) or look(*args)

    monkeypatch.setattr(Pixels, "tensor", counted("blip", Pixels.tensor))
    monkeypatch.setattr(grid_search, "encode_image", counted("sam", grid_search.encode_image))
    return seen


@demo_models
def test_the_same_change_in_other_words_needs_no_other_pass(passes: Counter[str]) -> None:
    scene, prompt = EXAMPLES[0]
    image, models = draw(scene), load_models("demo")
    first = build_mask(MaskRequest(image, prompt), models)
    assert first.outcome == "mask"
    assert passes["sam"] == 1
    assert passes["blip"] >= 2
    passes.clear()
    again = build_mask(MaskRequest(image.copy(), prompt), models)
    styled = build_mask(MaskRequest(image, f"masterpiece, {prompt}, <lora:toy:0.5>"), models)
    assert passes == {}
    for other in (again, styled):
        assert np.array_equal(other.mask, first.mask)
    build_mask(MaskRequest(image[:, ::-1].copy(), prompt), models)
    assert passes["sam"] == 1


@demo_models
def test_a_cache_that_is_given_outlives_the_models_and_can_be_emptied(passes: Counter[str]) -> None:
    scene, prompt = EXAMPLES[0]
    cache: ByteCache[Any] = ByteCache(2**26)
    first = build_mask(MaskRequest(draw(scene), prompt), load_models("demo", cache=cache))
    assert 0 < cache.bytes <= cache.max_bytes
    passes.clear()
    models = load_models("demo", cache=cache)
    assert np.array_equal(build_mask(MaskRequest(draw(scene), prompt), models).mask, first.mask)
    assert passes == {}
    cache.clear()
    build_mask(MaskRequest(draw(scene), prompt), models)
    assert passes["sam"] == 1
    assert passes["blip"] >= 2


@demo_models
def test_no_more_is_kept_than_allowed(passes: Counter[str]) -> None:
    scene, prompt = EXAMPLES[0]
    small: ByteCache[Any] = ByteCache(100_000)
    roomy = build_mask(MaskRequest(draw(scene), prompt), load_models("demo"))
    tight = build_mask(MaskRequest(draw(scene), prompt), load_models("demo", cache=small))
    assert np.array_equal(tight.mask, roomy.mask)
    assert small.bytes <= 100_000


@demo_models
def test_a_captioner_given_ready_made_captions_each_time() -> None:
    """Its answer may depend on more than the picture, such as the host's settings."""
    model = RecordingModel()
    assert load_models("demo", captioner=model).captioner is model
