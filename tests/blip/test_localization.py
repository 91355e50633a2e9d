"""Where a phrase is found: heat that follows the gradient of the match, segments compared with it, crops."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_segments import segment

from lib_automask.blip import localization
from lib_automask.blip.matcher import BlipMatcher
from lib_automask.types import Image, Segment

pytest.importorskip("transformers")


def test_heat_covers_the_picture_and_peaks_at_one(matcher: BlipMatcher, picture: Image) -> None:
    heat = matcher.heat(picture, ["a red ball", "a cat"])
    assert heat.shape == (2, 24, 40)
    assert heat.dtype == np.float32
    assert heat.min() >= 0
    assert heat.reshape(2, -1).max(1) == pytest.approx([1, 1])
    assert matcher.heat(picture, []).shape == (0, 24, 40)


@pytest.mark.parametrize("inference", [True, False])
def test_heat_is_the_same_whatever_mode_the_host_is_in(matcher: BlipMatcher, picture: Image, inference: bool) -> None:
    import torch

    expected = matcher.heat(picture, ["a cat"])
    with torch.inference_mode(inference), torch.set_grad_enabled(not inference):
        assert matcher.heat(picture, ["a cat"]) == pytest.approx(expected)


def test_heat_follows_the_gradient_of_the_match(matcher: BlipMatcher, picture: Image) -> None:
    """Grad-CAM computed a second way: the slope of the logit along each attention value, by finite differences."""
    import torch

    from lib_automask.blip.localization import compute_gradcam

    model = matcher.model
    block = model.network.text_encoder.encoder.layer[model.gradcam_block].crossattention.self
    inputs = {"input_ids": model.tokenize("a cat")[None], "pixel_values": model.pixels.tensor([picture])}
    maps: list[torch.Tensor] = []
    handle = block.dropout.register_forward_hook(lambda _module, inputs, _output: maps.append(inputs[0]))
    with torch.no_grad():
        model.network(**inputs)
    handle.remove()
    attention = maps[0]
    slope = torch.zeros_like(attention)
    step = 1e-2

    def logit_with(change: torch.Tensor) -> float:
        def shifted(probabilities: torch.Tensor) -> torch.Tensor:
            return probabilities + change

        handle = block.dropout.register_forward_hook(lambda _module, _inputs, output: shifted(output))
        try:
            with torch.no_grad():
                return float(model.network(**inputs).itm_score[0, 1])
        finally:
            handle.remove()

    places = [(head, word, patch) for head in range(4) for word in (1, 2) for patch in (1, 6, 16)]
    for place in places:
        change = torch.zeros_like(attention)
        change[(0, *place)] = step
        slope[(0, *place)] = (logit_with(change) - logit_with(-change)) / (2 * step)
    (found,) = compute_gradcam(model, picture, ["a cat"])
    heat = found.gradcam.flatten()
    assert heat[[0, 5, 15]].max() > 0
    for patch in (1, 6, 16):
        by_head = (slope.clamp(min=0) * attention)[0, :, 1:3, patch]
        assert float(heat[patch - 1]) == pytest.approx(float(by_head.mean(0).mean()), rel=0.05, abs=1e-6)
    assert found.attention.flatten().tolist() == pytest.approx(attention[0, :, 1:3, 1:].mean((0, 1)).tolist(), abs=1e-6)
    assert found.probability == pytest.approx(matcher.match(picture, ["a cat"])[0], abs=1e-6)


def test_large_masks_are_compared_on_a_small_grid() -> None:
    large = np.zeros((1100, 2200), dtype=bool)
    large[100:300, 100:300] = True
    compared = localization.SegmentShapes.of([Segment(large, 0.9, 0.9), Segment(np.ones_like(large), 0.9, 0.9)])
    assert compared.size == (128, 256)
    assert compared.shares[0].sum() / compared.shares[1].sum() == pytest.approx(large.mean(), rel=0.01)
    assert compared.containment[0, 1] == pytest.approx(1, abs=0.05)


def test_crop_shows_the_segment_alone_in_a_grey_square(picture: Image) -> None:
    wide = segment(10, 24, 14, 34)
    crop = localization.crop_segment(picture, wide, margin=0.1)
    assert crop.shape == (12, 12, 3)
    assert (crop[4:8, 1:11] == (0, 0, 220)).all()
    outside = np.ones((12, 12), dtype=bool)
    outside[4:8, 1:11] = False
    assert (crop[outside] == localization.GREY).all()
