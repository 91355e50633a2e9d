"""Edges in pictures with grain: found where they are clear and near, and left alone everywhere else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lib_automask.imaging.masks import grow_mask, mask_iou
from lib_automask.imaging.matting import estimate_opacity, is_drawn, refine_outline_by_color
from lib_automask.imaging.photo_edges import find_photo_edge, solve_matte
from lib_automask.locate.extent import refine_outline
from lib_automask.types import Image, Mask

SHAPE = (384, 512)
Y, X = np.indices(SHAPE).astype(np.float32)


def blob(softness: float = 1.0, scale: float = 1.0, lobe: float = 18) -> np.ndarray:
    """The opacity of a thing with five lobes; its edge is a ramp of so many pixels."""
    y, x = np.indices((round(SHAPE[0] * scale), round(SHAPE[1] * scale))) / scale
    angle, radius = np.arctan2(y - 190, x - 260), np.hypot(y - 190, x - 260)
    return np.clip((100 + lobe * np.cos(5 * angle) - radius) * scale / softness + 0.5, 0, 1).astype(np.float32)


def cloth(color: tuple[int, int, int], seed: int, shape: tuple[int, int]) -> np.ndarray:
    """A surface with folds and grain."""
    noise = np.random.default_rng(seed)
    folds = cv2.GaussianBlur(noise.normal(0, 1, (*shape, 1)).astype(np.float32), (0, 0), 12)[..., None]
    return np.array(color) + 20 * folds / folds.std() + noise.normal(0, 7, (*shape, 3))


def photograph(opacity: np.ndarray, thing=(190, 110, 60), ground=(70, 100, 120)) -> Image:
    front, back = cloth(thing, 1, opacity.shape), cloth(ground, 2, opacity.shape)
    mixed = opacity[..., None] * front + (1 - opacity[..., None]) * back
    return mixed.round().clip(0, 255).astype(np.uint8)


def wavering(opacity: np.ndarray, amount: float, seed: int = 3) -> Mask:
    """The mask with an outline that wavers by so many pixels, as a mask of 256 pixels does when it is enlarged."""
    sigma = 6 * max(opacity.shape) / 512
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, opacity.shape), (0, 0), sigma)
    hard = (opacity > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(hard, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - hard, cv2.DIST_L2, 5)
    return np.asarray(depth + amount * noise / noise.std() > 0)


TRUTH = blob()
THING: Mask = TRUTH > 0.5
IMAGE = photograph(TRUTH)


def error(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(found - truth).sum())


@pytest.mark.parametrize("seed", range(4))
def test_a_wavering_outline_is_put_right(seed):
    rough = wavering(TRUTH, 0.9, seed)
    found = find_photo_edge(IMAGE, rough)
    assert found is not None
    assert (found.dtype, found.shape) == (np.float32, SHAPE)
    assert ((found > 0.5) != THING).sum() < 0.4 * (rough != THING).sum()
    assert error(found, TRUTH) < 0.5 * error(rough, TRUTH)
    assert np.array_equal(found, estimate_opacity(IMAGE, rough))
    assert np.array_equal(found > 0.5, refine_outline_by_color(IMAGE, rough))


def test_a_clean_edge_does_not_move():
    assert mask_iou(refine_outline_by_color(IMAGE, THING), THING) > 0.997
    assert error(estimate_opacity(IMAGE, THING), TRUTH) <= error(THING, TRUTH)


def test_a_soft_edge_becomes_soft():
    truth = blob(softness=5)
    rough = wavering(truth, 0.9)
    found = estimate_opacity(photograph(truth), rough)
    assert error(found, truth) < 0.6 * error(rough, truth)
    assert ((found > 0.2) & (found < 0.8)).sum() > 500


def test_nothing_changes_far_from_the_outline():
    rough = wavering(TRUTH, 0.9)
    found = find_photo_edge(IMAGE, rough)
    band = grow_mask(rough, 3) & ~grow_mask(rough, -3)
    assert found is not None
    assert np.array_equal(found[~band], rough[~band].astype(np.float32))


def assert_left_alone(image: Image, mask: Mask) -> None:
    assert find_photo_edge(image, mask) is None
    assert np.array_equal(estimate_opacity(image, mask), mask.astype(np.float32))
    assert np.array_equal(refine_outline_by_color(image, mask), mask)
    assert np.array_equal(refine_outline(image, mask, np.zeros_like(mask)), mask)


@pytest.mark.parametrize("off", [-4, 4, 12])
def test_an_outline_that_is_farther_off_than_sam_is_inaccurate_stays(off):
    assert_left_alone(IMAGE, grow_mask(THING, off))


def test_an_outline_along_no_edge_stays():
    """A part of the thing, and of the ground: the cloth has folds, but no edge there."""
    assert_left_alone(IMAGE, (X - 260) ** 2 + (Y - 190) ** 2 < 60**2)
    assert_left_alone(IMAGE, (X - 60) ** 2 + (Y - 80) ** 2 < 40**2)


def test_a_thing_of_the_grounds_colours_keeps_its_outline():
    same = cloth((70, 100, 120), 1, SHAPE).round().clip(0, 255).astype(np.uint8)
    assert_left_alone(same, wavering(TRUTH, 0.9))


@pytest.mark.parametrize("mask", [np.ones(SHAPE, bool), (Y == 190) & (X > 100)], ids=["everything", "a line"])
def test_a_mask_without_inside_or_outside_stays(mask):
    assert find_photo_edge(IMAGE, mask) is None


def test_a_thing_at_the_pictures_border_is_found_too():
    part = (slice(60, 300), slice(190, 420))
    rough = wavering(TRUTH, 0.9)[part]
    found = find_photo_edge(IMAGE[part], rough)
    assert found is None or error(found, TRUTH[part]) < error(rough, TRUTH[part])
    lower = (slice(190, 384), slice(0, 512))
    found = find_photo_edge(IMAGE[lower], wavering(TRUTH, 0.9)[lower])
    assert found is not None
    assert (found[0, 180:340] == 1).all(), "the cut through the middle is no edge"


def test_a_large_picture_is_worked_on_smaller():
    truth = blob(scale=2.5, softness=2, lobe=30)
    image = photograph(truth)
    rough = wavering(truth, 2.2)
    found = find_photo_edge(image, rough)
    assert found is not None
    assert error(found, truth) < 0.5 * error(rough, truth)
    assert set(np.unique(found[~(grow_mask(rough, 9) & ~grow_mask(rough, -9))])) == {0, 1}


def test_nothing_is_taken_from_other_things():
    rough, other = wavering(TRUTH, 0.9), (X > 300) & THING
    found = refine_outline(IMAGE, rough, other)
    assert not (found & other & ~rough).any()
    assert (refine_outline(IMAGE, rough, np.zeros_like(rough)) & other & ~rough).any()


def test_the_same_picture_has_the_same_edge_every_time():
    rough = wavering(TRUTH, 0.9)
    np.testing.assert_array_equal(find_photo_edge(IMAGE, rough), find_photo_edge(IMAGE.copy(), rough.copy()))


def laplacian_of(image: Image) -> np.ndarray:
    """The matting Laplacian written out: equation 12 of Levin, Lischinski and Weiss, windows clipped at the border."""
    height, width = image.shape[:2]
    colors = image.reshape(-1, 3) / 255
    matrix = np.zeros((height * width, height * width))
    for row in range(height):
        for column in range(width):
            rows, columns = np.mgrid[
                max(row - 1, 0) : min(row + 2, height), max(column - 1, 0) : min(column + 2, width)
            ]
            window = (rows * width + columns).ravel()
            off = colors[window] - colors[window].mean(0)
            covariance = off.T @ off / len(window) + 1e-5 / len(window) * np.eye(3)
            weights = (1 + off @ np.linalg.inv(covariance) @ off.T) / len(window)
            matrix[np.ix_(window, window)] += np.eye(len(window)) - weights
    return matrix


def test_the_matte_solves_the_equations_of_closed_form_matting():
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3)).astype(np.uint8)
    given = np.zeros((7, 9))
    given[:, 5:] = 1
    unknown = np.zeros((7, 9), bool)
    unknown[1:6, 3:6] = True
    free = unknown.ravel()
    matrix = laplacian_of(image)
    exact = np.linalg.solve(matrix[np.ix_(free, free)], -matrix[np.ix_(free, ~free)] @ given.ravel()[~free])
    found = solve_matte(image, given, unknown)
    np.testing.assert_allclose(found.ravel()[free], exact.clip(0, 1), atol=1e-4)
    np.testing.assert_array_equal(found[~unknown], given[~unknown])


def test_a_mixture_of_two_colours_gives_its_own_shares():
    shares = np.tile(np.linspace(0, 1, 21), (12, 1))
    image = (shares[..., None] * (200, 40, 80) + (1 - shares[..., None]) * (20, 120, 220)).round().astype(np.uint8)
    unknown = (shares > 0) & (shares < 1)
    found = solve_matte(image, (shares > 0.5).astype(np.float64), unknown)
    assert np.abs(found - shares).max() < 0.02


@pytest.mark.parametrize(
    ("thing", "ground", "drawn"), [(0, 0, True), (0.5, 0.5, True), (0, 7, False), (7, 0, False), (7, 7, False)]
)
def test_a_picture_is_drawn_if_it_is_even_on_both_sides(thing, ground, drawn):
    grain = np.random.default_rng(0).normal(0, 1, (*SHAPE, 3))
    image = np.where(THING[..., None], (190, 110, 60) + thing * grain, (70, 100, 120) + ground * grain)
    assert is_drawn(image.round().clip(0, 255).astype(np.uint8), THING) is drawn


def test_without_an_outline_nothing_is_drawn():
    flat = np.full((40, 40, 3), 90, np.uint8)
    assert not is_drawn(flat, np.zeros((40, 40), bool))
    assert not is_drawn(flat, np.ones((40, 40), bool))
