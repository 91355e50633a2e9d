"""The settings page: which models, where they run, and whether they stay in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules import devices, shared

SECTION = ("automask", "automask")


@dataclass(frozen=True)
class Choice:
    """What the user set; another choice means other models."""

    captioner: str
    matcher: str
    segmenter: str
    folders: tuple[Path, ...]
    device: str
    fetch: bool
    keep: bool


@dataclass(frozen=True)
class Setting:
    """One line of the settings page; ``choices`` makes a dropdown of it."""

    name: str
    default: Any
    label: str
    help: str = ""
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its name in the host's config.json."""
        return f"automask_{self.name}"


SETTINGS = (
    Setting("captioner", "demo", "Model that says what the picture shows", "demo is small and knows drawn icons only"),
    Setting("matcher", "demo", "Model that compares phrases with the picture"),
    Setting("segmenter", "demo", "Model that finds regions"),
    Setting("folders", "", "More folders with models", "several with a ; between them"),
    Setting("device", "host", "Where the models run", choices=("host", "cpu")),
    Setting("fetch", True, "Fetch a missing model on first use"),
    Setting("keep", True, "Keep the models in memory between runs"),
)


def add() -> None:
    """Put the section into the host's settings page. Called for each Reload UI."""
    import gradio as gr

    for setting in SETTINGS:
        component = (gr.Dropdown, {"choices": list(setting.choices)}) if setting.choices else ()
        option = shared.OptionInfo(setting.default, setting.label, *component, section=SECTION)
        shared.opts.add_option(setting.key, option.info(setting.help) if setting.help else option)


def read() -> Choice:
    """The settings as they are now. One that an older config.json lacks is at its default."""
    values = {setting.name: getattr(shared.opts, setting.key, setting.default) for setting in SETTINGS}
    folders = [Path(part.strip()) for part in values.pop("folders").split(";") if part.strip()]
    device = str(devices.get_device_for("automask")) if values.pop("device") == "host" else "cpu"
    return Choice(folders=tuple(folders), device=device, **values)
