"""A throw-away head for the small SAM's encoder: without it, the first minutes teach it next to nothing.

A prompt says little about an encoder that cannot tell things apart yet. The guide asks every token directly: which of
its finer cells do things cover, which way lies the middle of the thing it is in, and where in the picture is that? Two
tokens of one thing give the last answer alike, which is what the decoder needs to keep things apart. It is not saved.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.sam_examples import Example

CELLS = 4
"""Cells along a token's side: as fine as the masks of SAM's decoder."""
OFFSET_UNIT = 4.0
"""Tokens to one unit of the offset, so that it stays near -1..1."""
MIDDLE = 2 + 8
"""Numbers that tell the middle: the offset, and sines and cosines of one and two waves across the picture."""


class Guide(nn.Module):
    """One linear layer on the image embedding of ``channels`` channels; called, it gives its loss."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(channels, CELLS**2 + MIDDLE, 1)

    def forward(self, embeddings: Tensor, examples: list[Example]) -> Tensor:
        """The loss for the embeddings float[B, C, h, h] of ``examples``."""
        answer = self.head(embeddings)
        truths = [guide_truth(example, embeddings.shape[-1]) for example in examples]
        cover, middle, inside = (torch.stack(parts) for parts in zip(*truths))
        entropy = F.binary_cross_entropy_with_logits(F.pixel_shuffle(answer[:, :-MIDDLE], CELLS), cover)
        miss = F.smooth_l1_loss(answer[:, -MIDDLE:], middle, reduction="none") * inside
        return entropy + 0.3 * miss.sum() / inside.sum().clamp(min=1)


def guide_truth(example: Example, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """What the guide should say of ``side`` x ``side`` tokens.

    Returns:
        How much of each cell is covered, float[1, 4 side, 4 side]; where the middle of each token's thing is,
        float[MIDDLE, side, side]; which tokens are in a thing, 0 or 1, float[1, side, side].
    """
    things = torch.from_numpy(example.things).float()[:, None] / 255
    fine = (side * CELLS, side * CELLS)
    cover = F.interpolate(things.amax(0, keepdim=True), fine, mode="bilinear", antialias=True)[0]
    shares = F.adaptive_avg_pool2d(things, side)[:, 0]
    steps = torch.arange(side).float()
    mass = shares.sum((1, 2)).clamp(min=1e-3)
    middle_y, middle_x = shares.sum(2) @ steps / mass, shares.sum(1) @ steps / mass
    owner = shares.argmax(0)
    middle = torch.stack([middle_y[owner], middle_x[owner]])
    offset = (middle - torch.stack(torch.meshgrid(steps, steps, indexing="ij"))) / OFFSET_UNIT
    angles = torch.cat([middle, 2 * middle]) * (2 * torch.pi / side)
    return cover, torch.cat([offset, angles.sin(), angles.cos()]), (shares.amax(0, keepdim=True) > 0.3).float()
