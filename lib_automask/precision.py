"""Which numbers a network computes with on a device: asked of the device, never assumed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from lib_automask.errors import InputError

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "float32", "bfloat16", "float16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
NARROW = 128
"""Channels up to which a network's products are too small to gain from shorter numbers."""


def choose_dtype(device: str | torch.device, precision: Precision = "auto", width: int = 256) -> torch.dtype:
    """The type of number for the large matrix products on ``device``; all else stays float32.

    "auto" takes float16 on CUDA, bfloat16 on a processor that multiplies it in hardware, float32 elsewhere; and float32
    for networks with embeddings of ``NARROW`` channels or fewer (``width``).

    Raises:
        InputError: ``precision`` is none of ``PRECISIONS``.
    """
    import torch

    if precision not in PRECISIONS:
        raise InputError(f"unknown precision {precision!r}; use one of {', '.join(PRECISIONS)}")
    if precision != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[precision]
    kind = torch.device(device).type
    if width <= NARROW:
        return torch.float32
    if kind == "cuda":
        return torch.float16
    return torch.bfloat16 if kind == "cpu" and processor_has_bfloat16() else torch.float32


def processor_has_bfloat16() -> bool:
    """Whether the processor has bfloat16 instructions that torch would use; where that is not known, no.

    torch tells since 2.6. ``torch.ops.mkldnn._is_mkldnn_bf16_supported`` is not asked: it also says yes where
    bfloat16 is only emulated, which is slower than float32.
    """
    import torch

    if not torch._C._has_mkldnn:
        return False
    asked = [getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")]
    if any(asked):
        return any(ask() for ask in asked if ask)
    flags = _linux_cpu_flags()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _linux_cpu_flags() -> frozenset[str]:
    file = Path("/proc/cpuinfo")
    if not file.is_file():
        return frozenset()
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())
