"""SAM's encoder and decoder compute what segment-anything's do."""

from __future__ import annotations

import pytest

pytest.importorskip("segment_anything")

import torch
from blob_sams import SHAPES, make_blob_sam

from lib_automask.errors import InputError
from lib_automask.runtime.device import choose_dtype
from lib_automask.sam.decoder import PictureDecoder
from lib_automask.sam.decoder_layers import PatchNorm
from lib_automask.sam.encoder import encode_image
from lib_automask.sam.model import build_sam
from lib_automask.sam.projection import PatchUpdates


@pytest.mark.parametrize("name", SHAPES)
def test_encoder_gives_the_same_embedding(name: str) -> None:
    encoder = make_blob_sam(name).image_encoder
    pixels = torch.randn(1, 3, encoder.img_size, encoder.img_size)
    with torch.inference_mode():
        expected = encoder(pixels)
        torch.testing.assert_close(encode_image(encoder, pixels, torch.float32), expected, atol=1e-5, rtol=1e-5)
        rough = encode_image(encoder, pixels, torch.bfloat16)
    assert rough.dtype == torch.float32
    assert 0 < (rough - expected).abs().max() < 0.1 * expected.abs().max()


def test_overflow_of_the_encoder_is_computed_again_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = make_blob_sam("odd").image_encoder
    encoder.blocks[0].mlp.lin2.weight.mul_(1e8)  # beyond float16's 65504
    pixels = torch.randn(1, 3, 72, 72)
    with torch.inference_mode():
        found, expected = encode_image(encoder, pixels, torch.float16), encode_image(encoder, pixels, torch.float32)
    assert found.isfinite().all()
    assert torch.equal(found, expected)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("multimask", [True, False])
def test_decoder_gives_the_same_qualities_and_logits(name: str, multimask: bool) -> None:
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
        masks, qualities = sam.mask_decoder(embedding, sam.prompt_encoder.get_dense_pe(), prompts, dense, multimask)
        decoder = PictureDecoder(sam, embedding, torch.float32)
        decoded = decoder.decode(prompts, multimask)
        drawn = decoder.draw(decoded, [0, 2], rows=grid - 3)
        none = decoder.draw(decoded, [], rows=grid - 3)
    torch.testing.assert_close(decoded.qualities, qualities, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(drawn, masks[[0, 2], :, : 4 * (grid - 3)], atol=1e-5, rtol=1e-5)
    assert none.shape == (0, *drawn.shape[1:])


def test_a_patch_that_its_tokens_cancel_stays_finite() -> None:
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


def test_precision_goes_by_the_device_and_an_unknown_one_is_refused() -> None:
    assert choose_dtype("cuda") == torch.float16
    assert choose_dtype("mps") == torch.float32
    assert choose_dtype("cpu") in (torch.float32, torch.bfloat16)
    assert choose_dtype("cuda", "float32") == torch.float32
    assert choose_dtype("cuda", width=128) == torch.float32  # the demo's
    assert choose_dtype("cuda", width=129) == torch.float16
    with pytest.raises(InputError, match="float32"):
        choose_dtype("cpu", "double")  # type: ignore[arg-type]
