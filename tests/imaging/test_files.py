"""Pictures and masks read from files as the hosts read them."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from lib_automask.errors import InputError
from lib_automask.imaging import files


def save(picture: Image.Image, path: Path) -> Path:
    picture.save(path)
    return path


def test_a_grey_picture_of_16_bits_is_scaled_and_not_clipped(tmp_path):
    grey = np.array([[0, 128 * 257, 65535]], dtype=np.uint16)
    path = save(Image.fromarray(grey), tmp_path / "grey.png")
    assert files.read_image(path)[0].tolist() == [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    dim = save(Image.fromarray(grey // 3), tmp_path / "dim.png")
    assert not files.read_mask(dim).any()


def test_a_picture_that_is_too_large_is_bad_input(tmp_path, monkeypatch):
    path = save(Image.new("RGB", (20, 20)), tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(InputError, match=r"large.png is too large"):
        files.read_image(path)


@pytest.mark.parametrize(
    ("color", "second_alpha", "white"),
    [
        ((0, 0, 0), 129, [False, True]),
        ((255, 255, 255), 128, [False, False]),
        ((255, 255, 255), None, [True, True]),
        ((127, 127, 127), None, [False, False]),
        ((128, 128, 128), None, [True, True]),
    ],
)
def test_a_mask_is_read_as_the_hosts_do(color, second_alpha, white):
    drawn = Image.new("RGBA", (2, 1), (*color, 255))
    if second_alpha is not None:
        drawn.putpixel((0, 0), (*color, 0))
        drawn.putpixel((1, 0), (*color, second_alpha))
    assert files.mask_from_pil(drawn)[0].tolist() == white


def test_a_grey_mask_is_white_from_128_on():
    assert files.mask_from_pil(Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8)))[0].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("mode", "color", "shown"),
    [
        ("RGBA", (200, 0, 0, 0), [255, 255, 255]),
        ("RGBA", (200, 0, 0, 255), [200, 0, 0]),
        ("RGBA", (100, 0, 0, 51), [224, 204, 204]),
        ("LA", (40, 0), [255, 255, 255]),
        ("L", 40, [40, 40, 40]),
        ("RGB", (1, 2, 3), [1, 2, 3]),
        ("CMYK", (0, 0, 0, 0), [255, 255, 255]),
        ("1", 1, [255, 255, 255]),
        ("I", 257 * 9, [9, 9, 9]),
        ("I", 70000, [255, 255, 255]),
        ("I", -5, [0, 0, 0]),
    ],
)
def test_every_kind_of_picture_is_read_as_opaque_rgb_on_white(mode, color, shown):
    image = files.image_from_pil(Image.new(mode, (3, 2), color))
    assert (image.shape, image.dtype) == ((2, 3, 3), np.uint8)
    assert image[0, 0].tolist() == shown


def test_a_transparent_colour_of_a_palette_shows_the_background():
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    assert files.image_from_pil(picture).tolist() == [[[10, 20, 30], [40, 50, 60]]]
    picture.info["transparency"] = 0
    assert files.image_from_pil(picture).tolist() == [[[255, 255, 255], [40, 50, 60]]]
    assert files.image_from_pil(picture, "#0000ff").tolist() == [[[0, 0, 255], [40, 50, 60]]]


@pytest.mark.parametrize(
    ("write", "read", "value"),
    [
        (files.write_mask, files.read_mask, np.array([[True, False, True]])),
        (files.write_image, files.read_image, np.arange(12, dtype=np.uint8).reshape(2, 2, 3)),
    ],
)
def test_what_is_written_is_read_as_it_was(tmp_path, write, read, value):
    path = tmp_path / "a" / "b" / "c.png"
    write(value, path)
    np.testing.assert_array_equal(read(path), value)
    write(value[:, :1], path)
    np.testing.assert_array_equal(read(path), value[:, :1])
    assert [file.name for file in path.parent.iterdir()] == ["c.png"]


def test_a_picture_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.array([[[1, 1, 1], [9, 9, 9]]], np.uint8)).save(tmp_path / "a.png", exif=exif)
    assert files.read_image(tmp_path / "a.png").tolist() == [[[1, 1, 1]], [[9, 9, 9]]]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.png", "there is no file {path}; give the path of a picture"),
        ("text.png", "{path} cannot be read as a picture; "),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, name, message):
    (tmp_path / "text.png").write_text("no picture")
    for read in (files.read_image, files.read_mask, files.read_image_and_prompt):
        with pytest.raises(InputError) as error:
            read(tmp_path / name)
        assert str(error.value).startswith(message.format(path=tmp_path / name))
    if name == "text.png":
        assert str(error.value).endswith("; give one of PNG, JPEG, WEBP, GIF, BMP, TIFF, AVIF")


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    for path, reason in ((tmp_path / "taken", "Is a directory"), (tmp_path / ("x" * 300), "File name too long")):
        with pytest.raises(InputError) as error:
            files.write_atomically(b"content", path)
        assert str(error.value) == f"cannot write {path}: {reason}; choose another --out"
    with pytest.raises(InputError, match=r"null byte.*; choose another --out"):
        files.write_atomically(b"content", tmp_path / "a\0b" / "c")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("kind", ["EPS", "PPM", "TGA", "PCX", "ICO"])
def test_only_formats_of_img2img_are_opened_whatever_the_name_says(tmp_path, kind):
    path = tmp_path / "named.png"
    Image.new("RGB", (16, 16), "red").save(path, kind)
    with pytest.raises(InputError, match="give one of PNG, JPEG"):
        files.read_image(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_formats_of_img2img_are_read_whatever_the_name_says(tmp_path, kind):
    path = tmp_path / "picture.dat"
    Image.new("RGB", (16, 16), "white").save(path, kind)
    assert files.read_image(path).min() > 250


def test_pixels_are_counted_before_they_are_decoded(tmp_path, monkeypatch):
    path = save(Image.new("1", (9000, 9000)), tmp_path / "wide.png")
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", lambda _self: pytest.fail("decoded"))
    with pytest.raises(InputError, match=r"too large \(9000 × 9000\)"):
        files.read_image(path)


@pytest.mark.parametrize("make", ["loop", "pipe", "folder", "device"])
def test_what_is_no_file_with_content_is_refused_and_never_waited_for(tmp_path, make):
    path = tmp_path / "strange.png"
    if make == "loop":
        path.symlink_to(path)
    elif make == "pipe":
        os.mkfifo(path)
    elif make == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    for read in (files.read_image, files.read_mask, lambda where: files.read_records(where, ("id",))):
        with pytest.raises(InputError, match=r"strange\.png"):
            read(path)


def test_a_damaged_picture_is_bad_input_wherever_it_is_damaged(tmp_path):
    random = np.random.default_rng(14)
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        content = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (24, 24, 3), np.uint8)).save(content, kind)
        for _ in range(60):
            damaged = bytearray(content.getvalue())
            for position in random.integers(len(damaged), size=4):
                damaged[position] = random.integers(256)
            path = tmp_path / "damaged"
            path.write_bytes(damaged[: random.integers(1, len(damaged) + 1)])
            with contextlib.suppress(InputError):  # whatever else is raised fails the test
                assert files.read_image(path).ndim == 3
