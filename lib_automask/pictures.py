"""Pictures and masks at the border to files: read, upright, opaque; written whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as PIL_Image
from PIL import ImageOps, PngImagePlugin, UnidentifiedImageError

from lib_automask.errors import InputError
from lib_automask.files import write_whole
from lib_automask.origin import KEY, own_prompt
from lib_automask.structures import Image, Mask


def from_pil(picture: PIL_Image.Image, background: str = "#ffffff") -> Image:
    """uint8[H, W, 3] RGB: what is transparent is laid on ``background``, as the hosts do."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        opaque = PIL_Image.new("RGBA", picture.size, background)
        picture = PIL_Image.alpha_composite(opaque, picture)
    return np.array(_eight_bit(picture).convert("RGB"))


def mask_from_pil(picture: PIL_Image.Image) -> Mask:
    """bool[H, W], read as the hosts do: of an RGBA picture that is not all opaque its opacity, else its brightness."""
    if picture.mode == "RGBA":
        opacity = np.array(picture.getchannel("A"))
        if opacity.min() < 255:
            return np.asarray(opacity > 128)
    return np.array(_eight_bit(picture).convert("L")) > 127


def read(path: Path) -> Image:
    """The picture of a file, turned upright by its EXIF; InputError where it is none."""
    return from_pil(_open(path))


def read_with_prompt(path: Path) -> tuple[Image, str]:
    """Like ``read``, with the prompt that the picture says it was made with; "" where it does not."""
    picture = _open(path)
    return from_pil(picture), own_prompt(picture)


def upright(picture: PIL_Image.Image) -> PIL_Image.Image:
    """The picture turned as its EXIF says; as it is where the EXIF cannot be read."""
    try:
        return ImageOps.exif_transpose(picture) or picture.copy()
    except Exception:  # corrupt EXIF: Pillow raises what comes, and the pixels are whole
        return picture.copy()


def read_mask(path: Path) -> Mask:
    """The mask of a file; InputError where it is no picture."""
    return mask_from_pil(_open(path))


def write_mask(mask: Mask, path: Path) -> None:
    """White is repainted, black stays; an 8-bit grey PNG."""
    write_whole(mask_png(mask), path)


def write(picture: npt.NDArray[np.uint8], path: Path) -> None:
    """A PNG of uint8[H, W, 3] or RGBA, that appears whole or not at all; its folder is made."""
    write_whole(png(picture), path)


def mask_png(mask: Mask, infotext: str = "") -> bytes:
    """The bytes of a mask's 8-bit grey PNG: white is repainted, black stays."""
    return png(np.where(mask, np.uint8(255), np.uint8(0)), infotext)


def png(picture: npt.NDArray[np.uint8], infotext: str = "") -> bytes:
    """The bytes of a PNG of uint8[H, W], [H, W, 3] or [H, W, 4], which carries an infotext if there is one."""
    content = io.BytesIO()
    told = PngImagePlugin.PngInfo()
    if infotext:
        told.add_text(KEY, infotext)
    PIL_Image.fromarray(picture).save(content, "PNG", pnginfo=told)
    return content.getvalue()


def _open(path: Path) -> PIL_Image.Image:
    try:
        with PIL_Image.open(path) as picture:
            picture.load()
            return upright(picture)
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}; give the path of a picture") from error
    except PIL_Image.DecompressionBombError as error:
        raise InputError(f"{path} is too large to be read ({error}); make it smaller") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a picture ({error}); give a PNG, JPEG or WebP") from error


def _eight_bit(picture: PIL_Image.Image) -> PIL_Image.Image:
    """A grey picture of 16 bits brought to 8, which Pillow would clip at 255; every other as it is."""
    if not picture.mode.startswith("I"):
        return picture
    values = np.array(picture).astype(np.int64).clip(0, 65535)
    return PIL_Image.fromarray((values // 257).astype(np.uint8))
