"""The row of the panel that applies, saves and deletes presets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
from modules.ui_components import FormRow

from lib_automask.errors import InputError
from lib_automask.options import FIELDS
from lib_automask.webui import presets


@dataclass(frozen=True)
class PresetRow:
    """The controls of the row; the line says what was done."""

    name: Any
    apply: Any
    save: Any
    delete: Any
    line: Any

    def connect(self, controls: list[Any]) -> None:
        """Say what the buttons do; ``controls`` in the order of ``FIELDS``."""
        self.apply.click(fn=apply_preset, inputs=[self.name], outputs=[*controls, self.line], show_progress=False)
        self.save.click(
            fn=save_panel, inputs=[self.name, *controls], outputs=[self.name, self.line], show_progress=False
        )
        self.delete.click(fn=delete_named, inputs=[self.name], outputs=[self.name, self.line], show_progress=False)


def make_preset_row() -> PresetRow:
    """The row. Its values are no defaults of the host's."""
    with FormRow(elem_id="automask_presets"):
        name = gr.Dropdown(
            choices=list_preset_names(), value="", label="Preset", elem_id="automask_preset", allow_custom_value=True
        )
        apply, save, delete = (
            gr.Button(label, size="sm", elem_id=f"automask_preset_{label.split()[0].lower()}")
            for label in ("Apply preset", "Save preset", "Delete preset")
        )
    name.do_not_save_to_config = True
    return PresetRow(name, apply, save, delete, gr.HTML("", elem_id="automask_preset_line"))


def list_preset_names() -> list[str]:
    """The names of all presets; the shipped ones alone where the file is broken."""
    try:
        return list(presets.read_presets())
    except InputError:
        return list(presets.SHIPPED)


def apply_preset(name: str) -> list[Any]:
    """An update for each control, then the line."""
    try:
        values = presets.values_of_preset(name or "")
    except InputError as error:
        return [*(gr.update() for _row in FIELDS), tell_error(error)]
    updates = [gr.update() if value is None else gr.update(value=value) for value in values]
    return [*updates, f"<p>{escape(name)} is applied.</p>"]


def save_panel(name: str, *values: Any) -> list[Any]:
    """Save the panel's values under the name that was typed; an update of the list, and the line."""
    return change_presets(lambda: presets.save_preset(name or "", values), f"{name} is saved.", (name or "").strip())


def delete_named(name: str) -> list[Any]:
    """Delete the preset that is chosen; an update of the list, and the line."""
    return change_presets(lambda: presets.delete_preset(name or ""), f"{name} is deleted.", "")


def change_presets(change: Callable[[], None], done: str, chosen: str) -> list[Any]:
    """Do it, or say why not."""
    try:
        change()
    except InputError as error:
        return [gr.update(), tell_error(error)]
    return [gr.update(choices=list_preset_names(), value=chosen), f"<p>{escape(done)}</p>"]


def tell_error(error: InputError) -> str:
    """HTML."""
    return f"<p class='automask-error'>{escape(str(error))}</p>"
