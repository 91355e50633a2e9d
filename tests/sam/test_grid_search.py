"""Every region is found as by segment-anything's own generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("segment_anything")

import torch
from blob_sams import SHAPES, draw_tiles, iou, make_blob_sam, quick_regions, reference_regions

from lib_automask.errors import InputError, Interrupted
from lib_automask.sam.candidates import KEEP
from lib_automask.sam.encoder import ENCODE
from lib_automask.sam.grid_search import PROMPT, GeneratorSettings, embed_image, find_all_regions
from lib_automask.sam.model import load_sam, read_generator_settings

DEMO = Path(__file__).parents[2] / "models" / "demo" / "sam"


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("size", [(60, 90), (128, 128), (230, 100), (24, 24)], ids=str)
@pytest.mark.parametrize(
    "settings",
    [
        {"pred_iou_thresh": 0.88, "stability_score_thresh": 0.8},
        {"pred_iou_thresh": 0.8, "stability_score_thresh": 0.6, "stability_score_offset": 3.0, "box_nms_thresh": 0.4},
        {"pred_iou_thresh": 0.0, "stability_score_thresh": 0.0, "box_nms_thresh": 0.95},
    ],
    ids=["strict", "distinct", "all"],
)
def test_same_regions_in_the_same_order(name: str, size: tuple[int, int], settings: dict[str, float]) -> None:
    sam, image = make_blob_sam(name), draw_tiles(*size)
    theirs = reference_regions(sam, image, points_per_side=5, **settings)
    ours = quick_regions(sam, image, points_per_side=5, **settings)
    assert len(ours) == len(theirs)
    for one, record in zip(ours, theirs):
        assert iou(one.mask, record["segmentation"]) > 0.999
        assert one.predicted_iou == pytest.approx(min(record["predicted_iou"], 1.0), abs=1e-5)
        assert one.stability_score == pytest.approx(record["stability_score"], abs=1e-3)


def test_compared_masks_differ() -> None:
    """Were all masks alike or empty, the test above would pass on anything."""
    sam, image = make_blob_sam("windows"), draw_tiles(60, 90)
    some = {"points_per_side": 5, "pred_iou_thresh": 0.0, "stability_score_thresh": 0.0}
    few, many = (quick_regions(sam, image, box_nms_thresh=most, **some) for most in (0.4, 0.95))
    assert 2 <= len(few) < len(many)
    assert len({one.area for one in many}) > 5


def test_batches_do_not_change_the_result() -> None:
    sam, image = make_blob_sam("odd"), draw_tiles(60, 90)
    some = {"points_per_side": 5, "pred_iou_thresh": 0.0, "stability_score_thresh": 0.6, "box_nms_thresh": 0.95}
    by_one, by_many = (quick_regions(sam, image, points_per_batch=count, **some) for count in (1, 25))
    assert len(by_one) == len(by_many) > 1
    assert all(iou(one.mask, other.mask) > 0.999 for one, other in zip(by_one, by_many))


@pytest.mark.skipif(not DEMO.is_dir(), reason="the demo's SAM is not there")
@pytest.mark.parametrize(("dtype", "least"), [(torch.float32, 0.999), (torch.bfloat16, 0.98)], ids=str)
def test_same_regions_with_a_trained_sam(dtype: Any, least: float) -> None:
    from benchmarks.icon_world.scenes import draw, make_scene

    sam, settings = load_sam(DEMO), {**read_generator_settings(DEMO), "points_per_side": 12}
    image = draw(make_scene(np.random.default_rng(5), width=200, height=130))
    theirs, ours = reference_regions(sam, image, **settings), quick_regions(sam, image, dtype, **settings)
    assert len(ours) == len(theirs) > 0
    assert np.mean([max(iou(one.mask, record["segmentation"]) for one in ours) for record in theirs]) > least


def test_overflow_of_the_decoder_is_computed_again_in_float32() -> None:
    sam, image = make_blob_sam("windows"), draw_tiles(60, 90)
    sam.mask_decoder.transformer.layers[0].norm4.weight.mul_(1e5)
    settings = GeneratorSettings(
        points_per_side=3, pred_iou_thresh=0.0, stability_score_thresh=0.0, box_nms_thresh=0.95
    )
    embedding = embed_image(sam, image, torch.float32)
    found, expected = (find_all_regions(sam, embedding, dtype, settings) for dtype in (torch.float16, torch.float32))
    assert len(found) > 0
    assert [one.mask.tobytes() for one in found] == [one.mask.tobytes() for one in expected]


def test_progress_names_stages_and_shares_and_may_stop_in_each() -> None:
    sam, image = make_blob_sam("odd"), draw_tiles(60, 90)
    reports: list[tuple[str, float]] = []

    def run(progress: Any) -> None:
        settings = GeneratorSettings(
            points_per_side=4, points_per_batch=4, pred_iou_thresh=0.8, stability_score_thresh=0.6
        )
        embedding = embed_image(sam, image, torch.float32, progress)
        find_all_regions(sam, embedding, torch.float32, settings, progress)

    run(lambda stage, share: reports.append((stage, share)))
    assert list(dict.fromkeys(stage for stage, _ in reports)) == [ENCODE, PROMPT, KEEP]
    assert [share for stage, share in reports if stage == PROMPT] == [0.0, 0.25, 0.5, 0.75]
    assert all(0 <= share < 1 for _, share in reports)
    for wanted in (ENCODE, PROMPT, KEEP):

        def stop(stage: str, share: float, wanted: str = wanted) -> None:
            if stage == wanted and share > 0:
                raise Interrupted("stopped")

        with pytest.raises(Interrupted):
            run(stop)


def test_unknown_setting_is_named() -> None:
    with pytest.raises(InputError, match="crop_n_layers"):
        GeneratorSettings.from_mapping({"crop_n_layers": 1})
