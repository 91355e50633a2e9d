"""VAEs by file name."""

from __future__ import annotations

vae_dict = {"other.vae.pt": "models/VAE/other.vae.pt"}


def reload_vae_weights() -> None:
    pass
