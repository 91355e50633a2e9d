"""The settings page: which models, where they run, and whether they stay in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from modules import devices, shared

SECTION = ("automask", "automask")
BLOCK = "automask_settings"
"""The elem_id of the block with the states of the models."""

AUTOMATIC = "automatic"
"""The first published model that is in place."""

DEMO = "demo"
AUTO_DEVICE = "auto"
DEVICES = (AUTO_DEVICE, "cpu", "cuda")
OFFLOAD, KEEP, UNLOAD = "offload", "keep", "unload"
MEMORY = (OFFLOAD, KEEP, UNLOAD)
"""After a run the models wait in main memory; stay where they ran; or are released."""
FLAGS = ("automask_sam_models_path", "automask_blip_models_path")
"""Command-line flags that name a folder; see preload.py."""

INTERROGATE = "the host's Interrogate"
"""The name of this choice in the settings."""

INTERROGATE_FILE = "model_base_caption_capfilt_large.pth"


@dataclass(frozen=True)
class Choice:
    """The settings of the user; the models are loaded anew when one of them changes.

    Args:
        captioner, matcher, segmenter: names of models or paths; "" is automatic.
        matting: name or path of a model for the edges of cutouts; "" is none.
        folders: where models are looked for; missing ones are fetched into the first.
        device: as torch names it.
        fetch: whether missing models are fetched.
        memory: one of ``MEMORY``.
    """

    captioner: str
    matcher: str
    segmenter: str
    matting: str
    folders: tuple[Path, ...]
    device: str
    fetch: bool
    memory: str


@dataclass(frozen=True)
class Setting:
    """One line of the settings page; ``choices`` makes a dropdown of it."""

    name: str
    default: Any
    label: str
    info: str
    choices: Callable[[], list[str]] | None = None

    @property
    def key(self) -> str:
        """Its name in the host's config.json."""
        return f"automask_{self.name}"


def interrogate_path() -> Path:
    """Where the host keeps the file of its captioner."""
    return Path(shared.models_path) / "BLIP" / INTERROGATE_FILE


def has_interrogate() -> bool:
    """Whether the host has fetched its captioner already."""
    return interrogate_path().is_file()


def list_model_names(kind: str) -> Callable[[], list[str]]:
    """A function that lists the models of one kind: published ones, those in the folders, the host's Interrogate."""

    def names() -> list[str]:
        from lib_automask.runtime import checkpoints
        from lib_automask.runtime.registry import CHECKPOINTS

        published = [checkpoint.name for checkpoint in CHECKPOINTS if checkpoint.kind == kind and checkpoint.files]
        available = checkpoints.list_available(model_folders())
        present = [checkpoint.name for checkpoint in available if checkpoint.kind == kind]
        host = [INTERROGATE] if kind == "captioner" and has_interrogate() else []
        return list(dict.fromkeys([AUTOMATIC, DEMO, *published, *present, *host]))

    return names


MODELS = "automatic takes the first that is in place; demo is small and knows drawn icons only"
SETTINGS = (
    Setting("captioner", AUTOMATIC, "Model that says what the picture shows", MODELS, list_model_names("captioner")),
    Setting("matcher", AUTOMATIC, "Model that compares phrases with the picture", MODELS, list_model_names("matcher")),
    Setting("segmenter", AUTOMATIC, "Model that finds regions", MODELS, list_model_names("segmenter")),
    Setting("matting", "", "Model for the edges of cutouts", "a folder with a ViTMatte, or its name in models/matting"),
    Setting("folders", "", "More folders with models", "SAM files in sam/, BLIP folders in BLIP/; several with a ;"),
    Setting("device", AUTO_DEVICE, "Where the models run", "auto is where the checkpoint runs", lambda: list(DEVICES)),
    Setting("fetch", True, "Fetch a missing model on first use", "about 1 GB each; if off, the run stops and names it"),
    Setting(
        "memory",
        OFFLOAD,
        "The models after a run",
        "offload takes them off the card, keep leaves them there, unload gives main memory back too",
        lambda: list(MEMORY),
    ),
)


def add_settings(make_block: Callable[[str], Any] | None = None) -> None:
    """Add the section to the host's settings page. The host calls it for each Reload UI.

    Help is gradio's own: what the host writes beside a label is not shown on Forge.

    Args:
        make_block: makes the block with the states of the models, which comes first, under an elem_id.
    """
    from modules.ui_components import DropdownEditable

    if make_block is not None:
        shared.opts.add_option("automask_models", make_block_option(make_block))
    for setting in SETTINGS:
        changed = partial(warn_about_setting, setting.name)
        option = shared.OptionInfo(setting.default, setting.label, section=SECTION, onchange=changed)
        option.component_args = {"info": setting.info}
        if setting.choices:
            option.component, option.component_args = DropdownEditable, dropdown_arguments(setting)
        shared.opts.add_option(setting.key, option)


def make_block_option(make_block: Callable[[str], Any]) -> Any:
    """A line of the settings page that is no setting: nothing of it is saved."""
    option = shared.OptionInfo("", "Models of automask", lambda **_arguments: make_block(BLOCK), section=SECTION)
    option.do_not_save = True
    return option


def dropdown_arguments(setting: Setting) -> Callable[[], dict[str, Any]]:
    """The function that the host calls for a dropdown's arguments, each time it draws the page."""
    choices = setting.choices or list
    return lambda: {"choices": choices(), "info": setting.info}


def warn_about_setting(name: str) -> None:
    """Called by the host at Apply, when a setting has changed: folders that are not there are told in the page."""
    if name != "folders":
        return
    import gradio as gr

    for folder in list_missing_folders():
        gr.Warning(tell_missing_folder(folder))


def list_missing_folders() -> list[Path]:
    """The folders of settings and flags that are not there."""
    return [folder for folder in model_folders()[1:] if not folder.is_dir()]


def tell_missing_folder(folder: Path) -> str:
    """The sentence about a folder that is not there."""
    return (
        f"automask: the folder {folder} does not exist, so no model is looked for in it; make it, or correct "
        "More folders with models in Settings → automask"
    )


def read_settings() -> Choice:
    """The settings as they are now. One that config.json lacks is at its default."""
    values = {setting.name: setting_value(setting.name) for setting in SETTINGS}
    values = {name: "" if value == AUTOMATIC else value for name, value in values.items()}
    return Choice(**{**values, "folders": model_folders(), "device": resolve_device(values["device"])})


def resolve_device(chosen: str) -> str:
    """The device as torch names it; "cuda" is the card that the host uses, or the first."""
    host = str(devices.get_device_for("automask"))
    if chosen == "cpu":
        return "cpu"
    return "cuda:0" if chosen == "cuda" and not host.startswith("cuda") else host


def model_folders() -> tuple[Path, ...]:
    """Where models are looked for: the host's folder, into which they are fetched, then those of settings and flags."""
    more = setting_value("folders").split(";") + [getattr(shared.cmd_opts, flag, None) or "" for flag in FLAGS]
    return (Path(shared.models_path), *(Path(folder.strip()) for folder in more if folder.strip()))


def setting_value(name: str) -> Any:
    """One setting, or its default."""
    setting = next(setting for setting in SETTINGS if setting.name == name)
    return getattr(shared.opts, setting.key, setting.default)
