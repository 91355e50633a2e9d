"""The models between one run and the next: loaded on first use, then kept or released as the settings say.

On a card they are put there when they are used, after the host has made room, and taken off when a run is over. One
choice of captioner is the host's own Interrogate, for users who have its file and want no second one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from modules import devices, shared

from lib_automask.errors import Interrupted, ModelCorrupt, ModelMissing
from lib_automask.interfaces import Models
from lib_automask.runtime.device import Device, MakeRoom
from lib_automask.webui.host import free_device_memory
from lib_automask.webui.settings import INTERROGATE, KEEP, UNLOAD, Choice, has_interrogate, interrogate_path

if TYPE_CHECKING:
    from lib_automask.types import Image


class HostCaptioner:
    """A ``Captioner`` by the host's code and weights. It leaves the device after each caption.

    It is an instance of its own: the host's keeps CLIP beside BLIP, and would have to be left half loaded.

    Args:
        make_room: called with the bytes that are wanted, before it is put on a card.

    Raises:
        ModelMissing: the host has not fetched the file; its own code would do so unasked.
        ModelCorrupt: the host cannot load the file.
    """

    def __init__(self, make_room: MakeRoom = lambda _bytes: None) -> None:
        if not has_interrogate():
            raise ModelMissing(
                f"{interrogate_path()} is not there; press Interrogate CLIP once, "
                "or choose another captioner in Settings → automask"
            )
        import torch
        from modules.interrogate import InterrogateModels

        self._make_room = make_room
        self._host: Any = InterrogateModels("interrogate")
        # Forge sets device and type at once, A1111 only when it loads CLIP, which is not needed here.
        self._device = torch.device(getattr(self._host, "load_device", None) or devices.device_interrogate)
        if self._host.dtype is None:
            self._host.dtype = torch.float32 if self._device.type == "cpu" else devices.dtype
        self._host.blip_model = load_host_captioner(self._host).to(dtype=self._host.dtype)

    def caption(self, image: Image) -> str:
        """One lower-case sentence about ``image`` uint8[H, W, 3] RGB."""
        from PIL import Image as PIL_Image

        from lib_automask.blip.captioner import clean_caption

        if self._device.type != "cpu":
            self._make_room(sum(weight.nbytes for weight in self._host.blip_model.parameters()))
        self._host.blip_model.to(self._device)
        try:
            return clean_caption(self._host.generate_caption(PIL_Image.fromarray(image)))
        finally:
            self._host.blip_model.to("cpu")


def load_host_captioner(host: Any) -> Any:
    """The host's captioner.

    Raises:
        ModelCorrupt: its file is broken, whatever the host's code raises then.
        ImportError: a package is missing, which is not the file's fault.
    """
    try:
        return host.load_blip_model()
    except ImportError:
        raise
    except Exception as error:
        raise ModelCorrupt(
            f"{interrogate_path()} cannot be loaded by the host ({type(error).__name__}: {error}); "
            "delete it and press Interrogate CLIP once, or choose another captioner in Settings → automask"
        ) from error


def load_choice(choice: Choice) -> Models:
    """The models of a choice, which show their progress in the host. Raises ModelError or Interrupted."""
    from lib_automask.loading import load_models

    make_room = partial(free_device_memory, device=choice.device)
    return load_models(
        captioner=HostCaptioner(make_room) if choice.captioner == INTERROGATE else choice.captioner,
        matcher=choice.matcher,
        segmenter=choice.segmenter,
        folders=choice.folders,
        device=Device(choice.device, choice.memory == KEEP, make_room),
        fetch=choice.fetch,
        progress=report_progress,
        matting=choice.matting.strip(),
    )


class ModelPool:
    """Holds the models of one choice, for one run at a time."""

    def __init__(self, load: Callable[[Choice], Models] = load_choice) -> None:
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
        """Release the models and their cache; the next run loads again. Waits for a run under way."""
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


def report_progress(stage: str, share: float) -> None:
    """Show both in the host's progress bar, whose text is ``textinfo``; end the run after Interrupt or Skip."""
    state = shared.state
    if state.interrupted or state.skipped or state.stopping_generation:
        raise Interrupted("stopped before the mask was made")
    state.textinfo = f"automask: {stage} {share:.0%}"
