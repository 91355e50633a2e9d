"""The files of layers, entry by entry, and what of a picture a layer holds."""

from __future__ import annotations

import io
import sys
import zipfile
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from lib_automask.errors import InputError
from lib_automask.imaging import layers
from lib_automask.types import Size

SIZE = Size(4, 6)
PATCH = np.zeros((*SIZE, 4), np.uint8)
PATCH[1:3, 2:5] = (200, 10, 20, 255)
STACK = [
    layers.make_opaque_layer("background", np.full((*SIZE, 3), 7, np.uint8)),
    layers.Layer('a "cut" → é', PATCH),
]


def entries() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(layers.encode_openraster(STACK, SIZE)))


def test_an_openraster_file_has_the_entries_of_its_specification():
    """The type comes first; pictures are compressed by themselves."""
    with entries() as archive:
        assert [(entry.filename, entry.compress_type) for entry in archive.infolist()] == [
            ("mimetype", zipfile.ZIP_STORED),
            ("stack.xml", zipfile.ZIP_DEFLATED),
            ("data/layer000.png", zipfile.ZIP_STORED),
            ("data/layer001.png", zipfile.ZIP_STORED),
            ("mergedimage.png", zipfile.ZIP_STORED),
            ("Thumbnails/thumbnail.png", zipfile.ZIP_STORED),
        ]
        assert archive.read("mimetype") == b"image/openraster"


def test_the_stack_names_the_top_layer_first_with_its_place():
    with entries() as archive:
        text = archive.read("stack.xml")
    assert text.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    root = ElementTree.fromstring(text)
    assert (root.tag, root.attrib) == ("image", {"version": "0.0.5", "w": "6", "h": "4"})
    shown = {"opacity": "1.0", "visibility": "visible", "composite-op": "svg:src-over"}
    assert [child.tag for child in root] == ["stack"]
    assert [(layer.tag, layer.attrib) for layer in root[0]] == [
        ("layer", {"name": 'a "cut" → é', "src": "data/layer001.png", "x": "2", "y": "1", **shown}),
        ("layer", {"name": "background", "src": "data/layer000.png", "x": "0", "y": "0", **shown}),
    ]


def test_the_merged_picture_and_the_thumbnail_are_of_all_layers():
    size = Size(100, 520)
    stack = [layers.make_opaque_layer("background", np.full((*size, 3), 90, np.uint8))]
    with zipfile.ZipFile(io.BytesIO(layers.encode_openraster(stack, size))) as archive:
        merged, small = (
            Image.open(io.BytesIO(archive.read(name))) for name in ("mergedimage.png", "Thumbnails/thumbnail.png")
        )
        assert (merged.mode, merged.size) == ("RGB", (520, 100))
        assert (small.mode, small.size) == ("RGB", (256, 49))
        assert np.array(small).mean() == 90


class Document:
    """In the place of psd-tools' ``PSDImage``, which is not in the hosts: what it is given."""

    def __init__(self, mode: str, size: tuple[int, int]) -> None:
        self.given: list[tuple[object, ...]] = [(mode, size)]

    def create_pixel_layer(self, picture: Image.Image, name: str, top: int, left: int) -> None:
        self.given.append((np.array(picture).tolist(), name, top, left))

    def save(self, file: io.BytesIO) -> None:
        file.write(repr(self.given).encode())


def test_a_psd_gets_each_visible_part_at_its_place_from_the_bottom_up(monkeypatch):
    """Its names are of Mac OS Roman, which has é and no arrow."""
    package = ModuleType("psd_tools")
    package.PSDImage = type("PSDImage", (), {"new": Document})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "psd_tools", package)
    ground = np.full((*SIZE, 4), 7, np.uint8)
    ground[..., 3] = 255
    expected = [
        ("RGBA", (6, 4)),
        (ground.tolist(), "background", 0, 0),
        (PATCH[1:3, 2:5].tolist(), 'a "cut" ? é', 1, 2),
    ]
    assert layers.encode_photoshop(STACK, SIZE) == repr(expected).encode()


def test_without_its_package_the_hint_names_where_to_install_it_and_what_to_choose_instead(monkeypatch):
    monkeypatch.setitem(sys.modules, "psd_tools", None)
    with pytest.raises(InputError) as error:
        layers.encode_photoshop(STACK, SIZE)
    assert str(error.value) == (
        "a PSD is written by the package psd-tools, which is not here; install it beside automask (not into a WebUI, "
        "whose Pillow is too old for it), or choose OpenRaster"
    )


def test_a_layer_is_trimmed_to_what_can_be_seen():
    patch = PATCH.copy()
    patch[0, 5] = (1, 1, 1, 1)
    trimmed = layers.trim_layer(layers.Layer("patch", patch, left=10, top=20))
    assert (trimmed.name, trimmed.left, trimmed.top) == ("patch", 12, 20)
    np.testing.assert_array_equal(trimmed.picture, patch[0:3, 2:6])
    unseen = layers.Layer("nothing", np.zeros((4, 6, 4), np.uint8))
    assert layers.trim_layer(unseen) is unseen


def test_layers_lie_over_each_other_at_their_places():
    small = layers.Layer("dot", np.full((1, 1, 4), (200, 10, 20, 255), np.uint8), left=4, top=1)
    half = layers.Layer("half", np.full((1, 1, 4), (107, 7, 7, 128), np.uint8), left=0, top=3)
    flat = layers.flatten_layers([STACK[0], small, half], SIZE)
    expected = np.full((*SIZE, 3), 7)
    expected[1, 4] = (200, 10, 20)
    expected[3, 0] = (57, 7, 7)
    assert (flat.shape, flat.dtype) == ((4, 6, 3), np.uint8)
    assert np.abs(flat.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4)),
        np.zeros((4, 4, 4, 4), np.uint8),
    ],
)
def test_a_layer_is_8_bit_rgba(picture):
    with pytest.raises(InputError) as error:
        layers.Layer("flat", picture)
    assert str(error.value) == f"the layer 'flat' must be uint8[H, W, 4], but is {picture.shape}"


def test_what_is_transparent_is_black_and_opacity_is_rounded():
    opacity = np.array([[0, 0.001, 0.002, 0.5, 1]], np.float32)
    found = layers.apply_opacity(np.full((1, 5, 3), 9, np.uint8), opacity)
    assert found.dtype == np.uint8
    assert found.tolist() == [[[0, 0, 0, 0], [0, 0, 0, 0], [9, 9, 9, 1], [9, 9, 9, 128], [9, 9, 9, 255]]]


def test_a_filled_background_changes_the_hole_and_two_pixels_round_it():
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:50] = True
    filled = layers.fill_background(image, mask)
    assert (filled.dtype, filled.shape) == (np.uint8, image.shape)
    rows, columns = np.nonzero((filled != image).any(2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (18, 41, 28, 51)
    large = np.random.default_rng(0).integers(0, 256, (400, 500, 3), np.uint8)
    mask = np.zeros((400, 500), bool)
    mask[200, 200] = True
    assert np.nonzero((layers.fill_background(large, mask) != large).any(2))[0].min() == 196


def test_there_is_no_background_of_a_whole_picture():
    with pytest.raises(InputError) as error:
        layers.fill_background(np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), bool))
    assert str(error.value) == ("there is no background: the mask covers the whole picture; choose a smaller target")
