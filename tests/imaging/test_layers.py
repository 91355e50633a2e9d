"""Cutouts and layered files, on drawn pictures."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pyora import Project

from lib_automask.errors import InputError
from lib_automask.imaging import files, layers, masks
from lib_automask.imaging.matting import estimate_opacity, remove_background_color
from lib_automask.types import Size

RED, GREEN = np.array((220, 30, 30), np.uint8), np.array((40, 160, 60), np.uint8)


def disc(size: int = 96, radius: float = 30) -> tuple[np.ndarray, np.ndarray]:
    """A red disc on a green ground with a fine edge, and its true opacity."""
    many = 8
    fine = np.zeros((size * many, size * many), np.uint8)
    cv2.circle(fine, (size * many // 2, size * many // 2), round(radius * many), 255, -1)
    opacity = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    picture = opacity[..., None] * RED + (1 - opacity[..., None]) * GREEN
    noise = np.random.default_rng(1).normal(0, 0.5, picture.shape)
    return (picture + noise).round().clip(0, 255).astype(np.uint8), opacity


@pytest.mark.parametrize("wrong_by", [-3, 0, 3])
def test_a_rough_mask_becomes_the_true_edge(wrong_by):
    image, truth = disc()
    found = estimate_opacity(image, masks.grow_mask(truth > 0.5, wrong_by))
    assert masks.mask_iou(found > 0.5, truth > 0.5) > 0.98
    assert np.abs(found - truth).mean() < 0.01
    assert ((found > 0.1) & (found < 0.9)).any(), "the edge is soft"


def test_the_edge_loses_the_colour_of_the_old_ground():
    image, truth = disc()
    edge = (truth > 0.2) & (truth < 0.8)
    fringe = np.abs(image[edge].astype(int) - RED).mean()
    clean = np.abs(remove_background_color(image, estimate_opacity(image, truth > 0.5))[edge].astype(int) - RED).mean()
    assert clean < 0.2 * fringe


def test_the_dark_line_of_a_drawn_thing_belongs_to_it():
    ground = np.full((80, 80, 3), 40, np.uint8)
    cv2.circle(ground, (40, 40), 24, (90, 90, 90), -1)
    cv2.circle(ground, (40, 40), 22, (250, 250, 250), -1)
    whole = np.zeros((80, 80), np.uint8)
    cv2.circle(whole, (40, 40), 24, 1, -1)
    assert masks.mask_iou(estimate_opacity(ground, masks.grow_mask(whole > 0, -2)) > 0.5, whole > 0) > 0.96


def test_what_is_in_doubt_far_from_the_outline_is_decided_by_colour():
    image, truth = disc()
    bitten = truth > 0.5
    bitten[20:40, 18:45] = False
    missed = (truth > 0.5) & ~bitten
    chances = np.where(missed, 0.3, bitten).astype(np.float32)
    assert (estimate_opacity(image, bitten)[missed] > 0.5).mean() < 0.8, "without doubt the mask is taken at its word"
    assert masks.mask_iou(estimate_opacity(image, bitten, chances) > 0.5, truth > 0.5) > 0.98


def test_what_is_sure_is_as_in_the_mask_whatever_its_colour():
    image, truth = disc()
    half = truth > 0.5
    half[:, 48:] = False
    found = estimate_opacity(image, half, half.astype(np.float32))
    assert not found[:, 48 + 24 :].any(), "the other half is red too"


def test_probabilities_far_from_the_outline_do_not_count():
    """A hole that was filled stays filled, and an island that was dropped stays away."""
    image, truth = disc(192, 60)
    image[92:100, 92:100] = GREEN
    image[4:10, 4:10] = RED
    chances = truth.copy()
    chances[92:100, 92:100], chances[4:10, 4:10] = 0.1, 0.9
    found = estimate_opacity(image, truth > 0.5, chances)
    assert (found[92:100, 92:100] == 1).all()
    assert not found[4:10, 4:10].any()


def test_the_same_picture_has_the_same_edge_whatever_ran_before():
    image, truth = disc()
    first = estimate_opacity(image, truth > 0.5)
    cv2.setRNGSeed(1234)
    np.testing.assert_array_equal(first, estimate_opacity(image, truth > 0.5))


def test_masks_at_the_limits_are_no_error():
    image, _truth = disc(32, 8)
    empty, full, line = np.zeros((32, 32), bool), np.ones((32, 32), bool), np.zeros((32, 32), bool)
    line[10, 5:25] = True
    assert not estimate_opacity(image, empty).any()
    assert (estimate_opacity(image, full) == 1).all()
    assert estimate_opacity(image, line)[line].any()
    assert not layers.cut_out_mask(image, empty).any()


def test_the_filled_background_covers_what_was_cut_out():
    image, truth = disc()
    plate = layers.fill_background(image, truth > 0.5)
    assert np.abs(plate.astype(int) - GREEN).mean() < 5
    with pytest.raises(InputError, match="whole picture"):
        layers.fill_background(image, np.ones(truth.shape, bool))


def test_a_layered_file_opens_in_another_reader(tmp_path: Path):
    image, truth = disc()
    cut = layers.Layer("red disc", layers.cut_out_mask(image, truth > 0.5))
    stack = [layers.make_opaque_layer("background", layers.fill_background(image, truth > 0.5)), cut]
    path = tmp_path / "disc.ora"
    path.write_bytes(layers.encode_openraster(stack, Size.of(truth)))

    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    project = Project.load(str(path))
    assert project.dimensions == (96, 96)
    names = {child.name: child for child in project.children}
    assert list(names) == ["red disc", "background"], "the top layer is named first"
    small = layers.trim_layer(cut)
    assert names["red disc"].offsets == (small.left, small.top)
    np.testing.assert_array_equal(np.array(names["red disc"].get_image_data(raw=True)), small.picture)
    merged = np.array(project.get_image_data().convert("RGB"))
    assert np.abs(merged.astype(int) - image).mean() < 1.5, "laid over each other the layers are the picture"


def test_a_layer_must_have_opacity():
    with pytest.raises(InputError, match="uint8"):
        layers.Layer("flat", np.zeros((4, 4, 3), np.uint8))


def test_png_keeps_colours_where_it_is_transparent_at_the_edge():
    image, truth = disc()
    back = np.array(Image.open(io.BytesIO(files.encode_png(layers.cut_out_mask(image, truth > 0.5)))))
    assert back.shape == (96, 96, 4)
    half = (back[..., 3] > 50) & (back[..., 3] < 200)
    assert (back[half][:, 0] > 150).all()


def test_a_psd_opens_in_other_readers_with_its_layers_in_place():
    """Written by psd-tools; read by Pillow, and the layers' pixels by psd-tools."""
    psd_tools = pytest.importorskip(
        "psd_tools", reason="psd-tools is optional; it needs a newer Pillow than the WebUIs'"
    )
    image, truth = disc()
    cut = layers.Layer("disc → red", layers.cut_out_mask(image, truth > 0.5))
    stack = [layers.make_opaque_layer("background", layers.fill_background(image, truth > 0.5)), cut]
    small = layers.trim_layer(cut)
    content = io.BytesIO(layers.encode_photoshop(stack, Size.of(truth)))
    with Image.open(content) as document:
        merged = np.array(document.convert("RGB")).astype(int)
        assert np.abs(merged - layers.flatten_layers(stack, Size.of(truth))).max() <= 1
        assert [name for name, *_rest in document.layers] == ["background", "disc ? red"]
        assert document.layers[1][2][:2] == (small.left, small.top)
    content.seek(0)
    ground, disc_layer = psd_tools.PSDImage.open(content)
    np.testing.assert_array_equal(np.array(ground.topil()), stack[0].picture)
    np.testing.assert_array_equal(np.array(disc_layer.topil()), small.picture)


def test_without_its_package_a_psd_is_refused_with_a_hint(monkeypatch):
    monkeypatch.setitem(sys.modules, "psd_tools", None)
    image, _truth = disc(16, 4)
    with pytest.raises(InputError, match="psd-tools, which is not here"):
        layers.encode_photoshop([layers.make_opaque_layer("background", image)], Size(16, 16))
