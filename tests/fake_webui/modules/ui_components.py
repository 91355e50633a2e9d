"""The host's own controls. InputAccordion is a class in AUTOMATIC1111 and a function in Forge."""

from __future__ import annotations

from typing import Any

import gradio as gr

if hasattr(gr, "component_meta"):  # gradio 4 would write a .pyi beside this file
    gr.component_meta.create_or_modify_pyi = lambda *_args: None


class FormRow(gr.Row):
    def get_block_name(self) -> str:
        return "row"


class DropdownEditable(gr.Dropdown):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_custom_value=True, **kwargs)

    def get_block_name(self) -> str:
        return "dropdown"


class InputAccordionImpl(gr.Checkbox):
    def __init__(self, value: bool | None = None, **kwargs: Any) -> None:
        super().__init__(value=value, visible=False, **{**kwargs, "elem_id": f"{kwargs['elem_id']}-checkbox"})
        self.accordion = gr.Accordion(kwargs["label"], open=bool(value), elem_id=kwargs["elem_id"])

    def __enter__(self) -> InputAccordionImpl:
        self.accordion.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.accordion.__exit__(*error)

    def get_block_name(self) -> str:
        return "checkbox"


def InputAccordion(value: bool | None = None, **kwargs: Any) -> InputAccordionImpl:
    return InputAccordionImpl(value, **kwargs)
