"""Normalisation of groups as the hosts' networks have it, and what makes it trainable in short time.

`GroupNorm` has a backward pass that is quick on a processor with channels last: torch's own took 57 % of a training
step of the autoencoder there (torch 2.13, one thread, torch.profiler).

`keep_levels` is a start from which flat colours come through. Normalisation takes the mean of a group away over the
whole picture, and with it the level of a flat ground. Where one channel of the group is a constant, the difference
between a channel and that constant still holds the level, and the next convolution can read it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

GROUPS = 32  # fixed by the hosts
CONSTANT = -2.0  # some four deviations of a channel; below 0, so that the others come out where SiLU is steep; a guess


class _Normalise(torch.autograd.Function):
    """Forward by torch; backward from two sums for each channel and one line for each number."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float) -> Tensor:
        count, channels, height, width = x.shape
        dtype = x.dtype
        result, mean, scale = torch.native_group_norm(
            x, weight.to(dtype), bias.to(dtype), count, channels, height * width, groups, eps
        )
        ctx.save_for_backward(x, weight, mean.float(), scale.float())
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, scale = ctx.saved_tensors
        gradient = gradients[0]
        count, channels, height, width = x.shape
        flat = (gradient.permute(0, 2, 3, 1), x.permute(0, 2, 3, 1))
        total = flat[0].reshape(count, -1, channels).sum(1).float()
        product = (flat[0] * flat[1]).reshape(count, -1, channels).sum(1).float()
        size = channels // mean.shape[1]
        mean, scale = mean.repeat_interleave(size, 1), scale.repeat_interleave(size, 1)
        normed = (product - mean * total) * scale  # the sum of gradient times normalised value
        numbers = size * height * width
        along = (normed * weight).view(count, -1, size).sum(2).repeat_interleave(size, 1) / numbers
        level = (total * weight).view(count, -1, size).sum(2).repeat_interleave(size, 1) / numbers
        shape, dtype = (count, channels, 1, 1), x.dtype
        slope = (-along * scale.square()).view(shape).to(dtype)
        offset = ((along * scale * mean - level) * scale).view(shape).to(dtype)
        back = torch.addcmul(torch.addcmul(offset, x, slope), gradient, (weight * scale).view(shape).to(dtype))
        return back, normed.sum(0), total.sum(0), None, None


class GroupNorm(nn.GroupNorm):
    """The same weights and the same result as torch's."""

    def forward(self, input: Tensor) -> Tensor:
        normed = _Normalise.apply(input, self.weight, self.bias, self.num_groups, self.eps)  # type: ignore[no-untyped-call]
        return torch.as_tensor(normed)


@torch.no_grad()
def keep_levels(conv: nn.Conv2d) -> nn.Conv2d:
    """Make the first channel of each group of the result a constant, and keep the others' deviation, to begin with.

    The others do not read the constants of the input. torch's own start shrinks them by the root of 3 at every
    convolution, so that after five they would be lost beside the constant in bfloat16.
    """
    nn.init.normal_(conv.weight, std=(conv.in_channels * conv.kernel_size[0] * conv.kernel_size[1]) ** -0.5)
    step, before = conv.out_channels // GROUPS, conv.in_channels // GROUPS
    if before > 1:
        conv.weight[:, ::before] = 0
        conv.weight *= (before / (before - 1)) ** 0.5
    if step > 1 and conv.bias is not None:
        conv.bias[:] = 0
        conv.weight[::step] = 0
        conv.bias[::step] = CONSTANT
    return conv
