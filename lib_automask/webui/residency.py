"""The models between one run and the next: loaded on first use, kept or let go as the settings say.

On a card they come when they are used, after the host was asked for room, and leave when a run is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock

from modules import devices, shared

from lib_automask.device import Device
from lib_automask.errors import Interrupted
from lib_automask.structures import Models
from lib_automask.webui.interrogate import INTERROGATE, HostCaptioner
from lib_automask.webui.settings import KEEP, UNLOAD, Choice


def load(choice: Choice) -> Models:
    """The models of a choice, which tell the host how far they are. Raises ModelError, or Interrupted."""
    from lib_automask.loading import load_models

    room = partial(make_room, device=choice.device)
    return load_models(
        captioner=HostCaptioner(room) if choice.captioner == INTERROGATE else choice.captioner,
        matcher=choice.matcher,
        segmenter=choice.segmenter,
        folders=choice.folders,
        device=Device(choice.device, choice.memory == KEEP, room),
        fetch=choice.fetch,
        progress=progress,
    )


def make_room(wanted: int, device: str) -> None:
    """Have the host take off the card what is in the way of ``wanted`` bytes; it brings it back when it samples.

    Forge's memory manager takes off as much as it must. A1111 has whole parts of a checkpoint on the card by turns when
    it was started with ``--lowvram`` or ``--medvram``; its own Interrogate sends them away in the same way.
    """
    try:
        from backend import memory_management
    except ImportError:
        from modules import lowvram

        lowvram.send_everything_to_cpu()
    else:
        import torch

        work = memory_management.minimum_inference_memory()
        memory_management.free_memory(wanted + work, torch.device(device))
    devices.torch_gc()


class Residency:
    """Holds the models of one choice at a time; one run uses them at a time."""

    def __init__(self, load: Callable[[Choice], Models] = load) -> None:
        self._load = load
        self._lock = Lock()
        self._choice: Choice | None = None
        self._models: Models | None = None

    @contextmanager
    def models(self, choice: Choice) -> Iterator[Models]:
        """The models of ``choice`` for the length of a ``with``. Raises ModelError, or Interrupted."""
        with self._lock:
            try:
                yield self._ready(choice)
            finally:
                shared.state.textinfo = None
                if choice.memory == UNLOAD:
                    self._forget()
                elif self._models is not None:
                    self._models.clear()

    def unload(self) -> None:
        """Give the memory back, that of what is remembered too; the next run loads again. Waits for one under way."""
        with self._lock:
            self._forget()

    def _ready(self, choice: Choice) -> Models:
        if self._models is None or self._choice != choice:
            self._forget()
            self._models = self._load(choice)
            self._choice = choice
        return self._models

    def _forget(self) -> None:
        if self._models is not None:
            self._models = self._choice = None
            devices.torch_gc()


def progress(stage: str, share: float) -> None:
    """Show both in the host's progress bar, whose text is ``textinfo``; end the run after Interrupt or Skip."""
    state = shared.state
    if state.interrupted or state.skipped or state.stopping_generation:
        raise Interrupted("stopped before the mask was made")
    state.textinfo = f"automask: {stage} {share:.0%}"
