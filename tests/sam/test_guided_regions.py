"""The guided search: points where the heat is, boxes of segments that fit it, and a net for the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.icon_world.scenes import draw, make_scene, silhouettes
from lib_automask.errors import Interrupted
from lib_automask.imaging.masks import mask_iou
from lib_automask.runtime.cache import ByteCache
from lib_automask.sam.guided_search import GuideSettings, boxes_of_heat, choose_points, find_hot_points
from lib_automask.sam.segmenter import SamSegmenter
from lib_automask.types import Heat, Image, Segment, Size

pytest.importorskip("segment_anything")

DEMO = Path(__file__).parents[2] / "models" / "demo" / "sam"


def spots(size: tuple[int, int], *places: tuple[int, int, float], radius: float = 6.0) -> Heat:
    """float32[H, W]: round spots at (x, y), as hot as they say in the middle and cooling outwards."""
    rows, columns = np.indices(size)
    each = [peak * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / radius**2) for x, y, peak in places]
    return np.max(each, 0).astype(np.float32)


def distances(points: np.ndarray) -> np.ndarray:
    return np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))


# --- points and boxes


def test_each_of_several_things_gets_a_point_before_any_gets_a_second() -> None:
    heat = spots((80, 120), (20, 20, 1.0), (60, 40, 0.9), (100, 60, 0.5))
    first = find_hot_points(heat)[:3]
    assert np.abs(first - [(20, 20), (60, 40), (100, 60)]).max() <= 2


def test_points_keep_their_distance_and_stay_on_what_is_hot() -> None:
    heat = spots((80, 120), (20, 20, 1.0), (100, 60, 0.8), radius=14)
    guide = GuideSettings(points=40, least=0.3, spacings=(0.2, 0.05))
    points = find_hot_points(heat, guide)
    assert len(points) > 6
    apart = distances(points)
    assert apart[~np.eye(len(points), dtype=bool)].min() >= 0.05 * 120
    assert all(heat[int(y), int(x)] >= 0.3 for x, y in points)


def test_no_more_points_than_allowed() -> None:
    assert len(find_hot_points(np.ones((60, 90), np.float32), GuideSettings(points=5))) == 5


@pytest.mark.parametrize("size", [(12, 16), (1, 5), (300, 7), (2000, 3000)], ids=str)
def test_a_single_hot_pixel_of_any_picture_is_pointed_at_within_a_step_of_the_lattice(size: tuple[int, int]) -> None:
    heat = spots(size, (size[1] // 2, size[0] // 2, 1.0), radius=max(size) / 30)
    ((x, y),) = find_hot_points(heat, GuideSettings(points=1))
    assert max(abs(x - size[1] // 2), abs(y - size[0] // 2)) <= max(1, max(size) / 64)
    assert 0 <= x < size[1]
    assert 0 <= y < size[0]


def test_no_heat_gives_no_point_but_the_net() -> None:
    cold = np.zeros((1, 30, 40), np.float32)
    assert find_hot_points(cold[0]).shape == (0, 2)
    (net,) = choose_points(cold, Size(30, 40), GuideSettings(net_per_side=2))
    assert net.tolist() == [[10, 7.5], [30, 7.5], [10, 22.5], [30, 22.5]]


def test_box_is_that_of_the_segment_the_heat_fits_not_of_its_part_or_surroundings() -> None:
    part, thing, around = (np.zeros((40, 40), bool) for _ in range(3))
    part[12:16, 12:16] = thing[10:22, 10:22] = around[0:38, 0:38] = True
    segments = [Segment(mask, 0.9, 0.9) for mask in (part, around, thing)]
    heat = thing.astype(np.float32)[None]
    assert boxes_of_heat(segments, heat, 1).tolist() == [[10, 10, 22, 22]]
    assert len(boxes_of_heat(segments, np.concatenate([heat, heat]), 2)) == 2
    assert boxes_of_heat(segments, 0 * heat, 3).shape == (0, 4)
    assert boxes_of_heat([], heat, 3).shape == (0, 4)


# --- regions


@pytest.mark.skipif(not DEMO.is_dir(), reason="the demo's SAM is not there")
def test_heat_finds_the_things_that_the_net_alone_does_not() -> None:
    segmenter = SamSegmenter(DEMO, guide=GuideSettings(net_per_side=1))
    missed = found = 0
    for seed in range(4):
        scene = make_scene(np.random.default_rng(seed), count=4)
        image, things = draw(scene), silhouettes(scene)
        heat = np.stack([mask.astype(np.float32) for mask in things])
        blind = segmenter.segments(image, heat[:0])
        guided = segmenter.segments(image, heat)
        for thing in things:
            if max((mask_iou(thing, one.mask) for one in blind), default=0.0) < 0.5:
                missed += 1
                found += max(mask_iou(thing, one.mask) for one in guided) > 0.7
    assert missed >= 8
    assert found >= 0.9 * missed


@pytest.mark.skipif(not DEMO.is_dir(), reason="the demo's SAM is not there")
def test_wrong_heat_costs_none_of_what_the_net_finds() -> None:
    segmenter = SamSegmenter(DEMO, guide=GuideSettings(net_per_side=12))
    image = draw(make_scene(np.random.default_rng(3), count=3))
    wrong = spots(image.shape[:2], (2, 2, 1.0))[None]
    guided = segmenter.segments(image, wrong)
    for one in segmenter.segments(image):
        assert max(mask_iou(one.mask, other.mask) for other in guided) > 0.9


# --- the cache


RED, BLUE = (spots((32, 48), place)[None] for place in ((8, 8, 1.0), (34, 20, 1.0)))


def content(segments: tuple[Segment, ...]) -> list[tuple[bytes, float, float]]:
    return [(one.mask.tobytes(), one.predicted_iou, one.stability_score) for one in segments]


def count_work(segmenter: SamSegmenter, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Counts the encoded pictures and the decoded prompts from now on."""
    from lib_automask.sam.decoder import PictureDecoder

    counts = {"pictures": 0, "prompts": 0}
    decode = PictureDecoder.decode

    def counted(self: Any, prompts: Any, multimask: bool = True) -> Any:
        counts["prompts"] += len(prompts)
        return decode(self, prompts, multimask)

    def encoded(*_: Any) -> None:
        counts["pictures"] += 1

    monkeypatch.setattr(PictureDecoder, "decode", counted)
    segmenter.network.model.image_encoder.patch_embed.register_forward_hook(encoded)
    return counts


def test_other_heat_on_a_known_picture_prompts_only_at_its_own_points(
    folder: Path, picture: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = GuideSettings(net_per_side=4, points=5, boxes=2)
    segmenter = SamSegmenter(folder, guide=guide)
    counts = count_work(segmenter, monkeypatch)
    segmenter.segments(picture, RED)
    assert counts["pictures"] == 1
    assert counts["prompts"] > 16
    before = counts["prompts"]
    segmenter.segments(picture.copy(), np.concatenate([RED, BLUE]))
    assert counts["pictures"] == 1
    assert 0 < counts["prompts"] - before <= len(find_hot_points(BLUE[0], guide)) + 2 * guide.boxes
    before = counts["prompts"]
    segmenter.segments(picture, RED)
    assert counts["prompts"] == before


@pytest.mark.skipif(not DEMO.is_dir(), reason="the demo's SAM is not there")
def test_earlier_searches_change_no_bit_of_the_result() -> None:
    scene = make_scene(np.random.default_rng(1), count=3)
    image = draw(scene)
    one, two, three = (mask.astype(np.float32)[None] for mask in silhouettes(scene))
    used, fresh = (
        SamSegmenter(DEMO, guide=GuideSettings(net_per_side=2)),
        SamSegmenter(DEMO, guide=GuideSettings(net_per_side=2)),
    )
    for heat in (one, np.concatenate([two, three]), None):
        used.segments(image, heat)
    assert content(used.segments(image, two)) == content(fresh.segments(image, two))
    assert content(used.segments(image, two)) != content(used.segments(image, three))


def test_interrupted_search_leaves_nothing_half_done(folder: Path, picture: Image) -> None:
    shares: list[float] = []

    def stop(_stage: str, share: float) -> None:
        shares.append(share)
        if share > 0.9:
            raise Interrupted("stopped")

    segmenter = SamSegmenter(folder, progress=stop)
    with pytest.raises(Interrupted):
        segmenter.segments(picture, RED)
    segmenter.progress = lambda _stage, share: shares.append(share)
    assert content(segmenter.segments(picture, RED)) == content(SamSegmenter(folder).segments(picture, RED))


def test_progress_of_a_guided_search_only_rises(folder: Path, picture: Image) -> None:
    shares: list[float] = []
    SamSegmenter(folder, progress=lambda _stage, share: shares.append(share)).segments(
        picture, np.concatenate([RED, BLUE])
    )
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.skipif(not DEMO.is_dir(), reason="the demo's SAM is not there")
def test_segments_are_kept_small_and_returned_unchanged() -> None:
    image = draw(make_scene(np.random.default_rng(1), count=3))
    cache: ByteCache[Any] = ByteCache(2**20)
    segmenter = SamSegmenter(DEMO, cache=cache)
    segmenter.network.embedding(image)
    before = cache.bytes
    first = segmenter.segments(image)
    assert len(first) >= 3
    assert 0 < cache.bytes - before <= sum(one.mask.nbytes for one in first) / 8
    again = SamSegmenter(DEMO, cache=cache).segments(image)
    assert content(again) == content(first)
    again[0].mask[:] = False
    assert content(SamSegmenter(DEMO, cache=cache).segments(image)) == content(first)
