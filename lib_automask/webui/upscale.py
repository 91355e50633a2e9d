"""The host's upscalers: a picture made larger, and whether that was really done."""

from __future__ import annotations

from typing import Any

import numpy as np
from modules import shared
from PIL import Image

from lib_automask.errors import Interrupted, ModelMissing
from lib_automask.structures import Image as Pixels
from lib_automask.webui import names

DEFAULT = "SwinIR 4x"
PLAIN = ("None", "Lanczos", "Nearest")
"""Upscalers without a model: nobody expects more of them than a resize."""

TRIAL = 16
"""Side in pixels of what an upscaler is tried on."""


def enlarged(image: Pixels, by: float, name: str) -> tuple[Pixels, str]:
    """The picture ``by`` times larger, its sides rounded down to whole blocks by the host, and who did it.

    Args:
        image: uint8[H, W, 3].
        name: of an upscaler; "" is SwinIR 4x.

    Raises:
        InputError: there is no such upscaler.
        ModelMissing: the upscaler gave back a plain resize, as the host's do without a word when a file is missing.
        Interrupted: the user pressed Interrupt or Skip.
    """
    upscaler = names.upscaler(name or DEFAULT)
    larger = upscaled(upscaler, image, by)
    if shared.state.interrupted or shared.state.skipped:
        raise Interrupted("ended by the user")
    check(upscaler, image, larger)
    return larger, upscaler.name


def working(name: str) -> str:
    """The host's name of an upscaler that was tried and works. Raises InputError or ModelMissing."""
    upscaler = names.upscaler(name)
    trial = np.random.default_rng(0).integers(0, 256, (TRIAL, TRIAL, 3), np.uint8)
    check(upscaler, trial, upscaled(upscaler, trial, 2))
    return str(upscaler.name)


def upscaled(upscaler: Any, image: Pixels, by: float) -> Pixels:
    larger = upscaler.scaler.upscale(Image.fromarray(image), by, upscaler.data_path)
    return np.array(larger.convert("RGB"))


def check(upscaler: Any, image: Pixels, larger: Pixels) -> None:
    """Raise ModelMissing where ``larger`` is nothing but a resize by an upscaler that should know better."""
    plain = Image.fromarray(image).resize(larger.shape[1::-1], Image.Resampling.LANCZOS)
    if upscaler.name not in PLAIN and np.array_equal(np.array(plain), larger):
        raise ModelMissing(
            f"{upscaler.name} did not upscale: its file could not be loaded or fetched; put it into the folder "
            f"{upscaler.scaler.name} of the host's models, or choose another upscaler"
        )
