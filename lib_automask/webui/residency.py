"""The models between one run and the next: loaded on first use, kept or let go as the settings say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from modules import devices, shared

from lib_automask.errors import Interrupted
from lib_automask.structures import Models
from lib_automask.webui.interrogate import INTERROGATE, HostCaptioner
from lib_automask.webui.settings import Choice


def load(choice: Choice) -> Models:
    """The models of a choice, which tell the host how far they are. Raises ModelError, or Interrupted."""
    from lib_automask.loading import load_models

    return load_models(
        captioner=HostCaptioner() if choice.captioner == INTERROGATE else choice.captioner,
        matcher=choice.matcher,
        segmenter=choice.segmenter,
        folders=choice.folders,
        device=choice.device,
        fetch=choice.fetch,
        progress=progress,
    )


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
                if not choice.keep:
                    self._forget()

    def unload(self) -> None:
        """Give the memory back; the next run loads again."""
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
