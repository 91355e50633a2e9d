"""Most of what differs between the hosts, and what a run within a run would leave changed in them.

In this order: names as people write them, checkpoints and settings, memory on the card, upscalers, and the host's state
around a nested run. Everything that is changed comes back at the end of a ``with``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from modules import devices, sd_models, sd_samplers, shared
from modules import errors as host_errors
from PIL import Image

from lib_automask.errors import InputError, Interrupted, ModelMissing
from lib_automask.types import Image as Pixels

MAX_NAMES = 30
"""Names that an error lists, so that it fits below the result: a guess."""

CLOSE = 0.5
"""Likeness (0–1, of difflib) from which a name is suggested; low, as a name's end is often left out: a guess."""

NESTED_SETTINGS = (
    *("sd_model_checkpoint", "sd_checkpoint_hash", "sd_vae", "forge_additional_modules"),
    *("upscaler_for_img2img", "overlay_inpaint"),
)
"""What passes override. The host takes its overrides back, but not one of which config.json has no line."""

DEFAULT_UPSCALER = "SwinIR 4x"
PLAIN_UPSCALERS = ("None", "Lanczos", "Nearest")
"""Upscalers without a model, which are expected to be no more than a resize."""

TRIAL_SIDE = 16
"""Side in pixels of the noise that an upscaler is tried on; small, to be quick."""


# Names.


def find_sampler(name: str) -> str:
    """Name of a sampler, such as "DPM++ 2M". Raises InputError."""
    return match_name(name, [sampler.name for sampler in sd_samplers.all_samplers], "sampler")


def find_schedule(name: str) -> str:
    """Label of a schedule, such as "Karras". Raises InputError."""
    from modules import sd_schedulers

    return match_name(name, [schedule.label for schedule in sd_schedulers.schedulers], "schedule")


def find_checkpoint_settings(name: str) -> dict[str, Any]:
    """The settings that choose a checkpoint; any name that the host knows it by. Raises InputError."""
    if name in sd_models.checkpoint_aliases:
        return {"sd_model_checkpoint": name}
    names = [info.name for info in sd_models.checkpoints_list.values()]
    return {"sd_model_checkpoint": match_name(name, names, "checkpoint")}


def find_vae_settings(name: str) -> dict[str, Any]:
    """The settings that choose a VAE; Forge has it among other modules, which stay. Raises InputError."""
    if not is_forge():
        from modules import sd_vae

        return {"sd_vae": match_name(name, ["None", "Automatic", *sd_vae.vae_dict], "VAE")}
    from modules_forge import main_entry

    if not main_entry.module_list:
        main_entry.refresh_models()
    vaes = [file for file, path in main_entry.module_list.items() if is_vae_path(path)]
    chosen = match_name(name, ["None", "Automatic", *vaes], "VAE")
    others = [path for path in shared.opts.forge_additional_modules if not is_vae_path(path)]
    return {"forge_additional_modules": others + ([main_entry.module_list[chosen]] if chosen in vaes else [])}


def is_vae_path(path: str) -> bool:
    """Whether a file of Forge's lies in a folder of VAEs."""
    folders = {"VAE", Path(getattr(shared.cmd_opts, "vae_dir", None) or "VAE").name}
    return bool(folders & set(Path(path).parts))


def find_upscaler(name: str) -> Any:
    """The host's record of an upscaler. SwinIR is "SwinIR 4x" without its file, and "SwinIR_4x" with it."""
    upscalers = {upscaler.name: upscaler for upscaler in shared.sd_upscalers}
    return upscalers[match_name(name, list(upscalers), "upscaler")]


def match_name(name: str, names: Sequence[str], kind: str) -> str:
    """The name as the host writes it; case, and a blank for an underscore, do not matter. Raises InputError."""
    if equal := [candidate for candidate in names if normalize_name(candidate) == normalize_name(name)]:
        return name if name in equal else equal[0]
    close = difflib.get_close_matches(name, names, 1, CLOSE)
    suggestion = f"did you mean {close[0]!r}? There" if close else "there"
    rest = ", …" if len(names) > MAX_NAMES else ""
    raise InputError(f"there is no {kind} {name!r} here; {suggestion} are: {', '.join(names[:MAX_NAMES])}{rest}")


def normalize_name(name: str) -> str:
    return name.strip().casefold().replace("_", " ")


# Checkpoints and settings.


def is_forge() -> bool:
    """Whether the host loads checkpoints as Forge does."""
    return hasattr(sd_models, "forge_model_reload")


@contextmanager
def keep_checkpoint() -> Iterator[None]:
    """Load the checkpoint of the settings again afterwards."""
    try:
        yield
    finally:
        try:
            load_selected_checkpoint()
        except Exception:  # the next run loads it, or says why it cannot
            host_errors.report("automask: the checkpoint could not be loaded again", exc_info=True)


def load_selected_checkpoint() -> None:
    """Load the checkpoint and VAE of the settings; nothing is done where they are loaded already."""
    if is_forge():
        load_in_forge()
        return
    from modules import sd_vae

    sd_models.reload_model_weights()
    sd_vae.reload_vae_weights()


def load_in_forge() -> None:
    """Load the checkpoint of the settings in Forge, also after one that could not be loaded pushed it out unnoticed.

    Where that fails too, Forge gets the state in which it starts, with nothing loaded. That is enough to finish the
    run, whose infotext reads one property more, and the next run tries again.
    """
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
def keep_settings() -> Iterator[None]:
    """Restore the settings that a nested run overrides, so that the next run does not take them over."""
    before = {key: shared.opts.data[key] for key in NESTED_SETTINGS if key in shared.opts.data}
    parameters = read_forge_parameters()
    try:
        yield
    finally:
        for key in NESTED_SETTINGS:
            if key not in before:
                shared.opts.data.pop(key, None)
        shared.opts.data.update(before)
        if read_forge_parameters() != parameters:
            from modules_forge import main_entry

            main_entry.refresh_model_loading_parameters()


def read_forge_parameters() -> dict[str, Any]:
    """What Forge loads a checkpoint by; empty on other hosts."""
    return dict(getattr(sd_models.model_data, "forge_loading_parameters", {}))


# Memory on the card.


def free_device_memory(wanted: int, device: str) -> None:
    """Have the host take off the card what is in the way of ``wanted`` bytes; it brings it back when it samples.

    Forge's memory manager takes off as much as it must. A1111 has whole parts of a checkpoint on the card by turns when
    it was started with ``--lowvram`` or ``--medvram``; its own Interrogate sends them away in the same way.
    """
    try:
        from backend import memory_management
    except ImportError:
        from modules import lowvram

        lowvram.send_everything_to_cpu()
    else:
        import torch

        work = memory_management.minimum_inference_memory()
        memory_management.free_memory(wanted + work, torch.device(device))
    devices.torch_gc()


# Upscalers.


def upscale_picture(image: Pixels, by: float, name: str) -> tuple[Pixels, str]:
    """The picture ``by`` times larger, its sides rounded down to whole blocks by the host, and the upscaler's name.

    Args:
        image: uint8[H, W, 3].
        by: factor.
        name: of an upscaler; "" is SwinIR 4x.

    Raises:
        InputError: there is no such upscaler.
        ModelMissing: the upscaler made a plain resize, as the host's do without a word when a file is missing.
        Interrupted: the user pressed Interrupt or Skip.
    """
    upscaler = find_upscaler(name or DEFAULT_UPSCALER)
    larger = run_upscaler(upscaler, image, by)
    if shared.state.interrupted or shared.state.skipped:
        raise Interrupted("ended by the user")
    check_upscaled(upscaler, image, larger)
    return larger, upscaler.name


def find_working_upscaler(name: str) -> str:
    """The host's name of an upscaler that was tried and works. Raises InputError or ModelMissing."""
    upscaler = find_upscaler(name)
    trial = np.random.default_rng(0).integers(0, 256, (TRIAL_SIDE, TRIAL_SIDE, 3), np.uint8)
    check_upscaled(upscaler, trial, run_upscaler(upscaler, trial, 2))
    return str(upscaler.name)


def run_upscaler(upscaler: Any, image: Pixels, by: float) -> Pixels:
    """uint8[H, W, 3]."""
    larger = upscaler.scaler.upscale(Image.fromarray(image), by, upscaler.data_path)
    return np.array(larger.convert("RGB"))


def check_upscaled(upscaler: Any, image: Pixels, larger: Pixels) -> None:
    """Raises ModelMissing if ``larger`` is a plain resize by an upscaler that has a model."""
    plain = Image.fromarray(image).resize(larger.shape[1::-1], Image.Resampling.LANCZOS)
    if upscaler.name not in PLAIN_UPSCALERS and np.array_equal(np.array(plain), larger):
        raise ModelMissing(
            f"{upscaler.name} did not upscale: its file could not be loaded or fetched; put it into the folder "
            f"{upscaler.scaler.name} of the host's models, or choose another upscaler"
        )


# The host's state around a nested run.


def announce_job(text: str) -> None:
    """Show what is being done, in the progress bar and in the API's progress."""
    shared.state.job = shared.state.textinfo = text


@contextmanager
def keep_job() -> Iterator[None]:
    """Restore the host's job line afterwards."""
    before = shared.state.job
    try:
        yield
    finally:
        shared.state.job, shared.state.textinfo = before, None


@contextmanager
def outside_inference_mode() -> Iterator[None]:
    """As before the host began to sample: no autocast, which would decode at half precision, and no inference mode."""
    import torch

    with torch.inference_mode(False), torch.enable_grad(), devices.without_autocast():
        yield


@contextmanager
def seeded_random_state(seed: int) -> Iterator[None]:
    """Seed torch's global random state, and restore it afterwards.

    The host seeds its noise, but its encoder draws from the global state, and so from whatever was painted before:
    seeded here, a run can be reproduced.
    """
    import torch

    cards = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(cards):
        torch.manual_seed(seed)
        yield


@contextmanager
def without_run_notes() -> Iterator[None]:
    """Keep the host from noting a nested prompt as the last one, which a button in the page brings back."""
    before = getattr(shared.cmd_opts, "no_prompt_history", False)
    shared.cmd_opts.no_prompt_history = True
    try:
        yield
    finally:
        shared.cmd_opts.no_prompt_history = before
