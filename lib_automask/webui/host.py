"""What a run within a run changes of the host's own, and how all of it comes back, whatever happens.

Names of the host's samplers, schedules, checkpoints, VAEs and upscalers, as people write them.

The host's upscalers: a picture made larger, and whether that was really done.
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

SETTINGS = (
    *("sd_model_checkpoint", "sd_checkpoint_hash", "sd_vae", "forge_additional_modules"),
    *("upscaler_for_img2img", "overlay_inpaint"),
)
"""What passes override. The host takes its overrides back, but not one of which config.json has no line."""

MANY = 30
"""More names than this are not all told."""

CLOSE = 0.5
"""How alike a name must be to be meant; the end of a file's name is often left out."""

DEFAULT_UPSCALER = "SwinIR 4x"
PLAIN_UPSCALERS = ("None", "Lanczos", "Nearest")
"""Upscalers without a model: nobody expects more of them than a resize."""

TRIAL = 16
"""Side in pixels of what an upscaler is tried on."""


@contextmanager
def keep_settings() -> Iterator[None]:
    """The settings are what they were afterwards. Round every run, for the next would take over what is left."""
    before = {key: shared.opts.data[key] for key in SETTINGS if key in shared.opts.data}
    parameters = read_forge_parameters()
    try:
        yield
    finally:
        for key in SETTINGS:
            if key not in before:
                shared.opts.data.pop(key, None)
        shared.opts.data.update(before)
        if read_forge_parameters() != parameters:
            from modules_forge import main_entry

            main_entry.refresh_model_loading_parameters()


@contextmanager
def keep_checkpoint() -> Iterator[None]:
    """The checkpoint that is loaded is the one of the settings afterwards."""
    try:
        yield
    finally:
        try:
            load_selected_checkpoint()
        except Exception:  # the next run loads it, or says why it cannot
            host_errors.report("automask: the checkpoint could not be loaded again", exc_info=True)


def read_forge_parameters() -> dict[str, Any]:
    """What Forge loads a checkpoint by; empty on other hosts."""
    from modules import sd_models

    return dict(getattr(sd_models.model_data, "forge_loading_parameters", {}))


def load_selected_checkpoint() -> None:
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
def keep_job() -> Iterator[None]:
    """The host's line of what it does is what it was afterwards."""
    before = shared.state.job
    try:
        yield
    finally:
        shared.state.job, shared.state.textinfo = before, None


def announce_job(text: str) -> None:
    """Tell what is being done, in the progress bar and in the API's progress."""
    shared.state.job = shared.state.textinfo = text


@contextmanager
def outside_inference_mode() -> Iterator[None]:
    """As before the host began to sample: no autocast, which would decode at half precision, and no inference mode."""
    import torch

    with torch.inference_mode(False), torch.enable_grad(), devices.without_autocast():
        yield


@contextmanager
def without_run_notes() -> Iterator[None]:
    """The host does not note what is painted meanwhile as the last prompt, which a button in the page brings back."""
    before = getattr(shared.cmd_opts, "no_prompt_history", False)
    shared.cmd_opts.no_prompt_history = True
    try:
        yield
    finally:
        shared.cmd_opts.no_prompt_history = before


def find_sampler(name: str) -> str:
    """Name of a sampler, such as "DPM++ 2M". Raises InputError."""
    return match_name(name, [one.name for one in sd_samplers.all_samplers], "sampler")


def find_schedule(name: str) -> str:
    """Label of a schedule, such as "Karras". Raises InputError."""
    from modules import sd_schedulers

    return match_name(name, [one.label for one in sd_schedulers.schedulers], "schedule")


def find_checkpoint_settings(name: str) -> dict[str, Any]:
    """The settings that choose a checkpoint; any name that the host knows it by. Raises InputError."""
    if name in sd_models.checkpoint_aliases:
        return {"sd_model_checkpoint": name}
    known = [info.name for info in sd_models.checkpoints_list.values()]
    return {"sd_model_checkpoint": match_name(name, known, "checkpoint")}


def find_vae_settings(name: str) -> dict[str, Any]:
    """The settings that choose a VAE; Forge has it among other modules, which stay. Raises InputError."""
    if not hasattr(sd_models, "forge_model_reload"):
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
    known = {one.name: one for one in shared.sd_upscalers}
    return known[match_name(name, list(known), "upscaler")]


def match_name(name: str, known: Sequence[str], what: str) -> str:
    """The name as the host writes it; case, and a blank for an underscore, do not matter. Raises InputError."""
    alike = [one for one in known if normalize_name(one) == normalize_name(name)]
    if alike:
        return name if name in alike else alike[0]
    close = difflib.get_close_matches(name, known, 1, CLOSE)
    meant = f"did you mean {close[0]!r}? There" if close else "there"
    rest = ", …" if len(known) > MANY else ""
    raise InputError(f"there is no {what} {name!r} here; {meant} are: {', '.join(known[:MANY])}{rest}")


def normalize_name(name: str) -> str:
    return name.strip().casefold().replace("_", " ")


def upscale_picture(image: Pixels, by: float, name: str) -> tuple[Pixels, str]:
    """The picture ``by`` times larger, its sides rounded down to whole blocks by the host, and who did it.

    Args:
        image: uint8[H, W, 3].
        name: of an upscaler; "" is SwinIR 4x.

    Raises:
        InputError: there is no such upscaler.
        ModelMissing: the upscaler gave back a plain resize, as the host's do without a word when a file is missing.
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
    trial = np.random.default_rng(0).integers(0, 256, (TRIAL, TRIAL, 3), np.uint8)
    check_upscaled(upscaler, trial, run_upscaler(upscaler, trial, 2))
    return str(upscaler.name)


def run_upscaler(upscaler: Any, image: Pixels, by: float) -> Pixels:
    larger = upscaler.scaler.upscale(Image.fromarray(image), by, upscaler.data_path)
    return np.array(larger.convert("RGB"))


def check_upscaled(upscaler: Any, image: Pixels, larger: Pixels) -> None:
    """Raise ModelMissing where ``larger`` is nothing but a resize by an upscaler that should know better."""
    plain = Image.fromarray(image).resize(larger.shape[1::-1], Image.Resampling.LANCZOS)
    if upscaler.name not in PLAIN_UPSCALERS and np.array_equal(np.array(plain), larger):
        raise ModelMissing(
            f"{upscaler.name} did not upscale: its file could not be loaded or fetched; put it into the folder "
            f"{upscaler.scaler.name} of the host's models, or choose another upscaler"
        )
