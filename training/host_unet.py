"""The network of a small SD 1.x checkpoint that predicts the noise of latents, given a prompt's encoding.

Layers and names are those of the published latent diffusion checkpoints (Rombach et al., 2022).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.group_norm import GROUPS, GroupNorm, keep_levels

CONTEXT = 768  # numbers for each token of the prompt, fixed by the host


@dataclass(frozen=True)
class UnetShape:
    """What the host's .yaml says of it; every level attends to the prompt."""

    channels: int = 64
    multipliers: tuple[int, ...] = (1, 2)
    blocks: int = 1
    heads: int = 4


def describe_time(steps: Tensor, width: int) -> Tensor:
    """float[N, width] of int[N] in 0..999: cosines, then sines."""
    half = width // 2
    turns = steps[:, None].float() * torch.exp(-math.log(10000) * torch.arange(half) / half)
    return torch.cat([turns.cos(), turns.sin()], 1)


class TimedBlock(nn.Module):
    """A residual block that is told the time."""

    def __init__(self, inputs: int, outputs: int, time: int) -> None:
        super().__init__()
        first = keep_levels(nn.Conv2d(inputs, outputs, 3, padding=1))
        self.in_layers = nn.Sequential(GroupNorm(GROUPS, inputs), nn.SiLU(), first)
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(time, outputs))
        last = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.out_layers = nn.Sequential(GroupNorm(GROUPS, outputs), nn.SiLU(), nn.Identity(), last)
        self.skip_connection = nn.Identity() if inputs == outputs else keep_levels(nn.Conv2d(inputs, outputs, 1))
        nn.init.zeros_(last.weight)

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        inner = self.in_layers(x) + self.emb_layers(time)[:, :, None, None]
        return torch.as_tensor(self.skip_connection(x) + self.out_layers(inner))


class _Attention(nn.Module):
    def __init__(self, width: int, context: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k, self.to_v = (nn.Linear(context, width, bias=False) for _ in range(2))
        self.to_out = nn.Sequential(nn.Linear(width, width))

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        q, k, v = (
            layer(source).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for layer, source in ((self.to_q, x), (self.to_k, context), (self.to_v, context))
        )
        # Written out: the fused kernel's backward pass is slow in bfloat16 on a processor.
        likeness = (q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])).softmax(-1)
        return torch.as_tensor(self.to_out((likeness.to(v.dtype) @ v).transpose(1, 2).flatten(2)))


class _GatedLinear(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width, 8 * width)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, dim=-1)
        return torch.as_tensor(value * F.gelu(gate))


class _FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(_GatedLinear(width), nn.Identity(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.net(x))


class _TransformerBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn1, self.attn2 = _Attention(width, width, heads), _Attention(width, CONTEXT, heads)
        self.ff = _FeedForward(width)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        normed = self.norm1(x)
        x = x + self.attn1(normed, normed)
        x = x + self.attn2(self.norm2(x), context)
        return torch.as_tensor(x + self.ff(self.norm3(x)))


class PromptAttention(nn.Module):
    """Places attend to one another and to the prompt."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm = GroupNorm(GROUPS, width, eps=1e-6)
        self.proj_in, self.proj_out = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.transformer_blocks = nn.ModuleList([_TransformerBlock(width, heads)])
        nn.init.normal_(self.proj_out.weight, std=0.02)

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        inner = self.proj_in(self.norm(x))
        places = inner.flatten(2).transpose(1, 2)
        for block in self.transformer_blocks:
            places = block(places, context)
        return torch.as_tensor(x + self.proj_out(places.transpose(1, 2).reshape(inner.shape)))


class _Convolve(nn.Conv2d):
    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x)


class _Halve(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.op = keep_levels(nn.Conv2d(width, width, 3, stride=2, padding=1))

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        return torch.as_tensor(self.op(x))


class _Double(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = keep_levels(nn.Conv2d(width, width, 3, padding=1))

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        return torch.as_tensor(self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest")))


def _run(stage: nn.ModuleList, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
    for layer in stage:
        x = layer(x, time, context)
    return x


class NoisePredictor(nn.Module):
    """Keys as below ``model.diffusion_model.`` of a checkpoint."""

    def __init__(self, shape: UnetShape = UnetShape()) -> None:
        super().__init__()
        width, time = shape.channels, 4 * shape.channels
        self.width, heads = width, shape.heads
        self.time_embed = nn.Sequential(nn.Linear(width, time), nn.SiLU(), nn.Linear(time, time))
        down: list[list[nn.Module]] = [[_Convolve(4, width, 3, padding=1)]]
        kept, last = [width], len(shape.multipliers) - 1
        for level, factor in enumerate(shape.multipliers):
            for _ in range(shape.blocks):
                down.append([TimedBlock(width, factor * self.width, time), PromptAttention(factor * self.width, heads)])
                width = factor * self.width
                kept.append(width)
            if level < last:
                down.append([_Halve(width)])
                kept.append(width)
        middle = [TimedBlock(width, width, time), PromptAttention(width, heads), TimedBlock(width, width, time)]
        up: list[list[nn.Module]] = []
        for level, factor in reversed(list(enumerate(shape.multipliers))):
            outputs = factor * self.width
            for block in range(shape.blocks + 1):
                up.append([TimedBlock(width + kept.pop(), outputs, time), PromptAttention(outputs, heads)])
                width = outputs
                if level and block == shape.blocks:
                    up[-1].append(_Double(width))
        keep_levels(down[0][0])  # type: ignore[arg-type]
        self.input_blocks = nn.ModuleList(nn.ModuleList(stage) for stage in down)
        self.middle_block = nn.ModuleList(middle)
        self.output_blocks = nn.ModuleList(nn.ModuleList(stage) for stage in up)
        self.out = nn.Sequential(GroupNorm(GROUPS, width), nn.SiLU(), nn.Conv2d(width, 4, 3, padding=1))

    def forward(self, latents: Tensor, steps: Tensor, context: Tensor) -> Tensor:
        """The noise in float[N, 4, H, W] (H, W even), at int[N] in 0..999, for float[N, 77, 768]."""
        time = self.time_embed(describe_time(steps, self.width))
        kept, x = [], latents
        for stage in self.input_blocks:
            x = _run(stage, x, time, context)  # type: ignore[arg-type]
            kept.append(x)
        x = _run(self.middle_block, x, time, context)
        for stage in self.output_blocks:
            x = _run(stage, torch.cat([x, kept.pop()], 1), time, context)  # type: ignore[arg-type]
        return torch.as_tensor(self.out(x))
