"""The autoencoder of a small SD 1.x checkpoint: pictures to latents of an eighth of their size, and back.

Layers and names are those of the published latent diffusion checkpoints (Rombach et al., 2022), so that a host loads
the weights by name. The top level has 64 channels, so that each of its 32 groups has room for a constant
(`keep_levels`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.group_norm import GROUPS, GroupNorm, keep_levels

QUIET = -6.0  # logarithm of the variance of the latents at the start: learned faster than from 0 (60 steps)


@dataclass(frozen=True)
class VaeShape:
    """What the host's .yaml says of it; four levels, so that a latent is an eighth of the picture."""

    channels: int = 64
    multipliers: tuple[int, int, int, int] = (1, 1, 2, 2)
    blocks: int = 1

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(self.channels * factor for factor in self.multipliers)


def _norm(channels: int) -> GroupNorm:
    return GroupNorm(GROUPS, channels, eps=1e-6)


class ResidualBlock(nn.Module):
    """Two convolutions beside a straight way; starts as the straight way alone."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = _norm(inputs), keep_levels(nn.Conv2d(inputs, outputs, 3, padding=1))
        self.norm2, self.conv2 = _norm(outputs), nn.Conv2d(outputs, outputs, 3, padding=1)
        if inputs != outputs:
            self.nin_shortcut = keep_levels(nn.Conv2d(inputs, outputs, 1))
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))
        straight = self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x
        return torch.as_tensor(straight + inner)


class PixelAttention(nn.Module):
    """One head over all places."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = _norm(channels)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))
        nn.init.zeros_(self.proj_out.weight)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        q, k, v = (layer(normed).flatten(2).transpose(1, 2) for layer in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape)
        return torch.as_tensor(x + self.proj_out(mixed))


class _Middle(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block_1 = ResidualBlock(channels, channels)
        self.attn_1 = PixelAttention(channels)
        self.block_2 = ResidualBlock(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.block_2(self.attn_1(self.block_1(x))))


class _Halve(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = keep_levels(nn.Conv2d(channels, channels, 3, stride=2))

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.conv(F.pad(x, (0, 1, 0, 1))))


class _Double(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = keep_levels(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest")))


class _Level(nn.Module):
    """Residual blocks of one width, then a change of size."""

    def __init__(self, inputs: int, width: int, blocks: int, resize: tuple[str, nn.Module] | None) -> None:
        super().__init__()
        self.block = nn.ModuleList(ResidualBlock(inputs if i == 0 else width, width) for i in range(blocks))
        self.resize = resize[0] if resize else ""
        if resize:
            self.add_module(*resize)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.block:
            x = block(x)
        return torch.as_tensor(getattr(self, self.resize)(x)) if self.resize else x


class _Encoder(nn.Module):
    def __init__(self, shape: VaeShape) -> None:
        super().__init__()
        widths = shape.widths
        self.conv_in = keep_levels(nn.Conv2d(3, shape.channels, 3, padding=1))
        before = (shape.channels, *widths)
        self.down = nn.ModuleList(
            _Level(before[i], width, shape.blocks, ("downsample", _Halve(width)) if i < 3 else None)
            for i, width in enumerate(widths)
        )
        self.mid = _Middle(widths[-1])
        self.norm_out, self.conv_out = _norm(widths[-1]), nn.Conv2d(widths[-1], 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
        return torch.as_tensor(self.conv_out(F.silu(self.norm_out(self.mid(x)))))


class _Decoder(nn.Module):
    def __init__(self, shape: VaeShape) -> None:
        super().__init__()
        widths = shape.widths
        self.conv_in = keep_levels(nn.Conv2d(4, widths[-1], 3, padding=1))
        self.mid = _Middle(widths[-1])
        before = (*widths[1:], widths[-1])
        self.up = nn.ModuleList(
            _Level(before[i], width, shape.blocks + 1, ("upsample", _Double(width)) if i else None)
            for i, width in enumerate(widths)
        )
        self.norm_out, self.conv_out = _norm(widths[0]), nn.Conv2d(widths[0], 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid(self.conv_in(x))
        for level in reversed(self.up):
            x = level(x)
        return torch.as_tensor(self.conv_out(F.silu(self.norm_out(x))))


class Autoencoder(nn.Module):
    """Keys as below ``first_stage_model.`` of a checkpoint. Pictures are float[N, 3, H, W] in -1..1."""

    def __init__(self, shape: VaeShape = VaeShape()) -> None:
        super().__init__()
        self.encoder, self.decoder = _Encoder(shape), _Decoder(shape)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(8, 8, 1), nn.Conv2d(4, 4, 1)
        nn.init.zeros_(self.quant_conv.weight[4:])
        nn.init.constant_(self.quant_conv.bias[4:], QUIET)  # type: ignore[index]

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of the latents, each float[N, 4, H/8, W/8]."""
        mean, spread = self.quant_conv(self.encoder(pictures)).chunk(2, dim=1)
        return mean, spread.clamp(-30, 20)

    def decode(self, latents: Tensor) -> Tensor:
        return torch.as_tensor(self.decoder(self.post_quant_conv(latents)))

    @torch.no_grad()
    def normalise_latents(self, mean: Tensor, deviation: Tensor) -> None:
        """Give each channel of the latents mean 0 and deviation 1, pictures staying the same.

        Args:
            mean: float[4], deviation: float[4], of the latents as they are.
        """
        quant, post = self.quant_conv, self.post_quant_conv
        post.bias += (post.weight[..., 0, 0] * mean).sum(1)  # type: ignore[operator]
        post.weight *= deviation[None, :, None, None]
        quant.weight[:4] /= deviation[:, None, None, None]
        quant.bias[:4] = (quant.bias[:4] - mean) / deviation  # type: ignore[index]
        quant.bias[4:] -= 2 * deviation.log()  # type: ignore[index]
