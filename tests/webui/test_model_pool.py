"""Where the models are between runs, in step with the host's own use of the card."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from modules import devices, lowvram, shared
from webui_host import drawn, expect_error

from lib_automask import pipeline
from lib_automask.errors import Interrupted
from lib_automask.interfaces import Models
from lib_automask.runtime.device import Device
from lib_automask.webui import model_pool, settings
from lib_automask.webui.model_pool import ModelPool, free_device_memory, report_progress


class Model:
    """Says where it is; ``full`` names the places where there is no memory for it."""

    nbytes = 100

    def __init__(self, device: Device, full: tuple[str, ...] = ()) -> None:
        self.device, self.full, self.place = device, full, "cpu"

    def to(self, place: str) -> None:
        self.place = place

    def reduce_batch(self) -> bool:
        return False

    def restore_batch(self) -> None:
        pass

    def look(self) -> str:
        return self.device.run(self, self._look)

    def _look(self) -> str:
        if self.place in self.full:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.place


@pytest.fixture
def card(webui: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A host whose checkpoint is on a card, with one model of ours, which tells in ``seen`` where it worked."""
    host = SimpleNamespace(webui=webui, model=None, full=(), loaded=0, seen=[])
    monkeypatch.setattr(devices, "get_device_for", lambda _task: "cuda:0")
    monkeypatch.setattr(lowvram, "sent_away", 0)

    def load(choice: settings.Choice) -> Models:
        stays = choice.memory == settings.KEEP
        device = Device(choice.device, stays, lambda wanted: free_device_memory(wanted, choice.device))
        host.model, host.loaded = Model(device, host.full), host.loaded + 1
        return Models(host.model, host.model, host.model, report_progress, device.clear)

    answer = webui.build_mask

    def build_mask(request: Any, models: Any) -> Any:
        host.seen.append(models.captioner.look())
        return answer(request, models)

    monkeypatch.setattr(pipeline, "build_mask", build_mask)
    webui.automask.pool = ModelPool(load)
    return host


@pytest.mark.parametrize(
    ("memory", "afterwards", "loads"), [("offload", "cpu", 1), ("keep", "cuda:0", 1), ("unload", None, 2)]
)
def test_models_after_a_run(card: Any, memory: str, afterwards: str | None, loads: int) -> None:
    shared.opts.data["automask_memory"] = memory
    for _run in range(2):
        status, body = card.webui.api(drawn())
        assert status == 200, body
        if afterwards:
            assert card.model.place == afterwards
    assert card.seen == ["cuda:0", "cuda:0"]
    assert card.loaded == loads


@pytest.mark.parametrize(
    ("device", "place"), [("auto", "cuda:0"), ("cpu", "cpu"), ("cuda", "cuda:0"), ("host", "cuda:0")]
)
def test_device_that_the_user_chose(card: Any, device: str, place: str) -> None:
    shared.opts.data["automask_device"] = device
    card.webui.api(drawn())
    assert card.seen == [place]


def test_a_card_can_be_used_though_the_host_does_not(card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "get_device_for", lambda _task: "cpu")
    shared.opts.data["automask_device"] = "cuda"
    assert settings.read_settings().device == "cuda:0"


def test_a1111_is_asked_for_room_once_a_run_and_never_on_the_processor(card: Any) -> None:
    card.webui.api(drawn())
    card.webui.api(drawn())
    assert lowvram.sent_away == 2
    shared.opts.data["automask_device"] = "cpu"
    card.webui.api(drawn())
    assert lowvram.sent_away == 2


def test_forge_is_asked_for_the_weights_and_room_to_work(card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    freed: list[tuple[int, str]] = []
    manager: Any = ModuleType("backend.memory_management")
    manager.minimum_inference_memory = lambda: 1000
    manager.free_memory = lambda wanted, device: freed.append((wanted, str(device)))
    backend: Any = ModuleType("backend")
    backend.memory_management = manager
    monkeypatch.setitem(sys.modules, "backend", backend)
    monkeypatch.setitem(sys.modules, "backend.memory_management", manager)
    card.webui.api(drawn())
    assert freed == [(1100, "cuda:0")]
    assert lowvram.sent_away == 0


def test_a_full_card_is_left_for_the_processor(card: Any) -> None:
    card.full = ("cuda:0",)
    status, body = card.webui.api(drawn())
    assert status == 200, body
    assert card.seen == ["cpu"]


def test_no_memory_anywhere_paints_nothing_and_says_so(card: Any) -> None:
    card.full = ("cuda:0", "cpu")
    status, body = card.webui.api(drawn())
    assert status == 500
    expect_error(body, "not enough memory")
    assert card.model.place == "cpu"


def test_nothing_stays_on_the_card_after_interrupt_or_an_error(card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def build_mask(_request: Any, models: Any) -> Any:
        card.seen.append(models.captioner.look())
        raise next(errors)

    monkeypatch.setattr(pipeline, "build_mask", build_mask)
    errors = iter([Interrupted("stopped before the mask was made"), RuntimeError("the model tripped")])
    for _error in range(2):
        card.webui.api(drawn())
        assert card.model.place == "cpu"
    assert card.seen == ["cuda:0", "cuda:0"]


def test_the_progress_text_says_what_is_done_and_is_gone_afterwards(card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    answer = pipeline.build_mask

    def build_mask(request: Any, models: Any) -> Any:
        models.progress("segments", 0.25)
        told.append(shared.state.textinfo)
        return answer(request, models)

    monkeypatch.setattr(pipeline, "build_mask", build_mask)
    card.webui.api(drawn())
    assert told == ["automask: segments 25%"]
    assert shared.state.textinfo is None


@pytest.mark.parametrize("button", ["interrupted", "skipped", "stopping_generation"])
def test_the_buttons_of_the_host_stop_at_the_next_word(card: Any, button: str) -> None:
    setattr(shared.state, button, True)
    with pytest.raises(Interrupted):
        model_pool.report_progress("segments", 0.5)
