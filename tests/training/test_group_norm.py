"""The quick backward pass gives torch's gradients."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from training.group_norm import GroupNorm, keep_levels  # noqa: E402


def test_result_and_gradients_are_those_of_torch() -> None:
    torch.manual_seed(0)
    ours, theirs = GroupNorm(4, 8), torch.nn.GroupNorm(4, 8)
    for weight in (*ours.parameters(),):
        torch.nn.init.normal_(weight)
    theirs.load_state_dict(ours.state_dict())
    x = (torch.randn(3, 8, 5, 6) * 2 + 1).contiguous(memory_format=torch.channels_last)
    gradients = []
    for norm in (ours, theirs):
        leaf = x.clone().requires_grad_()
        (norm(leaf) * torch.sin(torch.arange(leaf.numel()).view(leaf.shape))).sum().backward()
        gradients.append([leaf.grad, norm.weight.grad, norm.bias.grad])
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-4)


def test_the_level_of_a_flat_picture_comes_through() -> None:
    """Three channels in, one flat colour against another: without constants, the result would be the same."""
    torch.manual_seed(0)
    conv, norm = keep_levels(torch.nn.Conv2d(3, 128, 1)), GroupNorm(32, 128)
    with torch.no_grad():
        conv.bias[torch.arange(128) % 4 != 0] = 0
        dark, light = (norm(conv(torch.full((1, 3, 4, 4), level))) for level in (0.2, 0.4))
    assert (dark - light).abs().mean() > 0.05
