"""The captioner of the host's own Interrogate button, for those who have its file and want no second one.

An instance of our own is used: the host's keeps CLIP beside BLIP, and would have to be left half loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from modules import devices, shared

from lib_automask.device import MakeRoom
from lib_automask.errors import ModelCorrupt, ModelMissing

if TYPE_CHECKING:
    from lib_automask.structures import Image

INTERROGATE = "the host's Interrogate"
"""The name of this choice in the settings."""

FILE = "model_base_caption_capfilt_large.pth"


def path() -> Path:
    """Where the host keeps the file of its captioner."""
    return Path(shared.models_path) / "BLIP" / FILE


def is_there() -> bool:
    """Whether the host has fetched its captioner already."""
    return path().is_file()


class HostCaptioner:
    """A ``Captioner`` by the host's code and weights. It leaves the device after each caption.

    Args:
        make_room: told how many bytes are wanted, before it goes to a card.

    Raises:
        ModelMissing: the host has not fetched the file; its own code would do so unasked.
        ModelCorrupt: the host cannot load the file.
    """

    def __init__(self, make_room: MakeRoom = lambda _bytes: None) -> None:
        if not is_there():
            raise ModelMissing(
                f"{path()} is not there; press Interrogate CLIP once, "
                "or choose another captioner in Settings → automask"
            )
        import torch
        from modules.interrogate import InterrogateModels

        self._make_room = make_room
        self._host: Any = InterrogateModels("interrogate")
        # Forge says device and type at once; A1111 while it loads CLIP, which is not wanted here.
        self._device = torch.device(getattr(self._host, "load_device", None) or devices.device_interrogate)
        if self._host.dtype is None:
            self._host.dtype = torch.float32 if self._device.type == "cpu" else devices.dtype
        self._host.blip_model = loaded(self._host).to(dtype=self._host.dtype)

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


def loaded(host: Any) -> Any:
    """The host's captioner. Raises ModelCorrupt, whatever its code stumbles over in a broken file.

    A package that is missing says nothing about the file, so ImportError stays what it is.
    """
    try:
        return host.load_blip_model()
    except ImportError:
        raise
    except Exception as error:
        raise ModelCorrupt(
            f"{path()} cannot be loaded by the host ({type(error).__name__}: {error}); "
            "delete it and press Interrogate CLIP once, or choose another captioner in Settings → automask"
        ) from error
