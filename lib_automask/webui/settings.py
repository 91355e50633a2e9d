"""The settings page: which models, where they run, and whether they stay in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules import devices, shared

from lib_automask.webui import interrogate
from lib_automask.webui.interrogate import INTERROGATE

SECTION = ("automask", "automask")
AUTOMATIC = "automatic"
"""The first published model that is in place."""

DEMO = "demo"
AUTO_DEVICE = "auto"
DEVICES = (AUTO_DEVICE, "cpu", "cuda")
OFFLOAD, KEEP, UNLOAD = "offload", "keep", "unload"
MEMORY = (OFFLOAD, KEEP, UNLOAD)
"""After a run: wait in main memory; stay where they worked; be forgotten."""
FLAGS = ("automask_sam_models_path", "automask_blip_models_path")
"""Command-line flags that name a folder; see preload.py."""


@dataclass(frozen=True)
class Choice:
    """What the user set; another choice means other models."""

    captioner: str
    matcher: str
    segmenter: str
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


def known(kind: str) -> Callable[[], list[str]]:
    """Finds the names of models of one kind: published ones, and what lies in the folders."""

    def names() -> list[str]:
        from lib_automask import checkpoints
        from lib_automask.published import CHECKPOINTS

        published = [one.name for one in CHECKPOINTS if one.kind == kind and one.files]
        found = [one.name for one in checkpoints.available(folders()) if one.kind == kind]
        host = [INTERROGATE] if kind == "captioner" and interrogate.is_there() else []
        return list(dict.fromkeys([AUTOMATIC, DEMO, *published, *found, *host]))

    return names


MODELS = "automatic takes the first that is in place; demo is small and knows drawn icons only"
SETTINGS = (
    Setting("captioner", AUTOMATIC, "Model that says what the picture shows", MODELS, known("captioner")),
    Setting("matcher", AUTOMATIC, "Model that compares phrases with the picture", MODELS, known("matcher")),
    Setting("segmenter", AUTOMATIC, "Model that finds regions", MODELS, known("segmenter")),
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


def add() -> None:
    """Put the section into the host's settings page. Called for each Reload UI."""
    from modules.ui_components import DropdownEditable

    for setting in SETTINGS:
        option = shared.OptionInfo(setting.default, setting.label, section=SECTION).info(setting.info)
        if setting.choices:
            option.component, option.component_args = DropdownEditable, arguments(setting.choices)
        shared.opts.add_option(setting.key, option)


def arguments(choices: Callable[[], list[str]]) -> Callable[[], dict[str, Any]]:
    """What the host asks for a dropdown's arguments, each time it draws the page."""
    return lambda: {"choices": choices()}


def read() -> Choice:
    """The settings as they are now. One that config.json lacks is at its default."""
    values = {setting.name: value_of(setting.name) for setting in SETTINGS}
    values = {name: "" if value == AUTOMATIC else value for name, value in values.items()}
    return Choice(**{**values, "folders": folders(), "device": device_of(values["device"])})


def device_of(chosen: str) -> str:
    """The device as torch names it. For "cuda" it is the card that the host uses, if it uses one."""
    host = str(devices.get_device_for("automask"))
    if chosen == "cpu":
        return "cpu"
    return "cuda:0" if chosen == "cuda" and not host.startswith("cuda") else host


def folders() -> tuple[Path, ...]:
    """Where models are looked for: the host's folder, to which they are fetched, and those of settings and flags."""
    named = value_of("folders").split(";") + [getattr(shared.cmd_opts, flag, None) or "" for flag in FLAGS]
    return (Path(shared.models_path), *(Path(folder.strip()) for folder in named if folder.strip()))


def value_of(name: str) -> Any:
    """One setting, or its default."""
    setting = next(setting for setting in SETTINGS if setting.name == name)
    return getattr(shared.opts, setting.key, setting.default)
