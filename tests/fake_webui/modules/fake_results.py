"""What the host makes of a painted picture: the composite with the untouched part, and the infotext."""

from __future__ import annotations

import json
from typing import Any

from PIL import Image

from modules import sd_models, shared


def infotext(p: Any, index: int) -> str:
    params = {
        "Steps": p.steps, "Sampler": p.sampler_name, "Schedule type": p.scheduler, "CFG scale": p.cfg_scale,
        "Seed": p.seeds[index], "Size": f"{p.width}x{p.height}", "Model": sd_models.model_data.loaded,
        **p.extra_generation_params,
    }  # fmt: skip
    values = {key: value[index] if isinstance(value, list) else value for key, value in params.items()}
    told = ", ".join(f"{key}: {quoted(value)}" for key, value in values.items() if value is not None)
    return f"{p.prompts[index]}\n{told}"


def quoted(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if set(",\n:") & set(str(value)) else value


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
