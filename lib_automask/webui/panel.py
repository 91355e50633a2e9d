"""The accordion in the img2img tab, made from the table of options. One code base for gradio 3.41 and 4.40.

Axes of the host's X/Y/Z plot, made from the table of options.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr
from modules.ui_components import FormRow, InputAccordion

from lib_automask.options import FIELDS, Field

TITLE = "automask"
MAIN = ("target", "unsure")
"""What is always in sight; the rest lies in an inner accordion."""

INTRO = (
    "<p>Type what the picture should become and press <b>Generate</b>: only what has to change is repainted. "
    "What was found, and why, is told here and below the result.</p><p id='automask_why'></p>"
)

UNLOADED = (
    "<p>The models are out of memory, and what they saw of pictures is forgotten. The next run loads them again.</p>"
)


def build_panel(unload: Callable[[], None]) -> list[Any]:
    """The controls in the order of ``FIELDS``, then three hidden ones: what asks for a
    preview, what the page read, and what asks for a cutout.

    The host calls this once for the page and twice for the API's defaults: nothing is done here but drawing.
    ``unload`` is called when the user wants the memory back.
    """
    first, *others = FIELDS
    controls: dict[str, Any] = {}
    with InputAccordion(first.default, label=TITLE, elem_id="automask_enabled") as controls[first.name]:
        gr.HTML(INTRO, elem_id="automask_intro")
        with FormRow(elem_id="automask_main"):
            for row in others:
                if row.name in MAIN:
                    controls[row.name] = make_control(row)
        with FormRow(elem_id="automask_buttons"):
            preview = make_flag_button("Preview mask", "automask_preview", "automaskPreview")
            cutout = make_flag_button("Cut out", "automask_cutout", "automaskCutout")
        with gr.Accordion("automask details", open=False, elem_id="automask_details"):
            for pair in pair_rows([row for row in others if row.name not in MAIN]):
                with FormRow():
                    for row in pair:
                        controls[row.name] = make_control(row)
            make_unload_button(unload)
    return [*(controls[row.name] for row in FIELDS), preview, make_page_texts(), cutout]


def make_control(row: Field) -> Any:
    """The control that fits a field."""
    common = {"label": row.label, "value": row.default, "info": row.help, "elem_id": f"automask_{row.name}"}
    if row.type is bool:
        return gr.Checkbox(**common)
    if row.choices:
        return gr.Dropdown(choices=list(row.choices), **common)
    if row.type is str:
        return gr.Textbox(lines=row.example.count("\n") + 1, placeholder=row.example, **common)
    top = row.soft_maximum or row.maximum
    return gr.Slider(minimum=max(row.minimum, -top), maximum=top, step=row.step, **common)


def make_flag_button(label: str, elem_id: str, pressed: str) -> Any:
    """A button that presses Generate with a hidden flag on, which asks for something else than painting.

    Going this way it sees every tab's picture and mask on both hosts: Forge's canvas is no gr.Image.
    """
    flag = gr.Checkbox(False, label=elem_id.replace("_", " "), visible=False, elem_id=elem_id)
    flag.do_not_save_to_config = True
    shown = gr.Button(label, elem_id=f"{elem_id}_button", size="sm")
    shown.click(fn=None, _js=pressed, inputs=[], outputs=[])
    return flag


def make_unload_button(unload: Callable[[], None]) -> None:
    """A button that gives back the memory of models and of what is remembered; it is no control and has no value."""
    pressed = gr.Button("Unload models, forget pictures", elem_id="automask_unload_button", size="sm")
    said = gr.HTML("", elem_id="automask_unloaded")
    pressed.click(fn=partial(unload_models, unload), inputs=[], outputs=[said])


def unload_models(unload: Callable[[], None]) -> str:
    """Do it, and say so. A run that is under way ends first."""
    unload()
    return UNLOADED


def make_page_texts() -> Any:
    """Where javascript/automask_origin.js writes what files say of their making; see ``request.read_page_entries``."""
    texts = gr.Textbox("", label="automask page texts", visible=False, elem_id="automask_page_texts")
    texts.do_not_save_to_config = True
    return texts


def pair_rows(rows: list[Field]) -> list[list[Field]]:
    """Two controls a line."""
    return [rows[index : index + 2] for index in range(0, len(rows), 2)]
