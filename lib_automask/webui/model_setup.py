"""First use: what is missing, where it belongs, a button that fetches it, and one for the demo models.

The same block stands in the panel and on the settings page.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from modules import shared

from lib_automask.runtime.registry import KINDS
from lib_automask.webui import settings
from lib_automask.webui.model_state import ModelFetch, ModelState, list_states

FETCH = ModelFetch()
"""The one fetch of this host."""

FETCH_LABEL, STOP_LABEL, DEMO_LABEL, LOOK_LABEL = (
    "Fetch missing models",
    "Stop fetching",
    "Try the demo models",
    "Look again",
)
JOBS = {"captioner": "says what the picture shows", "matcher": "compares phrases", "segmenter": "finds regions"}
DEMO_CHOSEN = (
    "the demo models are chosen; they know drawn icons only. For photographs choose automatic in Settings → automask "
    "(reload the page before you apply other settings)"
)


def are_models_ready() -> bool:
    """Whether every model of the settings can be used as it is."""
    try:
        return all(state.ready for state in list_states(settings.read_settings()))
    except Exception:  # settings that were written by hand; the panel must open all the same
        return False


def make_model_group() -> None:
    """The block of the panel: an accordion, open where a model is missing."""
    import gradio as gr

    with gr.Accordion("Models", open=not are_models_ready(), elem_id="automask_models_group"):
        make_model_setup("automask_setup")


def make_model_setup(elem_id: str) -> Any:
    """The states as HTML, drawn anew whenever a page is opened, with the four buttons; returns the HTML."""
    import gradio as gr  # only now: this module is imported at the host's start
    from modules.ui_components import FormRow

    shown = gr.HTML(value=describe_setup, elem_id=f"{elem_id}_states")
    with FormRow(elem_id=f"{elem_id}_buttons"):
        fetch, stop, demo, look = (
            gr.Button(label, size="sm", elem_id=f"{elem_id}_{name}", variant=variant)
            for label, name, variant in (
                (FETCH_LABEL, "fetch", "primary"),
                (STOP_LABEL, "stop", "secondary"),
                (DEMO_LABEL, "demo", "secondary"),
                (LOOK_LABEL, "look", "secondary"),
            )
        )
    fetch.click(fn=fetch_models, inputs=[], outputs=[shown], show_progress=False)
    stop.click(fn=stop_fetching, inputs=[], outputs=[shown], show_progress=False)
    demo.click(fn=choose_demo, inputs=[], outputs=[shown], show_progress=False)
    look.click(fn=describe_setup, inputs=[], outputs=[shown], show_progress=False)
    return shown


def fetch_models() -> Iterator[str]:
    """Fetch what is missing, and say again and again how far it is."""
    FETCH.start(settings.read_settings())
    for line in FETCH.follow():
        yield describe_setup(line)


def stop_fetching() -> str:
    """Stop, and say what there is."""
    was_running = FETCH.is_running
    FETCH.stop()
    for _line in FETCH.follow():
        pass
    return describe_setup(FETCH.line if was_running else "nothing is being fetched")


def choose_demo() -> str:
    """Choose the demo models in the settings, and save them as Apply does."""
    for kind in KINDS:
        shared.opts.set(f"automask_{kind}", settings.DEMO)
    try:
        shared.opts.save(shared.config_filename)
    except (AssertionError, RuntimeError, OSError) as error:  # frozen settings, or a file that cannot be written
        return describe_setup(f"the demo models are chosen until the next start; not saved ({error})")
    return describe_setup(DEMO_CHOSEN)


def describe_setup(line: str = "") -> str:
    """HTML: what is missing and the next step, the state of each model, folders that are not there, and ``line``."""
    try:
        states, folders = list_states(settings.read_settings()), settings.list_missing_folders()
    except Exception as error:  # settings that were written by hand; the page must open all the same
        return (
            f"<p class='automask-error'>The settings of automask cannot be read ({escape(str(error))}); "
            "correct them in Settings → automask</p>"
        )
    line = line or (FETCH.line if FETCH.is_running else "")
    parts = [f"<p>{escape(summarize_states(states))}</p>", describe_states(states)]
    parts += [f"<p class='automask-error'>{escape(settings.tell_missing_folder(folder))}</p>" for folder in folders]
    parts += [f"<p class='automask-line' role='status'>{escape(line)}</p>"] if line else []
    return "".join(parts)


def summarize_states(states: list[ModelState]) -> str:
    """One sentence for all of them."""
    missing = [state for state in states if not state.ready]
    if not missing:
        return "All models are in place."
    size = sum(state.size - min(state.received, state.size) for state in missing if state.can_fetch)
    amount = f" {size / 1e9:.1f} GB are to be fetched." if size else ""
    return f"{len(missing)} of {len(states)} models are missing; until then nothing is repainted.{amount}"


def describe_states(states: list[ModelState]) -> str:
    """HTML: a line for each model."""
    return f"<ul class='automask-models'>{''.join(map(describe_state, states))}</ul>"


def describe_state(state: ModelState) -> str:
    """HTML: what a model does, its name, whether it is in place, its size, and where it is or belongs."""
    size = f", {state.size / 1e6:.0f} MB" if state.size else ""
    begun = f" ({state.received / 1e6:.0f} MB have come)" if not state.ready and state.received else ""
    if state.ready:
        text = f"in place: {state.place}"
    elif state.can_fetch and state.place is not None:
        text = f"missing{size}{begun}; belongs at {state.place}"
    else:
        text = state.problem
    mark = "✓" if state.ready else "✗"
    return f"<li>{mark} <b>{escape(state.name)}</b> ({JOBS[state.kind]}): {escape(text)}</li>"
