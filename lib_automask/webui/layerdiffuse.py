"""LayerDiffuse for Forge gets the cutout as its foreground, and what lies behind as its background.

That extension paints the other layer to one that is given: a background for a foreground, or the reverse. What it
needs is what automask can cut out of the picture, so its empty image boxes are filled for the length of one run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lib_automask.webui.run_state import Processing, state_of

if TYPE_CHECKING:
    from lib_automask.cutout import Cutout

TITLE = "LayerDiffuse"
ENABLED, METHOD, FOREGROUND, BACKGROUND, BLEND = 0, 1, 4, 5, 6
"""Positions of its controls among its arguments, read in its source."""

NEEDED_BOXES: dict[str, tuple[int, ...]] = {
    "From Foreground to Background": (FOREGROUND,),
    "From Foreground to Blending": (FOREGROUND,),
    "From Foreground and Blending to Background": (FOREGROUND, BLEND),
    "From Background to Foreground": (BACKGROUND,),
    "From Background to Blending": (BACKGROUND,),
    "From Background and Blending to Foreground": (BACKGROUND, BLEND),
}
"""The image boxes that each of its methods reads, by a part of the method's name."""


def find_empty_boxes(p: Processing) -> tuple[int, ...]:
    """Positions in ``p.script_args`` of the image boxes that LayerDiffuse is going to read and that are empty."""
    script = find_script(p)
    if script is None or script.args_to - script.args_from <= BLEND:
        return ()
    args = p.script_args[script.args_from : script.args_to]
    if not args[ENABLED]:
        return ()
    needed = next((boxes for name, boxes in NEEDED_BOXES.items() if name in str(args[METHOD])), ())
    return tuple(script.args_from + box for box in needed if args[box] is None)


def find_script(p: Processing) -> Any:
    """LayerDiffuse among the host's scripts, or None."""
    return next((script for script in p.scripts.alwayson_scripts if script.title() == TITLE), None)


def fill_boxes(p: Processing, cutout: Cutout, boxes: tuple[int, ...]) -> None:
    """Fill the boxes for this run; ``processing.begin_run`` empties them for the next file of a batch."""
    first = find_script(p).args_from
    args = list(p.script_args)
    for position in boxes:
        args[position] = layer_for_box(cutout, position - first)
    state_of(p).script_args = p.script_args
    p.script_args = tuple(args)


def layer_for_box(cutout: Cutout, box: int) -> npt.NDArray[np.uint8]:
    """uint8[H, W, 4] for one of its boxes: the cutout, the filled background, or the picture as it is."""
    from lib_automask.imaging.layers import make_opaque_layer

    if box == FOREGROUND:
        return cutout.picture
    if box == BACKGROUND:
        return cutout.layers[0].picture
    return make_opaque_layer("blend", cutout.image).picture
