"""Passes on the fake host: what arrives at its sampler, and what is wrong with a line."""

from __future__ import annotations

import pytest
from modules import processing as host
from modules import shared
from webui_host import SIZE, changed, drawn, expect_error

PLAIN = {"steps": 20, "cfg_scale": 7.0, "sampler_name": "Euler", "denoising_strength": 0.75, "negative_prompt": "grain"}


def test_a_pass_takes_from_the_run_what_it_does_not_say(run):
    status, _body = run("edit\nedit: target=right; strength=0.4; cfg=17; steps=80; negative=blur; prompt=a cat; seed=5")
    assert status == 200
    first, second = host.sampled
    assert {**first, **PLAIN, "prompt": "a star", "seed": 1} == first
    numbers = {"steps": 80, "cfg_scale": 17.0, "denoising_strength": 0.4, "seed": 5}
    texts = {"negative_prompt": "blur", "prompt": "a cat", "sampler_name": "Euler"}
    assert {**second, **numbers, **texts} == second


def test_styles_and_extra_networks_reach_each_pass(run):
    shared.prompt_styles.styles["night"] = "at night <lora:dark:1>"
    run("edit", prompt="a star", styles=["night"])
    assert run.requests[0].prompt == "a star, at night <lora:dark:1>"
    assert host.sampled[0]["prompt"] == "a star, at night ", "the host itself takes the network out of the prompt"


def test_sampler_and_schedule_are_the_hosts_names_in_any_case(run):
    run("edit: sampler=dpm++ 2m sde; schedule=karras")
    assert (host.sampled[0]["sampler_name"], host.sampled[0]["scheduler"]) == ("DPM++ 2M SDE", "Karras")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("edit: sampler=DPM++ 2N", "no sampler 'DPM++ 2N' here; did you mean 'DPM++ 2M'?"),
        ("edit: schedule=Kharas", "no schedule 'Kharas' here; did you mean 'Karras'?"),
        ("edit: checkpoint=inpaintin", "did you mean 'inpainting.safetensors'?"),
        ("edit: vae=sdxl-fixed", "there are: None, Automatic, other.vae.pt"),
        ("upscale: upscaler=ESRGAN", "here; there are: None, Lanczos, SwinIR_4x"),
        ("upscale: strength=.3; overlap=64", "tiles of 64x64 cannot overlap by 64"),
        ("outpaint: ratio=1:1", "1:1 already"),
        ("edit: target=nothing", "nothing to change"),
        ("edit: target=unsure", "the place is not certain"),
        ("edit: target=broken", "automask failed (RuntimeError: the model tripped)"),
    ],
)
def test_an_error_in_the_first_pass_paints_nothing_and_is_shown(run, line, told):
    status, body = run(line)
    assert status == 500
    expect_error(body, told)
    assert host.sampled == []


def test_a_line_that_is_no_pass_is_an_error_before_anything_is_painted(run):
    for passes in ("edit\npaint: target=left", "edit\nedit: strength=9"):
        status, body = run(passes)
        assert (status, body["error"]) == (500, "InputError")
        expect_error(body, "pass 2")
        assert host.sampled == []


def test_passes_may_be_dicts_in_the_api(webui, run):
    args = [{"enabled": True, "blur": 0, "passes": [{"do": "edit", "steps": 3}, {"target": "right", "steps": 4}]}]
    status, body = webui.api(drawn(), args=args, width=SIZE, height=SIZE)
    assert (status, [one["steps"] for one in host.sampled]) == (200, [3, 4])
    assert 'automask passes: "edit: steps=3\\nedit: target=right; steps=4"' in body["infotexts"][0]


def test_masked_content_area_and_padding(run):
    run("edit: area=only masked; padding=300; masked_content=latent noise; blur=3\nedit: blur=0", width=32, height=48)
    crop, whole = host.sampled
    assert (crop["inpaint_full_res"], crop["inpaint_full_res_padding"], crop["inpainting_fill"]) == (True, 300, 2)
    assert (crop["width"], crop["height"], crop["mask_blur"]) == (32, 48, 3)
    assert (whole["inpaint_full_res"], whole["width"], whole["height"]) == (False, SIZE, SIZE)


def test_the_inpaint_tab_may_decide_area_and_content(run):
    more = {"inpaint_full_res": True, "inpaint_full_res_padding": 7, "inpainting_fill": 3}
    run("edit: area=host; masked_content=host", **more)
    assert {**host.sampled[0], **more} == host.sampled[0]


def test_a_picture_that_is_not_of_whole_blocks_is_not_resized(run):
    odd = drawn().crop((0, 0, 61, 50))
    _status, body = run("edit: blur=0\nedit: target=right; blur=0", odd)
    assert body["images"][0].size == (61, 50)
    assert (host.sampled[0]["width"], host.sampled[0]["height"]) == (64, 56)
    only = run("edit: blur=0", odd)[1]["images"][0]
    assert not changed(odd, only)[:, 31:].any()
