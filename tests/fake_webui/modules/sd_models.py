"""Checkpoints: which there are, by which names, and which one is loaded."""

from __future__ import annotations

from types import SimpleNamespace

from modules import shared

checkpoints_list = {name: SimpleNamespace(name=name) for name in ("first.safetensors", "inpainting.safetensors")}
checkpoint_aliases = {
    alias: info for name, info in checkpoints_list.items() for alias in (name, name.removesuffix(".safetensors"))
}
model_data = SimpleNamespace(loaded="first.safetensors")


def reload_model_weights() -> None:
    """Load what the settings name, or the first where they name none."""
    named = getattr(shared.opts, "sd_model_checkpoint", "first.safetensors")
    model_data.loaded = checkpoint_aliases[named].name
