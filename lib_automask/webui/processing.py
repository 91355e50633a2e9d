"""The host's run ``p``: what is read from it, what is put into it, and how it gets everything back.

Batch, Loopback and XYZ use one ``p`` again and again, so whatever is changed here is lent:
``restore_attributes`` returns it. The host blurs and inverts a mask after its hooks, so neither is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import numpy as np
from modules import shared
from modules.processing import DecodedSamples, create_binary_mask
from PIL import Image

from lib_automask import sampling_defaults
from lib_automask.errors import InputError
from lib_automask.imaging import files
from lib_automask.options import Options
from lib_automask.types import Image as Pixels
from lib_automask.types import Mask, MaskResult

FILLS = {"fill": 0, "original": 1, "latent noise": 2, "latent nothing": 3}
"""The host's numbers for ``inpainting_fill``."""

LENT = (
    *("image_mask", "mask", "nmask", "overlay_images", "mask_for_overlay", "paste_to"),
    *("mask_blur_x", "mask_blur_y", "inpainting_fill", "inpaint_full_res", "inpaint_full_res_padding"),
    *("inpainting_mask_invert", "color_corrections", "restore_faces", "do_not_save_samples", "do_not_save_grid"),
    *("batch_size", "n_iter"),
)
"""Attributes of ``p`` that automask sets, or that the host sets because there is a mask."""

METHODS = ("init", "sample")
"""Methods that automask replaces on ``p`` itself. Other scripts do so too, such as img2img alternative test."""


class Processing(Protocol):
    """The part of the host's StableDiffusionProcessingImg2Img that automask touches."""

    init_images: list[Image.Image]
    image_mask: Image.Image | None
    latent_mask: Image.Image | None
    overlay_images: list[Image.Image] | None
    mask_for_overlay: Image.Image | None
    paste_to: tuple[int, int, int, int] | None
    color_corrections: list[Any] | None
    mask_blur: int | None
    inpainting_fill: int
    inpaint_full_res: bool | int
    inpaint_full_res_padding: int
    inpainting_mask_invert: int
    restore_faces: bool | None
    do_not_save_samples: bool
    do_not_save_grid: bool
    batch_size: int
    n_iter: int
    iteration: int
    width: int
    height: int
    denoising_strength: float
    prompts: list[str]
    all_prompts: list[str]
    all_negative_prompts: list[str]
    all_seeds: list[int]
    outpath_samples: str
    override_settings: dict[str, Any]
    extra_generation_params: dict[str, Any]
    script_args: Sequence[Any]
    scripts: Any
    init: Callable[..., None]
    sample: Callable[..., Any]

    def comment(self, text: str) -> None:
        """Show ``text`` below the result."""

    def save_samples(self) -> bool:
        """Whether the pictures of this run are saved."""


@dataclass(frozen=True)
class Loan:
    """What ``p`` was like before: ``mask`` is the one that automask put there, to tell it from the user's.

    ``methods`` are those of ``METHODS`` that another script had replaced on ``p``.
    """

    before: dict[str, Any]
    methods: dict[str, Callable[..., Any]]
    mask: Image.Image | None


def read_inputs(p: Processing) -> tuple[Pixels, Mask | None]:
    """The picture uint8[H, W, 3] as the host paints on it, and the user's mask bool[H, W] or None.

    Transparency is laid over the host's background colour, so that the same pixels give the same mask
    whichever way they came.

    Raises:
        InputError: several different pictures came in one call; one mask serves them all.
    """
    if not p.init_images:
        raise InputError("there is no picture: put one into the img2img tab, or into init_images")
    first, *others = p.init_images
    image = flatten_picture(first)
    if any(other is not first and not np.array_equal(flatten_picture(other), image) for other in others):
        raise InputError("one mask serves a whole call: send automask one picture at a time, or use the Batch tab")
    return image, read_user_mask(p, first.size)


def flatten_picture(picture: Image.Image) -> Pixels:
    """uint8[H, W, 3] RGB; what is transparent is laid on the host's background colour."""
    return files.image_from_pil(picture, shared.opts.img2img_background_color)


def read_user_mask(p: Processing, size: tuple[int, int]) -> Mask | None:
    """The user's mask, bool[H, W] with the inpaint tab's inversion applied; None where nothing was painted."""
    if p.image_mask is None:
        return None
    mask = read_white(p.image_mask.resize(size, Image.NEAREST))
    if not mask.any():
        return None
    return np.logical_not(mask) if p.inpainting_mask_invert else mask


def read_white(mask: Image.Image) -> Mask:
    """bool[H, W], read as the host does: of a transparent picture what is opaque, else what is light."""
    return np.array(create_binary_mask(mask)) > 127


def inject_mask(p: Processing, result: MaskResult, options: Options) -> None:
    """Put the mask into ``p``, with the settings that the inpaint tab would hold. Takes effect in ``p.init``."""
    mask = Image.fromarray(result.mask.astype(np.uint8) * 255)
    borrow_attributes(p, mask)
    p.image_mask = mask
    p.inpainting_mask_invert = 0
    p.mask_blur = int(options.blur)
    if options.masked_content != "host":
        p.inpainting_fill = FILLS[sampling_defaults.choose_masked_content(result, options)]
    if options.area != "host":
        p.inpaint_full_res = options.area == "only masked"
        p.inpaint_full_res_padding = sampling_defaults.choose_padding(result, options)


def return_pictures(p: Processing, given: Sequence[Image.Image], preview: bool = False) -> None:
    """Make the host hand back ``given`` as they are, pixel for pixel, in place of painting.

    They go through the host's own infotext and saving; a preview is one picture and is not saved.
    """

    def sample(*_args: Any, **_kwargs: Any) -> Any:
        chosen = [given[index % len(given)] for index in range(len(p.prompts))]
        return DecodedSamples(encode_as_decoded(flatten_picture(picture)) for picture in chosen)

    replace_sampling(p, sample)
    if preview:
        p.do_not_save_samples = p.do_not_save_grid = True
        p.batch_size = p.n_iter = 1


def replace_sampling(p: Processing, sample: Callable[..., Any]) -> None:
    """Have the pictures made by ``sample``, which gives decoded ones; neither faces nor colours are corrected then."""
    borrow_attributes(p, p.image_mask)
    p.overlay_images = p.mask_for_overlay = p.paste_to = p.color_corrections = None
    p.restore_faces = False
    p.init = lambda *_args, **_kwargs: None
    p.sample = sample


def encode_as_decoded(image: Pixels) -> Any:
    """float32[3, H, W] in -1–1, as the host's VAE gives it; half a step up, because the host cuts off the fraction."""
    import torch

    return (torch.from_numpy(image).permute(2, 0, 1).float() + 0.5) / 127.5 - 1


def stop_run(p: Processing, error: Exception) -> None:
    """Make the host end this run with ``error`` before it paints. An exception in the hook itself it would swallow."""
    borrow_attributes(p, p.image_mask)
    p.init = lambda *_args, **_kwargs: end_run(p, error)


def end_run(p: Processing, error: Exception) -> NoReturn:
    """End this run with ``error``. Outside hooks alone.

    ``detail`` is where both hosts' APIs look for the message; otherwise one says "errors" and the other "message".
    """
    error.__dict__["detail"] = str(error)
    restore_attributes(p)
    raise error


def borrow_attributes(p: Processing, mask: Image.Image | None) -> None:
    """Remember what ``p`` is like; ``mask`` is what ``p.image_mask`` is about to be."""
    restore_attributes(p)
    methods = {name: p.__dict__[name] for name in METHODS if name in p.__dict__}
    p.__dict__["automask_loan"] = Loan({name: getattr(p, name, None) for name in LENT}, methods, mask)


def restore_attributes(p: Processing) -> None:
    """Give everything back to ``p``; a mask that the user put there since stays. Does nothing a second time."""
    loan = p.__dict__.pop("automask_loan", None)
    if loan is None:
        return
    for name in METHODS:
        p.__dict__.pop(name, None)
    p.__dict__.update(loan.methods)
    for name, value in loan.before.items():
        if name != "image_mask" or p.image_mask is loan.mask:
            setattr(p, name, value)
