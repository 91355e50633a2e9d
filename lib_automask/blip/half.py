"""BLIP's large products in shorter numbers, where that is faster and changes next to nothing.

Phrases are always read in float32: they are so short that to shorten the weights would take longer than to use them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from lib_automask.blip.reader import Reader

ASIDE = 0.05
"""How far what is seen may be off, as a share of its length."""
UNSURE = 0.02
"""How far the probability of a match may be off."""
PATCHES = 6
"""Along a side of the test picture, which takes a tenth of the time of a whole one."""
PHRASE = "a red ball on the grass"


def in_half(work: Callable[[], torch.Tensor], device: torch.device, dtype: torch.dtype | None) -> torch.Tensor:
    """What ``work`` returns, in float32, its products of matrices done in ``dtype``.

    What is summed from layer to layer stays float32. Where something overflows, the same is done again in float32
    alone, which is also what happens if that, or None, is the ``dtype``.
    """
    import torch

    if dtype not in (None, torch.float32):
        with torch.autocast(device.type, dtype):
            made = work().float()
        if made.isfinite().all():
            return made
    return work()


def half_is_close(reader: Reader, dtype: torch.dtype) -> bool:
    """Whether a reader, where it is now, sees and matches in ``dtype`` as it does in float32.

    It does not where something overflows, nor where a test picture is seen, or matched with a phrase, otherwise than
    ``ASIDE`` and ``UNSURE`` allow.
    """
    import torch

    side = PATCHES * reader.patch
    pixels = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(reader.device)
    with torch.no_grad():
        rough, exact = (reader.vision.see(pixels, one) for one in (dtype, torch.float32))
    off = float((rough - exact).norm() / exact.norm())
    roughly, exactly = (float(reader.match(PHRASE, seen)[0]) for seen in (rough, exact))
    return 0 < off < ASIDE and abs(roughly - exactly) < UNSURE
