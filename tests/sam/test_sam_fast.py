"""The quick way to every region gives what segment-anything's own generator gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("segment_anything")

from lib_automask.errors import InputError, Interrupted
from lib_automask.runtime.device import choose_dtype
from lib_automask.sam.candidates import (
    Candidate,
    Canvas,
    CanvasAxis,
    MaskCrop,
    box_iou,
    least_overlap,
    suppress_candidates,
)
from lib_automask.sam.decoder import PictureDecoder
from lib_automask.sam.decoder_layers import PatchNorm
from lib_automask.sam.encoder import encode_image
from lib_automask.sam.grid_search import ASK, ENCODE, KEEP, GeneratorSettings, embed_image, find_all_regions
from lib_automask.sam.model import build_sam, load_sam, read_generator_settings
from lib_automask.sam.projection import PatchUpdates
from lib_automask.types import Image, Segment

DEMO = Path(__file__).parents[2] / "models" / "demo" / "sam"
SHAPES: dict[str, dict[str, Any]] = {
    # Windows of 3 in a grid of 8 reach beyond it; the last block sees everything.
    "windows": {
        "image_size": 128, "patch_size": 16, "embed_dim": 48, "depth": 3, "num_heads": 4, "window_size": 3,
        "global_attn_indexes": [1], "out_chans": 32,
        "decoder": {"num_heads": 4, "mlp_dim": 64, "iou_head_hidden_dim": 32},
    },
    # Grid pixels and picture pixels in an odd ratio; three layers in the decoder.
    "odd": {
        "image_size": 72, "patch_size": 6, "embed_dim": 32, "depth": 2, "num_heads": 2, "window_size": 4,
        "global_attn_indexes": [1], "out_chans": 32,
        "decoder": {"depth": 3, "num_heads": 2, "mlp_dim": 48, "iou_head_hidden_dim": 32},
    },
}  # fmt: skip


def blob_sam(name: str, seed: int = 0) -> Any:
    """A random Sam whose masks are blobs that differ from point to point, many of them stable and good enough.

    Patches whose place is like a point's look at that point's token, since keys and queries are projected alike.
    """
    torch.manual_seed(seed)
    sam = build_sam(SHAPES[name]).requires_grad_(False)
    sam.image_encoder.pos_embed.normal_(std=0.2)
    for block in sam.image_encoder.blocks:
        block.attn.rel_pos_h.normal_(std=0.3)
        block.attn.rel_pos_w.normal_(std=0.3)
    for layer in sam.mask_decoder.transformer.layers:
        attention = layer.cross_attn_image_to_token
        attention.q_proj.weight.mul_(8)
        attention.k_proj.weight.copy_(attention.q_proj.weight)
        attention.out_proj.weight.mul_(8)
    for network in sam.mask_decoder.output_hypernetworks_mlps:
        network.layers[-1].weight.mul_(2000)
    quality = sam.mask_decoder.iou_prediction_head.layers[-1]
    quality.weight.mul_(0.3)
    quality.bias.fill_(0.9)
    return sam


def tiles(height: int, width: int) -> Image:
    """Random colours in squares of ten."""
    colors = np.random.default_rng(height).integers(0, 255, (-(-height // 10), -(-width // 10), 3), dtype=np.uint8)
    return colors.repeat(10, 0).repeat(10, 1)[:height, :width].copy()


def reference(sam: Any, image: Image, **settings: Any) -> list[dict[str, Any]]:
    from segment_anything import SamAutomaticMaskGenerator

    with torch.inference_mode():
        records = SamAutomaticMaskGenerator(sam, **settings).generate(image)
    return [record for record in records if record["segmentation"].any()]


def quick(sam: Any, image: Image, dtype: Any = torch.float32, **settings: Any) -> tuple[Segment, ...]:
    return find_all_regions(sam, embed_image(sam, image, dtype), dtype, GeneratorSettings(**settings))


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


# --- the same regions


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
    sam, image = blob_sam(name), tiles(*size)
    theirs = reference(sam, image, points_per_side=5, **settings)
    ours = quick(sam, image, points_per_side=5, **settings)
    assert len(ours) == len(theirs)
    for one, record in zip(ours, theirs):
        assert iou(one.mask, record["segmentation"]) > 0.999
        assert one.predicted_iou == pytest.approx(min(record["predicted_iou"], 1.0), abs=1e-5)
        assert one.stability_score == pytest.approx(record["stability_score"], abs=1e-3)


def test_the_comparison_has_something_to_compare() -> None:
    """Were all masks alike or empty, the test above would pass on anything."""
    sam, image = blob_sam("windows"), tiles(60, 90)
    some = {"points_per_side": 5, "pred_iou_thresh": 0.0, "stability_score_thresh": 0.0}
    few, many = (quick(sam, image, box_nms_thresh=most, **some) for most in (0.4, 0.95))
    assert 2 <= len(few) < len(many)
    assert len({one.area for one in many}) > 5


def test_batches_do_not_change_the_result() -> None:
    sam, image = blob_sam("odd"), tiles(60, 90)
    some = {"points_per_side": 5, "pred_iou_thresh": 0.0, "stability_score_thresh": 0.6, "box_nms_thresh": 0.95}
    by_one, by_many = (quick(sam, image, points_per_batch=count, **some) for count in (1, 25))
    assert len(by_one) == len(by_many) > 1
    assert all(iou(one.mask, other.mask) > 0.999 for one, other in zip(by_one, by_many))


@pytest.mark.skipif(not DEMO.is_dir(), reason="the demo's SAM is not there")
@pytest.mark.parametrize(("dtype", "least"), [(torch.float32, 0.999), (torch.bfloat16, 0.98)], ids=str)
def test_same_regions_with_a_trained_sam(dtype: Any, least: float) -> None:
    from benchmarks.icon_world.scenes import draw, make_scene

    sam, settings = load_sam(DEMO), {**read_generator_settings(DEMO), "points_per_side": 12}
    image = draw(make_scene(np.random.default_rng(5), width=200, height=130))
    theirs, ours = reference(sam, image, **settings), quick(sam, image, dtype, **settings)
    assert len(ours) == len(theirs) > 0
    assert np.mean([max(iou(one.mask, record["segmentation"]) for one in ours) for record in theirs]) > least


# --- the networks


@pytest.mark.parametrize("name", SHAPES)
def test_encoder_gives_the_same_embedding(name: str) -> None:
    encoder = blob_sam(name).image_encoder
    pixels = torch.randn(1, 3, encoder.img_size, encoder.img_size)
    with torch.inference_mode():
        expected = encoder(pixels)
        torch.testing.assert_close(encode_image(encoder, pixels, torch.float32), expected, atol=1e-5, rtol=1e-5)
        rough = encode_image(encoder, pixels, torch.bfloat16)
    assert rough.dtype == torch.float32
    assert 0 < (rough - expected).abs().max() < 0.1 * expected.abs().max()


def test_overflow_in_half_precision_is_done_again_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = blob_sam("odd").image_encoder
    encoder.blocks[0].mlp.lin2.weight.mul_(1e8)  # beyond float16's 65504
    pixels = torch.randn(1, 3, 72, 72)
    with torch.inference_mode():
        found, expected = encode_image(encoder, pixels, torch.float16), encode_image(encoder, pixels, torch.float32)
    assert found.isfinite().all()
    assert torch.equal(found, expected)


def test_overflow_in_the_decoder_too() -> None:
    sam, image = blob_sam("windows"), tiles(60, 90)
    sam.mask_decoder.transformer.layers[0].norm4.weight.mul_(1e5)
    settings = GeneratorSettings(
        points_per_side=3, pred_iou_thresh=0.0, stability_score_thresh=0.0, box_nms_thresh=0.95
    )
    embedding = embed_image(sam, image, torch.float32)
    found, expected = (find_all_regions(sam, embedding, dtype, settings) for dtype in (torch.float16, torch.float32))
    assert len(found) > 0
    assert [one.mask.tobytes() for one in found] == [one.mask.tobytes() for one in expected]


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("several", [True, False])
def test_decoder_gives_the_same_qualities_and_logits(name: str, several: bool) -> None:
    sam = build_sam(SHAPES[name])
    for layer in sam.mask_decoder.transformer.layers:
        # As made, a norm multiplies by one and adds nothing, so that leaving out either would not show.
        layer.norm4.weight.data.normal_(1, 0.3)
        layer.norm4.bias.data.normal_(0, 0.3)
    grid = sam.prompt_encoder.image_embedding_size[0]
    with torch.inference_mode():
        embedding = torch.randn(1, 32, grid, grid)
        places = torch.rand(3, 2, 2) * sam.image_encoder.img_size
        prompts, dense = sam.prompt_encoder((places, torch.tensor([[1, 0]] * 3)), None, None)
        masks, qualities = sam.mask_decoder(embedding, sam.prompt_encoder.get_dense_pe(), prompts, dense, several)
        decoder = PictureDecoder(sam, embedding, torch.float32)
        answers = decoder.answer(prompts, several)
        drawn = decoder.draw(answers, [0, 2], rows=grid - 3)
        none = decoder.draw(answers, [], rows=grid - 3)
    torch.testing.assert_close(answers.qualities, qualities, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(drawn, masks[[0, 2], :, : 4 * (grid - 3)], atol=1e-5, rtol=1e-5)
    assert none.shape == (0, *drawn.shape[1:])


def test_a_patch_that_its_tokens_undo_stays_finite() -> None:
    """Its variance is then a difference of equals, which rounding can make less than nothing."""
    torch.manual_seed(2)
    layer = build_sam(SHAPES["windows"]).mask_decoder.transformer.layers[0].requires_grad_(False)
    attention = layer.cross_attn_image_to_token
    attention.out_proj.bias.zero_()
    values, shares = 30 * torch.randn(4, 1, 4), torch.zeros(4, 500)  # four heads, one token, 500 patches
    shares[0] = torch.linspace(0.9, 1.1, 500)
    offered = values[0] @ attention.out_proj.weight.T[:4]
    after = PatchNorm([layer], -offered.expand(500, -1), torch.bfloat16)(PatchUpdates(), values, [shares.bfloat16()])
    assert after.scales[0].isfinite().all()
    assert after.shares[0].isfinite().all()


def test_precision_goes_by_the_device_and_a_wrong_name_is_refused() -> None:
    assert choose_dtype("cuda") == torch.float16
    assert choose_dtype("mps") == torch.float32
    assert choose_dtype("cpu") in (torch.float32, torch.bfloat16)
    assert choose_dtype("cuda", "float32") == torch.float32
    assert choose_dtype("cuda", width=128) == torch.float32  # the demo's
    assert choose_dtype("cuda", width=129) == torch.float16
    with pytest.raises(InputError, match="float32"):
        choose_dtype("cpu", "double")  # type: ignore[arg-type]


# --- drawing


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
    canvas = Canvas(32, square, shown, size)
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
    crop = Canvas(256, 1024, (1024, 1024), (2048, 2048)).crop(logits)
    assert crop is not None
    assert crop.logits.numel() < 200
    assert crop.logits.untyped_storage().nbytes() < 1000


# --- suppression


def test_bound_of_overlap_is_never_above_the_overlap() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        outer = np.sort(rng.uniform(0, 50, (2, 2)), 0).reshape(4)
        inner = np.sort(rng.uniform(outer[:2], outer[2:], (2, 2)), 0).reshape(4)
        share = rng.uniform(0, 1, 4)
        edges = (outer + share * (inner - outer)).astype(np.float32)
        kept = np.sort(rng.uniform(0, 50, (5, 2, 2)), 1).reshape(5, 4).astype(np.float32)
        crop = MaskCrop(torch.zeros(1, 1), 0, 0, outer.astype(np.float32), inner.astype(np.float32))
        assert (least_overlap(crop, kept) <= box_iou(edges, kept) + 1e-6).all()


def candidate(canvas: Canvas, quality: float, left: int, right: int, level: float = 9.0) -> Candidate:
    logits = torch.full((64, 64), -9.0)
    logits[10:50, left:right] = level
    crop = canvas.crop(logits)
    assert crop is not None
    return Candidate(quality, crop)


def test_who_is_suppressed_or_unstable_suppresses_nobody() -> None:
    canvas = Canvas(64, 64, (64, 64), (64, 64))
    first, second, third = (candidate(canvas, 0.95 - step / 10, 5 + 4 * step, 35 + 4 * step) for step in range(3))
    unstable = candidate(canvas, 0.99, 13, 43, level=0.5)
    kept = [one for one, _ in suppress_candidates([third, second, unstable, first], canvas, 0.8, 0.6)]
    assert kept == [first, third]


def test_among_equals_the_first_stays() -> None:
    canvas = Canvas(64, 64, (64, 64), (64, 64))
    twins = [candidate(canvas, 0.9, 5, 35), candidate(canvas, 0.9, 6, 36)]
    assert [one for one, _ in suppress_candidates(twins, canvas, 0.8, 0.7)] == twins[:1]


def test_what_is_not_stable_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = Canvas(64, 64, (64, 64), (64, 64))
    some = [candidate(canvas, 0.9, 5, 35), candidate(canvas, 0.8, 40, 60, level=0.5)]
    drawn: list[MaskCrop] = []
    draw = canvas.draw
    monkeypatch.setattr(canvas, "draw", lambda crop: drawn.append(crop) or draw(crop))
    for _ in range(2):
        assert [one for one, _ in suppress_candidates(some, canvas, 0.8, 0.6)] == some[:1]
    assert drawn == [some[0].crop, some[1].crop, some[0].crop]


def test_a_duplicate_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = Canvas(64, 256, (256, 256), (512, 512))
    some = [candidate(canvas, 0.9 - step / 100, 10, 50) for step in range(20)]
    drawn: list[MaskCrop] = []
    draw = canvas.draw
    monkeypatch.setattr(canvas, "draw", lambda crop: drawn.append(crop) or draw(crop))
    assert len(list(suppress_candidates(some, canvas, 0.5, 0.7))) == 1
    assert len(drawn) == 1


# --- seams


def test_progress_names_stages_and_shares_and_may_stop_in_each() -> None:
    sam, image = blob_sam("odd"), tiles(60, 90)
    told: list[tuple[str, float]] = []

    def run(progress: Any) -> None:
        settings = GeneratorSettings(
            points_per_side=4, points_per_batch=4, pred_iou_thresh=0.8, stability_score_thresh=0.6
        )
        embedding = embed_image(sam, image, torch.float32, progress)
        find_all_regions(sam, embedding, torch.float32, settings, progress)

    run(lambda stage, share: told.append((stage, share)))
    assert list(dict.fromkeys(stage for stage, _ in told)) == [ENCODE, ASK, KEEP]
    assert [share for stage, share in told if stage == ASK] == [0.0, 0.25, 0.5, 0.75]
    assert all(0 <= share < 1 for _, share in told)
    for wanted in (ENCODE, ASK, KEEP):

        def stop(stage: str, share: float, wanted: str = wanted) -> None:
            if stage == wanted and share > 0:
                raise Interrupted("stopped")

        with pytest.raises(Interrupted):
            run(stop)


def test_unknown_setting_is_named() -> None:
    with pytest.raises(InputError, match="crop_n_layers"):
        GeneratorSettings.from_mapping({"crop_n_layers": 1})
