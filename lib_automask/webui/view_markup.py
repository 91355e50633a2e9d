"""The elements of the view, which javascript/automask_view.js and its neighbours fill and listen to."""

from __future__ import annotations

from html import escape

QUICK_TARGETS = ("face", "hair", "clothes", "hands", "background")
"""Words that one press puts into Target."""

TOOLS = (
    (
        "choose",
        "pick",
        "Pick",
        "Click takes a region or leaves it; Shift+click keeps it out; Alt+wheel goes to a larger one",
    ),
    ("choose", "brush", "Brush", "Paint what should be repainted as well"),
    ("choose", "eraser", "Eraser", "Paint over what should stay"),
)
ACTIONS = (
    ("larger", "Larger", "The next larger region in place of the last one that was taken"),
    ("smaller", "Smaller", "The next smaller region in its place"),
    ("undo", "Undo", "Take back the last correction (Ctrl+Z)"),
    ("clear", "Start over", "Take back all corrections"),
)
SENDERS = (
    ("sendInpaint", "To Inpaint", "Send picture and mask to the tab Inpaint"),
    ("sendUpload", "To Inpaint upload", "Send picture and mask to the tab Inpaint upload"),
    ("takeInpaint", "Use Inpaint's mask", "Add the mask that was painted in the tab Inpaint"),
)
EMPTY = "Press Preview to see what Generate would repaint. Then click what it should take or leave."


def make_button(action: str, label: str, title: str, value: str = "", pressed: bool | None = None) -> str:
    """One button of the view, by the name of its function in javascript/automask_pointer.js."""
    state = "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
    head = f'<button type="button" data-do="{action}" value="{value}" title="{escape(title)}"{state}>'
    return f"{head}{escape(label)}</button>"


def make_quick_targets() -> str:
    """A row of buttons that put a word into Target, or take it out."""
    buttons = "".join(
        f'<button type="button" value="{word}" aria-pressed="false">{word}</button>' for word in QUICK_TARGETS
    )
    return f'<div id="automask_quick" class="automask-row" role="group" aria-label="Quick targets">{buttons}</div>'


def make_view() -> str:
    """Picture, line of why, tools, plan."""
    tools = "".join(make_button(action, label, title, value, value == "pick") for action, value, label, title in TOOLS)
    actions, senders = ("".join(make_button(*entry) for entry in group) for group in (ACTIONS, SENDERS))
    return f"""
<div id="automask_view" data-state="empty" data-tool="pick">
  <div class="automask-stage">
    <canvas id="automask_canvas" width="1" height="1" aria-hidden="true"></canvas>
    <ul id="automask_regions" role="listbox" aria-multiselectable="true" tabindex="0"
      aria-label="Regions of the picture. Arrow keys go from one to the next, Enter takes or leaves one,
      Shift and Enter keep it out."></ul>
    <p class="automask-empty">{EMPTY}</p>
  </div>
  <p id="automask_progress" hidden><span>Waiting …</span> {make_button("stop", "Stop", "Interrupt the run")}</p>
  <p id="automask_why" role="status" aria-live="polite"></p>
  <div class="automask-row automask-tools" role="group" aria-label="Correct the mask">{tools}
    <label>Size <input id="automask_brush_size" type="range" min="4" max="120" value="28"></label>{actions}</div>
  <div class="automask-row automask-tools" role="group" aria-label="Inpaint">{senders}</div>
  <div id="automask_plan_row" hidden>
    <ul id="automask_plan" aria-label="What changes"></ul>
    <p><span>Kept:</span> <span id="automask_kept"></span></p>
    <div class="automask-row"><button type="button" id="automask_add_edit"
      title="Add an edit by hand">Add an edit</button></div>
  </div>
</div>"""
