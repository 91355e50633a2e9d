"""Layered pictures: parts of a picture with their opacity, and the files of them that Krita and GIMP open.

Pictures are ``uint8[H, W, 3]`` RGB; a layer is ``uint8[h, w, 4]`` RGBA, not premultiplied, and the position of its
top left pixel in the whole.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PIL_Image

from lib_automask.errors import InputError
from lib_automask.imaging import masks
from lib_automask.imaging.files import encode_png
from lib_automask.imaging.matting import Opacity, estimate_opacity, remove_background_color
from lib_automask.types import Image, Mask, Probabilities, Size, bounding_box

THUMBNAIL = 256
"""Pixels of the longer side of a thumbnail, by the specification of OpenRaster."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: ``picture`` uint8[h, w, 4] RGBA whose top left pixel lies at (``left``, ``top``) of the whole."""

    name: str
    picture: npt.NDArray[np.uint8]
    left: int = 0
    top: int = 0

    def __post_init__(self) -> None:
        if self.picture.dtype != np.uint8 or self.picture.ndim != 3 or self.picture.shape[2] != 4:
            raise InputError(f"the layer {self.name!r} must be uint8[H, W, 4], but is {self.picture.shape}")


def cut_out_mask(image: Image, mask: Mask, chances: Probabilities | None = None) -> npt.NDArray[np.uint8]:
    """uint8[H, W, 4]: what ``mask`` covers, with a soft edge and without the old ground's colour in it.

    ``chances`` are SAM's probabilities of each pixel, or None; see ``estimate_opacity``.
    """
    opacity = estimate_opacity(image, mask, chances)
    return apply_opacity(remove_background_color(image, opacity), opacity)


def apply_opacity(image: Image, opacity: Opacity) -> npt.NDArray[np.uint8]:
    """uint8[H, W, 4]: the picture with ``opacity`` float32[H, W] in 0–1; black where nothing is left of it."""
    alpha = (opacity * 255).round().astype(np.uint8)
    return np.dstack([np.where(alpha[..., None] > 0, image, 0), alpha]).astype(np.uint8)


def fill_background(image: Image, mask: Mask) -> Image:
    """The picture without what ``mask`` covers: the hole is filled from its edge (Telea, 2004).

    That makes a ground to work on, not a picture of what was behind; for that, let the host remove the thing.

    Raises:
        InputError: the mask covers the whole picture.
    """
    if mask.all():
        raise InputError("there is no background: the mask covers the whole picture; choose a smaller target")
    hole = masks.grow_mask(mask, max(2, round(0.01 * min(mask.shape)))).astype(np.uint8)
    return np.asarray(cv2.inpaint(np.ascontiguousarray(image), hole, 5, cv2.INPAINT_TELEA), np.uint8)


def make_opaque_layer(name: str, image: Image) -> Layer:
    """The whole picture as a layer."""
    return Layer(name, np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]))


def trim_layer(layer: Layer) -> Layer:
    """The layer cut down to its visible part; unchanged where nothing is visible."""
    box = bounding_box(layer.picture[..., 3] > 0)
    if box is None:
        return layer
    part = layer.picture[box.top : box.bottom, box.left : box.right]
    return Layer(layer.name, part, layer.left + box.left, layer.top + box.top)


def flatten_layers(layers: Sequence[Layer], size: Size) -> Image:
    """All layers over each other, the first at the bottom, in a picture of ``size``, without transparency."""
    whole = PIL_Image.new("RGBA", size[::-1])
    for layer in layers:
        whole.alpha_composite(PIL_Image.fromarray(layer.picture), (layer.left, layer.top))
    return np.array(whole.convert("RGB"))


def encode_openraster(layers: Sequence[Layer], size: Size) -> bytes:
    """A file in OpenRaster 0.0.5, the first layer at the bottom, of a picture of ``size``.

    The specification is that of freedesktop.org: the file's type comes first and is not compressed, the stack names
    the top layer first.
    """
    content = io.BytesIO()
    whole = flatten_layers(layers, size)
    trimmed = [trim_layer(layer) for layer in layers]
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "image/openraster", zipfile.ZIP_STORED)
        archive.writestr("stack.xml", _stack_xml(trimmed, size))
        for number, layer in enumerate(trimmed):
            archive.writestr(_layer_path(number), encode_png(layer.picture), zipfile.ZIP_STORED)
        archive.writestr("mergedimage.png", encode_png(whole), zipfile.ZIP_STORED)
        small = PIL_Image.fromarray(whole)
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        archive.writestr("Thumbnails/thumbnail.png", encode_png(np.array(small)), zipfile.ZIP_STORED)
    return content.getvalue()


def encode_photoshop(layers: Sequence[Layer], size: Size) -> bytes:
    """A PSD, the first layer at the bottom, of a picture of ``size``, written by the package psd-tools.

    Characters of a layer's name that Mac OS Roman lacks become question marks.

    Raises:
        InputError: that package is not installed; nothing here installs it.
    """
    try:
        from psd_tools import PSDImage
    except ImportError as error:
        raise InputError(
            "a PSD is written by the package psd-tools, which is not here; install it beside automask (not into a "
            "WebUI, whose Pillow is too old for it), or choose OpenRaster"
        ) from error
    document = PSDImage.new("RGBA", size[::-1])  # in a plain RGB document the opacity of layers would become masks
    for layer in map(trim_layer, layers):
        name = layer.name.encode("mac_roman", "replace").decode("mac_roman")
        document.create_pixel_layer(PIL_Image.fromarray(layer.picture), name, layer.top, layer.left)
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def _stack_xml(layers: Sequence[Layer], size: Size) -> bytes:
    root = ElementTree.Element("image", version="0.0.5", w=str(size.width), h=str(size.height))
    stack = ElementTree.SubElement(root, "stack")
    for number, layer in reversed(list(enumerate(layers))):
        entry = ElementTree.SubElement(stack, "layer", name=layer.name, src=_layer_path(number))
        entry.attrib.update(x=str(layer.left), y=str(layer.top), opacity="1.0", visibility="visible")
        entry.set("composite-op", "svg:src-over")
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _layer_path(number: int) -> str:
    return f"data/layer{number:03d}.png"
