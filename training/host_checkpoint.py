"""Makes an SD 1.x checkpoint for A1111 of the small stored weights.

    python -m training.host_checkpoint OUT                    # OUT.safetensors and OUT.yaml, from models/host
    python -m training.host_checkpoint --pack FOLDER          # stores what the trainings left in FOLDER

Stored are autoencoder and noise predictor, each matrix in eight bits with a factor for each of its rows; the text
encoder and the schedule are computed. OUT belongs in the host's models/Stable-diffusion.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.host_diffusion import signal_shares
from training.host_text import make_text_weights
from training.host_unet import UnetShape
from training.host_vae import VaeShape

STORED = Path(__file__).resolve().parent.parent / "models" / "host" / "painter.safetensors"
UNET, VAE, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."
FACTOR = ".factor"
CLIP_LAYERS = 12  # what a host makes of openai/clip-vit-large-patch14
YAML = """\
model:
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params:
    linear_start: 0.00085
    linear_end: 0.0120
    num_timesteps_cond: 1
    timesteps: 1000
    first_stage_key: jpg
    cond_stage_key: txt
    image_size: 16
    channels: 4
    cond_stage_trainable: false
    conditioning_key: crossattn
    scale_factor: 1.0
    use_ema: false
    unet_config:
      target: ldm.modules.diffusionmodules.openaimodel.UNetModel
      params:
        image_size: 16
        in_channels: 4
        out_channels: 4
        model_channels: {unet.channels}
        attention_resolutions: {resolutions}
        num_res_blocks: {unet.blocks}
        channel_mult: {unet_multipliers}
        num_heads: {unet.heads}
        use_spatial_transformer: true
        transformer_depth: 1
        context_dim: 768
        use_checkpoint: false
        legacy: false
    first_stage_config:
      target: ldm.models.autoencoder.AutoencoderKL
      params:
        embed_dim: 4
        ddconfig:
          double_z: true
          z_channels: 4
          resolution: 128
          in_channels: 3
          out_ch: 3
          ch: {vae.channels}
          ch_mult: {vae_multipliers}
          num_res_blocks: {vae.blocks}
          attn_resolutions: []
          dropout: 0.0
        lossconfig:
          target: torch.nn.Identity
    cond_stage_config:
      target: ldm.modules.encoders.modules.FrozenCLIPEmbedder
"""


def pack_weights(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Matrices and kernels as int8 with a float16 factor for each row, the rest as float16."""
    packed = {}
    for key, value in weights.items():
        if value.dim() < 2:
            packed[key] = value.half()
            continue
        rows = value.float().flatten(1)
        factor = (rows.abs().amax(1) / 127).clamp_min(1e-7).half()
        packed[key] = (rows / factor.float()[:, None]).round().clamp(-127, 127).to(torch.int8).view(value.shape)
        packed[key + FACTOR] = factor
    return packed


def unpack_weights(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """float16, as hosts load them."""
    weights = {}
    for key, value in packed.items():
        if key.endswith(FACTOR):
            continue
        if value.dtype == torch.int8:
            factor = packed[key + FACTOR].float().view(-1, *[1] * (value.dim() - 1))
            value = value.float() * factor
        weights[key] = value.half().contiguous()
    return weights


def store_training(folder: Path, stored: Path = STORED) -> None:
    """Pack FOLDER/vae-final.pt and FOLDER/unet.pt into one file."""
    weights = {VAE + key: value for key, value in torch.load(folder / "vae-final.pt", weights_only=True).items()}
    weights |= {UNET + key: value for key, value in torch.load(folder / "unet.pt", weights_only=True).items()}
    stored.parent.mkdir(parents=True, exist_ok=True)
    save_file(pack_weights(weights), stored)


def describe_checkpoint() -> str:
    """The .yaml that A1111 builds the networks by."""
    unet, vae = UnetShape(), VaeShape()
    return YAML.format(
        unet=unet,
        vae=vae,
        resolutions=[2**level for level in range(len(unet.multipliers))],
        unet_multipliers=list(unet.multipliers),
        vae_multipliers=list(vae.multipliers),
    )


def expand_checkpoint(out: Path, stored: Path = STORED, layers: int = CLIP_LAYERS) -> None:
    """Write OUT.safetensors (float16) and OUT.yaml.

    Raises:
        FileNotFoundError: there are no stored weights.
    """
    if not stored.is_file():
        raise FileNotFoundError(f"{stored} is not there: train, then pack it (see training/README.md).")
    weights = unpack_weights(load_file(stored))
    for key, value in make_text_weights(layers).items():
        weights[TEXT + key] = torch.from_numpy(value).half()
    weights[TEXT + "text_model.embeddings.position_ids"] = torch.from_numpy(np.arange(77, dtype=np.int64)[None])
    weights["alphas_cumprod"] = signal_shares().float()
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, out.with_name(out.name + ".safetensors"), metadata={"format": "pt"})
    out.with_name(out.name + ".yaml").write_text(describe_checkpoint(), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path)
    parser.add_argument("--pack", type=Path, metavar="FOLDER")
    parser.add_argument("--weights", type=Path, default=STORED)
    options = parser.parse_args()
    if options.pack:
        store_training(options.pack, options.weights)
    if options.out:
        expand_checkpoint(options.out, options.weights)


if __name__ == "__main__":
    main()
