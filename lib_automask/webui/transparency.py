"""Pictures with transparency that the host saves: it stays.

Forge hides a copy of the infotext in the opacity of every PNG it saves, and makes the whole picture opaque for that.
Right after, extensions may change what is saved.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

OPACITY = "automask_opacity"


def transparent(picture: npt.NDArray[np.uint8]) -> Image.Image:
    """The picture uint8[H, W, 4] for the host, with its opacity remembered."""
    made = Image.fromarray(picture)
    setattr(made, OPACITY, made.getchannel("A"))
    return made


def put_back(params: Any) -> None:
    """For the host: called with every picture that it is about to save. Others than ours are left alone."""
    opacity = getattr(params.image, OPACITY, None)
    if opacity is not None and opacity.size == params.image.size:
        params.image.putalpha(opacity)
