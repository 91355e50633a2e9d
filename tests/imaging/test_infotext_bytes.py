"""The bytes of an infotext: encodings of a comment in EXIF, and the parts of a file that the page cuts out."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from lib_automask.imaging.files import encode_mask_png, encode_png
from lib_automask.imaging.infotext_metadata import (
    EXIF_PART,
    USER_COMMENT,
    decode_user_comment,
    infotext_from_image,
    infotext_from_parts,
)

UNICODE, ASCII, UNDEFINED, JIS = b"UNICODE\0", b"ASCII\0\0\0", b"\0" * 8, b"JIS\0\0\0\0\0"
TEXT = "a cat, 日本 🐈"


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (UNICODE + TEXT.encode("utf-16-be"), TEXT),
        (UNICODE + TEXT.encode("utf-16-le"), TEXT),
        (UNICODE + b"\xfe\xff" + TEXT.encode("utf-16-be"), TEXT),
        (UNICODE + b"\xff\xfe" + TEXT.encode("utf-16-le"), TEXT),
        # Where zeros do not tell, the mark does; without one it is A1111's order.
        (UNICODE + b"\xfe\xff" + "日本".encode("utf-16-be"), "日本"),
        (UNICODE + b"\xff\xfe" + "日本".encode("utf-16-le"), "日本"),
        (UNICODE + "日本".encode("utf-16-be"), "日本"),
        (UNICODE + "\u0100a".encode("utf-16-be"), "\u0100a"),
        (UNICODE + "日本語 a".encode("utf-16-le"), "日本語 a"),
        (ASCII + TEXT.encode(), TEXT),
        (UNDEFINED + TEXT.encode(), TEXT),
        (JIS + "日本".encode("iso2022_jp"), "日本"),
        (TEXT.encode(), TEXT),
        # Padding of zeros does not count, spaces and letters do.
        (UNICODE + " X a X \0".encode("utf-16-be"), " X a X "),
        (ASCII + b"\0 X a X \0\0", " X a X "),
        (b" X a X \0\0", " X a X "),
        # What cannot be read is left out.
        (UNICODE + "cat".encode("utf-16-be") + b"\0", "cat"),
        (ASCII + b"c\xffat", "cat"),
        (b"c\xffat in the grass", "cat in the grass"),
        (b"", ""),
        (UNICODE, ""),
    ],
)
def test_a_comment_is_read_by_the_encoding_that_it_names(comment, text):
    assert decode_user_comment(comment) == text


def png_text(text: str) -> bytes:
    return encode_png(np.zeros((1, 1, 3), np.uint8), text)


def exif_of(comment: bytes) -> bytes:
    exif = Image.Exif()
    exif[EXIF_PART] = {USER_COMMENT: comment}
    return exif.tobytes()


def test_the_parts_of_a_file_are_a_png_or_its_exif():
    assert infotext_from_parts(png=png_text(TEXT)) == TEXT
    assert infotext_from_parts(exif=exif_of(UNICODE + TEXT.encode("utf-16-be"))) == TEXT
    assert infotext_from_parts(png=png_text(TEXT), exif=exif_of(ASCII + b"another")) == TEXT
    assert infotext_from_parts() == ""


def test_only_a_png_is_taken_for_one():
    content = io.BytesIO()
    Image.new("RGB", (1, 1)).save(content, "JPEG", exif=exif_of(ASCII + b"a cat"))
    assert infotext_from_image(Image.open(content)) == "a cat"
    assert infotext_from_parts(png=content.getvalue()) == ""


def test_text_of_a_png_counts_before_exif_unless_it_is_blank():
    picture = Image.new("RGB", (1, 1))
    picture.info["exif"] = exif_of(ASCII + b"by exif")
    for text, expected in (("by text", "by text"), ("  ", "by exif"), (None, "by exif"), (5, "by exif")):
        picture.info["parameters"] = text
        assert infotext_from_image(picture) == expected


@pytest.mark.parametrize("infotext", ["", TEXT])
def test_an_encoded_mask_is_grey_and_carries_its_infotext(infotext):
    with Image.open(io.BytesIO(encode_mask_png(np.array([[True, False]]), infotext))) as picture:
        assert isinstance(picture, PngImagePlugin.PngImageFile)
        assert (picture.format, picture.mode) == ("PNG", "L")
        assert np.array(picture).tolist() == [[255, 0]]
        assert picture.text == ({"parameters": infotext} if infotext else {})
