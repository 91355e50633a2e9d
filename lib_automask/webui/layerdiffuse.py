"""LayerDiffuse for Forge: the cutout handed over as its foreground, and what lies behind as its background.

That extension paints the other layer to one that is given: a background for a foreground, or the reverse. What it
needs is what automask can cut out of the picture, so its empty image boxes are filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lib_automask.webui.processing import Processing

if TYPE_CHECKING:
    from lib_automask.cutout import Cutout

TITLE = "LayerDiffuse"
ENABLED, METHOD, FOREGROUND, BACKGROUND, BLEND = 0, 1, 4, 5, 6
"""Places of its controls among its arguments."""

NEEDED: dict[str, tuple[int, ...]] = {
    "From Foreground to Background": (FOREGROUND,),
    "From Foreground to Blending": (FOREGROUND,),
    "From Foreground and Blending to Background": (FOREGROUND, BLEND),
    "From Background to Foreground": (BACKGROUND,),
    "From Background to Blending": (BACKGROUND,),
    "From Background and Blending to Foreground": (BACKGROUND, BLEND),
}
"""By what its method is called: the image boxes that it reads."""


def find_empty_boxes(p: Processing) -> tuple[int, ...]:
    """The places in ``p.script_args`` of the image boxes that LayerDiffuse is going to read and that are empty."""
    script = next((one for one in p.scripts.alwayson_scripts if one.title() == TITLE), None)
    if script is None or script.args_to - script.args_from <= BLEND:
        return ()
    args = p.script_args[script.args_from : script.args_to]
    if not args[ENABLED]:
        return ()
    needed = next((boxes for name, boxes in NEEDED.items() if name in str(args[METHOD])), ())
    return tuple(script.args_from + box for box in needed if args[box] is None)


def fill_boxes(p: Processing, found: Cutout, boxes: tuple[int, ...]) -> None:
    """Fill the boxes for this run; ``restore_boxes`` empties them again."""
    first = next(one for one in p.scripts.alwayson_scripts if one.title() == TITLE).args_from
    given = list(p.script_args)
    for place in boxes:
        given[place] = layer_for_box(found, place - first)
    p.__dict__["automask_script_args"] = p.script_args
    p.script_args = tuple(given)


def restore_boxes(p: Processing) -> None:
    """Empty the boxes that an earlier file of a batch filled: each has a cutout of its own."""
    if "automask_script_args" in p.__dict__:
        p.script_args = p.__dict__.pop("automask_script_args")


def layer_for_box(found: Cutout, box: int) -> npt.NDArray[np.uint8]:
    """uint8[H, W, 4] for one of its boxes: the cutout, the filled background, or the picture as it is."""
    from lib_automask.imaging.layers import make_opaque_layer

    if box == FOREGROUND:
        return found.picture
    if box == BACKGROUND:
        return found.layers[0].picture
    return make_opaque_layer("blend", found.image).picture
