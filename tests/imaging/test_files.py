"""Pictures and masks read from files as the hosts read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
    ],
)
def test_a_mask_is_read_as_the_hosts_do(color, second_alpha, white):
    drawn = Image.new("RGBA", (2, 1), (*color, 255))
    if second_alpha is not None:
        drawn.putpixel((0, 0), (*color, 0))
        drawn.putpixel((1, 0), (*color, second_alpha))
    assert files.mask_from_pil(drawn)[0].tolist() == white
