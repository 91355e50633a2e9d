"""What a picture says of how it was made: the prompt in its infotext, in a PNG's text or in EXIF's UserComment.

Whatever cannot be read is not known, and no error: pictures come from anywhere.
"""

from __future__ import annotations

import io
import re

from PIL import Image as PIL_Image

PROMPT_ENDS = re.compile(r"^(?:Negative prompt:|Steps: \d+\s*(?:,|$))", re.MULTILINE)
"""Where in an infotext the prompt is over; it may have several lines itself."""

KEPT = "automask kept"
"""Stands in the settings of a picture that was given back unpainted: it was not made with that prompt."""

KEY = "parameters"
"""Of the PNG text that holds an infotext."""

EXIF_PART, USER_COMMENT = 0x8769, 0x9286
"""Tags of EXIF 2.3: the part with what the camera says, and in it the comment."""

CODES = {b"ASCII\0\0\0": "utf-8", b"\0" * 8: "utf-8", b"JIS\0\0\0\0\0": "iso2022_jp"}
"""The encodings that a UserComment names in its first eight bytes, without UNICODE, which has two forms."""

UNICODE = b"UNICODE\0"


def read_own_prompt(picture: PIL_Image.Image) -> str:
    """The prompt that a picture was made with; "" where it does not say, or nobody can read it."""
    return prompt_from_infotext(infotext_from_image(picture))


def prompt_from_infotext(infotext: str) -> str:
    """The prompt in an infotext as A1111 writes it: all before the negative prompt and the settings.

    "" where a picture was only given back, and for the JSON that some programs write in the same place.
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
    except Exception:  # corrupt EXIF: Pillow raises what comes, from struct.error to RecursionError
        return ""
    return comment if isinstance(comment, str) else decode_user_comment(comment) if isinstance(comment, bytes) else ""


def decode_user_comment(comment: bytes) -> str:
    """The text of a UserComment, whose first eight bytes name its encoding; in UTF-8 where they name none."""
    code, text = comment[:8], comment[8:]
    if code == UNICODE:
        return text.decode(_order(text), errors="ignore").strip("\0\ufeff")
    if code in CODES:
        return text.decode(CODES[code], errors="ignore").strip("\0")
    return comment.decode("utf-8", errors="ignore").strip("\0")


def _order(text: bytes) -> str:
    """Which of the two forms of UTF-16: by its mark, else by where most zeros are; A1111 writes the big-endian one."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16-le" if text[:2] == b"\xff\xfe" else "utf-16-be"
    return "utf-16-le" if text[1::2].count(0) > text[::2].count(0) else "utf-16-be"


def infotext_from_parts(png: bytes = b"", exif: bytes = b"") -> str:
    """The infotext from parts of a file that someone else cut out of it.

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
    except Exception:  # see infotext_of
        return ""
