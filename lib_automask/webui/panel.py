"""The accordion in the img2img tab, made from the table of options, for gradio 3.41 and 4.40 alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr
from modules.ui_components import FormRow, InputAccordion

from lib_automask.options import FIELDS, Field
from lib_automask.webui.model_setup import are_models_ready, make_model_group
from lib_automask.webui.preset_controls import make_preset_row
from lib_automask.webui.view_markup import make_quick_targets, make_view

TITLE = "automask"
MAIN = ("target", "unsure")
"""Options that are always in sight."""

DRAWN = ("picked", "left_out", "strokes", "corrected")
"""Options that the view writes: their controls are there, and hidden."""

GROUPS = {
    "Sampling": ("masked_content", "area", "padding", "blur"),
    "Passes": ("passes", "keep_passes"),
    "Output": ("also",),
}
"""Inner accordions and their options, below the accordion ``MASK``, which has all the others."""

MASK = "Mask"

UNLOADED = (
    "<p>The models are out of memory, and what they saw of pictures is forgotten. The next run loads them again.</p>"
)

AnswerPage = Callable[..., str]


def build_panel(unload: Callable[[], None], answer_page: AnswerPage = lambda *_values: "{}") -> list[Any]:
    """The controls in the order of ``FIELDS``, then four hidden ones: preview, texts of files, cutout, page key.

    The host calls this once for the page and twice for the API's defaults, so it has no side effects.

    Args:
        unload: called by the button that releases the models.
        answer_page: called with a request of the page and the values of the controls; see ``views.PageViews.answer``.
    """
    first, *others = FIELDS
    controls: dict[str, Any] = {}
    with InputAccordion(first.default, label=TITLE, elem_id="automask_enabled") as controls[first.name]:
        if first_use := not are_models_ready():
            make_model_group()
        make_controls([row for row in others if row.name in MAIN], controls)
        gr.HTML(make_quick_targets(), elem_id="automask_quick_targets")
        with FormRow(elem_id="automask_buttons"):
            preview = make_flag_button("Preview mask", "automask_preview", "automaskPreview", "primary")
            cutout = make_flag_button("Cut out", "automask_cutout", "automaskCutout")
        gr.HTML(make_view(), elem_id="automask_view_block")
        presets = make_preset_row()
        make_groups(others, controls)
        presets.connect([controls[row.name] for row in FIELDS])
        if not first_use:
            make_model_group()
        make_unload_button(unload)
        texts, key = make_hidden_text("page_texts"), make_hidden_text("page_key")
        make_answer_button(answer_page, [controls[row.name] for row in FIELDS])
    return [*(controls[row.name] for row in FIELDS), preview, texts, cutout, key]


def make_groups(rows: list[Field], controls: dict[str, Any]) -> None:
    """The options that are not always in sight, by group, in inner accordions; ``controls`` gets them by name."""
    grouped = {row.name: group for group, names in GROUPS.items() for row in rows if row.name in names}
    for group in (MASK, *GROUPS):
        members = [row for row in rows if row.name not in MAIN and grouped.get(row.name, MASK) == group]
        with gr.Accordion(group, open=False, elem_id=f"automask_{group.lower()}_group"):
            make_controls(members, controls)


def make_controls(rows: list[Field], controls: dict[str, Any]) -> None:
    """Controls in pairs, a pair a line; ``controls`` gets them by name."""
    shown = [row for row in rows if row.name not in DRAWN]
    for pair in pair_rows(shown):
        with FormRow():
            for row in pair:
                controls[row.name] = make_control(row)
    for row in rows:
        if row.name in DRAWN:
            controls[row.name] = make_control(row, visible=False)
            controls[row.name].do_not_save_to_config = True


def make_control(row: Field, **more: Any) -> Any:
    """The control that fits a field."""
    common = {"label": row.label, "value": row.default, "info": row.help, "elem_id": f"automask_{row.name}", **more}
    if row.type is bool:
        return gr.Checkbox(**common)
    if row.choices:
        return gr.Dropdown(choices=list(row.choices), **common)
    if row.type is str:
        return gr.Textbox(lines=row.example.count("\n") + 1, placeholder=row.example, **common)
    top = row.soft_maximum or row.maximum
    return gr.Slider(minimum=max(row.minimum, -top), maximum=top, step=row.step, **common)


def make_flag_button(label: str, elem_id: str, function: str, variant: str = "secondary") -> Any:
    """A button that presses Generate with a hidden flag on, for something else than painting; returns the flag.

    So it gets the picture and mask of every tab on both hosts: Forge's canvas is no gr.Image.
    """
    flag = gr.Checkbox(False, label=elem_id.replace("_", " "), visible=False, elem_id=elem_id)
    flag.do_not_save_to_config = True
    button = gr.Button(label, elem_id=f"{elem_id}_button", size="sm", variant=variant)
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


def make_answer_button(answer_page: AnswerPage, controls: list[Any]) -> None:
    """The hidden button by which the page asks the server, with its request and its answer; see automask.js."""
    request, answer = make_hidden_text("view_request"), make_hidden_text("view_answer")
    button = gr.Button("automask view", visible=False, elem_id="automask_view_button")
    button.click(fn=answer_page, inputs=[request, *controls], outputs=[answer], show_progress=False, queue=False)


def make_hidden_text(name: str) -> Any:
    """Text that passes between the page's scripts and the server; no value of a user."""
    text = gr.Textbox("", label=f"automask {name.replace('_', ' ')}", visible=False, elem_id=f"automask_{name}")
    text.do_not_save_to_config = True
    return text


def pair_rows(rows: list[Field]) -> list[list[Field]]:
    """The fields in pairs, one pair for a line of the panel."""
    return [rows[index : index + 2] for index in range(0, len(rows), 2)]
