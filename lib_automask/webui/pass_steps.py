"""The three works of a pass: edit, outpaint, upscale. Each makes of a picture the next, and says what it did."""

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
from lib_automask.webui import host, run_state
from lib_automask.webui.host_sampling import PassPicture, paint_picture, pass_masked_content, pass_seed
from lib_automask.webui.processing import Processing


@dataclass(frozen=True, eq=False)
class StepResult:
    """What a work made of a picture.

    Args:
        picture: after it.
        said: one line of what was done, or why not.
        mask: bool[H, W] that was to be repainted; None where the whole picture is another.
        corner: (left, top) of the picture before, in this one.
    """

    picture: PassPicture
    said: str
    mask: Mask | None = None
    corner: tuple[int, int] = (0, 0)


Step = tuple[str, StepResult]
"""What a pass made of a picture, under a name for people."""


@dataclass(frozen=True)
class StepContext:
    """What the works need: the user's run, the options, and the models for the length of a ``with``."""

    p: Processing
    options: Options
    models: Callable[[], AbstractContextManager[Models]]


def run_edit(shop: StepContext, one: Pass, picture: PassPicture) -> StepResult:
    """What the prompt changes is found in the picture and repainted: all at once, or one edit after another."""
    result = find_mask(shop, one, picture)
    if not result.mask.any():
        if shop.options.unsure == "keep picture":
            return StepResult(picture, f"{result.why}; nothing was painted, as chosen", result.mask)
        return repaint_all(shop, one, picture, result)
    parts = split_edits(result) if one.each else [result]
    for turn, part in enumerate(parts):
        fill = pass_masked_content(
            shop.p, choose_masked_content(part, dataclasses.replace(shop.options, masked_content=one.masked_content))
        )
        picture = paint_picture(shop.p, one, picture, part.mask, fill, turn)
    after = f", in {len(parts)} paintings" if len(parts) > 1 else ""
    return StepResult(dataclasses.replace(picture, own_prompt=""), result.why + after, result.mask)


def find_mask(shop: StepContext, one: Pass, picture: PassPicture) -> MaskResult:
    """The mask of a pass. Raises NothingToChange or Unsure where the user chose to stop then."""
    from lib_automask.pipeline import build_mask

    options = dataclasses.replace(shop.options, target=one.target or shop.options.target, passes="", keep_passes=False)
    request = MaskRequest(picture.image, one.prompt or picture.prompt, picture.user_mask, options, picture.own_prompt)
    with (
        run_state.clock_of(shop.p).measuring(run_state.MASKING),
        host.outside_inference_mode(),
        shop.models() as models,
    ):
        result = build_mask(request, models)
    if not result.mask.any() and options.unsure == "stop":
        raise (NothingToChange if result.outcome == "nothing" else Unsure)(result.why)
    return result


def split_edits(result: MaskResult) -> list[MaskResult]:
    """A result for each edit; those of which nothing is left are left out."""
    if not result.parts:
        return [result]
    alone = [
        dataclasses.replace(result, mask=part, plan=dataclasses.replace(result.plan, edits=(edit,)), parts=())
        for edit, part in zip(result.plan.edits, result.parts)
    ]
    return [part for part in alone if part.mask.any()]


def repaint_all(shop: StepContext, one: Pass, picture: PassPicture, result: MaskResult) -> StepResult:
    """Plain img2img: everything is the mask."""
    everything = np.ones_like(result.mask)
    painted = paint_picture(shop.p, dataclasses.replace(one, area="whole picture"), picture, everything)
    said = f"{result.why}; the whole picture was repainted, as chosen"
    return StepResult(dataclasses.replace(painted, own_prompt=""), said, everything)


def run_outpaint(shop: StepContext, one: Pass, picture: PassPicture) -> StepResult:
    """The picture with a new border, step by step; what was there before is put back pixel for pixel."""
    border = wanted_border(one, picture.size)
    steps = split_border(border, one.step)
    before, told, inside = picture, "", np.zeros((0, 0), np.bool_)
    for turn, step in enumerate(steps):
        larger, new = add_border(picture, step, one, turn)
        inside = np.zeros_like(new)
        if (one.edit or one.target) and turn == len(steps) - 1:
            inside, told = find_inner_mask(shop, one, larger)
        fill = pass_masked_content(shop.p, "original" if one.masked_content == "auto" else one.masked_content)
        painted = paint_picture(shop.p, one, larger, new | inside, fill, turn)
        free = new | (masks.grow_mask(inside, blur_reach(one.blur)) if inside.any() else inside)
        picture = dataclasses.replace(
            painted, image=np.where(free[..., None], painted.image, larger.image), own_prompt=picture.own_prompt
        )
    count = f" in {len(steps)} steps" if len(steps) > 1 else ""
    said = f"extended {border}{count}: {before} → {picture}{told}"
    sides = ((border.up, border.down), (border.left, border.right))
    outside = np.pad(np.zeros(before.size, np.bool_), sides, constant_values=True)
    return StepResult(picture, said, outside | inside, (border.left, border.up))


def wanted_border(one: Pass, size: tuple[int, int]) -> Border:
    """The border that a pass asks for: its sides, and then what is missing to its ratio; in whole blocks."""
    border = Border(one.left, one.right, one.up, one.down)
    if one.ratio:
        height, width = size
        more = border_to_ratio(Size(height + border.up + border.down, width + border.left + border.right), one.ratio)
        border = Border(*(a + b for a, b in zip(border, more)))
    border = round_to_blocks(Size(*size), border)
    if not any(border):
        raise InputError(f"the picture is {one.ratio} already, so there is nothing to extend")
    return border


def add_border(picture: PassPicture, border: Border, one: Pass, turn: int) -> tuple[PassPicture, Mask]:
    """The larger picture before it is painted, and bool[H, W] of what is new in it."""
    image, new = extend_image(picture.image, border, one.fill, pass_seed(one, picture, turn))
    user_mask = picture.user_mask
    if user_mask is not None:
        user_mask = np.pad(user_mask, ((border.up, border.down), (border.left, border.right)))
    return dataclasses.replace(picture, image=image, user_mask=user_mask), new


def find_inner_mask(shop: StepContext, one: Pass, larger: PassPicture) -> tuple[Mask, str]:
    """What is repainted along with a border, bool[H, W], and the words for it."""
    result = find_mask(shop, one, larger)
    return result.mask, f", and {result.why}"


def blur_reach(blur: int) -> int:
    """Pixels beyond a mask that the host's blur touches."""
    return int(2.5 * blur + 0.5)


def run_upscale(shop: StepContext, one: Pass, picture: PassPicture) -> StepResult:
    """The picture made larger, and repainted tile by tile where the pass has a strength."""
    image, upscaler = host.upscale_picture(picture.image, one.by, one.upscaler)
    user_mask = picture.user_mask
    if user_mask is not None:
        size = image.shape[1::-1]
        user_mask = cv2.resize(user_mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    larger = dataclasses.replace(picture, image=image, user_mask=user_mask, infotext="")
    said = f"upscaled by {upscaler}: {picture} → {larger}"
    if one.strength is None:
        return StepResult(larger, said)
    larger, tiles = repaint_tiles(shop, one, larger)
    return StepResult(larger, f"{said}, repainted in {tiles}")


def repaint_tiles(shop: StepContext, one: Pass, picture: PassPicture) -> tuple[PassPicture, str]:
    """The picture repainted piece by piece, each with a seed of its own; and how many pieces of which size."""
    height, width = picture.size
    tile = min(shop.p.width, width // LATENT * LATENT), min(shop.p.height, height // LATENT * LATENT)
    if one.overlap >= min(tile):
        raise InputError(f"tiles of {tile[0]}x{tile[1]} cannot overlap by {one.overlap}; choose an overlap below that")
    grid = host_images.split_grid(Image.fromarray(picture.image), *tile, one.overlap)
    pieces = [piece for _top, _height, row in grid.tiles for piece in row]
    job, last = shared.state.job, picture
    for turn, piece in enumerate(pieces):
        host.announce_job(f"{job}, tile {turn + 1} of {len(pieces)}")
        last = paint_picture(shop.p, one, dataclasses.replace(picture, image=np.array(piece[2])), None, turn=turn)
        piece[2] = Image.fromarray(last.image)
    host.announce_job(job)
    whole = np.array(host_images.combine_grid(grid))
    return (
        dataclasses.replace(picture, image=whole, infotext=last.infotext),
        f"{len(pieces)} tiles of {tile[0]}x{tile[1]}, overlap {one.overlap}",
    )


STEPS: dict[str, Callable[[StepContext, Pass, PassPicture], StepResult]] = {
    "edit": run_edit,
    "outpaint": run_outpaint,
    "upscale": run_upscale,
}
