"""The segmenter: every region, those at prompts, how a region fades out, progress and cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from sam_prompts import segment_at

from lib_automask.errors import InputError, Interrupted
from lib_automask.interfaces import SoftSegmenter
from lib_automask.runtime.cache import ByteCache
from lib_automask.sam.model import SamNetwork, load_sam
from lib_automask.sam.segmenter import SamSegmenter
from lib_automask.types import Box, Image

pytest.importorskip("segment_anything")


def test_finds_the_same_regions_as_segment_anything_alone(folder: Path, picture: Image) -> None:
    from segment_anything import SamAutomaticMaskGenerator

    found = SamSegmenter(folder, precision="float32").segments(picture)
    records = SamAutomaticMaskGenerator(load_sam(folder), **tiny_models.SAM_CONFIG["generator"]).generate(picture)
    assert len(found) > 0
    assert sorted(one.mask.tobytes() for one in found) == sorted(record["segmentation"].tobytes() for record in records)


def test_best_predicted_quality_comes_first(folder: Path, picture: Image) -> None:
    found = SamSegmenter(folder).segments(picture)
    qualities = [one.predicted_iou for one in found]
    assert qualities == sorted(qualities, reverse=True)
    assert all(0 <= one.predicted_iou <= 1 and 0 <= one.stability_score <= 1 for one in found)
    assert all(one.mask.shape == (32, 48) for one in found)


def test_nothing_good_enough_is_no_region_at_all(folder: Path, picture: Image) -> None:
    assert SamSegmenter(folder, settings={"pred_iou_thresh": 99.0}).segments(picture) == ()


def test_progress_rises_from_nothing_to_all_with_every_batch(folder: Path, picture: Image) -> None:
    shares: list[float] = []
    SamSegmenter(
        folder, progress=lambda _stage, share: shares.append(share), settings={"points_per_batch": 4}
    ).segments(picture)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len([share for share in shares if 0.3 <= share < 0.95]) == 4


def test_run_ends_between_batches_when_interrupted(folder: Path, picture: Image) -> None:
    shares: list[float] = []

    def stop_at_half(_stage: str, share: float) -> None:
        shares.append(share)
        if share >= 0.5:
            raise Interrupted("stopped")

    segmenter = SamSegmenter(folder, progress=stop_at_half, settings={"points_per_batch": 4})
    with pytest.raises(Interrupted):
        segmenter.segments(picture)
    assert shares[-2] < 0.5 <= shares[-1]


def test_prompts_share_the_picture_embedding(folder: Path, picture: Image) -> None:
    network = SamNetwork(folder)
    seen = watch_encodings(network)
    first = segment_at(network, picture, inside=[(8, 8)])
    again = segment_at(network, picture, inside=[(8, 8)])
    assert len(seen) == 1
    assert [one.mask.tobytes() for one in first] == [one.mask.tobytes() for one in again]
    segment_at(network, picture[:, ::-1].copy(), inside=[(8, 8)])
    assert len(seen) == 2


def test_cache_can_be_shared(folder: Path, picture: Image) -> None:
    shared: Any = ByteCache(2**20)
    found = SamSegmenter(folder, cache=shared).segments(picture)
    shares: list[float] = []
    assert len(
        SamSegmenter(folder, progress=lambda _stage, share: shares.append(share), cache=shared).segments(picture)
    ) == len(found)
    assert shares == []


def test_prompt_without_a_place_is_refused(folder: Path, picture: Image) -> None:
    with pytest.raises(InputError, match="point on the thing"):
        segment_at(SamNetwork(folder), picture, outside=[(1, 1)])


def test_same_picture_is_searched_once(folder: Path, picture: Image) -> None:
    shares: list[float] = []
    segmenter = SamSegmenter(folder, progress=lambda _stage, share: shares.append(share))
    first = segmenter.segments(picture)
    shares.clear()
    again = segmenter.segments(picture.copy())
    assert shares == []
    assert [(one.mask.tobytes(), one.predicted_iou, one.stability_score) for one in again] == [
        (one.mask.tobytes(), one.predicted_iou, one.stability_score) for one in first
    ]


def test_chances_are_those_of_the_given_region(folder: Path, picture: Image) -> None:
    segmenter = SamSegmenter(folder)
    assert isinstance(segmenter, SoftSegmenter)
    (region, *_others) = segment_at(segmenter.network, picture, [(24.0, 16.0)])
    found = segmenter.chances(picture, region.mask)
    if found is None:
        pytest.skip("from within its middle this random network means another region")
    assert (found.shape, found.dtype) == ((32, 48), np.float32)
    assert 0 <= found.min() <= found.max() <= 1
    assert ((found > 0.5) == region.mask).mean() > 0.9


def test_there_are_no_chances_of_a_mask_that_is_no_region(folder: Path, picture: Image) -> None:
    segmenter = SamSegmenter(folder)
    stripes = np.zeros((32, 48), np.bool_)
    assert segmenter.chances(picture, stripes) is None
    stripes[::2] = True
    assert segmenter.chances(picture, stripes) is None


def watch_encodings(network: SamNetwork) -> list[int]:
    seen: list[int] = []
    network.model.image_encoder.patch_embed.register_forward_hook(lambda *_: seen.append(1))
    return seen


def test_one_point_gets_up_to_three_masks_and_a_box_one(folder: Path, picture: Image) -> None:
    network = SamNetwork(folder)
    by_point = segment_at(network, picture, inside=[(8, 8)])
    by_box = segment_at(network, picture, box=Box(26, 14, 42, 28))
    assert 1 <= len(by_point) <= 3
    assert len(by_box) <= 1
    assert all(one.mask.shape == (32, 48) for one in (*by_point, *by_box))


def test_masks_of_prompts_follow_the_predictor(folder: Path, picture: Image) -> None:
    from segment_anything import SamPredictor

    predictor = SamPredictor(load_sam(folder))
    predictor.set_image(picture)
    masks, _, _ = predictor.predict(np.array([[8.0, 8.0], [30.0, 20.0]]), np.array([1, 0]), multimask_output=False)
    found = segment_at(SamNetwork(folder, precision="float32"), picture, inside=[(8, 8)], outside=[(30, 20)])
    assert [one.mask.tobytes() for one in found] == [mask.tobytes() for mask in masks if mask.any()]
