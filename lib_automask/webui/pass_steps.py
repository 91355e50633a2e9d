"""What a pass does to a picture: edit, outpaint or upscale. Each returns the next picture and a line on what it did.

A new kind of pass is a function in ``STEPS`` and a value of ``recipe.Work``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import cv2
import numpy as np
from modules import images as host_images
from modules import shared
from PIL import Image

from lib_automask.errors import InputError, NothingToChange, Unsure
from lib_automask.imaging import masks
from lib_automask.interfaces import Models
from lib_automask.options import Options
from lib_automask.recipe import LATENT, Border, Pass, border_to_ratio, extend_image, round_to_blocks, split_border
from lib_automask.sampling_defaults import choose_masked_content
from lib_automask.types import Mask, MaskRequest, MaskResult, Size
from lib_automask.webui import host
from lib_automask.webui.host_sampling import PassPicture, paint_picture, pass_masked_content, pass_seed
from lib_automask.webui.run_state import MASKING, Processing, clock_of


@dataclass(frozen=True, eq=False)
class PassResult:
    """What a pass made of a picture.

    Args:
        picture: after the pass.
        summary: one line on what was done, or why not.
        mask: bool[H, W] that was to be repainted; None where the whole picture is another.
        corner: (left, top) of the picture before, in this one.
    """

    picture: PassPicture
    summary: str
    mask: Mask | None = None
    corner: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class PassContext:
    """What each pass of a run needs: the user's run, the options, and the models for the length of a ``with``."""

    p: Processing
    options: Options
    models: Callable[[], AbstractContextManager[Models]]


def run_edit(context: PassContext, settings: Pass, picture: PassPicture) -> PassResult:
    """Find what the prompt changes and repaint it: all at once, or one edit after another.

    Raises:
        NothingToChange, Unsure: there is no mask, and the user chose to stop then.
        InputError, Interrupted: see ``paint_picture``.
    """
    result = find_mask(context, settings, picture)
    if not result.mask.any():
        if context.options.unsure == "keep picture":
            return PassResult(picture, f"{result.why}; nothing was painted, as chosen", result.mask)
        return repaint_all(context, settings, picture, result)
    options = dataclasses.replace(context.options, masked_content=settings.masked_content)
    parts = split_edits(result) if settings.each else [result]
    for turn, part in enumerate(parts):
        fill = pass_masked_content(context.p, choose_masked_content(part, options))
        picture = paint_picture(context.p, settings, picture, part.mask, fill, turn)
    count = f", in {len(parts)} paintings" if len(parts) > 1 else ""
    return PassResult(dataclasses.replace(picture, own_prompt=""), result.why + count, result.mask)


def find_mask(context: PassContext, settings: Pass, picture: PassPicture) -> MaskResult:
    """The mask of a pass. Raises NothingToChange or Unsure where there is none and the user chose to stop then."""
    from lib_automask.pipeline import build_mask

    target = settings.target or context.options.target
    options = dataclasses.replace(context.options, target=target, passes="", keep_passes=False)
    prompt = settings.prompt or picture.prompt
    request = MaskRequest(picture.image, prompt, picture.user_mask, options, picture.own_prompt)
    with clock_of(context.p).measuring(MASKING), host.outside_inference_mode(), context.models() as models:
        result = build_mask(request, models)
    if not result.mask.any() and options.unsure == "stop":
        raise (NothingToChange if result.outcome == "nothing" else Unsure)(result.why)
    return result


def split_edits(result: MaskResult) -> list[MaskResult]:
    """A result for each edit whose mask is not empty."""
    if not result.parts:
        return [result]
    single = [
        dataclasses.replace(result, mask=part, plan=dataclasses.replace(result.plan, edits=(edit,)), parts=())
        for edit, part in zip(result.plan.edits, result.parts)
    ]
    return [part for part in single if part.mask.any()]


def repaint_all(context: PassContext, settings: Pass, picture: PassPicture, result: MaskResult) -> PassResult:
    """Plain img2img: everything is the mask."""
    everything = np.ones_like(result.mask)
    painted = paint_picture(context.p, dataclasses.replace(settings, area="whole picture"), picture, everything)
    summary = f"{result.why}; the whole picture was repainted, as chosen"
    return PassResult(dataclasses.replace(painted, own_prompt=""), summary, everything)


def run_outpaint(context: PassContext, settings: Pass, picture: PassPicture) -> PassResult:
    """The picture with a new border, added in steps; what was there before is put back pixel for pixel.

    Raises:
        InputError: there is nothing to extend, or see ``paint_picture``.
    """
    border = total_border(settings, picture.size)
    steps = split_border(border, settings.step)
    before, why, inside = picture, "", np.zeros((0, 0), np.bool_)
    for turn, step in enumerate(steps):
        larger, new = add_border(picture, step, settings, turn)
        inside = np.zeros_like(new)
        if (settings.edit or settings.target) and turn == len(steps) - 1:
            result = find_mask(context, settings, larger)
            inside, why = result.mask, f", and {result.why}"
        picture = paint_border(context, settings, larger, new, inside, turn)
    count = f" in {len(steps)} steps" if len(steps) > 1 else ""
    sides = ((border.up, border.down), (border.left, border.right))
    outside = np.pad(np.zeros(before.size, np.bool_), sides, constant_values=True)
    summary = f"extended {border}{count}: {before.size} → {picture.size}{why}"
    return PassResult(picture, summary, outside | inside, (border.left, border.up))


def total_border(settings: Pass, size: Size) -> Border:
    """The border of a pass: its sides, and then what is missing to its ratio; in whole blocks. Raises InputError."""
    border = Border(settings.left, settings.right, settings.up, settings.down)
    if settings.ratio:
        extended = Size(size.height + border.up + border.down, size.width + border.left + border.right)
        more = border_to_ratio(extended, settings.ratio)
        border = Border(*(side + extra for side, extra in zip(border, more)))
    border = round_to_blocks(size, border)
    if not any(border):
        raise InputError(f"the picture is {settings.ratio} already, so there is nothing to extend")
    return border


def add_border(picture: PassPicture, border: Border, settings: Pass, turn: int) -> tuple[PassPicture, Mask]:
    """The larger picture before it is painted, and bool[H, W] of what is new in it."""
    image, new = extend_image(picture.image, border, settings.fill, pass_seed(settings, picture, turn))
    user_mask = picture.user_mask
    if user_mask is not None:
        user_mask = np.pad(user_mask, ((border.up, border.down), (border.left, border.right)))
    return dataclasses.replace(picture, image=image, user_mask=user_mask), new


def paint_border(
    context: PassContext, settings: Pass, larger: PassPicture, new: Mask, inside: Mask, turn: int
) -> PassPicture:
    """Paint what is ``new`` and what the prompt changes ``inside``, both bool[H, W]; all else stays as it was.

    Around ``inside`` the host's blur may reach into the old picture; around ``new`` it may not.
    """
    content = "original" if settings.masked_content == "auto" else settings.masked_content
    fill = pass_masked_content(context.p, content)
    painted = paint_picture(context.p, settings, larger, new | inside, fill, turn)
    free = new | (masks.grow_mask(inside, blur_reach(settings.blur)) if inside.any() else inside)
    image = np.where(free[..., None], painted.image, larger.image)
    return dataclasses.replace(painted, image=image, own_prompt=larger.own_prompt)


def blur_reach(blur: int) -> int:
    """Pixels beyond a mask that the host's blur touches: half of its kernel, as its source has it."""
    return int(2.5 * blur + 0.5)


def run_upscale(context: PassContext, settings: Pass, picture: PassPicture) -> PassResult:
    """The picture made larger, and repainted tile by tile where the pass has a strength.

    Raises:
        InputError, ModelMissing, Interrupted: see ``host.upscale_picture`` and ``paint_picture``.
    """
    image, upscaler = host.upscale_picture(picture.image, settings.by, settings.upscaler)
    user_mask = picture.user_mask
    if user_mask is not None:
        size = image.shape[1::-1]
        user_mask = cv2.resize(user_mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    larger = dataclasses.replace(picture, image=image, user_mask=user_mask, infotext="")
    summary = f"upscaled by {upscaler}: {picture.size} → {larger.size}"
    if settings.strength is None:
        return PassResult(larger, summary)
    larger, tiles = repaint_tiles(context, settings, larger)
    return PassResult(larger, f"{summary}, repainted in {tiles}")


def repaint_tiles(context: PassContext, settings: Pass, picture: PassPicture) -> tuple[PassPicture, str]:
    """The picture repainted piece by piece, each with a seed of its own; and the number and size of the pieces.

    Raises:
        InputError: the overlap is not smaller than a tile.
    """
    height, width = picture.size
    tile = min(context.p.width, width // LATENT * LATENT), min(context.p.height, height // LATENT * LATENT)
    if settings.overlap >= min(tile):
        limit = f"tiles of {tile[0]}x{tile[1]} cannot overlap by {settings.overlap}"
        raise InputError(f"{limit}; choose an overlap below that")
    grid = host_images.split_grid(Image.fromarray(picture.image), *tile, settings.overlap)
    pieces = [piece for _top, _height, row in grid.tiles for piece in row]
    job, last = shared.state.job, picture
    for turn, piece in enumerate(pieces):
        host.announce_job(f"{job}, tile {turn + 1} of {len(pieces)}")
        single = dataclasses.replace(picture, image=np.array(piece[2]))
        last = paint_picture(context.p, settings, single, None, turn=turn)
        piece[2] = Image.fromarray(last.image)
    host.announce_job(job)
    repainted = dataclasses.replace(picture, image=np.array(host_images.combine_grid(grid)), infotext=last.infotext)
    return repainted, f"{len(pieces)} tiles of {tile[0]}x{tile[1]}, overlap {settings.overlap}"


STEPS: dict[str, Callable[[PassContext, Pass, PassPicture], PassResult]] = {
    "edit": run_edit,
    "outpaint": run_outpaint,
    "upscale": run_upscale,
}
