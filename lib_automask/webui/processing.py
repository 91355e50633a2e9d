"""The host's run ``p``: what is read from it, what is done to it (a mask, other pictures, an end), and its restoring.

Whatever is changed on ``p`` is borrowed: ``end_run`` gives it back, and ``begin_run`` what an earlier run left. The
host blurs and inverts a mask after its hooks, so neither is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
from modules import shared
from modules.processing import DecodedSamples, create_binary_mask
from PIL import Image

from lib_automask import sampling_defaults
from lib_automask.errors import InputError, Interrupted, NothingToChange, Unsure
from lib_automask.imaging import files, infotext_metadata
from lib_automask.options import Options
from lib_automask.types import Image as Pixels
from lib_automask.types import Mask, MaskResult
from lib_automask.webui.messages import explain_error, name_for_page
from lib_automask.webui.run_state import Loan, Processing, RunState, new_state, put_state, state_of

FILLS = {"fill": 0, "original": 1, "latent noise": 2, "latent nothing": 3}
"""The host's numbers for ``inpainting_fill``."""


BORROWED = (
    *("image_mask", "mask", "nmask", "overlay_images", "mask_for_overlay", "paste_to"),
    *("mask_blur", "mask_blur_x", "mask_blur_y", "inpainting_fill", "inpaint_full_res", "inpaint_full_res_padding"),
    *("inpainting_mask_invert", "color_corrections", "restore_faces", "do_not_save_samples", "do_not_save_grid"),
    *("batch_size", "n_iter"),
)
"""Attributes of ``p`` that automask sets, or that the host sets because there is a mask."""

METHODS = ("init", "sample")
"""Methods that automask replaces on ``p`` itself. Other scripts do so too, such as img2img alternative test."""


def begin_run(p: Processing) -> RunState:
    """Give back whatever an earlier run of ``p`` left changed, and put a new record on ``p``."""
    earlier = end_run(p)
    if earlier.script_args is not None:
        p.script_args = earlier.script_args
    fresh = new_state(p)
    return put_state(p, replace(fresh, overrides=earlier.overrides, first_result=earlier.first_result))


def end_run(p: Processing) -> RunState:
    """Give back what was borrowed and take the finished record off ``p``; only what a later file needs stays there."""
    finished = state_of(p)
    restore_attributes(p)
    left = RunState(
        finished.job, finished.script_title, finished.overrides, finished.first_result, finished.script_args
    )
    put_state(p, left)
    return finished


def read_inputs(p: Processing) -> tuple[Pixels, Mask | None]:
    """The picture uint8[H, W, 3] as the host paints on it, and the user's mask bool[H, W] or None.

    Transparency is laid over the host's background colour, so that the same pixels give the same mask
    from the page and from the API.

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
    """The user's mask, bool[H, W] with the inpaint tab's inversion applied; None where nothing was painted.

    ``size`` is (width, height) of the picture, to which the mask is scaled.
    """
    if p.image_mask is None:
        return None
    mask = read_host_mask(p.image_mask.resize(size, Image.NEAREST))
    if not mask.any():
        return None
    return np.logical_not(mask) if p.inpainting_mask_invert else mask


def read_host_mask(mask: Image.Image) -> Mask:
    """bool[H, W], read as the host does: of a transparent picture what is opaque, else what is light."""
    return np.array(create_binary_mask(mask)) > 127


def apply_result(p: Processing, result: MaskResult, options: Options) -> list[str]:
    """Inject the mask, or do what the user chose for a run without one; the comments that explain it.

    Raises:
        NothingToChange, Unsure: there is no mask, and the user chose to stop then.
    """
    if result.outcome == "mask" and result.mask.any():
        hint = sampling_defaults.explain_strength(result, options, p.denoising_strength)
        inject_mask(p, result, options)
        return [result.why, hint] if hint else [result.why]
    if options.unsure == "stop":
        raise (NothingToChange if result.outcome == "nothing" else Unsure)(result.why)
    if options.unsure == "keep picture":
        return [return_original(p, result.why)]
    return [f"{result.why}; this is plain img2img, as chosen"]


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


def refuse_run(p: Processing, error: Exception, from_page: bool = False) -> list[str]:
    """Leave the picture unpainted: end the run with the error, or return its picture where other files follow.

    A run that the user interrupted is not an error: the host ends it by itself, or goes on to the next when it was
    skipped. Returns the comments that explain it.
    """
    stop_run(p, error)  # before all else: whatever else fails here, nothing is painted
    explained = explain_error(error)
    if isinstance(explained, Interrupted) or state_of(p).in_series:
        p.extra_generation_params["automask why"] = str(explained)
        return [return_original(p, str(explained))]
    stop_run(p, name_for_page(explained) if from_page else explained)
    return []


def return_original(p: Processing, why: str) -> str:
    """End this file with its picture unchanged, which its infotext says; returns the comment on it."""
    p.extra_generation_params[infotext_metadata.KEPT] = "the picture as it was"
    return_pictures(p, p.init_images)
    return f"{why}; the picture is given back as it was"


def return_pictures(p: Processing, pictures: Sequence[Image.Image], preview: bool = False) -> None:
    """Make the host return ``pictures`` unchanged, pixel for pixel, in place of painting.

    They go through the host's own infotext and saving; a preview is one picture and is not saved.
    """

    def sample(*_args: Any, **_kwargs: Any) -> Any:
        chosen = [pictures[index % len(pictures)] for index in range(len(p.prompts))]
        return DecodedSamples(encode_as_decoded(flatten_picture(picture)) for picture in chosen)

    replace_sampling(p, sample)
    if preview:
        p.do_not_save_samples = p.do_not_save_grid = True
        p.batch_size = p.n_iter = 1


def replace_sampling(p: Processing, sample: Callable[..., Any]) -> None:
    """Have the pictures made by ``sample``, which returns decoded ones; faces and colours are not corrected then."""
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
    """Make the host end this run with ``error`` before it paints. In the hook itself an exception is swallowed."""
    try:
        borrow_attributes(p, p.image_mask)
    finally:  # whatever fails here, nothing is painted
        p.init = lambda *_args, **_kwargs: abort_run(p, error)


def abort_run(p: Processing, error: Exception) -> NoReturn:
    """Give everything back and raise ``error``. Only outside hooks, which would swallow it.

    ``detail`` is where the APIs of both hosts look for the message; otherwise one says "errors", the other "message".
    """
    error.__dict__["detail"] = str(error)
    try:
        end_run(p)
    finally:
        raise error


def borrow_attributes(p: Processing, mask: Image.Image | None) -> None:
    """Note what ``p`` is like before it is changed; ``mask`` is what ``p.image_mask`` is about to be."""
    restore_attributes(p)
    methods = {name: p.__dict__[name] for name in METHODS if name in p.__dict__}
    attributes = {name: getattr(p, name, None) for name in BORROWED if _can_be_set(p, name)}
    state_of(p).loan = Loan(attributes, methods, mask)


def _can_be_set(p: Processing, name: str) -> bool:
    """Whether an attribute of ``p`` can be given back: some hosts derive the two blurs from ``mask_blur``."""
    kind = getattr(type(p), name, None)
    return not isinstance(kind, property) or kind.fset is not None


def restore_attributes(p: Processing) -> None:
    """Give back what was borrowed; a mask that the user put there since stays."""
    state = state_of(p)
    loan = state.loan
    if loan is None:
        return
    put_state(p, replace(state, loan=None))
    for name in METHODS:
        p.__dict__.pop(name, None)
    p.__dict__.update(loan.methods)
    for name, value in loan.attributes.items():
        if name != "image_mask" or p.image_mask is loan.mask:
            setattr(p, name, value)
