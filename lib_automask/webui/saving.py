"""What is kept beside the finished pictures of a run: the mask, the subject cut out, or layers.

Their files stand beside those that the host saved, under the same name; where the host saved none, none are written.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from modules import images as host_images
from modules import shared
from PIL import Image

from lib_automask.files import write_whole
from lib_automask.options import Options
from lib_automask.pictures import mask_png, png
from lib_automask.structures import Image as Pixels
from lib_automask.structures import Mask, MaskResult, Models
from lib_automask.webui.processing import Processing
from lib_automask.webui.transparency import transparent
from lib_automask.webui.works import Step

MASKS = "automask-masks"
"""Folder beside the pictures of a Batch run, with masks named as its files are: just what the Batch tab takes as its
"inpaint batch mask directory"."""

TABLE = "automask.csv"
"""Beside the pictures of a Batch run: what was done with each file, or why nothing was."""

COLUMNS = ("file", "picture", "edit", "coverage", "why")


@dataclass(frozen=True, eq=False)
class Made:
    """What a run was made of: ``before`` uint8[H, W, 3], and the mask that was found in it, if any.

    ``steps`` are those of the passes that made each of its pictures.
    """

    options: Options
    before: Pixels
    result: MaskResult | None = None
    steps: tuple[list[Step], ...] = ()

    @property
    def mask(self) -> Mask | None:
        return self.result.mask if self.result is not None and self.result.mask.any() else None


def begin(p: Processing, options: Options, before: Pixels) -> None:
    """Remember what the run begins with, if something is to be kept beside its pictures."""
    if options.also != "nothing":
        p.__dict__["automask_made"] = Made(options, before)


def found(p: Processing, result: MaskResult) -> None:
    """Remember the mask that was found."""
    made = p.__dict__.get("automask_made")
    if made is not None:
        p.__dict__["automask_made"] = replace(made, result=result)


def passed(p: Processing, steps: list[list[Step]]) -> None:
    """Remember what passes made of each picture of a batch."""
    made = p.__dict__.get("automask_made")
    if made is not None:
        p.__dict__["automask_made"] = replace(made, steps=(*made.steps, *steps))


def give(p: Processing, picture: Any) -> None:
    """Remember a picture uint8[H, W, 4] that is handed back in place of the host's, which has no transparency."""
    p.__dict__["automask_given"] = picture


def forget(p: Processing) -> None:
    """What an earlier file of the same batch left, if it came to a bad end."""
    for name in ("automask_made", "automask_given"):
        p.__dict__.pop(name, None)


def keep(p: Processing, processed: Any, models: Callable[[], AbstractContextManager[Models]], in_batch: bool) -> None:
    """Write whatever the run wants beside its pictures, and add to them what is a picture.

    Raises:
        AutomaskError: it cannot be made of a picture, or not be written; the host's pictures are there all the same.
    """
    made, given = p.__dict__.get("automask_made"), p.__dict__.get("automask_given")
    forget(p)
    if given is not None:
        hand_back(p, processed, given)
    if made is None:
        return
    pictures = finished(processed)
    if in_batch:
        note(p, made, place(pictures[0]) if pictures else None)
    with models() if made.options.also == "cutout" else nullcontext() as ready:
        for number, picture in enumerate(pictures):
            put(processed, picture, beside(made, picture, number, ready))


def finished(processed: Any) -> list[Image.Image]:
    """The pictures that were made, without the grid and the masks that the host may have put among them."""
    pictures = processed.images[processed.index_of_first_image :]
    return [picture for picture in pictures if "parameters" in picture.info] or pictures[:1]


def place(picture: Image.Image) -> Path | None:
    """Where the host saved a picture."""
    saved = getattr(picture, "already_saved_as", None)
    return Path(saved) if saved else None


def put(processed: Any, picture: Image.Image, companions: dict[str, bytes]) -> None:
    """Write the files of one picture beside it, and add to the run's pictures those that are pictures."""
    for ending, content in companions.items():
        if saved := place(picture):
            write_whole(content, saved.with_name(saved.stem + ending))
        if ending.endswith(".png"):
            processed.images.append(Image.open(io.BytesIO(content)))
            processed.infotexts.append(picture.info.get("parameters", ""))


def hand_back(p: Processing, processed: Any, given: Any) -> None:
    """The cutout in place of the picture that the host was given for it, saved if the host saves its pictures."""
    picture = transparent(given)
    infotext = processed.infotexts[0] if processed.infotexts else ""
    picture.info["parameters"] = infotext
    processed.images[processed.index_of_first_image :] = [picture]
    if shared.opts.samples_save and not p.do_not_save_samples:
        names = (p.all_seeds[0], p.all_prompts[0], "png")
        host_images.save_image(picture, p.outpath_samples, "", *names, info=infotext, p=p, suffix="-cutout")


def beside(made: Made, picture: Image.Image, number: int, models: Models | None) -> dict[str, bytes]:
    """Files by the end of their names, as ``options.also`` asks for; none where there is nothing to keep.

    ``number`` is the picture's among those of the run. ``models`` are given where something is to be cut out, which
    nothing else needs them for.

    Raises:
        AutomaskError: nothing could be cut out of the picture, or it is not of the size that its mask is for.
    """
    from lib_automask import cutout, layers
    from lib_automask.webui import stacks

    after, infotext = np.array(picture.convert("RGB")), picture.info.get("parameters", "")
    if models is not None:
        cut = cutout.cut_out(after, models, made.options.target)
        return {"-cutout.png": png(cut.picture, infotext)}
    steps = made.steps[number] if number < len(made.steps) else []
    if made.options.also == "mask":
        return {ending: mask_png(mask, infotext) for ending, mask in masks_of(made, steps).items()}
    if made.result is not None and made.mask is not None:
        stack = stacks.of_edits(made.before, made.result, after)
    elif steps:
        stack = stacks.of_passes(made.before, steps, after)
    else:
        return {}
    if made.options.also == "layers":
        return {"-layers.ora": layers.openraster(stack, (after.shape[0], after.shape[1]))}
    return {f"-layer{number}-{plain(one.name)}.png": png(one.picture) for number, one in enumerate(stack)}


def plain(name: str) -> str:
    """The name of a layer as a file's name can have it."""
    return re.sub(r"\W+", "-", name).strip("-")[:40]


def masks_of(made: Made, steps: list[Step]) -> dict[str, Mask]:
    """The mask of the run, or that of each pass that repainted a part of the picture, by the end of its file's name."""
    if made.mask is not None:
        return {"-mask.png": made.mask}
    found = {f"-pass-{number}-mask.png": done.mask for number, (_name, done) in enumerate(steps, 1)}
    return {ending: mask for ending, mask in found.items() if mask is not None and mask.any()}


def note(p: Processing, made: Made, saved: Path | None) -> None:
    """Of a Batch run: the mask under its file's own name, and a line in the table. Raises InputError."""
    folder = saved.parent if saved else Path(p.outpath_samples)
    name = file_of(p) or (saved.stem if saved else "")
    if made.mask is not None:
        write_whole(mask_png(made.mask), folder / MASKS / f"{name}.png")
    told = p.extra_generation_params
    line = (
        name,
        saved.name if saved else "",
        told.get("automask edit", ""),
        told.get("automask coverage", ""),
        told.get("automask why") or "; ".join(str(told[key]) for key in told if key.startswith("automask pass ")),
    )
    append(line, folder / TABLE)


def file_of(p: Processing) -> str:
    """The name of the Batch tab's file without its ending, where the host names results after it; else ""."""
    pattern = str(p.override_settings.get("samples_filename_pattern", ""))
    return pattern.removesuffix("-[generation_number]")


def append(line: tuple[str, ...], path: Path) -> None:
    """The table with one line more; with its heading, where there was none."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if not path.exists():
        writer.writerow(COLUMNS)
    writer.writerow(line)
    before = path.read_bytes() if path.exists() else b""
    write_whole(before + text.getvalue().encode("utf-8"), path)
