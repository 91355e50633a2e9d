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

from lib_automask import masks
from lib_automask.advice import masked_content
from lib_automask.errors import InputError, NothingToChange, Unsure
from lib_automask.options import Options
from lib_automask.outpaint import LATENT, Border, extended, in_steps, to_ratio, whole_blocks
from lib_automask.passes import Pass
from lib_automask.structures import Mask, MaskRequest, MaskResult, Models
from lib_automask.webui import borrowing, clock, upscale
from lib_automask.webui.painting import Picture, paint, seed, start
from lib_automask.webui.processing import Processing


@dataclass(frozen=True, eq=False)
class Done:
    """What a work made of a picture.

    Args:
        picture: after it.
        said: one line of what was done, or why not.
        mask: bool[H, W] that was to be repainted; None where the whole picture is another.
        corner: (left, top) of the picture before, in this one.
    """

    picture: Picture
    said: str
    mask: Mask | None = None
    corner: tuple[int, int] = (0, 0)


Step = tuple[str, Done]
"""What a pass made of a picture, under a name for people."""


@dataclass(frozen=True)
class Workshop:
    """What the works need: the user's run, the options, and the models for the length of a ``with``."""

    p: Processing
    options: Options
    models: Callable[[], AbstractContextManager[Models]]


def edit(shop: Workshop, one: Pass, picture: Picture) -> Done:
    """What the prompt changes is found in the picture and repainted: all at once, or one edit after another."""
    result = find(shop, one, picture)
    if not result.mask.any():
        if shop.options.unsure == "keep picture":
            return Done(picture, f"{result.why}; nothing was painted, as chosen", result.mask)
        return repainted(shop, one, picture, result)
    parts = single(result) if one.each else [result]
    for turn, part in enumerate(parts):
        fill = start(shop.p, masked_content(part, dataclasses.replace(shop.options, masked_content=one.masked_content)))
        picture = paint(shop.p, one, picture, part.mask, fill, turn)
    after = f", in {len(parts)} paintings" if len(parts) > 1 else ""
    return Done(dataclasses.replace(picture, own_prompt=""), result.why + after, result.mask)


def find(shop: Workshop, one: Pass, picture: Picture) -> MaskResult:
    """The mask of a pass. Raises NothingToChange or Unsure where the user chose to stop then."""
    from lib_automask.pipeline import build_mask

    options = dataclasses.replace(shop.options, target=one.target or shop.options.target, passes="", keep_passes=False)
    request = MaskRequest(picture.image, one.prompt or picture.prompt, picture.user_mask, options, picture.own_prompt)
    with clock.of(shop.p).measuring(clock.MASKING), borrowing.outside(), shop.models() as models:
        result = build_mask(request, models)
    if not result.mask.any() and options.unsure == "stop":
        raise (NothingToChange if result.outcome == "nothing" else Unsure)(result.why)
    return result


def single(result: MaskResult) -> list[MaskResult]:
    """A result for each edit; those of which nothing is left are left out."""
    if not result.parts:
        return [result]
    alone = [
        dataclasses.replace(result, mask=part, plan=dataclasses.replace(result.plan, edits=(edit,)), parts=())
        for edit, part in zip(result.plan.edits, result.parts)
    ]
    return [part for part in alone if part.mask.any()]


def repainted(shop: Workshop, one: Pass, picture: Picture, result: MaskResult) -> Done:
    """Plain img2img: everything is the mask."""
    everything = np.ones_like(result.mask)
    painted = paint(shop.p, dataclasses.replace(one, area="whole picture"), picture, everything)
    said = f"{result.why}; the whole picture was repainted, as chosen"
    return Done(dataclasses.replace(painted, own_prompt=""), said, everything)


def outpaint(shop: Workshop, one: Pass, picture: Picture) -> Done:
    """The picture with a new border, step by step; what was there before is put back pixel for pixel."""
    border = wanted(one, picture.size)
    steps = in_steps(border, one.step)
    before, told, inside = picture, "", np.zeros((0, 0), np.bool_)
    for turn, step in enumerate(steps):
        larger, new = with_border(picture, step, one, turn)
        inside = np.zeros_like(new)
        if (one.edit or one.target) and turn == len(steps) - 1:
            inside, told = also(shop, one, larger)
        fill = start(shop.p, "original" if one.masked_content == "auto" else one.masked_content)
        painted = paint(shop.p, one, larger, new | inside, fill, turn)
        free = new | (masks.grow(inside, reach(one.blur)) if inside.any() else inside)
        picture = dataclasses.replace(
            painted, image=np.where(free[..., None], painted.image, larger.image), own_prompt=picture.own_prompt
        )
    count = f" in {len(steps)} steps" if len(steps) > 1 else ""
    said = f"extended {border}{count}: {before} → {picture}{told}"
    sides = ((border.up, border.down), (border.left, border.right))
    outside = np.pad(np.zeros(before.size, np.bool_), sides, constant_values=True)
    return Done(picture, said, outside | inside, (border.left, border.up))


def wanted(one: Pass, size: tuple[int, int]) -> Border:
    """The border that a pass asks for: its sides, and then what is missing to its ratio; in whole blocks."""
    border = Border(one.left, one.right, one.up, one.down)
    if one.ratio:
        height, width = size
        more = to_ratio((height + border.up + border.down, width + border.left + border.right), one.ratio)
        border = Border(*(a + b for a, b in zip(border, more)))
    border = whole_blocks(size, border)
    if not any(border):
        raise InputError(f"the picture is {one.ratio} already, so there is nothing to extend")
    return border


def with_border(picture: Picture, border: Border, one: Pass, turn: int) -> tuple[Picture, Mask]:
    """The larger picture before it is painted, and bool[H, W] of what is new in it."""
    image, new = extended(picture.image, border, one.fill, seed(one, picture, turn))
    user_mask = picture.user_mask
    if user_mask is not None:
        user_mask = np.pad(user_mask, ((border.up, border.down), (border.left, border.right)))
    return dataclasses.replace(picture, image=image, user_mask=user_mask), new


def also(shop: Workshop, one: Pass, larger: Picture) -> tuple[Mask, str]:
    """What is repainted along with a border, bool[H, W], and the words for it."""
    result = find(shop, one, larger)
    return result.mask, f", and {result.why}"


def reach(blur: int) -> int:
    """Pixels beyond a mask that the host's blur touches."""
    return int(2.5 * blur + 0.5)


def upscaled(shop: Workshop, one: Pass, picture: Picture) -> Done:
    """The picture made larger, and repainted tile by tile where the pass has a strength."""
    image, upscaler = upscale.enlarged(picture.image, one.by, one.upscaler)
    user_mask = picture.user_mask
    if user_mask is not None:
        size = image.shape[1::-1]
        user_mask = cv2.resize(user_mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    larger = dataclasses.replace(picture, image=image, user_mask=user_mask, infotext="")
    said = f"upscaled by {upscaler}: {picture} → {larger}"
    if one.strength is None:
        return Done(larger, said)
    larger, tiles = in_tiles(shop, one, larger)
    return Done(larger, f"{said}, repainted in {tiles}")


def in_tiles(shop: Workshop, one: Pass, picture: Picture) -> tuple[Picture, str]:
    """The picture repainted piece by piece, each with a seed of its own; and how many pieces of which size."""
    height, width = picture.size
    tile = min(shop.p.width, width // LATENT * LATENT), min(shop.p.height, height // LATENT * LATENT)
    if one.overlap >= min(tile):
        raise InputError(f"tiles of {tile[0]}x{tile[1]} cannot overlap by {one.overlap}; choose an overlap below that")
    grid = host_images.split_grid(Image.fromarray(picture.image), *tile, one.overlap)
    pieces = [piece for _top, _height, row in grid.tiles for piece in row]
    job, last = shared.state.job, picture
    for turn, piece in enumerate(pieces):
        borrowing.announce(f"{job}, tile {turn + 1} of {len(pieces)}")
        last = paint(shop.p, one, dataclasses.replace(picture, image=np.array(piece[2])), None, turn=turn)
        piece[2] = Image.fromarray(last.image)
    borrowing.announce(job)
    whole = np.array(host_images.combine_grid(grid))
    return (
        dataclasses.replace(picture, image=whole, infotext=last.infotext),
        f"{len(pieces)} tiles of {tile[0]}x{tile[1]}, overlap {one.overlap}",
    )


WORKS: dict[str, Callable[[Workshop, Pass, Picture], Done]] = {
    "edit": edit,
    "outpaint": outpaint,
    "upscale": upscaled,
}
