"""Outpaint and upscale passes on the fake host."""

from __future__ import annotations

import numpy as np
import pytest
from modules import processing as host
from modules import shared
from webui_host import SIZE, changed, drawn, expect_error


@pytest.mark.parametrize("fill", ["edge", "noise"])
@pytest.mark.parametrize("side", ["left", "right", "up", "down"])
def test_outpaint_leaves_the_original_as_it_is(run, side, fill):
    odd = drawn().crop((0, 0, 64, 48))
    _status, body = run(f"outpaint: {side}=24; step=16; blur=4; fill={fill}", odd)
    (after,) = body["images"]
    left, top = (24 if side == "left" else 0), (24 if side == "up" else 0)
    assert after.size == ((88, 48) if side in ("left", "right") else (64, 72))
    assert not changed(odd, after.crop((left, top, left + 64, top + 48))).any()
    assert len(host.sampled) == 2
    border = np.ones((after.height, after.width), bool)
    border[top : top + 48, left : left + 64] = False
    assert len(np.unique(np.array(after)[border], axis=0)) > 100, "the border is painted"


def test_outpaint_reaches_a_ratio_in_whole_blocks(run):
    _status, body = run("outpaint: ratio=16:9; blur=0")
    assert body["images"][0].size == (120, 64)


def test_outpaint_with_an_edit_inside(run):
    _status, body = run("outpaint: down=32; step=16; target=left; blur=0; prompt=a dog at her feet", keep_passes=True)
    (after,) = body["images"]
    difference = changed(drawn(), after.crop((0, 0, SIZE, SIZE)))
    assert difference[:, : SIZE // 2].mean() > 0.9
    assert not difference[:, SIZE // 2 :].any()
    (request,) = run.requests
    assert request.image.shape[:2] == (SIZE + 32, SIZE), "looked for in the last of the larger pictures"
    assert request.prompt == "a dog at her feet"


# Upscale.


@pytest.mark.parametrize("name", ["SwinIR 4x", "SwinIR_4x", "swinir_4x", ""])
def test_swinir_is_known_by_both_its_names_and_is_the_default(run, name):
    _status, body = run(f"upscale: by=2; upscaler={name}" if name else "upscale: by=2")
    assert body["images"][0].size == (2 * SIZE, 2 * SIZE)
    assert host.sampled == []
    assert "upscaled by SwinIR_4x" in body["infotexts"][0]


def test_an_upscaler_without_its_file_is_an_error(run, monkeypatch):
    monkeypatch.setattr(
        shared, "sd_upscalers", [shared.upscaler("None", "None"), shared.upscaler("SwinIR 4x", "SwinIR", False)]
    )
    for line in ("upscale: by=2", "upscale: upscaler=SwinIR_4x; strength=.2", "edit: upscaler=SwinIR_4x"):
        status, body = run(line)
        assert (status, body["error"]) == (500, "ModelMissing")
        expect_error(
            body, "SwinIR 4x did not upscale: its file could not be loaded or fetched; put it into the folder SwinIR"
        )
        assert host.sampled == []


def test_tiles_are_repainted_with_seeds_of_their_own_and_cover_the_picture(run):
    _status, body = run("upscale: by=2; upscaler=Lanczos; overlap=8; strength=0.3", width=72, height=64, seed=4)
    assert [one["seed"] for one in host.sampled] == [4, 5, 6, 7, 8, 9]
    assert {(one["width"], one["height"], one["denoising_strength"]) for one in host.sampled} == {(72, 64, 0.3)}
    plain = drawn().resize((2 * SIZE, 2 * SIZE))
    assert changed(plain, body["images"][0]).mean() > 0.9


def test_tiles_are_never_larger_than_the_picture(run):
    _status, body = run("upscale: by=1; upscaler=Lanczos; overlap=8; strength=0.3", width=512, height=512)
    assert [(one["width"], one["height"]) for one in host.sampled] == [(SIZE, SIZE)]
    assert body["images"][0].size == (SIZE, SIZE)


def test_the_masked_area_is_enlarged_by_the_upscaler_of_the_pass(run):
    run("edit: area=only masked; upscaler=SwinIR 4x\nedit: area=only masked")
    assert [one["upscaler_for_img2img"] for one in host.sampled] == ["SwinIR_4x", None]
