"""One picture painted once, by a whole run of the host's within the run that the user started."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from modules import processing as host_processing
from modules import shared
from PIL import Image

from lib_automask.errors import Interrupted
from lib_automask.recipe import LATENT, Pass
from lib_automask.types import Image as Pixels
from lib_automask.types import Mask
from lib_automask.webui import host, run_state
from lib_automask.webui.processing import FILLS, Processing

ALONE = {
    "styles": [], "batch_size": 1, "n_iter": 1, "do_not_save_samples": True, "do_not_save_grid": True,
    "comments": None, "overlay_images": None, "latent_mask": None, "resize_mode": 0, "inpainting_mask_invert": 0,
}  # fmt: skip
"""A run within a run: one picture, saved by nobody, its prompt written out already, its mask as it is."""


@dataclass(frozen=True, eq=False)
class PassPicture:
    """A picture on its way through the passes, with what goes along with it.

    Args:
        image: uint8[H, W, 3] RGB.
        prompt, negative: of the run, written out.
        seed: of the run for this picture.
        user_mask: bool[H, W] that the user painted, or None.
        own_prompt: that the picture was made with, as long as nothing in it was replaced.
        infotext: what the host said of the painting that made it; "" where none did.
    """

    image: Pixels
    prompt: str
    negative: str
    seed: int
    user_mask: Mask | None = None
    own_prompt: str = ""
    infotext: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return self.image.shape[0], self.image.shape[1]

    def __str__(self) -> str:
        """Width x height, as the host writes it."""
        return f"{self.size[1]}x{self.size[0]}"


def paint_picture(
    p: Processing, one: Pass, picture: PassPicture, mask: Mask | None, fill: int = 1, turn: int = 0
) -> PassPicture:
    """The picture repainted under ``mask`` bool[H, W], or everywhere; of the same size, and else untouched.

    Args:
        p: the run that the user started; whatever the pass does not say is taken from it.
        one: strength, sampler, area and so on.
        fill: what the sampler starts from, as the host numbers it.
        turn: added to the seed, so that several paintings of one pass differ.

    Raises:
        InputError: a name is not the host's.
        Interrupted: the user pressed Interrupt or Skip; what was half painted is thrown away.
    """
    within = dataclasses.replace(
        p,  # type: ignore[type-var]  # the host's class is a dataclass
        **ALONE,
        **sampler_arguments(one),
        **sampled_area(p, one, picture, mask),
        prompt=one.prompt or picture.prompt,
        negative_prompt=one.negative or picture.negative,
        seed=pass_seed(one, picture, turn),
        init_images=[Image.fromarray(picture.image)],
        mask=None if mask is None else Image.fromarray(mask.astype(np.uint8) * 255),
        mask_blur=int(one.blur),
        inpainting_fill=fill,
        override_settings=pass_overrides(one),
        extra_generation_params={"automask pass": str(one)},
    )
    with run_state.clock_of(p).measuring(run_state.PAINTING):
        painted, infotext = run_host(within)
    return dataclasses.replace(picture, image=painted, infotext=infotext)


def run_host(within: Any) -> tuple[Pixels, str]:
    """The host's whole run; (uint8[H, W, 3], infotext).

    The host seeds its noise, but takes what its VAE leaves open from the common source of random numbers, and so from
    whatever was painted before: seeded here, a run can be had again.
    """
    import torch

    torch.manual_seed(within.seed)
    shared.state.textinfo = shared.state.job  # finding a mask has taken it away
    shared.state.job_count += 1
    try:
        with host.outside_inference_mode(), host.without_run_notes(), host.keep_settings():
            processed = host_processing.process_images(within)
    finally:
        within.close()
    if shared.state.interrupted or shared.state.skipped or not processed.images:
        raise Interrupted("ended by the user")
    return np.array(processed.images[0].convert("RGB")), processed.infotexts[0]


def sampler_arguments(one: Pass) -> dict[str, Any]:
    """What the pass says to the sampler."""
    said = {
        "denoising_strength": one.strength,
        "cfg_scale": one.cfg,
        "steps": one.steps,
        "sampler_name": one.sampler and host.find_sampler(one.sampler),
        "scheduler": one.schedule and host.find_schedule(one.schedule),
    }
    return {key: value for key, value in said.items() if value is not None and value != ""}


def pass_overrides(one: Pass) -> dict[str, Any]:
    """Settings for the length of one painting. What lies outside a mask is never painted, however that is set."""
    found: dict[str, Any] = {"overlay_inpaint": True}
    if one.checkpoint:
        found.update(host.find_checkpoint_settings(one.checkpoint))
    if one.vae:
        found.update(host.find_vae_settings(one.vae))
    if one.do == "edit" and one.upscaler:
        found["upscaler_for_img2img"] = host.find_working_upscaler(one.upscaler)
    return found


def sampled_area(p: Processing, one: Pass, picture: PassPicture, mask: Mask | None) -> dict[str, Any]:
    """Which part of the picture is sampled, and at which size.

    The host resizes a picture that is not of whole blocks, so such a one is sampled as one large masked area,
    which is put back at its own size.
    """
    if mask is not None and samples_only_masked(p, one):
        return {"inpaint_full_res": True, "inpaint_full_res_padding": pass_padding(p, one)}
    height, width = (side + -side % LATENT for side in picture.size)
    whole = {"width": width, "height": height, "inpaint_full_res": False, "inpaint_full_res_padding": 0}
    if (height, width) == picture.size:
        return whole
    return {**whole, "inpaint_full_res": True, "inpaint_full_res_padding": max(picture.size)}


def samples_only_masked(p: Processing, one: Pass) -> bool:
    """Whether the pass, or the inpaint tab for it, wants the masked area alone."""
    return bool(p.inpaint_full_res) if one.area == "host" else one.area == "only masked"


def pass_padding(p: Processing, one: Pass) -> int:
    return int(p.inpaint_full_res_padding if one.area == "host" else one.padding)


def pass_seed(one: Pass, picture: PassPicture, turn: int) -> int:
    """The pass's seed, or the run's for this picture; each painting of a pass has the next."""
    return (picture.seed if one.seed is None else one.seed) + turn


def pass_masked_content(p: Processing, chosen: str) -> int:
    """The host's number of what the sampler starts from; "host" is the inpaint tab's."""
    return p.inpainting_fill if chosen == "host" else FILLS[chosen]
