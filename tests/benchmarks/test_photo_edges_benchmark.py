"""The benchmark of edges in photographs, on a picture of its own making."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import photo_edges
from lib_automask.imaging.masks import mask_iou

Y, X = np.indices((240, 320))
DISC = np.clip(70.5 - np.hypot(X - 150, Y - 120), 0, 1).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    grain = np.random.default_rng(0).normal(0, 8, (240, 320, 3))
    picture = DISC[..., None] * (200, 120, 60) + (1 - DISC[..., None]) * (60, 110, 150) + grain
    Image.fromarray(picture.round().clip(0, 255).astype(np.uint8)).save(tmp_path / "disc.png")
    Image.fromarray((255 * DISC).astype(np.uint8)).save(tmp_path / "disc--mask.png")
    masks = [{"mask": "disc--mask.png", "label": kind, "truth": kind} for kind in ("alpha", "polygon")]
    (tmp_path / "index.jsonl").write_text(json.dumps({"name": "disc", "image": "disc.png", "masks": masks}) + "\n")
    return tmp_path


def test_only_an_alpha_is_read_with_its_shades(folder):
    soft, hard = photo_edges.read_cases(folder)
    assert ((soft.alpha > 0.1) & (soft.alpha < 0.9)).any()
    assert set(np.unique(hard.alpha)) == {0, 1}
    assert (soft.name, hard.truth, soft.image.shape) == ("disc/alpha", "polygon", (240, 320, 3))


def test_rough_masks_waver_shrink_and_grow():
    usual, noisier, shrunk, grown = (photo_edges.roughen(DISC, kind, 1) > 0.5 for kind in photo_edges.ROUGHNESSES)
    truth = DISC > 0.5
    assert mask_iou(noisier, truth) < mask_iou(usual, truth) < 1
    assert shrunk.sum() < 0.98 * usual.sum()
    assert grown.sum() > 1.02 * usual.sum()
    again = photo_edges.roughen(DISC, photo_edges.ROUGHNESSES[0], 1) > 0.5
    assert np.array_equal(usual, again)


def test_the_tables_are_printed(folder, capsys):
    photo_edges.main([str(folder), "--first", "4"])
    printed = capsys.readouterr().out
    assert "disc/polygon" in printed
    assert "\nusual: 2\n" in printed
    assert "\nusual, exact truth: 1\n" in printed


def test_the_figures_are_those_of_the_mask_before_and_after(folder, capsys):
    photo_edges.main([str(folder), "--json", "--seeds", "2"])
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 2 * 4 * 2
    first = next(row for row in rows if row["truth"] == "alpha" and row["roughness"] == "usual")
    rough = photo_edges.roughen(next(photo_edges.read_cases(folder)).alpha, photo_edges.ROUGHNESSES[0], 0) > 0.5
    assert first["iou"]["rough"] == pytest.approx(mask_iou(rough, DISC > 0.5))
    assert first["iou"]["outline"] > first["iou"]["rough"]
    assert first["error"]["soft"] < first["error"]["rough"]
