"""Where models work: they come to a device when they are used, and leave it when they are done.

Where memory runs out, the same is done again with less at once, then on the processor, and then the run ends and says
so. No two models need to be on a card at the same time: together with a checkpoint that would be too much for many.

Which numbers a network computes with on a device: asked of the device, never assumed.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, get_args

from lib_automask.errors import InputError, OutOfMemory

if TYPE_CHECKING:
    import torch

Value = TypeVar("Value")
MakeRoom = Callable[[int], None]
"""Told how many bytes are wanted on the device, before a model comes there: others may leave."""
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
"""What torch says of a full device, in lower case."""

Precision = Literal["auto", "float32", "bfloat16", "float16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
NARROW = 128
"""Channels up to which a network's products are too small to gain from shorter numbers."""


class Movable(Protocol):
    """A model that works where it is put."""

    @property
    def nbytes(self) -> int:
        """Bytes of its weights."""

    def to(self, device: str) -> None:
        """Move everything it holds to a device, as torch names it."""

    def smaller(self) -> bool:
        """Work on fewer things at once from now on, with the same result; False where that is not possible."""


class Device:
    """A device that several models share.

    Args:
        name: as torch names it.
        stay: whether models stay there when they are done; else one is there at a time, and none after ``clear``.
        make_room: see ``MakeRoom``.
    """

    def __init__(self, name: str = "cpu", stay: bool = False, make_room: MakeRoom = lambda _bytes: None) -> None:
        self.name, self.stay, self.make_room = name, stay, make_room
        self._there: list[Movable] = []
        self._too_large: list[Movable] = []

    @classmethod
    def of(cls, device: str | Device) -> Device:
        """The same, or the one of this name, on which models stay."""
        return cls(device, stay=True) if isinstance(device, str) else device

    def run(self, model: Movable, work: Callable[[], Value]) -> Value:
        """What ``work`` returns, done where ``model`` is put for it.

        Raises:
            OutOfMemory: there is not enough memory anywhere; what else ``work`` raises is passed on.
        """
        for prepare in self._ways(model):
            try:
                prepare()
                return work()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            self._sweep()  # not above, where the error still holds all that was in use
        raise OutOfMemory("there is not enough memory to find the mask; choose a smaller picture or a smaller model")

    def clear(self) -> None:
        """A run is over: models that do not stay leave, and what was too large for the device may try it again."""
        if not self.stay:
            self._send_away(self._there)
        self._too_large.clear()

    def _ways(self, model: Movable) -> Iterator[Callable[[], None]]:
        """How to make a model ready, each way more modest than the one before, which failed."""
        yield partial(self._bring, model)
        while model.smaller():
            yield partial(self._bring, model)
        if self._elsewhere and model not in self._too_large:
            self._too_large.append(model)
            yield partial(self._send_away, [model])

    @property
    def _elsewhere(self) -> bool:
        """Whether this is another device than the one where models are kept."""
        return self.name != "cpu"

    def _bring(self, model: Movable) -> None:
        if not self._elsewhere or model in self._there or model in self._too_large:
            return
        if not self.stay:
            self._send_away(self._there)
        self.make_room(model.nbytes)
        try:
            model.to(self.name)
        except (RuntimeError, MemoryError):
            model.to("cpu")  # a part of it may be there already
            raise
        self._there.append(model)

    def _send_away(self, models: list[Movable]) -> None:
        for model in list(models):
            model.to("cpu")
            if model in self._there:
                self._there.remove(model)
        self._sweep()

    def _sweep(self) -> None:
        """Give back what torch keeps for later."""
        if not self._elsewhere:
            return
        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, or Python, says that memory ran out, on whatever device."""
    said = str(error).lower()
    named = type(error).__name__ == "OutOfMemoryError"
    return isinstance(error, MemoryError) or named or any(words in said for words in OUT_OF_MEMORY)


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
