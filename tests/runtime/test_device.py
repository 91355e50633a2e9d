"""Models come to a device and leave it; where memory runs out, less is tried, then the processor, then nothing."""

from __future__ import annotations

from typing import Any

import pytest

from lib_automask.errors import Interrupted, OutOfMemory
from lib_automask.runtime.device import Device, is_out_of_memory


class Model:
    """Works where at most ``fits`` things go at once: on the card, and beside the processor."""

    nbytes = 100

    def __init__(self, batch: int = 8, fits: dict[str, int] | None = None) -> None:
        self.batch, self.fits, self.place = batch, fits or {"card": 8, "cpu": 8}, "cpu"
        self.went: list[str] = []
        self.tried: list[tuple[str, int]] = []

    def to(self, device: str) -> None:
        self.place = device
        self.went.append(device)

    def smaller(self) -> bool:
        if self.batch == 1:
            return False
        self.batch //= 2
        return True

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


def test_models_stay_where_they_shall() -> None:
    device, first, second = Device("card", stay=True), Model(), Model()
    for model in (first, second):
        device.run(model, model.work)
    device.clear()
    assert (first.went, second.went) == (["card"], ["card"])


def test_on_the_processor_nothing_moves_and_nobody_is_asked_for_room() -> None:
    asked: list[int] = []
    device, model = Device("cpu", make_room=asked.append), Model()
    device.run(model, model.work)
    device.clear()
    assert (model.went, asked) == ([], [])


def test_room_is_asked_for_before_a_model_comes() -> None:
    model = Model()
    places: list[tuple[int, str]] = []
    device = Device("card", make_room=lambda wanted: places.append((wanted, model.place)))
    device.run(model, model.work)
    device.run(model, model.work)
    assert places == [(100, "cpu")]


def test_out_of_memory_is_tried_smaller() -> None:
    device, model = Device("card"), Model(fits={"card": 2, "cpu": 8})
    assert device.run(model, model.work) == "done"
    assert model.tried == [("card", 8), ("card", 4), ("card", 2)]


def test_then_on_the_processor_until_the_run_is_over() -> None:
    device, model = Device("card"), Model(fits={"card": 0, "cpu": 8})
    assert device.run(model, model.work) == "done"
    assert model.tried[-2:] == [("card", 1), ("cpu", 1)]
    device.run(model, model.work)
    assert model.tried[-1] == ("cpu", 1)
    device.clear()
    device.run(model, model.work)
    assert model.tried[-2:] == [("card", 1), ("cpu", 1)]


@pytest.mark.parametrize("name", ["card", "cpu"])
def test_then_it_ends_and_says_so(name: str) -> None:
    device, model = Device(name), Model(fits={"card": 0, "cpu": 0})
    with pytest.raises(OutOfMemory, match="smaller"):
        device.run(model, model.work)
    device.clear()
    assert model.place == "cpu"


def test_a_card_too_full_for_the_weights_counts_as_well() -> None:
    class Large(Model):
        def to(self, device: str) -> None:
            super().to(device)
            if device == "card":
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    device, model = Device("card"), Large()
    assert device.run(model, model.work) == "done"
    assert model.tried == [("cpu", 1)]


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
    told = [
        torch.cuda.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.8 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED"),
        MemoryError(),
    ]
    assert all(is_out_of_memory(error) for error in told)
    assert not is_out_of_memory(RuntimeError("CUDA error: device-side assert triggered"))


# --- the true models


@pytest.fixture
def sam(tmp_path: Any) -> Any:
    pytest.importorskip("segment_anything")
    tiny_models = pytest.importorskip("tiny_models")
    return tiny_models.write_sam(tmp_path / "sam"), tiny_models.picture()


def test_sam_asks_fewer_points_at_once_and_finds_the_same(sam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lib_automask.sam.decoder import PictureDecoder
    from lib_automask.sam.segmenter import SamSegmenter

    folder, picture = sam
    expected = SamSegmenter(folder, precision="float32").segments(picture)
    answer, asked = PictureDecoder.answer, []

    def answer_few(decoder: Any, prompts: Any, several: bool = True) -> Any:
        asked.append(len(prompts))
        if len(prompts) > 4:
            raise RuntimeError("CUDA out of memory.")
        return answer(decoder, prompts, several)

    monkeypatch.setattr(PictureDecoder, "answer", answer_few)
    found = SamSegmenter(folder, settings={"points_per_batch": 16}, precision="float32").segments(picture)
    assert asked[:2] == [16, 4]
    assert [one.mask.tobytes() for one in found] == [one.mask.tobytes() for one in expected]
    assert len(found) > 0


def test_half_precision_has_to_stand_a_test(sam: Any) -> None:
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

    matcher, picture = BlipMatcher(tiny_models.write_matcher(tmp_path)), tiny_models.picture()
    network = matcher.reader.network
    expected = matcher.heat(picture, ["a cat"])
    monkeypatch.setattr(network, "to", lambda _device: network.double().float())
    with torch.inference_mode():
        matcher.to("cpu")
    assert (matcher.heat(picture, ["a cat"]) == expected).all()
