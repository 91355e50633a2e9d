"""One run: hooks, the mask, "sampling", and the composite."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image, ImageOps

from modules import images as host_images
from modules import sd_models, shared
from modules.fake_results import composite, infotext

CELL = 8
"""Pixels a latent cell is wide."""


sampled: list[dict[str, Any]] = []
"""What arrived at the sampler, run by run."""

closed: list[Any] = []
during_sampling: Callable[[Any], None] | None = None
"""A test's own doing while the sampler works."""


class DecodedSamples(list):
    already_decoded = True


def create_binary_mask(image: Image.Image, round: bool = True) -> Image.Image:
    if image.mode == "RGBA" and image.getextrema()[-1] != (255, 255):
        alpha = image.getchannel("A")
        return alpha.point(lambda value: 255 * (value > 128)) if round else alpha
    return image.convert("L")


class Processed:
    """What a run gives back."""

    def __init__(self, p: Any, images: list[Image.Image], infotexts: list[str] | None = None) -> None:
        self.images, self.index_of_first_image = images, 0
        self.infotexts = infotexts or []
        self.comments = "".join(f"{comment}\n" for comment in p.comments)
        self.extra_generation_params = p.extra_generation_params
        self.seed = p.seed


@dataclass(init=False, repr=False)
class StableDiffusionProcessingImg2Img:
    """``p``. Its mask blur takes a Python int and ignores everything else in silence.

    As in the hosts, what is not handed on by ``dataclasses.replace`` is marked so: the mask comes as ``mask`` and
    then lies in ``image_mask``. Tests may hand over both.
    """

    prompt: Any = ""
    negative_prompt: str = ""
    styles: list[str] = field(default_factory=list)
    seed: int = 1
    sampler_name: str = "Euler"
    scheduler: str = "Automatic"
    batch_size: int = 1
    n_iter: int = 1
    steps: int = 20
    cfg_scale: float = 7.0
    width: int = 0
    height: int = 0
    restore_faces: bool | None = None
    do_not_save_samples: bool = False
    do_not_save_grid: bool = False
    outpath_samples: str = "outputs"
    extra_generation_params: dict[str, Any] = field(default_factory=dict)
    override_settings: dict[str, Any] = field(default_factory=dict)
    overlay_images: Any = None
    comments: Any = None
    init_images: list[Any] = field(default_factory=list)
    resize_mode: int = 0
    denoising_strength: float = 0.75
    mask: Any = None
    mask_blur_x: int = 4
    mask_blur_y: int = 4
    mask_blur: int | None = None
    mask_round: bool = True
    inpainting_fill: int = 0
    inpaint_full_res: bool | int = True
    inpaint_full_res_padding: int = 0
    inpainting_mask_invert: int = 0
    latent_mask: Any = None
    image_mask: Any = field(default=None, init=False)
    nmask: Any = field(default=None, init=False)
    mask_for_overlay: Any = field(default=None, init=False)
    paste_to: Any = field(default=None, init=False)
    color_corrections: Any = field(default=None, init=False)
    scripts: Any = field(default=None, init=False)
    script_args: Any = field(default=(), init=False)

    def __init__(self, **given: Any) -> None:
        for one in fields(self):
            if one.name != "mask_blur":
                setattr(self, one.name, one.default if one.default is not MISSING else one.default_factory())
        order = [one.name for one in fields(self)]
        for name in sorted(given, key=lambda name: order.index(name) if name in order else len(order)):
            setattr(self, name, given[name])
        self.image_mask = given.get("image_mask", self.mask)
        self.mask = None
        self.comments = {}
        self.iteration = 0
        self.saved: list[Image.Image] = []

    def close(self) -> None:
        closed.append(self)

    def save_samples(self) -> bool:
        return not self.do_not_save_samples and not shared.state.interrupted and not shared.state.skipped

    @property
    def mask_blur(self) -> int | None:  # noqa: F811  # the hosts have a field and a property of this name, too
        return self.mask_blur_x if self.mask_blur_x == self.mask_blur_y else None

    @mask_blur.setter
    def mask_blur(self, value: Any) -> None:
        if isinstance(value, int):
            self.mask_blur_x = self.mask_blur_y = value

    def comment(self, text: str) -> None:
        self.comments[text] = 1

    def init(self, _prompts: list[str]) -> None:
        """Take the mask in: invert, blur, crop to it, or find it blank and go on without."""
        self.extra_generation_params["Denoising strength"] = self.denoising_strength
        crop = None
        mask = self.image_mask
        if mask is not None:
            mask = create_binary_mask(mask, round=self.mask_round)
            if self.inpainting_mask_invert:
                mask = ImageOps.invert(mask)
                self.extra_generation_params["Mask mode"] = "Inpaint not masked"
            mask = self._blurred(mask)
            if self.inpaint_full_res:
                mask, crop = self._cropped(mask)
            else:
                mask = mask.resize((self.width, self.height))
                grey = np.asarray(mask, np.float32) * 2
                self.mask_for_overlay = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
            self.overlay_images = []

        images = [self._taken_in(image, mask, crop) for image in self.init_images]
        if len(images) == 1:
            images *= self.batch_size
            self.overlay_images = self.overlay_images and self.overlay_images * self.batch_size
        self.init_latent = np.stack(images).astype(np.float32)
        if mask is not None:
            cells = mask.resize((self.width // CELL, self.height // CELL))
            latent = np.around(np.asarray(cells, np.float32) / 255)
            self.nmask = latent.repeat(CELL, 0).repeat(CELL, 1)[None, ..., None]
            self.mask = 1 - self.nmask
            self.extra_generation_params["Masked content"] = self.inpainting_fill

    def _blurred(self, mask: Image.Image) -> Image.Image:
        pixels = np.array(mask)
        for blur, across in ((self.mask_blur_x, True), (self.mask_blur_y, False)):
            if blur > 0:
                kernel = 2 * int(2.5 * blur + 0.5) + 1
                pixels = cv2.GaussianBlur(pixels, (kernel, 1) if across else (1, kernel), blur)
                self.extra_generation_params["Mask blur"] = blur
        return Image.fromarray(pixels)

    def _cropped(self, mask: Image.Image) -> tuple[Image.Image | None, tuple[int, int, int, int] | None]:
        self.mask_for_overlay = mask
        box = mask.getbbox()
        if box is None:
            self.mask_for_overlay, self.inpaint_full_res = None, False
            self.comment('Unable to perform "Inpaint Only mask" because mask is blank, switch to img2img mode.')
            return None, None
        pad = self.inpaint_full_res_padding
        left, top = max(0, box[0] - pad), max(0, box[1] - pad)
        right, bottom = min(mask.width, box[2] + pad), min(mask.height, box[3] + pad)
        self.paste_to = (left, top, right - left, bottom - top)
        self.extra_generation_params["Inpaint area"] = "Only masked"
        self.extra_generation_params["Masked area padding"] = pad
        return mask.crop((left, top, right, bottom)).resize((self.width, self.height)), (left, top, right, bottom)

    def _taken_in(self, image: Image.Image, mask: Image.Image | None, crop: Any) -> np.ndarray:
        if image.mode == "RGBA":
            background = Image.new("RGBA", image.size, shared.opts.img2img_background_color)
            background.paste(image, mask=image)
            image = background
        image = image.convert("RGB")
        if crop is None:
            image = image.resize((self.width, self.height))
        if mask is not None:
            self.mask_for_overlay = self.mask_for_overlay.resize(image.size)
            overlay = Image.new("RGBa", image.size)
            overlay.paste(image.convert("RGBA").convert("RGBa"), mask=ImageOps.invert(self.mask_for_overlay))
            self.overlay_images.append(overlay.convert("RGBA"))
        if crop is not None:
            image = image.crop(crop).resize((self.width, self.height))
        return np.asarray(image)

    def sample(self, **_conditions: Any) -> Any:
        """Noise where the mask is, or everywhere; then a decoder that never gives back quite what it got."""
        if self.scripts is not None:
            latents = {"x": self.init_latent, "noise": None, "c": None, "uc": None}
            self.scripts.call("process_before_every_sampling", self, **latents)
        names = ("steps", "cfg_scale", "sampler_name", "scheduler", "denoising_strength", "seed", "width", "height")
        names += ("inpaint_full_res", "inpaint_full_res_padding", "inpainting_fill", "mask_blur", "negative_prompt")
        seen = {name: getattr(self, name) for name in names}
        settings = ("sd_model_checkpoint", "sd_vae", "upscaler_for_img2img")
        seen |= {name: getattr(shared.opts, name, None) for name in settings}
        sampled.append({**seen, "prompt": self.prompts[0], "loaded": sd_models.model_data.loaded})
        if during_sampling is not None:
            during_sampling(self)
        rng = np.random.default_rng(self.seed + self.iteration)
        noise = rng.integers(0, 256, self.init_latent.shape).astype(np.float32)
        painted = noise if self.mask is None else noise * self.nmask + self.init_latent * self.mask
        lossy = np.clip(painted // 4 * 4, 0, 255) + int(
            torch.randint(2, (1,))
        )  # the encoder's chance, seeded by nobody
        return DecodedSamples(torch.from_numpy(lossy / 127.5 - 1).permute(0, 3, 1, 2))


def process_images(p: Any) -> Processed:
    """Hooks and settings round one run. Overrides of which config.json has no line are not taken back."""
    if p.scripts is not None:
        p.scripts.call("before_process", p)
    stored = {key: shared.opts.data[key] for key in p.override_settings if key in shared.opts.data}
    try:
        if p.override_settings.get("sd_model_checkpoint") not in sd_models.checkpoint_aliases:
            p.override_settings.pop("sd_model_checkpoint", None)
        shared.opts.data.update(p.override_settings)
        sd_models.reload_model_weights()
        return process_images_inner(p)
    finally:
        shared.opts.data.update(stored)


def process_images_inner(p: Any) -> Processed:
    prompts = p.prompt if isinstance(p.prompt, list) else [p.prompt] * (p.batch_size * p.n_iter)
    p.all_prompts = [shared.prompt_styles.apply_styles_to_prompt(prompt, p.styles) for prompt in prompts]
    p.all_negative_prompts = [p.negative_prompt] * len(prompts)
    p.all_seeds = [p.seed + number for number in range(len(prompts))]
    if p.scripts is not None:
        p.scripts.call("process", p)
    p.init(p.all_prompts)
    if shared.state.job_count == -1:
        shared.state.job_count = p.n_iter
    if not getattr(shared.cmd_opts, "no_prompt_history", False):
        shared.last_prompt = p.all_prompts[0]

    images: list[Image.Image] = []
    infotexts: list[str] = []
    for iteration in range(p.n_iter):
        p.iteration = iteration
        shared.state.skipped = False
        if shared.state.interrupted or shared.state.stopping_generation:
            break
        p.prompts = p.all_prompts[p.iteration * p.batch_size : (p.iteration + 1) * p.batch_size]
        p.seeds = p.all_seeds[p.iteration * p.batch_size : (p.iteration + 1) * p.batch_size]
        p.prompts = [re.sub("<lora:[^>]*>", "", prompt) for prompt in p.prompts]
        if p.scripts is not None:
            p.scripts.call("process_batch", p, batch_number=iteration, prompts=p.prompts, seeds=p.seeds)
        if p.n_iter > 1:
            shared.state.job = f"Batch {iteration + 1} out of {p.n_iter}"
        samples = p.sample(prompts=p.prompts)
        if p.scripts is not None:
            p.scripts.call("post_sample", p, SimpleNamespace(samples=samples))
        samples = torch.stack(samples).float()
        samples = torch.clamp((samples + 1.0) / 2.0, min=0.0, max=1.0)
        if p.scripts is not None:
            p.scripts.call("postprocess_batch", p, samples, batch_number=iteration)
        for index, sample in enumerate(samples):
            pixels = (255.0 * np.moveaxis(sample.numpy(), 0, 2)).astype(np.uint8)
            image = Image.fromarray(pixels)
            if p.restore_faces:
                image = ImageOps.mirror(image)
            image = composite(p, image, index)
            text = infotext(p, index)
            image.info["parameters"] = text
            images.append(image)
            infotexts.append(text)
            if not p.do_not_save_samples:
                host_images.save_image(image, p.outpath_samples, info=text, p=p)
    p.color_corrections = None
    processed = Processed(p, images, infotexts)
    if p.scripts is not None:
        p.scripts.call("postprocess", p, processed)
    return processed
