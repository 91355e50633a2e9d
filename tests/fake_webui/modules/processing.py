"""One run: hooks, the mask, "sampling", and the composite."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image, ImageOps

from modules import script_callbacks, shared

CELL = 8
"""Pixels a latent cell is wide."""


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
        self.images = images
        self.infotexts = infotexts or []
        self.comments = "".join(f"{comment}\n" for comment in p.comments)
        self.extra_generation_params = p.extra_generation_params
        self.seed = p.seed


class StableDiffusionProcessingImg2Img:
    """``p``. Its mask blur takes a Python int and ignores everything else in silence."""

    def __init__(self, **given: Any) -> None:
        self.init_images: list[Image.Image] = []
        self.prompt: Any = ""
        self.styles: list[str] = []
        self.seed, self.batch_size, self.n_iter = 1, 1, 1
        self.width = self.height = 0
        self.resize_mode = 0
        self.mask_blur_x = self.mask_blur_y = 4
        self.mask_round = True
        self.inpainting_fill, self.inpaint_full_res, self.inpaint_full_res_padding = 0, True, 0
        self.inpainting_mask_invert = 0
        self.image_mask = self.latent_mask = self.mask = self.nmask = None
        self.overlay_images = self.mask_for_overlay = self.paste_to = None
        self.color_corrections = self.restore_faces = None
        self.do_not_save_samples = self.do_not_save_grid = False
        self.override_settings: dict[str, Any] = {}
        self.extra_generation_params: dict[str, Any] = {}
        self.comments: dict[str, int] = {}
        self.scripts: Any = None
        self.script_args: tuple[Any, ...] = ()
        self.saved: list[Image.Image] = []
        for name, value in given.items():
            setattr(self, name, value)

    @property
    def mask_blur(self) -> int | None:
        return self.mask_blur_x if self.mask_blur_x == self.mask_blur_y else None

    @mask_blur.setter
    def mask_blur(self, value: Any) -> None:
        if isinstance(value, int):
            self.mask_blur_x = self.mask_blur_y = value

    def comment(self, text: str) -> None:
        self.comments[text] = 1

    def init(self, _prompts: list[str]) -> None:
        """Take the mask in: invert, blur, crop to it, or find it blank and go on without."""
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
        rng = np.random.default_rng(self.seed + self.iteration)
        noise = rng.integers(0, 256, self.init_latent.shape).astype(np.float32)
        painted = noise if self.mask is None else noise * self.nmask + self.init_latent * self.mask
        lossy = np.clip(painted // 4 * 4, 0, 255)
        return DecodedSamples(torch.from_numpy(lossy / 127.5 - 1).permute(0, 3, 1, 2))


def process_images(p: Any) -> Processed:
    """Hooks and settings round one run."""
    p.scripts.call("before_process", p)
    stored = {key: shared.opts.data[key] for key in p.override_settings if key in shared.opts.data}
    shared.opts.data.update(p.override_settings)
    try:
        return process_images_inner(p)
    finally:
        shared.opts.data.update(stored)


def process_images_inner(p: Any) -> Processed:
    prompts = p.prompt if isinstance(p.prompt, list) else [p.prompt] * (p.batch_size * p.n_iter)
    p.all_prompts = [shared.prompt_styles.apply_styles_to_prompt(prompt, p.styles) for prompt in prompts]
    p.scripts.call("process", p)
    p.init(p.all_prompts)

    images: list[Image.Image] = []
    infotexts: list[str] = []
    for iteration in range(p.n_iter):
        p.iteration = iteration
        shared.state.skipped = False
        if shared.state.interrupted:
            break
        p.prompts = p.all_prompts[p.iteration * p.batch_size : (p.iteration + 1) * p.batch_size]
        samples = torch.stack(p.sample(prompts=p.prompts)).float()
        samples = torch.clamp((samples + 1.0) / 2.0, min=0.0, max=1.0)
        for index, sample in enumerate(samples):
            pixels = (255.0 * np.moveaxis(sample.numpy(), 0, 2)).astype(np.uint8)
            image = Image.fromarray(pixels)
            if p.restore_faces:
                image = ImageOps.mirror(image)
            image = composite(p, image, index)
            text = infotext(p, p.prompts[index])
            image.info["parameters"] = text
            images.append(image)
            infotexts.append(text)
            if not p.do_not_save_samples:
                save(p, image, text)
    p.color_corrections = None
    processed = Processed(p, images, infotexts)
    p.scripts.call("postprocess", p, processed)
    return processed


def save(p: Any, image: Image.Image, text: str) -> None:
    p.saved.append(image)
    params = SimpleNamespace(image=image, p=p, filename="00000.png", pnginfo={"parameters": text})
    script_callbacks.call("image_saved", params)


def composite(p: Any, image: Image.Image, index: int) -> Image.Image:
    """Put the untouched part of the picture back over the painted one."""
    if not p.overlay_images or index >= len(p.overlay_images) or not shared.opts.overlay_inpaint:
        return image
    overlay = p.overlay_images[index]
    if p.paste_to is not None:
        x, y, width, height = p.paste_to
        whole = Image.new("RGBA", overlay.size)
        whole.paste(image.resize((width, height)), (x, y))
        image = whole
    image = image.convert("RGBA")
    image.alpha_composite(overlay)
    return image.convert("RGB")


def infotext(p: Any, prompt: str) -> str:
    params = {"Steps": 20, "Seed": p.seed, **p.extra_generation_params}
    return prompt + "\n" + ", ".join(f"{key}: {value}" for key, value in params.items() if value is not None)
