"""Names of the host's samplers, schedules, checkpoints, VAEs and upscalers, as people write them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modules import sd_models, sd_samplers, shared

from lib_automask.errors import InputError

MANY = 30
"""More names than this are not all told."""

CLOSE = 0.5
"""How alike a name must be to be meant; the end of a file's name is often left out."""


def sampler(name: str) -> str:
    """Name of a sampler, such as "DPM++ 2M". Raises InputError."""
    return one_of(name, [one.name for one in sd_samplers.all_samplers], "sampler")


def schedule(name: str) -> str:
    """Label of a schedule, such as "Karras". Raises InputError."""
    from modules import sd_schedulers

    return one_of(name, [one.label for one in sd_schedulers.schedulers], "schedule")


def checkpoint(name: str) -> dict[str, Any]:
    """The settings that choose a checkpoint; any name that the host knows it by. Raises InputError."""
    if name in sd_models.checkpoint_aliases:
        return {"sd_model_checkpoint": name}
    known = [info.name for info in sd_models.checkpoints_list.values()]
    return {"sd_model_checkpoint": one_of(name, known, "checkpoint")}


def vae(name: str) -> dict[str, Any]:
    """The settings that choose a VAE; Forge has it among other modules, which stay. Raises InputError."""
    if not hasattr(sd_models, "forge_model_reload"):
        from modules import sd_vae

        return {"sd_vae": one_of(name, ["None", "Automatic", *sd_vae.vae_dict], "VAE")}
    from modules_forge import main_entry

    if not main_entry.module_list:
        main_entry.refresh_models()
    vaes = [file for file, path in main_entry.module_list.items() if is_vae(path)]
    chosen = one_of(name, ["None", "Automatic", *vaes], "VAE")
    others = [path for path in shared.opts.forge_additional_modules if not is_vae(path)]
    return {"forge_additional_modules": others + ([main_entry.module_list[chosen]] if chosen in vaes else [])}


def is_vae(path: str) -> bool:
    """Whether a file of Forge's lies in a folder of VAEs."""
    folders = {"VAE", Path(getattr(shared.cmd_opts, "vae_dir", None) or "VAE").name}
    return bool(folders & set(Path(path).parts))


def upscaler(name: str) -> Any:
    """The host's record of an upscaler. SwinIR is "SwinIR 4x" without its file, and "SwinIR_4x" with it."""
    known = {one.name: one for one in shared.sd_upscalers}
    return known[one_of(name, list(known), "upscaler")]


def one_of(name: str, known: Sequence[str], what: str) -> str:
    """The name as the host writes it; case, and a blank for an underscore, do not matter. Raises InputError."""
    alike = [one for one in known if plain(one) == plain(name)]
    if alike:
        return name if name in alike else alike[0]
    close = difflib.get_close_matches(name, known, 1, CLOSE)
    meant = f"did you mean {close[0]!r}? There" if close else "there"
    rest = ", …" if len(known) > MANY else ""
    raise InputError(f"there is no {what} {name!r} here; {meant} are: {', '.join(known[:MANY])}{rest}")


def plain(name: str) -> str:
    return name.strip().casefold().replace("_", " ")
