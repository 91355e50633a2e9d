"""Passes that end early keep what is done, and the host's settings."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from modules import errors, sd_models, shared
from modules import processing as host
from webui_host import SIZE, changed, drawn, expect_error
from webui_passes import press, settings_of

from lib_automask.webui import host as automask_host

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
def test_an_error_in_pass_2_of_3_keeps_pass_1(run, line, why):
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


def test_out_of_memory_is_recognised_where_it_led_to_another_error(run):
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
