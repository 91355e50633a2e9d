"""Models come to a device and leave it; if memory runs out, smaller batches are tried, then the processor."""

from __future__ import annotations

from typing import Any

import pytest

from lib_automask.errors import Interrupted, OutOfMemory
from lib_automask.runtime.device import RETRY_AFTER, Device, is_out_of_memory


class Model:
    """Works on a batch of 8; runs out of memory if more than ``fits`` of a place is at once there."""

    nbytes = 100

    def __init__(self, fits: dict[str, int] | None = None) -> None:
        self.batch, self.fits, self.place = 8, fits or {"card": 8, "cpu": 8}, "cpu"
        self.went: list[str] = []
        self.tried: list[tuple[str, int]] = []

    def to(self, device: str) -> None:
        self.place = device
        self.went.append(device)

    def reduce_batch(self) -> bool:
        if self.batch == 1:
            return False
        self.batch //= 2
        return True

    def restore_batch(self) -> None:
        self.batch = 8

    def work(self) -> str:
        self.tried.append((self.place, self.batch))
        if self.batch > self.fits[self.place]:
            raise RuntimeError("CUDA error: out of memory")
        return "done"


def test_one_model_is_on_the_card_at_a_time_and_none_after_the_run() -> None:
    device, first, second = Device("card"), Model(), Model()
    assert device.run(first, first.work) == "done"
    assert device.run(first, first.work) == "done"
    device.run(second, lambda: second.tried.append((first.place, 0)))
    assert (first.went, second.went) == (["card", "cpu"], ["card"])
    assert second.tried == [("cpu", 0)]
    device.clear()
    assert (first.place, second.place) == ("cpu", "cpu")


def test_models_stay_on_a_device_that_keeps_them() -> None:
    device, first, second = Device("card", stay=True), Model(), Model()
    for model in (first, second):
        device.run(model, model.work)
    device.clear()
    assert (first.went, second.went) == (["card"], ["card"])


def test_on_the_processor_nothing_moves_and_no_room_is_made() -> None:
    made: list[int] = []
    device, model = Device("cpu", make_room=made.append), Model()
    device.run(model, model.work)
    device.clear()
    assert (model.went, made) == ([], [])


def test_room_is_made_before_a_model_comes() -> None:
    model = Model()
    places: list[tuple[int, str]] = []
    device = Device("card", make_room=lambda size: places.append((size, model.place)))
    device.run(model, model.work)
    device.run(model, model.work)
    assert places == [(100, "cpu")]


def test_out_of_memory_is_tried_in_smaller_batches() -> None:
    device, model = Device("card"), Model(fits={"card": 2, "cpu": 8})
    assert device.run(model, model.work) == "done"
    assert model.tried == [("card", 8), ("card", 4), ("card", 2)]


def test_after_the_smallest_batch_the_processor_is_used_until_the_run_is_over() -> None:
    device, model = Device("card"), Model(fits={"card": 0, "cpu": 8})
    assert device.run(model, model.work) == "done"
    assert model.tried[-2:] == [("card", 1), ("cpu", 1)]
    device.run(model, model.work)
    assert model.tried[-1] == ("cpu", 1)
    device.clear()
    device.run(model, model.work)
    assert model.tried[-2:] == [("card", 1), ("cpu", 1)]


@pytest.mark.parametrize("stay", [True, False])
@pytest.mark.parametrize("name", ["card", "cpu"])
def test_the_next_run_uses_the_full_batch_again(name: str, stay: bool) -> None:
    """Memory may have been short only because of another program."""
    device, model = Device(name, stay=stay), Model(fits={"card": 2, "cpu": 2})
    device.run(model, model.work)
    assert [batch for _, batch in model.tried] == [8, 4, 2]
    model.fits = {"card": 8, "cpu": 8}
    device.run(model, model.work)
    assert model.tried[-1] == (name, 2)
    device.clear()
    device.run(model, model.work)
    assert model.tried[-1] == (name, 8)


def test_a_device_without_clear_restores_batches_after_some_calls() -> None:
    device, model = Device("card", stay=True), Model(fits={"card": 0, "cpu": 8})
    device.run(model, model.work)
    assert model.tried[-1] == ("cpu", 1)
    model.fits = {"card": 8, "cpu": 8}
    for _ in range(RETRY_AFTER):
        device.run(model, model.work)
    assert set(model.tried[-RETRY_AFTER:]) == {("cpu", 1)}
    for _ in range(RETRY_AFTER + 1):
        device.run(model, model.work)
    assert set(model.tried[-RETRY_AFTER:]) == {("card", 8)}


@pytest.mark.parametrize("name", ["card", "cpu"])
def test_without_memory_anywhere_the_run_ends_with_an_error(name: str) -> None:
    device, model = Device(name), Model(fits={"card": 0, "cpu": 0})
    with pytest.raises(OutOfMemory, match="smaller"):
        device.run(model, model.work)
    device.clear()
    assert model.place == "cpu"


def test_a_card_too_full_for_the_weights_counts_as_out_of_memory() -> None:
    class Large(Model):
        def to(self, device: str) -> None:
            super().to(device)
            if device == "card":
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    device, model = Device("card"), Large()
    assert device.run(model, model.work) == "done"
    assert model.tried == [("cpu", 1)]


@pytest.mark.parametrize("message", ["CUDA out of memory.", "no kernel image is available for execution"])
def test_a_model_that_was_moved_only_in_part_is_moved_back_first(message: str) -> None:
    """What is already on the card would be in the way of the next attempt, and of other programs."""
    places: list[str] = []

    class Partial(Model):
        def to(self, device: str) -> None:
            super().to(device)
            if device == "card":
                raise RuntimeError(message)

    model = Partial()
    device = Device("card", make_room=lambda _size: places.append(model.place))
    if is_out_of_memory(RuntimeError(message)):
        assert device.run(model, model.work) == "done"
        assert places == ["cpu"] * 4
    else:
        with pytest.raises(RuntimeError, match=message):
            device.run(model, model.work)
        assert (model.place, model.went) == ("cpu", ["card", "cpu"])


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), Interrupted("stopped")])
def test_any_other_error_is_passed_on_at_once(error: Exception) -> None:
    def fail() -> None:
        raise error

    device, model = Device("card"), Model()
    with pytest.raises(type(error)):
        device.run(model, fail)
    assert model.batch == 8
    device.clear()
    assert model.place == "cpu"


def test_what_counts_as_out_of_memory() -> None:
    torch = pytest.importorskip("torch")
    errors = [
        torch.cuda.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.8 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED"),
        MemoryError(),
    ]
    assert all(is_out_of_memory(error) for error in errors)
    assert not is_out_of_memory(RuntimeError("CUDA error: device-side assert triggered"))


# --- the true models


@pytest.fixture
def sam(tmp_path: Any) -> Any:
    pytest.importorskip("segment_anything")
    tiny_models = pytest.importorskip("tiny_models")
    return tiny_models.write_sam(tmp_path / "sam"), tiny_models.picture()


def test_sam_decodes_fewer_points_at_once_and_finds_the_same(sam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lib_automask.sam.decoder import PictureDecoder
    from lib_automask.sam.segmenter import SamSegmenter

    folder, picture = sam
    expected = SamSegmenter(folder, precision="float32").segments(picture)
    decode, batches = PictureDecoder.decode, []

    def decode_few(decoder: Any, prompts: Any, multimask: bool = True) -> Any:
        batches.append(len(prompts))
        if len(prompts) > 4:
            raise RuntimeError("CUDA out of memory.")
        return decode(decoder, prompts, multimask)

    monkeypatch.setattr(PictureDecoder, "decode", decode_few)
    segmenter = SamSegmenter(folder, settings={"points_per_batch": 16}, precision="float32")
    found = segmenter.segments(picture)
    assert batches[:2] == [16, 4]
    monkeypatch.setattr(PictureDecoder, "decode", decode)
    segmenter.device.clear()
    assert segmenter.settings.points_per_batch == 16
    assert [one.mask.tobytes() for one in found] == [one.mask.tobytes() for one in expected]
    assert len(found) > 0


def test_blip_encodes_fewer_crops_at_once_until_the_next_run(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers")
    import tiny_models

    from lib_automask.blip.matcher import BlipMatcher
    from lib_automask.blip.model import BATCH_ON_CPU, MatchingModel

    matcher = BlipMatcher(MatchingModel(tiny_models.write_matcher(tmp_path)))
    encode, full = matcher.model.vision.encode, ["memory"]

    def encode_few(pixels: Any, dtype: Any = None) -> Any:
        if full:
            full.clear()
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return encode(pixels, dtype)

    monkeypatch.setattr(matcher.model.vision, "encode", encode_few)
    matcher.match(tiny_models.picture(), ["a cat"])
    assert matcher.model.batch == BATCH_ON_CPU // 2
    matcher.to("cpu")
    assert matcher.model.batch == BATCH_ON_CPU // 2
    matcher.device.clear()
    assert matcher.model.batch == BATCH_ON_CPU


def test_sam_in_half_precision_has_to_pass_a_test(sam: Any) -> None:
    """On the processor here, since there float16 works as it does on a card, only slowly."""
    import torch

    from lib_automask.sam.model import load_sam, sam_precision_is_close

    network = load_sam(sam[0])
    assert sam_precision_is_close(network)
    with torch.no_grad():
        network.image_encoder.blocks[0].mlp.lin2.weight.mul_(1e8)  # beyond float16's 65504
    assert not sam_precision_is_close(network)


def test_grad_cam_can_follow_gradients_after_a_move_whatever_mode_the_host_is_in(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move to a card makes every weight anew, as the detour by float64 does here."""
    pytest.importorskip("transformers")
    import tiny_models
    import torch

    from lib_automask.blip.matcher import BlipMatcher
    from lib_automask.blip.model import MatchingModel

    matcher, picture = BlipMatcher(MatchingModel(tiny_models.write_matcher(tmp_path))), tiny_models.picture()
    network = matcher.model.network
    expected = matcher.heat(picture, ["a cat"])
    monkeypatch.setattr(network, "to", lambda _device: network.double().float())
    with torch.inference_mode():
        matcher.to("cpu")
    assert (matcher.heat(picture, ["a cat"]) == expected).all()
