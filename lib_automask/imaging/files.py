"""Pictures, masks and JSON lines, read from files and written to them.

Pictures are read upright and opaque as ``uint8[H, W, 3]`` RGB, masks as ``bool[H, W]``. Files are written whole or not
at all.
"""

from __future__ import annotations

import base64
import io
import json
import math
import os
import stat
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image as PIL_Image
from PIL import ImageOps, PngImagePlugin, UnidentifiedImageError

from lib_automask.errors import InputError
from lib_automask.imaging.infotext_metadata import KEY, read_own_prompt
from lib_automask.types import Image, Mask

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""What users of img2img have, by Pillow's names; AVIF where Pillow reads it."""
MAX_PIXELS = 2**26
"""8192 × 8192, a guess: several times what a host paints, and some 200 MB a copy."""


def write_atomically(content: bytes, path: Path) -> None:
    """Write a file, with its folder, whole or not at all. Raises InputError if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # No file of tempfile's: only its owner could read it, and the finished file too.
        part = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            part.write_bytes(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write {path}: {reason}; choose another --out") from error


def write_records(lines: Iterable[dict[str, Any]], path: Path) -> None:
    """Write one JSON object a line, in UTF-8; a lone surrogate stays JSON's escape for it."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_atomically(text.encode("utf-8", "backslashreplace"), path)


def read_records(path: Path, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The records of a file of JSON lines, each with ``keys``.

    An id is text or a number, and no two are the same; "target" may be missing or null; all others are text.

    Raises:
        InputError: the file cannot be read, or a line is wrong; the message names the line.
    """
    check_regular_file(path, "give a file of JSON lines")
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows begins files with a mark
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); give a file of JSON lines") from error
    except ValueError as error:
        raise InputError(f"{path} is not in UTF-8; save it as UTF-8, without other bytes") from error
    records: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            record = _parse_record(line, keys, f"{path}, line {number}")
            name = str(record["id"])
            if name in records:
                raise InputError(f"{path}, line {number} has the id {name!r} again; give each record its own")
            records[name] = record
    if not records:
        raise InputError(f"{path} holds no record; write one JSON object a line")
    return list(records.values())


def _parse_record(line: str, keys: Sequence[str], place: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        column = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{place} is not JSON{column}; write one object a line") from error
    missing = [key for key in keys if not isinstance(record, dict) or key not in record]
    if missing:
        raise InputError(f"{place} lacks {', '.join(missing)}; each record needs {', '.join(keys)}")
    for key in (*keys, "target"):
        value = record.get(key)
        if (key in keys or value is not None) and not _is_valid(key, value):
            expected = "text or a number" if key == "id" else "text"
            raise InputError(f"{place}: {key} is {json.dumps(value)[:40]}; write {expected}")
    return record


def _is_valid(key: str, value: Any) -> bool:
    if key == "id" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return math.isfinite(value)
    return isinstance(value, str)


def image_from_pil(picture: PIL_Image.Image, background: str = "#ffffff") -> Image:
    """uint8[H, W, 3] RGB; what is transparent shows ``background``, as in the hosts."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        opaque = PIL_Image.new("RGBA", picture.size, background)
        picture = PIL_Image.alpha_composite(opaque, picture)
    return np.array(_to_eight_bit(picture).convert("RGB"))


def mask_from_pil(picture: PIL_Image.Image) -> Mask:
    """bool[H, W], as the hosts read it: by opacity where an RGBA picture is not all opaque, else by brightness."""
    if picture.mode == "RGBA":
        opacity = np.array(picture.getchannel("A"))
        if opacity.min() < 255:
            return np.asarray(opacity > 128)
    return np.array(_to_eight_bit(picture).convert("L")) > 127


def read_image(path: Path) -> Image:
    """The picture of a file, turned upright by its EXIF. Raises InputError if it is no picture."""
    return image_from_pil(_open(path))


def read_image_and_prompt(path: Path) -> tuple[Image, str]:
    """Like ``read_image``, with the prompt that the picture was made with, "" where its file has none."""
    picture = _open(path)
    return image_from_pil(picture), read_own_prompt(picture)


def turn_upright(picture: PIL_Image.Image) -> PIL_Image.Image:
    """The picture turned as its EXIF says; as it is where the EXIF cannot be read."""
    try:
        return ImageOps.exif_transpose(picture) or picture.copy()
    except Exception:  # corrupt EXIF: Pillow raises anything, and the pixels are whole
        return picture.copy()


def read_mask(path: Path) -> Mask:
    """The mask of a file. Raises InputError if it is no picture."""
    return mask_from_pil(_open(path))


def write_mask(mask: Mask, path: Path) -> None:
    """Write an 8-bit grey PNG: white is repainted, black stays."""
    write_atomically(encode_mask_png(mask), path)


def write_image(picture: npt.NDArray[np.uint8], path: Path) -> None:
    """Write a PNG of uint8[H, W, 3] RGB or uint8[H, W, 4] RGBA."""
    write_atomically(encode_png(picture), path)


def encode_mask_png(mask: Mask, infotext: str = "") -> bytes:
    """The bytes of a mask's 8-bit grey PNG: white is repainted, black stays."""
    return encode_png(np.where(mask, np.uint8(255), np.uint8(0)), infotext)


def encode_png(picture: npt.NDArray[np.uint8], infotext: str = "") -> bytes:
    """The bytes of a PNG of uint8[H, W], [H, W, 3] or [H, W, 4], with an infotext unless it is ""."""
    content = io.BytesIO()
    text = PngImagePlugin.PngInfo()
    if infotext:
        text.add_text(KEY, infotext)
    PIL_Image.fromarray(picture).save(content, "PNG", pnginfo=text)
    return content.getvalue()


def encode_data_address(png: bytes) -> str:
    """A PNG as the data: address by which a page shows it."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def decode_picture(content: BinaryIO, name: str) -> PIL_Image.Image:
    """The picture in a file that is open, or in memory, loaded and turned upright.

    Args:
        content: of a format of ``FORMATS``. Others are refused unread: Pillow starts other programs for some.
        name: of the picture, for errors.

    Raises:
        InputError: it is no such picture, it is broken, or it has more than ``MAX_PIXELS``.
    """
    PIL_Image.init()
    known = [kind for kind in FORMATS if kind in PIL_Image.OPEN]
    try:
        with PIL_Image.open(content, formats=known) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _too_large(name, f"{picture.width} × {picture.height}")
            picture.load()
            return turn_upright(picture)
    except (InputError, MemoryError):
        raise
    except PIL_Image.DecompressionBombError as error:
        raise _too_large(name, "as its header says") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{name} cannot be read as a picture; give one of {', '.join(FORMATS)}") from error
    except Exception as error:  # broken content: the readers of Pillow raise anything
        raise InputError(f"{name} cannot be read as a picture, it is broken ({error}); save it anew as PNG") from error


def check_regular_file(path: Path, remedy: str) -> None:
    """Raises InputError unless there is a file with content; a pipe or device would never end."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  Path.stat of a loop of links differs between versions
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}; {remedy}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}); {remedy}") from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or device"
        raise InputError(f"{path} is {kind} and no file; {remedy}")


def _too_large(name: str, size: str) -> InputError:
    return InputError(f"{name} is too large ({size}); make it smaller, {MAX_PIXELS / 1e6:.0f} million pixels at most")


def _open(path: Path) -> PIL_Image.Image:
    check_regular_file(path, "give the path of a picture")
    try:
        with path.open("rb") as content:
            return decode_picture(content, str(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); give the path of a picture") from error


def _to_eight_bit(picture: PIL_Image.Image) -> PIL_Image.Image:
    """A grey picture of 16 bits scaled to 8, which Pillow would clip at 255; every other picture unchanged."""
    if not picture.mode.startswith("I"):
        return picture
    values = np.array(picture).astype(np.int64).clip(0, 65535)
    return PIL_Image.fromarray((values // 257).astype(np.uint8))
