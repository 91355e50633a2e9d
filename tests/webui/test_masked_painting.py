"""Outside the mask not one pixel changes; the user's mask, the masked content, and p after the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from modules import shared
from PIL import Image
from webui_host import BLUE, GREEN, RED, SIZE, changed, drawn, red_in, state_of

ROOT = Path(__file__).parents[2]


def reach(blur: int) -> int:
    """Pixels beyond the mask that the host's blur touches."""
    return int(2.5 * blur + 0.5)


def grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    rows, cols = np.nonzero(mask)
    wide = np.zeros_like(mask)
    wide[
        max(0, rows.min() - pixels) : rows.max() + pixels + 1, max(0, cols.min() - pixels) : cols.max() + pixels + 1
    ] = 1
    return wide


# 2. Outside the mask, not one pixel changes.


@pytest.mark.parametrize("area", ["whole picture", "only masked"])
@pytest.mark.parametrize("blur", [0, 4])
def test_outside_the_mask_and_its_blur_not_one_pixel_changes(webui, area, blur):
    picture = drawn(RED)
    _status, body = webui.api(picture, area=area, blur=blur)
    difference = changed(picture, body["images"][0])
    assert difference[red_in(picture)].mean() > 0.95
    assert not (difference & ~grown(red_in(picture), reach(blur))).any()


def test_one_mask_serves_batch_size_times_batch_count(webui):
    picture = drawn(RED)
    _status, body = webui.api(picture, batch_size=2, n_iter=2, blur=0)
    assert len(body["images"]) == 4
    assert len(webui.requests) == 1
    for after in body["images"]:
        assert changed(picture, after)[red_in(picture)].mean() > 0.95
        assert not (changed(picture, after) & ~red_in(picture)).any()


def test_keep_picture_serves_batch_size_times_batch_count(webui):
    _status, body = webui.api(drawn(None), batch_size=2, n_iter=2, unsure="keep picture")
    assert [changed(drawn(None), after).any() for after in body["images"]] == [False] * 4


@pytest.mark.parametrize(("invert", "expected"), [(0, (0, 0, 8, 8)), (1, None)])
def test_the_users_mask_is_read_with_the_inpaint_tabs_inversion_and_not_inverted_twice(webui, invert, expected):
    mask = Image.new("L", (SIZE, SIZE))
    mask.paste(255, (0, 0, 8, 8))
    webui.page(drawn(RED), image_mask=mask, inpainting_mask_invert=invert)
    given = webui.requests[0].user_mask
    assert given[:8, :8].all() == (invert == 0)
    assert given[8:].all() == (invert == 1)


def test_a_blank_mask_of_the_inpaint_tab_counts_as_none(webui):
    webui.page(drawn(RED), image_mask=Image.new("L", (SIZE, SIZE)), inpainting_mask_invert=1)
    assert webui.requests[0].user_mask is None


def test_a_users_mask_of_another_size_is_fitted_to_the_picture(webui):
    webui.api(drawn(RED), image_mask=Image.new("L", (16, 16), 255))
    assert webui.requests[0].user_mask.shape == (SIZE, SIZE)


# What the sampler starts from.


@pytest.mark.parametrize(
    ("prompt", "box", "fill"),
    [
        ("replace", (16, 16, 48, 48), 2),
        ("replace", (16, 16, 22, 22), 0),
        ("modify", (16, 16, 48, 48), 1),
        ("add", (16, 16, 22, 22), 2),
        ("remove", (16, 16, 48, 48), 0),
        ("background", (16, 16, 48, 48), 2),
        ("restyle", (0, 0, 64, 64), 1),
    ],
)
def test_masked_content_is_chosen_by_the_kind_of_edit(webui, prompt, box, fill):
    _status, body = webui.api(drawn(RED, box), prompt)
    assert f"Masked content: {fill}" in body["infotexts"][0]


def test_masked_content_can_be_set(webui):
    _status, body = webui.api(drawn(RED), masked_content="latent nothing")
    assert "Masked content: 3" in body["infotexts"][0]


def test_styles_are_expanded_before_the_prompt_is_compared(webui):
    shared.prompt_styles.styles["night"] = "at night"
    webui.api(drawn(RED), "replace ball", styles=["night"])
    assert webui.requests[0].prompt == "replace ball, at night"


def test_prompts_that_differ_within_a_call_share_the_first_ones_mask_with_a_comment(webui):
    _pictures, _infotexts, below = webui.page(drawn(RED), ["replace a", "replace b"], n_iter=2)
    assert [request.prompt for request in webui.requests] == ["replace a"]
    assert "the mask is the first one's" in below


# 4. Nothing of one run leaks into the next.


@pytest.mark.parametrize("color", [RED, None, GREEN, BLUE])
@pytest.mark.parametrize("unsure", ["stop", "keep picture", "img2img"])
def test_after_a_run_p_is_what_it_was(webui, monkeypatch, color, unsure):
    from modules import img2img

    made = []
    make = img2img.StableDiffusionProcessingImg2Img
    monkeypatch.setattr(
        img2img, "StableDiffusionProcessingImg2Img", lambda **given: made.append(make(**given)) or made[-1]
    )
    mask = Image.new("L", (SIZE, SIZE), 255)
    before = {"image_mask": mask, "mask_blur": 9, "inpainting_fill": 3, "inpaint_full_res_padding": 77}
    webui.page(drawn(color), unsure=unsure, combine="ignore", area="only masked", **before)
    (p,) = made
    if color is RED or unsure != "img2img":  # otherwise the host itself left its traces, without automask's doing
        fresh = state_of(make(**before, inpaint_full_res=0))
        assert {name: value for name, value in state_of(p).items() if fresh[name] != value} == {}
    assert not {"init", "sample"} & set(vars(p))
