"""What is kept beside the finished pictures of a run: the mask, the subject cut out, or layers.

Their files stand beside those that the host saved, under the same name; where the host saved none, none are written.

The finished picture as layers: the picture as it was, and above it what each edit, or each pass, painted.

Laid over each other, the layers are the finished picture, pixel for pixel.

Pictures with transparency that the host saves: it stays.

Forge hides a copy of the infotext in the opacity of every PNG it saves, and makes the whole picture opaque for that.
Right after, extensions may change what is saved.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from modules import images as host_images
from modules import shared
from PIL import Image

from lib_automask.errors import InputError
from lib_automask.imaging import layers
from lib_automask.imaging.files import encode_mask_png, encode_png, write_atomically
from lib_automask.imaging.layers import Layer
from lib_automask.interfaces import Models
from lib_automask.options import Options
from lib_automask.types import Image as Pixels
from lib_automask.types import Mask, MaskResult, Size
from lib_automask.webui.pass_steps import Step, StepResult
from lib_automask.webui.processing import Processing

MASKS = "automask-masks"
"""Folder beside the pictures of a Batch run, with masks named as its files are: just what the Batch tab takes as its
"inpaint batch mask directory"."""

TABLE = "automask.csv"
"""Beside the pictures of a Batch run: what was done with each file, or why nothing was."""

COLUMNS = ("file", "picture", "edit", "coverage", "why")

OPACITY = "automask_opacity"


@dataclass(frozen=True, eq=False)
class RunOutput:
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


def begin_output(p: Processing, options: Options, before: Pixels) -> None:
    """Remember what the run begins with, if something is to be kept beside its pictures."""
    if options.also != "nothing":
        p.__dict__["automask_made"] = RunOutput(options, before)


def record_mask(p: Processing, result: MaskResult) -> None:
    """Remember the mask that was found."""
    made = p.__dict__.get("automask_made")
    if made is not None:
        p.__dict__["automask_made"] = replace(made, result=result)


def record_passes(p: Processing, steps: list[list[Step]]) -> None:
    """Remember what passes made of each picture of a batch."""
    made = p.__dict__.get("automask_made")
    if made is not None:
        p.__dict__["automask_made"] = replace(made, steps=(*made.steps, *steps))


def record_cutout(p: Processing, picture: Any) -> None:
    """Remember a picture uint8[H, W, 4] that is handed back in place of the host's, which has no transparency."""
    p.__dict__["automask_given"] = picture


def forget_output(p: Processing) -> None:
    """What an earlier file of the same batch left, if it came to a bad end."""
    for name in ("automask_made", "automask_given"):
        p.__dict__.pop(name, None)


def write_outputs(
    p: Processing, processed: Any, models: Callable[[], AbstractContextManager[Models]], in_batch: bool
) -> None:
    """Write whatever the run wants beside its pictures, and add to them what is a picture.

    Raises:
        AutomaskError: it cannot be made of a picture, or not be written; the host's pictures are there all the same.
    """
    made, given = p.__dict__.get("automask_made"), p.__dict__.get("automask_given")
    forget_output(p)
    if given is not None:
        return_cutout(p, processed, given)
    if made is None:
        return
    pictures = finished_pictures(processed)
    if in_batch:
        write_batch_row(p, made, saved_path(pictures[0]) if pictures else None)
    with models() if made.options.also == "cutout" else nullcontext() as ready:
        for number, picture in enumerate(pictures):
            write_companions(processed, picture, make_companions(made, picture, number, ready))


def finished_pictures(processed: Any) -> list[Image.Image]:
    """The pictures that were made, without the grid and the masks that the host may have put among them."""
    pictures = processed.images[processed.index_of_first_image :]
    return [picture for picture in pictures if "parameters" in picture.info] or pictures[:1]


def saved_path(picture: Image.Image) -> Path | None:
    """Where the host saved a picture."""
    saved = getattr(picture, "already_saved_as", None)
    return Path(saved) if saved else None


def write_companions(processed: Any, picture: Image.Image, companions: dict[str, bytes]) -> None:
    """Write the files of one picture beside it, and add to the run's pictures those that are pictures."""
    for ending, content in companions.items():
        if saved := saved_path(picture):
            write_atomically(content, saved.with_name(saved.stem + ending))
        if ending.endswith(".png"):
            processed.images.append(Image.open(io.BytesIO(content)))
            processed.infotexts.append(picture.info.get("parameters", ""))


def return_cutout(p: Processing, processed: Any, given: Any) -> None:
    """The cutout in place of the picture that the host was given for it, saved if the host saves its pictures."""
    picture = mark_transparent(given)
    infotext = processed.infotexts[0] if processed.infotexts else ""
    picture.info["parameters"] = infotext
    processed.images[processed.index_of_first_image :] = [picture]
    if shared.opts.samples_save and not p.do_not_save_samples:
        names = (p.all_seeds[0], p.all_prompts[0], "png")
        host_images.save_image(picture, p.outpath_samples, "", *names, info=infotext, p=p, suffix="-cutout")


def make_companions(made: RunOutput, picture: Image.Image, number: int, models: Models | None) -> dict[str, bytes]:
    """Files by the end of their names, as ``options.also`` asks for; none where there is nothing to keep.

    ``number`` is the picture's among those of the run. ``models`` are given where something is to be cut out, which
    nothing else needs them for.

    Raises:
        AutomaskError: nothing could be cut out of the picture, or it is not of the size that its mask is for.
    """
    from lib_automask import cutout
    from lib_automask.imaging import layers

    after, infotext = np.array(picture.convert("RGB")), picture.info.get("parameters", "")
    if models is not None:
        cut = cutout.cut_out_target(after, models, made.options.target)
        return {"-cutout.png": encode_png(cut.picture, infotext)}
    steps = made.steps[number] if number < len(made.steps) else []
    if made.options.also == "mask":
        return {ending: encode_mask_png(mask, infotext) for ending, mask in collect_masks(made, steps).items()}
    if made.result is not None and made.mask is not None:
        stack = layers_of_edits(made.before, made.result, after)
    elif steps:
        stack = layers_of_passes(made.before, steps, after)
    else:
        return {}
    if made.options.also == "layers":
        return {"-layers.ora": layers.encode_openraster(stack, Size.of(after))}
    return {
        f"-layer{number}-{file_safe_name(one.name)}.png": encode_png(one.picture) for number, one in enumerate(stack)
    }


def file_safe_name(name: str) -> str:
    """The name of a layer as a file's name can have it."""
    return re.sub(r"\W+", "-", name).strip("-")[:40]


def collect_masks(made: RunOutput, steps: list[Step]) -> dict[str, Mask]:
    """The mask of the run, or that of each pass that repainted a part of the picture, by the end of its file's name."""
    if made.mask is not None:
        return {"-mask.png": made.mask}
    found = {f"-pass-{number}-mask.png": done.mask for number, (_name, done) in enumerate(steps, 1)}
    return {ending: mask for ending, mask in found.items() if mask is not None and mask.any()}


def write_batch_row(p: Processing, made: RunOutput, saved: Path | None) -> None:
    """Of a Batch run: the mask under its file's own name, and a line in the table. Raises InputError."""
    folder = saved.parent if saved else Path(p.outpath_samples)
    name = batch_file_name(p) or (saved.stem if saved else "")
    if made.mask is not None:
        write_atomically(encode_mask_png(made.mask), folder / MASKS / f"{name}.png")
    told = p.extra_generation_params
    line = (
        name,
        saved.name if saved else "",
        told.get("automask edit", ""),
        told.get("automask coverage", ""),
        told.get("automask why") or "; ".join(str(told[key]) for key in told if key.startswith("automask pass ")),
    )
    append_csv_row(line, folder / TABLE)


def batch_file_name(p: Processing) -> str:
    """The name of the Batch tab's file without its ending, where the host names results after it; else ""."""
    pattern = str(p.override_settings.get("samples_filename_pattern", ""))
    return pattern.removesuffix("-[generation_number]")


def append_csv_row(line: tuple[str, ...], path: Path) -> None:
    """The table with one line more; with its heading, where there was none."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if not path.exists():
        writer.writerow(COLUMNS)
    writer.writerow(line)
    before = path.read_bytes() if path.exists() else b""
    write_atomically(before + text.getvalue().encode("utf-8"), path)


def layers_of_edits(before: Pixels, result: MaskResult, after: Pixels) -> list[Layer]:
    """A layer for each edit of one painting.

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


def layers_of_passes(before: Pixels, steps: Sequence[Step], after: Pixels) -> list[Layer]:
    """A layer for each pass, of its mask and of what changed beyond that by blur.

    A larger picture is a larger canvas for what lies below; an upscale is a picture of its own, so that the layers
    begin with it. What others did to the finished picture is the top layer.

    Raises:
        InputError: the finished picture is not of the last pass's size.
    """
    stack, last = [layers.make_opaque_layer("before", before)], before
    for name, done in steps:
        image = done.picture.image
        if done.mask is None:
            stack = [layers.make_opaque_layer(name, image)]
        else:
            stack = [shift_layer(layer, done) for layer in stack]
            changed = (image != shift_layer(layers.make_opaque_layer("", last), done).picture[..., :3]).any(2)
            painted = done.mask | changed
            stack += [masked_layer(name, image, painted)] if painted.any() else []
        last = image
    if after.shape != last.shape:
        raise InputError("layers need a result of the size that the last pass left; another extension has changed it")
    others = (after != last).any(2)
    return [*stack, masked_layer("after the passes", after, others)] if others.any() else stack


def masked_layer(name: str, image: Pixels, where: Mask) -> Layer:
    """What of the picture lies under a mask, opaque."""
    return Layer(name, layers.apply_opacity(image, where.astype(np.float32)))


def shift_layer(layer: Layer, done: StepResult) -> Layer:
    """A layer of the picture before a pass, on the canvas after it."""
    left, top = done.corner
    height, width = layer.picture.shape[:2]
    right, bottom = done.picture.size[1] - left - width, done.picture.size[0] - top - height
    return Layer(layer.name, np.pad(layer.picture, ((top, bottom), (left, right), (0, 0))))


def mark_transparent(picture: npt.NDArray[np.uint8]) -> Image.Image:
    """The picture uint8[H, W, 4] for the host, with its opacity remembered."""
    made = Image.fromarray(picture)
    setattr(made, OPACITY, made.getchannel("A"))
    return made


def restore_transparency(params: Any) -> None:
    """For the host: called with every picture that it is about to save. Others than ours are left alone."""
    opacity = getattr(params.image, OPACITY, None)
    if opacity is not None and opacity.size == params.image.size:
        params.image.putalpha(opacity)
