"""Noise and its removal for the small checkpoint: the schedule of SD 1.x; DDIM (Song et al., 2021), guided."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from training.host_text import make_text_weights, tokenize_prompt
from training.host_unet import NoisePredictor

STEPS = 1000


def signal_shares() -> Tensor:
    """float64[1000]: the share of the signal's variance that is left at each step (``alphas_cumprod``)."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, STEPS, dtype=torch.float64).square()
    return (1 - betas).cumprod(0)


def make_text_encoder(layers: int = 1) -> CLIPTextModel:
    """The computed encoder as the host runs it, under the names that transformers 4 or 5 has for its weights."""
    config = CLIPTextConfig(
        vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=layers, num_attention_heads=12
    )
    model = CLIPTextModel(config).eval().requires_grad_(False)
    weights = {key: torch.from_numpy(value) for key, value in make_text_weights(layers).items()}
    if not any(key.startswith("text_model.") for key in model.state_dict()):
        weights = {key.removeprefix("text_model."): value for key, value in weights.items()}
    own = {key for key in model.state_dict() if "position_ids" not in key}
    if own != weights.keys():
        raise RuntimeError(f"This transformers names the text encoder's weights otherwise: {own ^ weights.keys()}.")
    model.load_state_dict(weights, strict=False)  # position_ids, where there are any, stay
    return model


@torch.no_grad()
def encode_prompts(encoder: CLIPTextModel, prompts: list[str]) -> Tensor:
    """float[N, 77, 768]."""
    ids = torch.from_numpy(np.stack([tokenize_prompt(prompt) for prompt in prompts]))
    return torch.as_tensor(encoder(ids).last_hidden_state).float()


def add_noise(latents: Tensor, noise: Tensor, steps: Tensor) -> Tensor:
    share = signal_shares()[steps].float()[:, None, None, None]
    return share.sqrt() * latents + (1 - share).sqrt() * noise


@torch.no_grad()
def paint_latents(
    model: NoisePredictor,
    context: Tensor,
    empty: Tensor,
    noise: Tensor,
    *,
    steps: int = 20,
    guidance: float = 5.0,
    start: Tensor | None = None,
    mask: Tensor | None = None,
    strength: float = 1.0,
) -> Tensor:
    """DDIM from ``noise`` to latents.

    Args:
        context: float[N, 77, 768] of the prompts, ``empty`` of "" (one row).
        noise: float[N, 4, H, W].
        start: latents to begin from at ``strength`` below 1, and to keep outside ``mask``.
        mask: float[N, 1, H, W], 1 where it is painted.
    """
    shares = signal_shares().float()
    times = torch.linspace(strength * (STEPS - 1), 0, steps + 1).round().long()
    x = noise if start is None else add_noise(start, noise, times[:1])
    both = torch.cat([context, empty.expand_as(context)])
    for now, then in pairwise(times):
        predicted = model(torch.cat([x, x]), now.expand(2 * len(x)), both)
        guided, plain = predicted.chunk(2)
        error = plain + guidance * (guided - plain)
        clean = (x - (1 - shares[now]).sqrt() * error) / shares[now].sqrt()
        x = shares[then].sqrt() * clean + (1 - shares[then]).sqrt() * error
        if start is not None and mask is not None:
            x = mask * x + (1 - mask) * add_noise(start, noise, then[None])
    return clean if mask is None or start is None else mask * clean + (1 - mask) * start
