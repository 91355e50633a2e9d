"""Names as people write them, on either host, and what of the host's state a nested run leaves as it was."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from modules import devices, errors, lowvram, sd_models, sd_vae, shared

from lib_automask.errors import InputError, Interrupted, ModelMissing
from lib_automask.webui import host

pytestmark = pytest.mark.usefixtures("webui")


@pytest.mark.parametrize("written", ["DPM++ 2M", "dpm++ 2m", " DPM++_2M "])
def test_a_name_is_found_whatever_its_case_and_blanks(written):
    assert host.find_sampler(written) == "DPM++ 2M"


def test_the_exact_name_comes_before_one_that_is_alike():
    assert host.match_name("a_b", ["A b", "a_b"], "VAE") == "a_b"
    assert host.match_name("A B", ["a_b", "a b"], "VAE") == "a_b"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "DPM 2M",
            "there is no sampler 'DPM 2M' here; did you mean 'DPM++ 2M'? There are: "
            "Euler, DPM++ 2M, DPM++ SDE, DPM++ 2M SDE, DPM++ 3M SDE",
        ),
        ("x", "there is no sampler 'x' here; there are: Euler, DPM++ 2M, DPM++ SDE, DPM++ 2M SDE, DPM++ 3M SDE"),
    ],
)
def test_an_unknown_name_gets_a_suggestion_and_the_list(name, message):
    with pytest.raises(InputError) as error:
        host.find_sampler(name)
    assert str(error.value) == message


@pytest.mark.parametrize(("count", "end"), [(30, "n28, n29"), (31, "n28, n29, …")])
def test_the_list_of_an_error_has_thirty_names(count, end):
    with pytest.raises(InputError) as error:
        host.match_name("zz", [f"n{number}" for number in range(count)], "VAE")
    assert str(error.value).startswith("there is no VAE 'zz' here; there are: n0, n1, ")
    assert str(error.value).endswith(end)


def test_schedules_checkpoints_and_vaes_are_found_by_their_names():
    assert host.find_schedule("karras") == "Karras"
    assert host.find_checkpoint_settings("inpainting") == {"sd_model_checkpoint": "inpainting"}
    assert host.find_checkpoint_settings("FIRST.safetensors") == {"sd_model_checkpoint": "first.safetensors"}
    for name in ("None", "Automatic", "other.vae.pt"):
        assert host.find_vae_settings(name.upper()) == {"sd_vae": name}
    for find, kind in (
        (host.find_schedule, "schedule"),
        (host.find_checkpoint_settings, "checkpoint"),
        (host.find_vae_settings, "VAE"),
        (host.find_upscaler, "upscaler"),
    ):
        with pytest.raises(InputError, match=f"there is no {kind} 'x' here"):
            find("x")


@pytest.fixture
def forge(monkeypatch):
    """Forge's other modules: two VAEs and a text encoder, of which the user has chosen the encoder and one VAE."""
    main_entry = SimpleNamespace(module_list={}, refreshed=0)
    files = {"a.pt": "models/VAE/a.pt", "b.pt": "models/VAE/sub/b.pt", "clip.pt": "models/text_encoder/clip.pt"}

    def refresh_models():
        main_entry.module_list.update(files)

    def refresh_model_loading_parameters():
        main_entry.refreshed += 1

    main_entry.refresh_models = refresh_models
    main_entry.refresh_model_loading_parameters = refresh_model_loading_parameters
    package = ModuleType("modules_forge")
    package.main_entry = main_entry  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "modules_forge", package)
    monkeypatch.setattr(sd_models, "forge_model_reload", lambda: None, raising=False)
    shared.opts.data["forge_additional_modules"] = ["models/text_encoder/clip.pt", "models/VAE/a.pt"]
    return main_entry


@pytest.mark.parametrize(
    ("name", "modules"),
    [("b.pt", ["models/VAE/sub/b.pt"]), ("B.PT", ["models/VAE/sub/b.pt"]), ("None", []), ("automatic", [])],
)
def test_a_vae_of_forge_takes_the_place_of_the_other_one(forge, name, modules):
    assert host.find_vae_settings(name) == {"forge_additional_modules": ["models/text_encoder/clip.pt", *modules]}
    with pytest.raises(InputError, match=r"'x' here; there are: None, Automatic, a\.pt, b\.pt$"):
        host.find_vae_settings("x")


@pytest.mark.parametrize(
    ("folder", "path", "is_vae"),
    [
        (None, "models/VAE/a.pt", True),
        (None, "models/vae.pt", False),
        ("/data/my vaes", "/data/my vaes/a.pt", True),
        ("/data/my vaes", "models/VAE/a.pt", True),
        ("/data/my vaes", "/data/others/a.pt", False),
    ],
)
def test_a_vae_lies_in_a_folder_of_vaes(monkeypatch, folder, path, is_vae):
    monkeypatch.setattr(shared.cmd_opts, "vae_dir", folder, raising=False)
    assert host.is_vae_path(path) is is_vae


def test_nested_settings_come_back_and_new_ones_go(forge):
    sd_models.model_data.forge_loading_parameters = {"checkpoint": "first"}
    try:
        with host.keep_settings():
            shared.opts.data |= {"sd_model_checkpoint": "other", "sd_vae": "other", "upscaler_for_img2img": "x"}
            shared.opts.data["overlay_inpaint"] = False
            shared.opts.data["samples_format"] = "webp"
        assert shared.opts.data["sd_model_checkpoint"] == "first.safetensors"
        assert shared.opts.data["overlay_inpaint"] is True
        assert not {"sd_vae", "upscaler_for_img2img", "sd_checkpoint_hash"} & shared.opts.data.keys()
        assert shared.opts.data["samples_format"] == "webp", "only what passes override"
        assert forge.refreshed == 0
        with suppress(ValueError), host.keep_settings():
            sd_models.model_data.forge_loading_parameters["checkpoint"] = "other"
            shared.opts.data["forge_additional_modules"] = []
            raise ValueError
        assert shared.opts.data["forge_additional_modules"] == ["models/text_encoder/clip.pt", "models/VAE/a.pt"]
        assert forge.refreshed == 1
    finally:
        del sd_models.model_data.forge_loading_parameters


def test_the_checkpoint_and_the_vae_are_loaded_again_and_a_failure_is_reported(monkeypatch):
    calls = []
    monkeypatch.setattr(sd_models, "reload_model_weights", lambda: calls.append("checkpoint"))
    monkeypatch.setattr(sd_vae, "reload_vae_weights", lambda: calls.append("VAE"))
    with host.keep_checkpoint():
        assert calls == []
    assert calls == ["checkpoint", "VAE"]
    monkeypatch.setattr(sd_vae, "reload_vae_weights", lambda: 1 / 0)
    with host.keep_checkpoint():
        pass
    assert errors.reported[0].startswith("automask: the checkpoint could not be loaded again\nTraceback")
    assert "ZeroDivisionError" in errors.reported[0]


def test_memory_is_freed_by_the_manager_of_forge_or_by_a1111_sending_parts_away(monkeypatch):
    freed, collected = [], []
    monkeypatch.setattr(devices, "torch_gc", lambda: collected.append(True))
    monkeypatch.setattr(lowvram, "sent_away", 0)
    host.free_device_memory(1000, "cpu")
    assert (lowvram.sent_away, len(collected)) == (1, 1)
    backend = ModuleType("backend")
    backend.memory_management = SimpleNamespace(  # type: ignore[attr-defined]
        minimum_inference_memory=lambda: 500, free_memory=lambda *given: freed.append(given)
    )
    monkeypatch.setitem(sys.modules, "backend", backend)
    host.free_device_memory(1000, "cpu")
    assert freed == [(1500, torch.device("cpu"))]
    assert (lowvram.sent_away, len(collected)) == (1, 2)


PICTURE = np.random.default_rng(1).integers(0, 256, (16, 24, 3), np.uint8)


@pytest.mark.parametrize(("name", "found"), [("", "SwinIR_4x"), ("swinir 4x", "SwinIR_4x"), ("Lanczos", "Lanczos")])
def test_a_picture_is_upscaled_by_the_named_upscaler(name, found):
    larger, used = host.upscale_picture(PICTURE, 2, name)
    assert (larger.shape, larger.dtype, used) == ((32, 48, 3), np.uint8, found)
    assert host.find_working_upscaler(found) == found


def test_an_upscaler_that_only_resizes_is_missing_its_file(monkeypatch):
    broken = shared.upscaler("ESRGAN_4x", "ESRGAN", works=False)
    monkeypatch.setattr(shared, "sd_upscalers", [*shared.sd_upscalers, broken])
    for try_out in (
        lambda: host.upscale_picture(PICTURE, 2, "esrgan 4x"),
        lambda: host.find_working_upscaler("ESRGAN_4x"),
    ):
        with pytest.raises(ModelMissing) as error:
            try_out()
        assert str(error.value) == (
            "ESRGAN_4x did not upscale: its file could not be loaded or fetched; put it into the folder ESRGAN of the "
            "host's models, or choose another upscaler"
        )


@pytest.mark.parametrize("button", ["interrupted", "skipped"])
def test_interrupt_and_skip_end_an_upscale(button):
    setattr(shared.state, button, True)
    with pytest.raises(Interrupted, match=r"^ended by the user$"):
        host.upscale_picture(PICTURE, 2, "")


def test_the_job_line_is_shown_and_comes_back():
    shared.state.job = "batch"
    with suppress(ValueError), host.keep_job():
        host.announce_job("pass 2 of 3")
        assert (shared.state.job, shared.state.textinfo) == ("pass 2 of 3", "pass 2 of 3")
        raise ValueError
    assert (shared.state.job, shared.state.textinfo) == ("batch", None)


@pytest.mark.parametrize("before", [True, False, None])
def test_a_nested_prompt_is_not_noted_as_the_last_one(monkeypatch, before):
    if before is None:
        monkeypatch.delattr(shared.cmd_opts, "no_prompt_history", raising=False)
    else:
        monkeypatch.setattr(shared.cmd_opts, "no_prompt_history", before, raising=False)
    with host.without_run_notes():
        assert shared.cmd_opts.no_prompt_history is True
    assert shared.cmd_opts.no_prompt_history is bool(before)


def test_a_run_is_outside_of_inference_mode_and_of_autocast(monkeypatch):
    entered = []

    class Autocast:
        def __enter__(self):
            entered.append(True)

        def __exit__(self, *_error):
            entered.append(False)

    monkeypatch.setattr(devices, "without_autocast", Autocast)
    with torch.inference_mode():
        with host.outside_inference_mode():
            assert (torch.is_inference_mode_enabled(), torch.is_grad_enabled(), entered) == (False, True, [True])
        assert torch.is_inference_mode_enabled()
    assert entered == [True, False]


def test_a_seed_makes_the_random_numbers_and_the_old_state_comes_back():
    torch.manual_seed(1)
    expected = torch.rand(2).tolist()
    torch.manual_seed(1)
    first = torch.rand(1).item()
    with host.seeded_random_state(7):
        seeded = torch.rand(3).tolist()
    assert [first, torch.rand(1).item()] == expected
    with host.seeded_random_state(7):
        assert torch.rand(3).tolist() == seeded
    with host.seeded_random_state(8):
        assert torch.rand(3).tolist() != seeded
