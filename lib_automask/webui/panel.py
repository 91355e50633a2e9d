"""The accordion in the img2img tab, made from the table of options, for gradio 3.41 and 4.40 alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr
from modules.ui_components import FormRow, InputAccordion

from lib_automask.options import FIELDS, Field

TITLE = "automask"
MAIN = ("target", "unsure")
"""Options that are always in sight; the rest lies in an inner accordion."""

INTRO = (
    "<p>Type what the picture should become and press <b>Generate</b>: only what has to change is repainted. "
    "What was found, and why, is shown here and below the result.</p><p id='automask_why'></p>"
)

UNLOADED = (
    "<p>The models are out of memory, and what they saw of pictures is forgotten. The next run loads them again.</p>"
)


def build_panel(unload: Callable[[], None]) -> list[Any]:
    """The controls in the order of ``FIELDS``, then three hidden ones: preview, texts of files, and cutout.

    The host calls this once for the page and twice for the API's defaults, so it has no side effects.
    ``unload`` is called by the button that releases the models.
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


def make_flag_button(label: str, elem_id: str, function: str) -> Any:
    """A button that presses Generate with a hidden flag on, for something else than painting; returns the flag.

    So it gets the picture and mask of every tab on both hosts: Forge's canvas is no gr.Image.
    """
    flag = gr.Checkbox(False, label=elem_id.replace("_", " "), visible=False, elem_id=elem_id)
    flag.do_not_save_to_config = True
    button = gr.Button(label, elem_id=f"{elem_id}_button", size="sm")
    button.click(fn=None, _js=function, inputs=[], outputs=[])
    return flag


def make_unload_button(unload: Callable[[], None]) -> None:
    """A button that releases the models and their cache; it is no control and has no value."""
    button = gr.Button("Unload models, forget pictures", elem_id="automask_unload_button", size="sm")
    answer = gr.HTML("", elem_id="automask_unloaded")
    button.click(fn=partial(unload_models, unload), inputs=[], outputs=[answer])


def unload_models(unload: Callable[[], None]) -> str:
    """Unload, and return the text that confirms it. A run that is under way ends first."""
    unload()
    return UNLOADED


def make_page_texts() -> Any:
    """Where javascript/automask_origin.js writes the infotexts of files; see ``infotext.read_page_entries``."""
    texts = gr.Textbox("", label="automask page texts", visible=False, elem_id="automask_page_texts")
    texts.do_not_save_to_config = True
    return texts


def pair_rows(rows: list[Field]) -> list[list[Field]]:
    """The fields in pairs, one pair for a line of the panel."""
    return [rows[index : index + 2] for index in range(0, len(rows), 2)]
