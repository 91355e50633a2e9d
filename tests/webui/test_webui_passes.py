"""Several passes over one Generate, on the fake host: what arrives at its sampler, what comes back, what ends early.

The pipeline is a stand-in: the target names a side of the picture ("left" is its left half), and "nothing", "unsure" or
"broken" what goes wrong.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from modules import errors, images, sd_models, shared
from modules import processing as host
from webui_host import SIZE, changed, drawn, expect_error

from lib_automask import pipeline
from lib_automask.imaging import infotext_metadata
from lib_automask.options import FIELDS
from lib_automask.types import Edit, EditPlan, MaskResult
from lib_automask.webui import host as automask_host
from lib_automask.webui import infotext

PLAIN = {"steps": 20, "cfg_scale": 7.0, "sampler_name": "Euler", "denoising_strength": 0.75, "negative_prompt": "grain"}


@pytest.fixture
def run(webui, monkeypatch):
    """Generate with passes, through the API; everything that is asked of the pipeline goes to ``run.requests``."""
    monkeypatch.setattr(pipeline, "build_mask", build_mask)
    build_mask.requests = []

    def generate(passes, picture=None, **more):
        host.sampled.clear()
        fields = {"width": SIZE, "height": SIZE, "negative_prompt": "grain", "prompt": "a star", **more}
        return webui.api(picture or drawn(), passes=passes, **fields)

    generate.requests = build_mask.requests
    yield generate
    host.during_sampling = None


def build_mask(request, models):
    models.progress("caption", 0.0)
    build_mask.requests.append(request)
    rows, cols = np.indices(request.size) / np.array(request.size)[:, None, None]
    sides = {"left": cols < 0.5, "right": cols >= 0.5, "top": rows < 0.5, "bottom": rows >= 0.5}
    words = request.options.target.split() or ["left"]
    empty = np.zeros(request.size, np.bool_)
    if "broken" in words:
        raise RuntimeError("the model tripped")
    if "nothing" in words:
        return MaskResult("nothing", empty, "a field", EditPlan(), (), "nothing to change", {})
    if "unsure" in words:
        return MaskResult("unsure", empty, "a field", EditPlan(), (), "the place is not certain", {})
    parts = tuple(sides[word] for word in words)
    plan = EditPlan(tuple(Edit("replace", word, "a star") for word in words))
    mask = np.logical_or.reduce(parts)
    if request.user_mask is not None:
        mask = mask | request.user_mask
    return MaskResult("mask", mask, "a field", plan, (), f"replace {words}", {}, parts=parts if len(parts) > 1 else ())


def half(image, side):
    width = image.width // 2
    return np.array(image)[:, :width] if side == "left" else np.array(image)[:, width:]


def press(name, turn):
    """Press a button of the host while its sampler works for the ``turn``-th time."""

    def during(_p):
        if len(host.sampled) == turn:
            setattr(shared.state, name, True)

    host.during_sampling = during


# What arrives at the sampler.


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
def test_what_is_wrong_with_the_first_pass_paints_nothing_and_is_told(run, line, told):
    status, body = run(line)
    assert status == 500
    expect_error(body, told)
    assert host.sampled == []


def test_a_line_that_is_no_pass_is_told_before_anything_is_painted(run):
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


# What comes back.


def test_each_pass_sees_the_result_of_the_last_and_outside_its_mask_nothing_moves(run):
    _status, body = run("edit: blur=0\nedit: target=right; blur=0", keep_passes=True)
    final, after_first = body["images"]
    assert not changed(drawn(), after_first)[:, SIZE // 2 :].any()
    assert np.array_equal(half(final, "left"), half(after_first, "left"))
    assert changed(after_first, final)[:, SIZE // 2 :].mean() > 0.9
    assert np.array_equal(run.requests[1].image, np.array(after_first))


def test_several_edits_of_one_prompt_are_painted_one_after_another(run):
    run("edit: target=left right; each=true; blur=0", steps=3)
    assert [one["seed"] for one in host.sampled] == [1, 2]
    assert len(run.requests) == 1, "the picture is looked at once"
    run("edit: target=left right; blur=0")
    assert len(host.sampled) == 1


def test_the_users_mask_goes_along_scaled_and_padded(run):
    from PIL import Image

    mask = Image.new("L", (SIZE, SIZE))
    mask.paste(255, (0, 0, 8, 8))
    run("upscale: by=2; upscaler=Lanczos\noutpaint: left=16; up=8; blur=0\nedit", image_mask=mask)
    given = run.requests[-1].user_mask
    assert given.shape == (2 * SIZE + 8, 2 * SIZE + 16)
    assert given[8:24, 16:32].all()
    assert given.sum() == 16 * 16


def test_the_pictures_own_prompt_is_a_witness_until_something_is_replaced(run):
    picture = drawn()
    picture.info["parameters"] = "a ball\nSteps: 20"
    run("upscale: by=1; upscaler=Lanczos\nedit\nedit: target=right", picture)
    assert [request.own_prompt for request in run.requests] == ["a ball", ""]


def test_batch_size_times_count_are_painted_with_their_seeds_and_prompts(run):
    _status, body = run("edit: steps=3\nedit: target=right; steps=4", batch_size=2, n_iter=2, seed=9)
    assert len(body["images"]) == 4
    assert [(one["steps"], one["seed"]) for one in host.sampled] == [
        (steps, seed) for seed in (9, 10, 11, 12) for steps in (3, 4)
    ]
    assert len({np.array(image).tobytes() for image in body["images"]}) == 4


def test_the_batch_tab_gives_each_file_its_own_passes(webui, run):
    files = [drawn(), drawn((0, 0, 230))]
    answer = webui.batch(files, passes="edit: blur=0\noutpaint: right=8; blur=0")
    assert [image.size for image in answer.images] == [(SIZE + 8, SIZE)] * 2
    for file, image in zip(files, answer.images):
        assert not changed(file, image.crop((0, 0, SIZE, SIZE)))[:, SIZE // 2 :].any()
    assert answer.comments.count("pass 2: extended right 8") == 2


def test_only_finished_pictures_are_saved_and_each_pass_too_if_wanted(run):
    run("edit\nedit: target=right")
    assert [suffix for _image, suffix in images.saved] == [""]
    _status, body = run("edit\nedit: target=right\nedit: target=top", keep_passes=True)
    assert [suffix for _image, suffix in images.saved[1:]] == ["-pass-1", "-pass-2", ""]
    assert len(body["images"]) == len(body["infotexts"]) == 3
    assert "automask pass: edit" in body["infotexts"][1]


def test_faces_are_corrected_under_the_mask_alone(run):
    _status, body = run("edit: blur=0", restore_faces=True)
    assert not changed(drawn(), body["images"][0])[:, SIZE // 2 :].any()


def test_the_page_tells_what_each_pass_did_and_what_it_is_doing(webui, run):
    jobs = []
    host.during_sampling = lambda _p: jobs.append((shared.state.job, shared.state.textinfo))
    _pictures, _texts, below = webui.page(
        drawn(), passes="edit: target=right\nupscale: upscaler=Lanczos; strength=.2; overlap=8"
    )
    assert jobs[0] == ("automask pass 1 of 2: edit right",) * 2
    assert jobs[1][1].startswith("automask pass 2 of 2: upscale, tile 1 of ")
    assert "automask: pass 1: replace ['right']" in below
    assert f"pass 2: upscaled by Lanczos: {SIZE}x{SIZE} → {2 * SIZE}x{2 * SIZE}, repainted in 9 tiles" in below
    assert shared.last_prompt == "replace", "the host's note of the last prompt is the user's, not a pass's"


# The infotext.


def settings_of(text):
    """The infotext's last line as the hosts read it."""
    import json
    import re

    found = re.findall(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)', text.splitlines()[-1])
    return {key: json.loads(value) if value.startswith('"') else value for key, value in found}


def test_the_infotext_reproduces_the_run(run):
    passes = 'edit: prompt=a cat, sitting: "yes"; seed=-1; blur=0\noutpaint: down=16; strength=0.9'
    _status, body = run(passes, keep_passes=True, batch_size=2, seed=30)
    for image, text in zip(body["images"][:2], body["infotexts"]):
        params = settings_of(text)
        pasted = {row.name: infotext.read_pasted(row, params) for row in FIELDS}
        assert "seed=-1" not in pasted["passes"], "a random seed is written out"
        again = run(pasted.pop("passes"), **{**pasted, "keep_passes": False}, seed=int(params["Seed"]))
        assert not changed(image, again[1]["images"][0]).any()
        assert params["Denoising strength"] == "0.75"


def test_the_infotext_says_what_each_pass_did_and_forgets_it_for_the_next_file(webui, run):
    answer = webui.batch([drawn(), drawn()], passes="edit\noutpaint: left=8")
    for text in answer.infotexts:
        params = settings_of(text)
        assert params["automask pass 1"] == "replace ['left']"
        assert params["automask pass 2"] == f"extended left 8: {SIZE}x{SIZE} → {SIZE + 8}x{SIZE}"
    assert "automask" not in settings_of(webui.api(drawn(), args=[{"enabled": False}])[1]["infotexts"][0])


@pytest.mark.parametrize(
    ("passes", "why"),
    [
        ("edit\nedit: target=right", None),
        ("edit: prompt=a cat", "passes had prompts of their own"),
        ("edit\nedit: target=unsure", "the passes ended early"),
    ],
)
def test_the_prompt_is_the_pictures_own_only_if_it_was_painted_with_it_to_the_end(run, passes, why):
    _status, body = run(passes)
    assert settings_of(body["infotexts"][0]).get(infotext_metadata.KEPT) == why
    assert infotext_metadata.prompt_from_infotext(body["infotexts"][0]) == ("" if why else "a star")


# Outpaint.


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


def test_an_upscaler_without_its_file_is_told_and_never_passed_off(run, monkeypatch):
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


# What ends early keeps what is done, and the host's settings.


THREE = "edit: blur=0\n{}\nedit: target=top; blur=0"


def expect_first_pass_alone(status, body, why):
    assert status == 200
    (after,) = body["images"]
    assert changed(drawn(), after)[:, : SIZE // 2].mean() > 0.9
    assert not changed(drawn(), after)[:, SIZE // 2 :].any()
    told = settings_of(body["infotexts"][0])
    assert why in told["automask pass 2"]
    assert "the picture is as pass 1 left it" in told["automask pass 2"]
    assert "automask pass 3" not in told
    assert why in body["comments"]
    assert len(host.sampled) <= 2


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("edit: checkpoint=no such", "no checkpoint 'no such'"),
        ("edit: target=broken", "RuntimeError"),
        ("edit: target=nothing", "nothing to change"),
        ("upscale: upscaler=no such", "no upscaler 'no such'"),
    ],
)
def test_what_goes_wrong_in_pass_2_of_3_keeps_pass_1(run, line, why):
    settings = dict(shared.opts.data)
    expect_first_pass_alone(*run(THREE.format(line)), why)
    assert shared.opts.data == settings


@pytest.mark.parametrize("button", ["interrupted", "skipped"])
def test_interrupt_and_skip_keep_what_is_done_and_throw_half_a_painting_away(run, button):
    press(button, 2)
    expect_first_pass_alone(*run(THREE.format("edit: target=right; blur=0")), "ended by the user")


def test_interrupt_after_the_current_painting_lets_it_end(run):
    press("stopping_generation", 2)
    status, body = run(THREE.format("edit: target=right; blur=0"))
    assert status == 200
    assert changed(drawn(), body["images"][0])[:, SIZE // 2 :].mean() > 0.9
    assert "the picture is as pass 2 left it" in settings_of(body["infotexts"][0])["automask pass 3"]


@pytest.mark.parametrize("button", ["interrupted", "skipped"])
def test_interrupt_in_the_first_pass_gives_the_picture_back(run, button):
    press(button, 1)
    status, body = run(THREE.format("edit"))
    assert status == 200
    assert not changed(drawn(), body["images"][0]).any()
    assert "automask kept" in body["infotexts"][0]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA out of memory. Tried to allocate 9 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"),
        MemoryError(),
    ],
)
def test_out_of_memory_in_pass_2_keeps_pass_1_and_says_what_helps(run, error):
    settings = dict(shared.opts.data)

    def during(_p):
        if len(host.sampled) == 2:
            raise error

    host.during_sampling = during
    answer = run(THREE.format("edit: target=right; checkpoint=inpainting; vae=other.vae.pt; upscaler=SwinIR 4x"))
    expect_first_pass_alone(*answer, "ran out of memory")
    assert shared.opts.data == settings
    assert sd_models.model_data.loaded == "first.safetensors"
    assert len(errors.reported) == 1


def test_out_of_memory_is_told_where_it_led_to_another_error(run):
    def during(_p):
        try:
            raise RuntimeError("unable to mmap 560863526 bytes: Cannot allocate memory (12)")
        except RuntimeError:
            raise ValueError("Failed to recognize model type!")  # noqa: B904

    host.during_sampling = during
    status, body = run("edit")
    assert status == 500
    expect_error(body, "ran out of memory")


@pytest.fixture
def forge(monkeypatch):
    """How Forge loads: what is there goes first, and is known by a hash that only a success changes."""
    data = SimpleNamespace(sd_model="first", forge_hash="first", wanted="first", there=["first"])

    def forge_model_reload():
        if data.forge_hash != data.wanted:
            data.sd_model = None
            if data.wanted not in data.there:
                raise MemoryError
            data.sd_model = data.forge_hash = data.wanted

    errors.reported.clear()
    monkeypatch.setattr(sd_models, "model_data", data)
    monkeypatch.setattr(sd_models, "FakeInitialModel", SimpleNamespace, raising=False)
    monkeypatch.setattr(sd_models, "forge_model_reload", forge_model_reload, raising=False)
    return data


def load_too_large_a_checkpoint(forge):
    with automask_host.keep_checkpoint():
        forge.wanted = "too large"
        with pytest.raises(MemoryError):
            sd_models.forge_model_reload()
        forge.wanted = "first"


def test_a_checkpoint_that_forge_lost_to_one_that_could_not_be_loaded_is_loaded_again(forge):
    load_too_large_a_checkpoint(forge)
    assert forge.sd_model == "first"
    assert errors.reported == []


def test_where_that_fails_too_forge_can_finish_the_run_and_the_next_tries_again(forge):
    forge.there.clear()
    load_too_large_a_checkpoint(forge)
    assert forge.sd_model.use_distilled_cfg_scale is False
    assert "could not be loaded again" in errors.reported[0]
    forge.there.append("first")
    sd_models.forge_model_reload()
    assert forge.sd_model == "first"


@pytest.mark.parametrize("known", [True, False])
def test_the_users_checkpoint_and_settings_are_back_even_if_config_json_has_no_line_of_them(run, known):
    if not known:
        del shared.opts.data["sd_model_checkpoint"]
    settings = dict(shared.opts.data)
    status, _body = run("edit: checkpoint=inpainting; vae=other.vae.pt; upscaler=SwinIR 4x\nedit: target=right")
    assert status == 200
    assert [one["loaded"] for one in host.sampled] == ["inpainting.safetensors", "first.safetensors"]
    assert [one["sd_vae"] for one in host.sampled] == ["other.vae.pt", None]
    assert shared.opts.data == settings
    assert sd_models.model_data.loaded == "first.safetensors"
    assert not getattr(shared.cmd_opts, "no_prompt_history", False)


def test_torch_s_global_random_state_is_what_it_was(run):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    status, _body = run("edit\nedit: target=right")
    assert status == 200
    assert torch.equal(torch.get_rng_state(), before)


def test_every_nested_run_is_closed(run):
    run("edit\nedit: target=right")
    assert len(host.closed) == 2


@pytest.mark.parametrize("policy", ["keep picture", "img2img"])
def test_what_was_chosen_for_unsure_holds_for_each_pass(run, policy):
    _status, body = run("edit: target=unsure; blur=0\nedit: blur=0", unsure=policy)
    difference = changed(drawn(), body["images"][0])
    assert (difference[:, SIZE // 2 :].mean() > 0.9) == (policy == "img2img")
    assert difference[:, : SIZE // 2].mean() > 0.9
    assert "as chosen" in settings_of(body["infotexts"][0])["automask pass 1"]


def test_a_batch_goes_on_after_a_file_that_fails(webui, run):
    answer = webui.batch([drawn(), drawn()], passes="edit: target=broken")
    assert [changed(drawn(), image).any() for image in answer.images] == [False, False]
    assert answer.comments.count("the model tripped") == 2


def test_of_a_batch_that_is_interrupted_pictures_of_another_size_are_left_out(run):
    press("interrupted", 3)
    _status, body = run("outpaint: left=8\nedit", batch_size=3)
    assert [image.size for image in body["images"]] == [(SIZE + 8, SIZE)]
    assert "picture 2 is left out" in body["comments"]
    assert "picture 3 is left out" in body["comments"]


def test_overlay_is_put_back_even_where_the_user_turned_it_off(run):
    shared.opts.data["overlay_inpaint"] = False
    _status, body = run("edit: blur=0")
    assert not changed(drawn(), body["images"][0])[:, SIZE // 2 :].any()
    assert shared.opts.data["overlay_inpaint"] is False


def test_a_preview_with_passes_shows_the_mask_and_paints_nothing(webui, run):
    pictures, _infotexts, _below = webui.page(drawn(), preview=True, passes="edit\nedit")
    assert len(pictures) == 1
    assert host.sampled == []
