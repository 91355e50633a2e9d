"""The prompt that a picture was made with, from its infotext in a PNG's text or in EXIF's UserComment.

Nothing here raises: pictures come from anywhere, and one that cannot be read has the prompt "".
"""

from __future__ import annotations

import io
import re

from PIL import Image as PIL_Image

PROMPT_ENDS = re.compile(r"^(?:Negative prompt:|Steps: \d+\s*(?:,|$))", re.MULTILINE)
"""The end of the prompt in an infotext; the prompt may have several lines."""

KEPT = "automask kept"
"""A key in the infotext of a picture that was kept as it was: it was not made with the infotext's prompt."""

KEY = "parameters"
"""The key of the PNG text that holds an infotext."""

EXIF_PART, USER_COMMENT = 0x8769, 0x9286
"""Tags of EXIF 2.3: the Exif part, and the comment in it."""

CODES = {b"ASCII\0\0\0": "utf-8", b"\0" * 8: "utf-8", b"JIS\0\0\0\0\0": "iso2022_jp"}
"""Encodings by the first eight bytes of a UserComment; UNICODE is not here, because it has two byte orders."""

UNICODE = b"UNICODE\0"


def read_own_prompt(picture: PIL_Image.Image) -> str:
    """The prompt that a picture was made with; "" where it has none that can be read."""
    return prompt_from_infotext(infotext_from_image(picture))


def prompt_from_infotext(infotext: str) -> str:
    """The prompt in an infotext as A1111 writes it: all before the negative prompt and the settings.

    "" where the picture was kept as it was (``KEPT``), and for the JSON that some programs write in the same place.
    """
    end = PROMPT_ENDS.search(infotext)
    prompt, settings = (infotext[: end.start()], infotext[end.start() :]) if end else (infotext, "")
    return "" if f"{KEPT}: " in settings or prompt.lstrip().startswith("{") else prompt.strip()


def infotext_from_image(picture: PIL_Image.Image) -> str:
    """The infotext in a picture's PNG text or EXIF, or ""."""
    text = picture.info.get(KEY)
    if isinstance(text, str) and text.strip():
        return text
    try:
        comment = picture.getexif().get_ifd(EXIF_PART).get(USER_COMMENT)
    except Exception:  # corrupt EXIF: Pillow raises anything from struct.error to RecursionError
        return ""
    return comment if isinstance(comment, str) else decode_user_comment(comment) if isinstance(comment, bytes) else ""


def decode_user_comment(comment: bytes) -> str:
    """The text of a UserComment, whose first eight bytes name its encoding; in UTF-8 where they name none."""
    code, text = comment[:8], comment[8:]
    if code == UNICODE:
        return text.decode(_utf16_codec(text), errors="ignore").strip("\0\ufeff")
    if code in CODES:
        return text.decode(CODES[code], errors="ignore").strip("\0")
    return comment.decode("utf-8", errors="ignore").strip("\0")


def infotext_from_parts(png: bytes = b"", exif: bytes = b"") -> str:
    """The infotext from parts of a file, as the page reads them in the browser.

    Args:
        png: a PNG without its pixels: signature, header and text chunks.
        exif: the content of a JPEG's, WebP's or PNG's EXIF.
    """
    try:
        if png:
            with PIL_Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
                return infotext_from_image(picture)
        picture = PIL_Image.new("L", (1, 1))
        picture.info["exif"] = exif
        return infotext_from_image(picture)
    except Exception:  # as in infotext_from_image
        return ""


def _utf16_codec(text: bytes) -> str:
    """The codec of UTF-16 by its byte order mark, else by where most zeros are; A1111 writes big-endian."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16-le" if text[:2] == b"\xff\xfe" else "utf-16-be"
    return "utf-16-le" if text[1::2].count(0) > text[::2].count(0) else "utf-16-be"
