"""One picture painted once, by a whole run of the host within the run that the user started."""

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
from lib_automask.types import Mask, Size
from lib_automask.webui import host
from lib_automask.webui.processing import FILLS
from lib_automask.webui.run_state import PAINTING, Processing, clock_of

NESTED_RUN = {
    "styles": [], "batch_size": 1, "n_iter": 1, "do_not_save_samples": True, "do_not_save_grid": True,
    "comments": None, "overlay_images": None, "latent_mask": None, "resize_mode": 0, "inpainting_mask_invert": 0,
}  # fmt: skip
"""A run within a run: one picture that is not saved, its styles expanded already, its mask as it is."""


@dataclass(frozen=True, eq=False)
class PassPicture:
    """A picture on its way through the passes, with what belongs to it.

    Args:
        image: uint8[H, W, 3] RGB.
        prompt, negative: of the run, with styles and wildcards written out.
        seed: of the run for this picture.
        user_mask: bool[H, W] that the user painted, or None.
        own_prompt: that the picture was made with, as long as nothing in it was replaced.
        infotext: of the painting that made it; "" where it was not painted.
    """

    image: Pixels
    prompt: str
    negative: str
    seed: int
    user_mask: Mask | None = None
    own_prompt: str = ""
    infotext: str = ""

    @property
    def size(self) -> Size:
        return Size.of(self.image)


def paint_picture(
    p: Processing, settings: Pass, picture: PassPicture, mask: Mask | None, fill: int = 1, turn: int = 0
) -> PassPicture:
    """The picture repainted under ``mask`` bool[H, W], or everywhere; of the same size, and unchanged elsewhere.

    Args:
        p: the run that the user started; whatever the pass does not name is taken from it.
        settings: the pass: strength, sampler, area and so on.
        picture: before the painting.
        mask: what is repainted; None is the whole picture.
        fill: what the sampler starts from, as the host numbers it.
        turn: added to the seed, so that several paintings of one pass differ.

    Raises:
        InputError: the host has no such sampler, schedule, checkpoint, VAE or upscaler.
        Interrupted: the user pressed Interrupt or Skip; a half finished painting is dropped.
    """
    nested = dataclasses.replace(
        p,  # type: ignore[type-var]  # the host's class is a dataclass
        **NESTED_RUN,
        **sampler_arguments(settings),
        **sampled_area(p, settings, picture, mask),
        prompt=settings.prompt or picture.prompt,
        negative_prompt=settings.negative or picture.negative,
        seed=pass_seed(settings, picture, turn),
        init_images=[Image.fromarray(picture.image)],
        mask=None if mask is None else Image.fromarray(mask.astype(np.uint8) * 255),
        mask_blur=int(settings.blur),
        inpainting_fill=fill,
        override_settings=pass_overrides(settings),
        extra_generation_params={"automask pass": str(settings)},
    )
    with clock_of(p).measuring(PAINTING):
        painted, infotext = run_host(nested)
    return dataclasses.replace(picture, image=painted, infotext=infotext)


def run_host(nested: Any) -> tuple[Pixels, str]:
    """One whole run of the host; (uint8[H, W, 3], infotext). Raises Interrupted."""
    shared.state.textinfo = shared.state.job  # finding a mask has taken it away
    shared.state.job_count += 1
    try:
        with (
            host.outside_inference_mode(),
            host.without_run_notes(),
            host.keep_settings(),
            host.seeded_random_state(nested.seed),
        ):
            processed = host_processing.process_images(nested)
    finally:
        nested.close()
    if shared.state.interrupted or shared.state.skipped or not processed.images:
        raise Interrupted("ended by the user")
    return np.array(processed.images[0].convert("RGB")), processed.infotexts[0]


def sampler_arguments(settings: Pass) -> dict[str, Any]:
    """Arguments of ``p`` that the pass names for the sampler. Raises InputError for a name that the host lacks."""
    named = {
        "denoising_strength": settings.strength,
        "cfg_scale": settings.cfg,
        "steps": settings.steps,
        "sampler_name": settings.sampler and host.find_sampler(settings.sampler),
        "scheduler": settings.schedule and host.find_schedule(settings.schedule),
    }
    return {key: value for key, value in named.items() if value is not None and value != ""}


def pass_overrides(settings: Pass) -> dict[str, Any]:
    """The host's settings for the length of one painting. Raises InputError or ModelMissing.

    ``overlay_inpaint`` keeps what lies outside a mask, even where the user turned it off.
    """
    overrides: dict[str, Any] = {"overlay_inpaint": True}
    if settings.checkpoint:
        overrides.update(host.find_checkpoint_settings(settings.checkpoint))
    if settings.vae:
        overrides.update(host.find_vae_settings(settings.vae))
    if settings.do == "edit" and settings.upscaler:
        overrides["upscaler_for_img2img"] = host.find_working_upscaler(settings.upscaler)
    return overrides


def sampled_area(p: Processing, settings: Pass, picture: PassPicture, mask: Mask | None) -> dict[str, Any]:
    """Arguments of ``p`` for the part of the picture that is sampled, and at which size.

    The host resizes a picture that is not of whole blocks, so such a one is sampled as one large masked area,
    which is put back at its own size.
    """
    if mask is not None and samples_only_masked(p, settings):
        return {"inpaint_full_res": True, "inpaint_full_res_padding": pass_padding(p, settings)}
    height, width = (side + -side % LATENT for side in picture.size)
    whole = {"width": width, "height": height, "inpaint_full_res": False, "inpaint_full_res_padding": 0}
    if (height, width) == picture.size:
        return whole
    return {**whole, "inpaint_full_res": True, "inpaint_full_res_padding": picture.size.longer}


def samples_only_masked(p: Processing, settings: Pass) -> bool:
    """Whether the pass, or the inpaint tab for it, samples the masked area alone."""
    return bool(p.inpaint_full_res) if settings.area == "host" else settings.area == "only masked"


def pass_padding(p: Processing, settings: Pass) -> int:
    """Pixels of surroundings that are sampled along with a masked area."""
    return int(p.inpaint_full_res_padding if settings.area == "host" else settings.padding)


def pass_seed(settings: Pass, picture: PassPicture, turn: int) -> int:
    """The pass's seed, or the run's for this picture; each painting of a pass has the next."""
    return (picture.seed if settings.seed is None else settings.seed) + turn


def pass_masked_content(p: Processing, content: str) -> int:
    """The host's number of what the sampler starts from; "host" is the inpaint tab's."""
    return p.inpainting_fill if content == "host" else FILLS[content]
