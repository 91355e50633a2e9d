"""Trains the small checkpoint to paint drawn scenes by their prompts, in the latents of a finished autoencoder.

    python -m training.host_painting --minutes 100 --out FOLDER

Reads FOLDER/vae-final.pt, goes on where FOLDER/unet.pt stands. Writes it every two minutes: a running average of
the weights.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.icon_world.scenes import draw, make_scene
from training.common import train_network
from training.host_diffusion import STEPS, add_noise, encode_prompts, make_text_encoder
from training.host_prompts import write_prompt
from training.host_unet import NoisePredictor
from training.host_vae import Autoencoder
from training.host_vae_training import scale_pictures

SIDE = 128
POOL = 3000  # scenes whose latents are kept, each told in new words each time; a guess
ROUND = 64  # as many of them are drawn anew …
REFRESH = 40  # … after so many steps
BATCH = 24  # a guess
PEAK_RATE = 1.5e-3  # a guess

Scenes = list[tuple[Tensor, list[str]]]


@torch.no_grad()
def draw_latents(model: Autoencoder, rng: np.random.Generator, count: int) -> Scenes:
    """Latents float[4, 16, 16] of new scenes, with six prompts each."""
    scenes = [make_scene(rng, width=SIDE, height=SIDE) for _ in range(count)]
    pictures = scale_pictures([draw(scene) for scene in scenes])
    with torch.autocast("cpu", torch.bfloat16):
        latents = model.encode(pictures.contiguous(memory_format=torch.channels_last))[0].float()
    return [(latents[i], [write_prompt(scene, rng) for _ in range(6)]) for i, scene in enumerate(scenes)]


def train(minutes: float, out: Path) -> None:
    coder, encoder = Autoencoder().eval().requires_grad_(False), make_text_encoder()
    coder.load_state_dict(torch.load(out / "vae-final.pt", weights_only=True))
    coder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model = NoisePredictor().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    rng = np.random.default_rng(random.SystemRandom().randrange(10**8))  # other scenes after each start
    scenes: Scenes = []
    mean = 1.0

    def make_loss(step: int) -> Tensor:
        nonlocal scenes, mean
        if step % REFRESH == 0:
            scenes = (scenes + draw_latents(coder, rng, ROUND))[-POOL:]
        chosen = [scenes[i] for i in rng.integers(len(scenes), size=BATCH)]
        latents = torch.stack([latent for latent, _prompts in chosen])
        context = encode_prompts(encoder, [str(rng.choice(prompts)) for _latent, prompts in chosen])
        loss = loss_of_step(model, latents, context)
        mean = 0.98 * mean + 0.02 * loss.item()
        return loss

    train_network(model, out / "unet.pt", minutes, PEAK_RATE, make_loss, lambda: f"loss {mean:.4f}", decay=0.995)


def loss_of_step(model: NoisePredictor, latents: Tensor, context: Tensor) -> Tensor:
    """Mean squared error of the predicted noise, at steps spread evenly over the batch."""
    spread = (torch.arange(len(latents)) + torch.rand(1)) / len(latents)
    steps = (spread * STEPS).long().clamp(max=STEPS - 1)
    noise = torch.randn_like(latents)
    noisy = add_noise(latents, noise, steps).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        predicted = model(noisy, steps, context)
    return F.mse_loss(predicted.float(), noise)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=100)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    train(options.minutes, options.out)


if __name__ == "__main__":
    main()
