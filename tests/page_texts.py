"""The texts of panel and settings page that a user reads, as the hosts' localisation looks for them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from lib_automask.options import FIELDS

HOST_TEXTS = {
    *("Mask", "Sampling", "Output", "Search", "Size", "Inpaint", "img2img"),
    *("fill", "original", "latent noise", "latent nothing", "cpu", "cuda", "auto", "demo"),
}
"""What the hosts show as well, or is no word: their own translation of it stays."""

EXAMPLES = {row.example for row in FIELDS if any(mark in row.example for mark in ":=,")}
"""Placeholders that show how something is written; the words in them are read as English."""


class TextReader(HTMLParser):
    """Collects the text nodes and titles of HTML, as localization.js of the hosts sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attrs if name in ("title", "placeholder") and value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def read_html(html: str) -> list[str]:
    reader = TextReader()
    reader.feed(html)
    return reader.texts


def texts_of(component: Any) -> list[str]:
    """The texts of one component: label, help, placeholder, choices, the word on a button, the text in HTML."""
    kind = component.get_block_name()
    if kind in ("html", "markdown"):
        if str(component.elem_id).endswith("_states"):
            return []  # numbers and paths, different on each host
        return read_html(component.value or "") if isinstance(component.value, str) else []
    texts = [getattr(component, name, None) for name in ("label", "info", "placeholder")]
    if kind == "button":
        texts.append(component.value)
    if kind == "dropdown":
        texts += [choice[1] if isinstance(choice, tuple) else choice for choice in component.choices]
    return [text.strip() for text in texts if text]


def collect_texts() -> set[str]:
    """Every English text of the panel and the settings page that is made of words."""
    import gradio as gr
    from modules import shared

    from lib_automask.webui import model_setup, panel, settings

    shared.opts.data_labels.clear()
    settings.add_settings(lambda elem_id: model_setup.make_model_setup(elem_id))
    with gr.Blocks() as page:
        panel.build_panel(lambda: None)
        for key, option in shared.opts.data_labels.items():
            arguments = option.component_args() if callable(option.component_args) else option.component_args or {}
            kind = option.component or (gr.Checkbox if isinstance(option.default, bool) else gr.Textbox)
            kind(value=option.default, label=option.label, elem_id=f"setting_{key}", **arguments)
    hidden = {block._id for block in page.blocks.values() if getattr(block, "visible", True) is False}
    texts = {text for block in page.blocks.values() if block._id not in hidden for text in texts_of(block)}
    return {text for text in texts if is_translated(text)}


def is_translated(text: str) -> bool:
    """Whether a text has words of a language; names of models and examples of what to write have none."""
    if text in HOST_TEXTS or text in EXAMPLES or not re.search(r"[A-Za-z]{3}", text):
        return False
    return not re.fullmatch(r"automask|[a-z]+(-[a-z0-9]+)+", text)
