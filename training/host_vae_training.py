"""Trains the autoencoder of the small checkpoint on drawn scenes.

    python -m training.host_vae_training --minutes 25 --out FOLDER     # goes on where FOLDER/vae.pt stands

Writes FOLDER/vae.pt every two minutes, and FOLDER/vae-final.pt with normalised latents at the end.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.icon_world.scenes import draw, make_scene
from lib_automask.types import Image
from training.common import train_network
from training.host_vae import Autoencoder

SIDE = 128
CROP = 64  # smaller pictures make more steps in the same time
BATCH = 8  # a guess
PEAK_RATE = 1e-3  # a guess
KL_WEIGHT = 1e-5  # a guess: latents stay finite, hardly blurred


def draw_pictures(rng: np.random.Generator, count: int, side: int = SIDE) -> Tensor:
    """float[count, 3, side, side] in -1..1."""
    return scale_pictures([draw(make_scene(rng, width=side, height=side)) for _ in range(count)])


def scale_pictures(pictures: Sequence[Image]) -> Tensor:
    """float[N, 3, H, W] in -1..1 of pictures uint8[H, W, 3]."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def draw_crops(rng: np.random.Generator, count: int) -> Tensor:
    """float[count, 3, CROP, CROP]: a cutting of each scene."""
    corners = rng.integers(SIDE - CROP + 1, size=(count, 2))
    pictures = draw_pictures(rng, count)
    crops = [picture[:, y : y + CROP, x : x + CROP] for picture, (y, x) in zip(pictures, corners)]
    return torch.stack(crops).contiguous(memory_format=torch.channels_last)


def reconstruction_loss(made: Tensor, wanted: Tensor) -> Tensor:
    """Absolute difference of pixels, of their means over 4 × 4 (flat colours), and of neighbouring pixels (edges)."""
    loss = F.l1_loss(made, wanted) + F.l1_loss(F.avg_pool2d(made, 4), F.avg_pool2d(wanted, 4))
    for dim in (2, 3):
        loss = loss + F.l1_loss(made.diff(dim=dim), wanted.diff(dim=dim))
    return loss


def loss_of_step(model: Autoencoder, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """The loss, and the mean squared error of what came back."""
    with torch.autocast("cpu", torch.bfloat16):
        mean, spread = model.encode(pictures)
        made = model.decode(mean + torch.randn_like(mean) * (0.5 * spread).exp()).float()
    mean, spread = mean.float(), spread.float()
    divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).mean()
    return reconstruction_loss(made, pictures) + KL_WEIGHT * divergence, F.mse_loss(made, pictures)


def train(minutes: float, out: Path) -> None:
    model = Autoencoder().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    rng = np.random.default_rng(random.SystemRandom().randrange(10**8))  # other pictures after each start
    error, last = 0.0, 0.0

    def make_loss(step: int) -> Tensor:
        nonlocal error, last
        loss, squared = loss_of_step(model, draw_crops(rng, BATCH))
        error = squared.item() if step == 0 else 0.95 * error + 0.05 * squared.item()
        last = loss.item()
        return loss

    def describe() -> str:
        return f"loss {last:.4f} psnr {-10 * np.log10(error / 4):.2f}"

    model.load_state_dict(train_network(model, out / "vae.pt", minutes, PEAK_RATE, make_loss, describe, decay=0.99))
    finish(model.eval(), out)


@torch.no_grad()
def finish(model: Autoencoder, out: Path) -> None:
    """Write FOLDER/vae-final.pt, whose latents have mean 0 and deviation 1 on 96 scenes."""
    pictures = draw_pictures(np.random.default_rng(7), 96)
    latents = torch.cat([model.encode(part)[0] for part in pictures.split(16)])
    model.normalise_latents(latents.mean((0, 2, 3)), latents.std((0, 2, 3)))
    torch.save(model.state_dict(), out / "vae-final.pt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    train(options.minutes, options.out)


if __name__ == "__main__":
    main()
