"""Files that appear whole or not at all, and files of JSON lines.

Pictures and masks at the border to files: read, upright, opaque; written whole or not at all.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PIL_Image
from PIL import ImageOps, PngImagePlugin, UnidentifiedImageError

from lib_automask.errors import InputError
from lib_automask.imaging.infotext_metadata import KEY, read_own_prompt
from lib_automask.types import Image, Mask


def write_atomically(content: bytes, path: Path) -> None:
    """A file that appears whole or not at all; its folder is made. InputError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A name of our own, not tempfile's: its files can be read by nobody else, and so could the finished one.
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
    """One JSON object a line, in UTF-8; half of a surrogate pair stays the escape that JSON has for it."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_atomically(text.encode("utf-8", "backslashreplace"), path)


def read_records(path: Path, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The records of a file of JSON lines, each with ``keys``; InputError names the line that is wrong.

    An id is text or a number, and no two are the same; "target" may be missing or null; all others are text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); give a file of JSON lines in UTF-8") from error
    records: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            record = _record(line, keys, f"{path}, line {number}")
            name = str(record["id"])
            if name in records:
                raise InputError(f"{path}, line {number} has the id {name!r} again; give each record its own")
            records[name] = record
    return list(records.values())


def _record(line: str, keys: Sequence[str], place: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place} is not JSON ({error}); write one object a line") from error
    missing = [key for key in keys if not isinstance(record, dict) or key not in record]
    if missing:
        raise InputError(f"{place} lacks {', '.join(missing)}; each record needs {', '.join(keys)}")
    for key in (*keys, "target"):
        value = record.get(key)
        if (key in keys or value is not None) and not _fits(key, value):
            wanted = "text or a number" if key == "id" else "text"
            raise InputError(f"{place}: {key} is {json.dumps(value)[:40]}; write {wanted}")
    return record


def _fits(key: str, value: Any) -> bool:
    return isinstance(value, (str, int, float) if key == "id" else str) and not isinstance(value, bool)


def image_from_pil(picture: PIL_Image.Image, background: str = "#ffffff") -> Image:
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


def read_image(path: Path) -> Image:
    """The picture of a file, turned upright by its EXIF; InputError where it is none."""
    return image_from_pil(_open(path))


def read_image_and_prompt(path: Path) -> tuple[Image, str]:
    """Like ``read_image``, with the prompt that the picture says it was made with; "" where it does not."""
    picture = _open(path)
    return image_from_pil(picture), read_own_prompt(picture)


def turn_upright(picture: PIL_Image.Image) -> PIL_Image.Image:
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
    write_atomically(encode_mask_png(mask), path)


def write_image(picture: npt.NDArray[np.uint8], path: Path) -> None:
    """A PNG of uint8[H, W, 3] or RGBA, that appears whole or not at all; its folder is made."""
    write_atomically(encode_png(picture), path)


def encode_mask_png(mask: Mask, infotext: str = "") -> bytes:
    """The bytes of a mask's 8-bit grey PNG: white is repainted, black stays."""
    return encode_png(np.where(mask, np.uint8(255), np.uint8(0)), infotext)


def encode_png(picture: npt.NDArray[np.uint8], infotext: str = "") -> bytes:
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
            return turn_upright(picture)
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
