"""What a run within a run changes of the host's own, and how all of it comes back, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from modules import devices, shared
from modules import errors as host_errors

SETTINGS = (
    *("sd_model_checkpoint", "sd_checkpoint_hash", "sd_vae", "forge_additional_modules"),
    *("upscaler_for_img2img", "overlay_inpaint"),
)
"""What passes override. The host takes its overrides back, but not one of which config.json has no line."""


@contextmanager
def settings_kept() -> Iterator[None]:
    """The settings are what they were afterwards. Round every run, for the next would take over what is left."""
    before = {key: shared.opts.data[key] for key in SETTINGS if key in shared.opts.data}
    parameters = forge_parameters()
    try:
        yield
    finally:
        for key in SETTINGS:
            if key not in before:
                shared.opts.data.pop(key, None)
        shared.opts.data.update(before)
        if forge_parameters() != parameters:
            from modules_forge import main_entry

            main_entry.refresh_model_loading_parameters()


@contextmanager
def checkpoint_kept() -> Iterator[None]:
    """The checkpoint that is loaded is the one of the settings afterwards."""
    try:
        yield
    finally:
        try:
            load_as_set()
        except Exception:  # the next run loads it, or says why it cannot
            host_errors.report("automask: the checkpoint could not be loaded again", exc_info=True)


def forge_parameters() -> dict[str, Any]:
    """What Forge loads a checkpoint by; empty on other hosts."""
    from modules import sd_models

    return dict(getattr(sd_models.model_data, "forge_loading_parameters", {}))


def load_as_set() -> None:
    """Load the checkpoint and VAE of the settings; nothing is done where they are loaded already."""
    from modules import sd_models

    if hasattr(sd_models, "forge_model_reload"):
        load_in_forge()
        return
    from modules import sd_vae

    sd_models.reload_model_weights()
    sd_vae.reload_vae_weights()


def load_in_forge() -> None:
    """A checkpoint that cannot be loaded pushes the one before out, and Forge does not note it.

    Where that cannot be loaded either, Forge is left as it begins, with nothing loaded: that is enough to finish the
    run, whose infotext asks for one property more, and the next run tries again.
    """
    from modules import sd_models

    data = sd_models.model_data
    if data.sd_model is None:
        data.forge_hash = ""
    try:
        sd_models.forge_model_reload()
    except Exception:
        data.sd_model = sd_models.FakeInitialModel()
        data.sd_model.use_distilled_cfg_scale = False
        raise


@contextmanager
def job_kept() -> Iterator[None]:
    """The host's line of what it does is what it was afterwards."""
    before = shared.state.job
    try:
        yield
    finally:
        shared.state.job, shared.state.textinfo = before, None


def announce(text: str) -> None:
    """Tell what is being done, in the progress bar and in the API's progress."""
    shared.state.job = shared.state.textinfo = text


@contextmanager
def outside() -> Iterator[None]:
    """As before the host began to sample: no autocast, which would decode at half precision, and no inference mode."""
    import torch

    with torch.inference_mode(False), torch.enable_grad(), devices.without_autocast():
        yield


@contextmanager
def unnoted() -> Iterator[None]:
    """The host does not note what is painted meanwhile as the last prompt, which a button in the page brings back."""
    before = getattr(shared.cmd_opts, "no_prompt_history", False)
    shared.cmd_opts.no_prompt_history = True
    try:
        yield
    finally:
        shared.cmd_opts.no_prompt_history = before
