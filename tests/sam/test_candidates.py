"""Masks are drawn as segment-anything draws them, and only where that decides which of them stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("segment_anything")

import torch
from blob_sams import iou

from lib_automask.sam.candidates import (
    Candidate,
    Canvas,
    CanvasAxis,
    MaskCrop,
    bound_overlap,
    box_iou,
    suppress_candidates,
)
from lib_automask.types import Size


def enlarged(logits: Any, square: int, shown: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """As ``Sam.postprocess_masks`` enlarges float32[h, w]."""
    from torch.nn.functional import interpolate

    whole = interpolate(logits[None, None], (square, square), mode="bilinear", align_corners=False)
    whole = whole[..., : shown[0], : shown[1]]
    return interpolate(whole, size, mode="bilinear", align_corners=False)[0, 0].numpy()


def smooth(seed: int, grid: int) -> Any:
    """Blobs of logits between about -4 and 4."""
    from torch.nn.functional import interpolate

    coarse = torch.randn(1, 1, 6, 6, generator=torch.Generator().manual_seed(seed))
    return 4 * interpolate(coarse, (grid, grid), mode="bicubic")[0, 0] - 3


@pytest.mark.parametrize(
    ("square", "shown", "size"),
    [(128, (128, 80), (300, 188)), (48, (31, 48), (90, 139)), (128, (128, 128), (20, 20)), (32, (32, 32), (32, 32))],
)
def test_crop_draws_as_the_whole_does_and_bounds_hold(
    square: int, shown: tuple[int, int], size: tuple[int, int]
) -> None:
    canvas = Canvas(32, square, Size(*shown), Size(*size))
    bounded = 0
    for seed in range(12):
        logits = smooth(seed, 32)
        whole = enlarged(logits, square, shown, size)
        crop = canvas.crop(logits)
        drawn = canvas.draw(crop) if crop else None
        if drawn is None:
            assert not (whole > 1e-5).any()
            continue
        assert iou(drawn.mask, whole > 0) > 0.999
        assert float(drawn.stability) == pytest.approx((whole > 1).sum() / (whole > -1).sum(), abs=1e-3)
        assert crop is not None
        assert (crop.outer[:2] <= drawn.edges[:2]).all()
        assert (crop.outer[2:] >= drawn.edges[2:]).all()
        if crop.inner is not None:
            bounded += 1
            assert (crop.inner[:2] >= drawn.edges[:2]).all()
            assert (crop.inner[2:] <= drawn.edges[2:]).all()
    assert bounded > 3 or size == (20, 20)


def test_axis_is_the_enlargement_of_a_line() -> None:
    axis = CanvasAxis(grid=16, square=64, shown=40, length=50)
    assert axis.used == 11
    np.testing.assert_allclose(axis.weights.sum(1), 1, atol=1e-6)
    line = torch.arange(16.0)[:, None].expand(16, 16)
    np.testing.assert_allclose(
        axis.weights @ torch.arange(16.0), enlarged(line, 64, (40, 64), (50, 8))[:, 0], atol=1e-5
    )


def test_a_small_mask_is_kept_small() -> None:
    logits = torch.full((256, 256), -9.0)
    logits[100:110, 40:44] = 5.0
    crop = Canvas(256, 1024, Size(1024, 1024), Size(2048, 2048)).crop(logits)
    assert crop is not None
    assert crop.logits.numel() < 200
    assert crop.logits.untyped_storage().nbytes() < 1000


def test_bound_of_overlap_is_never_above_the_overlap() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        outer = np.sort(rng.uniform(0, 50, (2, 2)), 0).reshape(4)
        inner = np.sort(rng.uniform(outer[:2], outer[2:], (2, 2)), 0).reshape(4)
        share = rng.uniform(0, 1, 4)
        edges = (outer + share * (inner - outer)).astype(np.float32)
        kept = np.sort(rng.uniform(0, 50, (5, 2, 2)), 1).reshape(5, 4).astype(np.float32)
        crop = MaskCrop(torch.zeros(1, 1), 0, 0, outer.astype(np.float32), inner.astype(np.float32))
        assert (bound_overlap(crop, kept) <= box_iou(edges, kept) + 1e-6).all()


def candidate(canvas: Canvas, quality: float, left: int, right: int, level: float = 9.0) -> Candidate:
    logits = torch.full((64, 64), -9.0)
    logits[10:50, left:right] = level
    crop = canvas.crop(logits)
    assert crop is not None
    return Candidate(quality, crop)


def test_among_equals_the_first_stays() -> None:
    canvas = Canvas(64, 64, Size(64, 64), Size(64, 64))
    twins = [candidate(canvas, 0.9, 5, 35), candidate(canvas, 0.9, 6, 36)]
    assert [one for one, _ in suppress_candidates(twins, canvas, 0.8, 0.7)] == twins[:1]


def test_a_duplicate_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = Canvas(64, 256, Size(256, 256), Size(512, 512))
    some = [candidate(canvas, 0.9 - step / 100, 10, 50) for step in range(20)]
    drawn: list[MaskCrop] = []
    draw = canvas.draw
    monkeypatch.setattr(canvas, "draw", lambda crop: drawn.append(crop) or draw(crop))
    assert len(list(suppress_candidates(some, canvas, 0.5, 0.7))) == 1
    assert len(drawn) == 1


def test_suppressed_or_unstable_masks_suppress_no_other() -> None:
    canvas = Canvas(64, 64, Size(64, 64), Size(64, 64))
    first, second, third = (candidate(canvas, 0.95 - step / 10, 5 + 4 * step, 35 + 4 * step) for step in range(3))
    unstable = candidate(canvas, 0.99, 13, 43, level=0.5)
    kept = [one for one, _ in suppress_candidates([third, second, unstable, first], canvas, 0.8, 0.6)]
    assert kept == [first, third]


def test_an_unstable_mask_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = Canvas(64, 64, Size(64, 64), Size(64, 64))
    some = [candidate(canvas, 0.9, 5, 35), candidate(canvas, 0.8, 40, 60, level=0.5)]
    drawn: list[MaskCrop] = []
    draw = canvas.draw
    monkeypatch.setattr(canvas, "draw", lambda crop: drawn.append(crop) or draw(crop))
    for _ in range(2):
        assert [one for one, _ in suppress_candidates(some, canvas, 0.8, 0.6)] == some[:1]
    assert drawn == [some[0].crop, some[1].crop, some[0].crop]
