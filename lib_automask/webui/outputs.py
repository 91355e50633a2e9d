"""What is kept beside the finished pictures of a run: the mask, the subject cut out, or layers.

Their files lie beside those that the host saved, under the same name; where the host saved none, none are written. Of a
Batch run there are also a folder of masks and a table of what was done. Layers laid over each other are the finished
picture, pixel for pixel.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from modules import images as host_images
from modules import shared
from PIL import Image

from lib_automask.errors import InputError
from lib_automask.imaging import infotext_metadata, layers
from lib_automask.imaging.files import encode_mask_png, encode_png, write_atomically
from lib_automask.imaging.layers import Layer
from lib_automask.interfaces import Models
from lib_automask.types import Image as Pixels
from lib_automask.types import Mask, MaskResult, Size
from lib_automask.webui.run_state import PassOutput, Processing, RunOutput, RunState

MASKS = "automask-masks"
"""Folder beside the pictures of a Batch run, with masks named as its files are: just what the Batch tab takes as its
"inpaint batch mask directory"."""

TABLE = "automask.csv"
"""Beside the pictures of a Batch run: what was done with each file, or why nothing was."""

COLUMNS = ("file", "picture", "edit", "coverage", "why")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins with one of these for a formula (OWASP, "CSV Injection")."""

OPACITY = "automask_opacity"
"""Attribute of a picture that keeps its opacity until the host has saved it."""


def write_outputs(
    p: Processing,
    processed: Any,
    state: RunState,
    models: Callable[[], AbstractContextManager[Models]],
) -> None:
    """Write what the run ``state`` wants beside its pictures, and add to the host's result what is a picture.

    Raises:
        AutomaskError: it cannot be made of a picture, or not be written; the host's pictures are there all the same.
    """
    if state.cutout is not None:
        return_cutout(p, processed, state.cutout)
    if state.output is None:
        return
    pictures = finished_pictures(processed)
    if state.in_batch_tab:
        write_batch_row(p, state.output, saved_path(pictures[0]) if pictures else None)
    with models() if state.output.options.also == "cutout" else nullcontext() as ready:
        for number, picture in enumerate(pictures):
            write_companions(processed, picture, make_companions(state.output, picture, number, ready))


def append_kept_pictures(processed: Any, state: RunState) -> None:
    """Put the pictures after single passes behind the result."""
    for picture, text in state.kept_pictures:
        processed.images.append(picture)
        processed.infotexts.append(text)
        picture.info[infotext_metadata.KEY] = text


def finished_pictures(processed: Any) -> list[Image.Image]:
    """The pictures that were made, without the grid and the masks that the host may have put among them."""
    pictures = processed.images[processed.index_of_first_image :]
    return [picture for picture in pictures if infotext_metadata.KEY in picture.info] or pictures[:1]


def saved_path(picture: Image.Image) -> Path | None:
    """Where the host saved a picture."""
    saved = getattr(picture, "already_saved_as", None)
    return Path(saved) if saved else None


# A cutout in place of the picture.


def return_cutout(p: Processing, processed: Any, cutout: npt.NDArray[np.uint8]) -> None:
    """Put the cutout uint8[H, W, 4] in place of the host's picture, and save it if the host saves its pictures."""
    picture = mark_transparent(cutout)
    infotext = processed.infotexts[0] if processed.infotexts else ""
    picture.info[infotext_metadata.KEY] = infotext
    processed.images[processed.index_of_first_image :] = [picture]
    if shared.opts.samples_save and not p.do_not_save_samples:
        names = (p.all_seeds[0], p.all_prompts[0], "png")
        host_images.save_image(picture, p.outpath_samples, "", *names, info=infotext, p=p, suffix="-cutout")


def mark_transparent(picture: npt.NDArray[np.uint8]) -> Image.Image:
    """The picture uint8[H, W, 4] for the host, with a copy of its opacity that ``restore_transparency`` uses."""
    marked = Image.fromarray(picture)
    setattr(marked, OPACITY, marked.getchannel("A"))
    return marked


def restore_transparency(params: Any) -> None:
    """For the host: called with every picture that it is about to save; those without a mark stay as they are.

    Forge hides a copy of the infotext in the opacity of every PNG, and makes the whole picture opaque for that. Right
    after, extensions may change what is saved.
    """
    opacity = getattr(params.image, OPACITY, None)
    if opacity is not None and opacity.size == params.image.size:
        params.image.putalpha(opacity)


# Files beside one picture.


def make_companions(output: RunOutput, picture: Image.Image, number: int, models: Models | None) -> dict[str, bytes]:
    """Files by the end of their names, as ``options.also`` says; none where there is nothing to keep.

    ``number`` is the picture's position among those of the run. ``models`` are given where something is to be cut out.

    Raises:
        AutomaskError: nothing could be cut out of the picture, or its size is not that of its mask.
    """
    after, infotext = np.array(picture.convert("RGB")), picture.info.get(infotext_metadata.KEY, "")
    if models is not None:
        from lib_automask.cutout import cut_out_target

        return {"-cutout.png": encode_png(cut_out_target(after, models, output.options.target).picture, infotext)}
    passes = output.passes[number] if number < len(output.passes) else []
    if output.options.also == "mask":
        return {ending: encode_mask_png(mask, infotext) for ending, mask in collect_masks(output, passes).items()}
    if output.result is not None and output.mask is not None:
        stack = layers_of_edits(output.before, output.result, after)
    elif passes:
        stack = layers_of_passes(output.before, passes, after)
    else:
        return {}
    if output.options.also == "layers":
        return {"-layers.ora": layers.encode_openraster(stack, Size.of(after))}
    names = [f"-layer{number}-{file_safe_name(layer.name)}.png" for number, layer in enumerate(stack)]
    return {name: encode_png(layer.picture) for name, layer in zip(names, stack)}


def write_companions(processed: Any, picture: Image.Image, companions: dict[str, bytes]) -> None:
    """Write the files of one picture beside it, and add to the host's result those that are pictures."""
    for ending, content in companions.items():
        if saved := saved_path(picture):
            write_atomically(content, saved.with_name(saved.stem + ending))
        if ending.endswith(".png"):
            processed.images.append(Image.open(io.BytesIO(content)))
            processed.infotexts.append(picture.info.get(infotext_metadata.KEY, ""))


def collect_masks(output: RunOutput, passes: list[PassOutput]) -> dict[str, Mask]:
    """The mask of the run, or that of each pass that repainted a part of the picture, by the end of its file's name."""
    if output.mask is not None:
        return {"-mask.png": output.mask}
    masks = {f"-pass-{number}-mask.png": done.mask for number, done in enumerate(passes, 1)}
    return {ending: mask for ending, mask in masks.items() if mask is not None and mask.any()}


def file_safe_name(name: str) -> str:
    """The name of a layer as part of a file's name, at most 40 characters so that paths stay short (a guess)."""
    return re.sub(r"\W+", "-", name).strip("-")[:40]


# Layers.


def layers_of_edits(before: Pixels, result: MaskResult, after: Pixels) -> list[Layer]:
    """A layer for each edit of one painting; pictures uint8[H, W, 3].

    The host's blur reaches beyond the masks: what changed outside them is a layer of its own, below the edits.

    Raises:
        InputError: the pictures are not of one size.
    """
    if after.shape != before.shape:
        raise InputError("layers need a result of the picture's own size; set width and height to it")
    changed = (after != before).any(2)
    edits = []
    for part, edit in zip(result.parts or (result.mask,), result.plan.edits):
        edits.append(masked_layer(edit.replacement or edit.target, after, part & changed))
        changed &= ~part
    return [layers.make_opaque_layer("before", before), masked_layer("edges", after, changed), *edits]


def layers_of_passes(before: Pixels, passes: Sequence[PassOutput], after: Pixels) -> list[Layer]:
    """A layer for each pass, of its mask and of what changed beyond that by blur; pictures uint8[H, W, 3].

    A larger picture is a larger canvas for what lies below; an upscale is a picture of its own, so that the layers
    begin with it. What other extensions did to the finished picture is the top layer.

    Raises:
        InputError: the finished picture is not of the last pass's size.
    """
    stack, last = [layers.make_opaque_layer("before", before)], before
    for done in passes:
        if done.mask is None:
            stack = [layers.make_opaque_layer(done.name, done.image)]
        else:
            stack = [shift_layer(layer, done) for layer in stack]
            changed = (done.image != shift_layer(layers.make_opaque_layer("", last), done).picture[..., :3]).any(2)
            painted = done.mask | changed
            stack += [masked_layer(done.name, done.image, painted)] if painted.any() else []
        last = done.image
    if after.shape != last.shape:
        raise InputError("layers need a result of the size that the last pass left; another extension has changed it")
    others = (after != last).any(2)
    return [*stack, masked_layer("after the passes", after, others)] if others.any() else stack


def masked_layer(name: str, image: Pixels, where: Mask) -> Layer:
    """The part of the picture under a mask, opaque."""
    return Layer(name, layers.apply_opacity(image, where.astype(np.float32)))


def shift_layer(layer: Layer, done: PassOutput) -> Layer:
    """A layer of the picture before a pass, on the canvas after it."""
    left, top = done.corner
    height, width = layer.picture.shape[:2]
    right, bottom = done.size.width - left - width, done.size.height - top - height
    return Layer(layer.name, np.pad(layer.picture, ((top, bottom), (left, right), (0, 0))))


# The folder and the table of a Batch run.


def write_batch_row(p: Processing, output: RunOutput, saved: Path | None) -> None:
    """Write the mask under its file's own name, and a line into the table. Raises InputError."""
    folder = saved.parent if saved else Path(p.outpath_samples)
    name = batch_file_name(p) or (saved.stem if saved else "")
    if output.mask is not None:
        write_atomically(encode_mask_png(output.mask), folder / MASKS / f"{name}.png")
    params = p.extra_generation_params
    passes = "; ".join(str(params[key]) for key in params if key.startswith("automask pass "))
    row = (
        name,
        saved.name if saved else "",
        params.get("automask edit", ""),
        params.get("automask coverage", ""),
        params.get("automask why") or passes,
    )
    append_csv_row(row, folder / TABLE)


def batch_file_name(p: Processing) -> str:
    """The name of the Batch tab's file without its ending, where the host names results after it; else ""."""
    pattern = str(p.override_settings.get("samples_filename_pattern", ""))
    return pattern.removesuffix("-[generation_number]")


def append_csv_row(row: tuple[str, ...], path: Path) -> None:
    """Append a row to the table, which begins with its heading. Raises InputError."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if not path.exists():
        writer.writerow(COLUMNS)
    writer.writerow([escape_formula(cell) for cell in row])
    before = path.read_bytes() if path.exists() else b""
    write_atomically(before + text.getvalue().encode("utf-8"), path)


def escape_formula(cell: str) -> str:
    """The cell with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
