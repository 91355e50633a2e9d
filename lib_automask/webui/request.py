"""What a run wants from automask: its options, its picture, and the prompt that the picture was made with.

``read_request`` reads all of it, or says why automask leaves the run alone. The axes of the X/Y/Z plot, which set
options for single cells, are made here too.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules import scripts

from lib_automask.errors import InputError
from lib_automask.imaging import infotext_metadata
from lib_automask.options import FIELDS, Field, Options
from lib_automask.recipe import passes_as_text
from lib_automask.types import Image as Pixels
from lib_automask.types import Mask, MaskRequest
from lib_automask.webui import layerdiffuse
from lib_automask.webui.infotext import PromptRegistry
from lib_automask.webui.processing import read_inputs
from lib_automask.webui.run_state import Processing, RunState, override_option, state_of

LEFT_ALONE = {
    "SD upscale": "it repaints the whole picture, tile by tile",
    "Ultimate SD upscale": "it repaints the whole picture, tile by tile",
    "Outpainting mk2": "it brings its own mask",
    "Poor man's outpainting": "it brings its own mask",
}
"""Scripts of the host whose runs automask does not touch, and why."""

FORGE_CANVAS = "modules_forge.forge_canvas.canvas"
"""Forge's canvas gives the text of the picture that was last sent to it to whatever lies on it now."""

PREVIEW, PAGE_TEXTS, CUTOUT, PAGE_KEY = (len(FIELDS) + number for number in range(4))
"""Positions of the hidden controls, which follow those of ``FIELDS``; see ``panel.build_panel``."""


@dataclass(frozen=True, eq=False)
class RunRequest:
    """What one run wants.

    Args:
        options: with those that the X/Y/Z plot overrides.
        preview: show the mask in place of painting.
        cutout: return the target cut out of the picture in place of painting.
        image: uint8[H, W, 3] RGB.
        prompts: of every picture of the call, with styles and wildcards written out.
        user_mask: bool[H, W] that the user painted, or None.
        own_prompt: that the picture was made with, "" if unknown.
        empty_boxes: positions in ``p.script_args`` of the image boxes of LayerDiffuse that want a cutout.
        page_key: name of the page that sent the run, "" from the API; see ``views.PageViews``.
    """

    options: Options
    preview: bool
    cutout: bool
    image: Pixels
    prompts: Sequence[str]
    user_mask: Mask | None
    own_prompt: str
    empty_boxes: tuple[int, ...]
    page_key: str = ""

    @property
    def has_passes(self) -> bool:
        """Whether several passes are to be painted. A preview shows the mask of the prompt alone."""
        return bool(self.options.passes.strip()) and not self.preview

    @property
    def notes(self) -> list[str]:
        """Comments on what the request cannot have."""
        return ["the prompts of this call differ; the mask is the first one's"] if len(set(self.prompts)) > 1 else []

    @property
    def mask_request(self) -> MaskRequest:
        """For the first prompt; one mask serves all pictures of a call. Raises InputError."""
        return MaskRequest(self.image, self.prompts[0], self.user_mask, self.options, self.own_prompt)


def read_request(p: Processing, args: Sequence[Any], registry: PromptRegistry) -> RunRequest | str:
    """The request of this run, or the reason why automask leaves the run alone: "" where it is off.

    Raises:
        InputError: the options or pictures are wrong.
    """
    state = state_of(p)
    if hasattr(p, "_ad_inner") or not is_enabled(state, args):  # ADetailer's inner passes
        return ""
    options = read_options(state, args)
    if state.script_title in LEFT_ALONE:
        return f"not used with {state.script_title}: {LEFT_ALONE[state.script_title]}"
    image, user_mask = read_inputs(p)
    cutout, boxes = is_flag_set(args, CUTOUT), layerdiffuse.find_empty_boxes(p)
    own_prompt = "" if cutout or boxes else read_carried_prompt(p, state)
    if not (cutout or boxes or own_prompt):
        own_prompt = registry.prompt_of(image, read_page_texts(args))
    if state.script_title == "Loopback" and own_prompt in p.all_prompts:
        own_prompt = ""  # the loop before made this picture; what it still lacks only the picture tells
    preview = is_flag_set(args, PREVIEW)
    key = read_page_key(args)
    return RunRequest(options, preview, cutout, image, p.all_prompts, user_mask, own_prompt, boxes, key)


def is_enabled(state: RunState, args: Sequence[Any]) -> bool:
    """Whether this run uses automask.

    Off means off: positional values that begin with False are not looked at, nor are none at all. A dict is checked
    whatever it says, so that nothing is off by mistake; one that sets options without "enabled" means it.

    Raises:
        InputError: a dict is empty, or names what is no option.
    """
    enabled: Any = args[0] if args else None
    if any(isinstance(value, Mapping) for value in args):
        enabled = read_options(state, args).enabled
    enabled = state.overrides.get("enabled", False if enabled is None else enabled)
    return enabled is not False or is_flag_set(args, PREVIEW) or is_flag_set(args, CUTOUT)


def read_options(state: RunState, args: Sequence[Any]) -> Options:
    """The options of this run, with those that the X/Y/Z plot overrides. Raises InputError."""
    values = passes_as_text(args[: len(FIELDS)])
    if args and isinstance(args[0], Mapping):
        values = [read_option_dict(values)]
    return dataclasses.replace(Options.from_args(values), **state.overrides)


def read_option_dict(args: Sequence[Any]) -> dict[str, Any]:
    """The API's one dict, with "enabled" where it is left out. Raises InputError if it is empty or not the only one."""
    if not args[0]:
        raise InputError('automask: the dict is empty; write {"enabled": true} or {"enabled": false}')
    if any(isinstance(value, Mapping) for value in args[1:]):
        raise InputError("automask takes one dict, but got several; put all options into the first")
    return {"enabled": True, **args[0]}


def is_flag_set(args: Sequence[Any], position: int) -> bool:
    """Whether a hidden control is on. The API may leave it out."""
    return len(args) > position and args[position] is True


def read_page_texts(args: Sequence[Any]) -> str:
    """What the page read from files; see ``infotext.read_page_entries``."""
    return read_hidden_text(args, PAGE_TEXTS)


def read_page_key(args: Sequence[Any]) -> str:
    """The name of the page that sent this run, "" where it did not come from a page; see ``views.PageViews``."""
    return read_hidden_text(args, PAGE_KEY)


def read_hidden_text(args: Sequence[Any], position: int) -> str:
    """The text of a hidden control. The API may leave it out."""
    text = args[position] if len(args) > position else ""
    return text if isinstance(text, str) else ""


def read_carried_prompt(p: Processing, state: RunState) -> str:
    """The prompt that the picture carries, "" where that may be another picture's."""
    from_canvas = FORGE_CANVAS in sys.modules and not (getattr(p, "is_api", False) or state.in_batch_tab)
    return "" if from_canvas else infotext_metadata.read_own_prompt(p.init_images[0])


def add_axes() -> None:
    """Add an axis for every option that wants one. The host reads its plot script anew with each Reload UI."""
    plots = [data.module for data in scripts.scripts_data if data.path.endswith("xyz_grid.py")]
    for plot in plots:
        present = {axis.label for axis in plot.axis_options}
        axes = [make_axis(plot, row) for row in FIELDS if row.xyz]
        plot.axis_options.extend(axis for axis in axes if axis.label not in present)


def make_axis(plot: Any, row: Field) -> Any:
    """One axis, in the img2img tab alone where the host can say so."""
    choices = {"choices": lambda: list(row.choices)} if row.choices else {}
    option = getattr(plot, "AxisOptionImg2Img", None) or plot.AxisOption  # Forge Classic has one kind of axis
    return option(f"[automask] {row.label}", row.type, make_setter(row), **choices)


def make_setter(row: Field) -> Callable[[Any, Any, Any], None]:
    """The function by which the plot sets one value for a cell; it raises InputError for one that is not allowed."""

    def set_value(p: Any, value: Any, _values: Any) -> None:
        override_option(p, row.name, row.check(value))

    return set_value
