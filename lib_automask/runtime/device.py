"""Moves models to the card and back, copes when memory runs out, and chooses the precision.

A ``Device`` is shared by several models: each comes to it when it is used and may leave it afterwards, since all of
them together with a checkpoint would be too much for many cards. Where memory runs out, the same work is done again in
smaller batches, then on the processor; if that fails too, the run ends with ``OutOfMemory``. ``choose_dtype`` picks the
type of a network's large products by asking the device.
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
"""Called with the bytes that a model needs on the device, before it comes there; others may leave."""
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
"""Parts of torch's messages about a full device, in lower case."""
RETRY_AFTER = 32
"""Calls after memory ran out until full batches are tried again, if no ``clear`` comes before; a guess: a few runs."""

Precision = Literal["auto", "float32", "bfloat16", "float16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
NARROW = 128
"""Channels up to which a network gains nothing from shorter numbers: those of the demo models, which take longer so
(``python -m benchmarks.speed --parts demo``)."""


class Movable(Protocol):
    """A model that works where it is put."""

    @property
    def nbytes(self) -> int:
        """Bytes of its weights."""

    def to(self, device: str) -> None:
        """Move everything it holds to a device, as torch names it."""

    def reduce_batch(self) -> bool:
        """Work on fewer things at once from now on, with the same result; False where that is not possible."""

    def restore_batch(self) -> None:
        """Work on as many things at once as before the first ``reduce_batch``."""


class Device:
    """A device that several models share.

    Args:
        name: as torch names it.
        stay: whether models stay there after their work; else one is there at a time, and none after ``clear``.
        make_room: see ``MakeRoom``.
    """

    def __init__(self, name: str = "cpu", stay: bool = False, make_room: MakeRoom = lambda _bytes: None) -> None:
        self.name, self.stay, self.make_room = name, stay, make_room
        self._present: list[Movable] = []
        self._reduced: list[Movable] = []
        self._too_large: list[Movable] = []
        self._calls = 0  # since memory ran out

    @classmethod
    def of(cls, device: str | Device) -> Device:
        """The given device, or the one of this name, on which models stay."""
        return cls(device, stay=True) if isinstance(device, str) else device

    def run(self, model: Movable, work: Callable[[], Value]) -> Value:
        """What ``work`` returns, done where ``model`` is put for it.

        Raises:
            OutOfMemory: there is not enough memory anywhere. Any other error of ``work`` is passed on.
        """
        self._calls += 1
        if self._calls > RETRY_AFTER:
            self._restore_batches()
        for prepare in self._list_attempts(model):
            try:
                prepare()
                return work()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            self._calls = 0
            self._free_cache()  # outside of the handler, whose error still holds all that was in use
        raise OutOfMemory("there is not enough memory to find the mask; choose a smaller picture or a smaller model")

    def clear(self) -> None:
        """End a run: models that do not stay leave, and each may use its full batches, and the device, again."""
        if not self.stay:
            self._send_away(self._present)
        self._restore_batches()

    def _list_attempts(self, model: Movable) -> Iterator[Callable[[], None]]:
        """Ways to make a model ready, each more modest than the one before, which failed."""
        yield partial(self._bring, model)
        while model.reduce_batch():
            if model not in self._reduced:
                self._reduced.append(model)
            yield partial(self._bring, model)
        if self._is_remote and model not in self._too_large:
            self._too_large.append(model)
            yield partial(self._send_away, [model])

    def _restore_batches(self) -> None:
        """Forget that memory ran out: another program may have used it then."""
        for model in self._reduced:
            model.restore_batch()
        self._reduced.clear()
        self._too_large.clear()
        self._calls = 0

    @property
    def _is_remote(self) -> bool:
        """Whether models have to move to work here."""
        return self.name != "cpu"

    def _bring(self, model: Movable) -> None:
        if not self._is_remote or model in self._present or model in self._too_large:
            return
        if not self.stay:
            self._send_away(self._present)
        self.make_room(model.nbytes)
        try:
            model.to(self.name)
        except (RuntimeError, MemoryError):
            model.to("cpu")  # a part of it may be there already
            raise
        self._present.append(model)

    def _send_away(self, models: list[Movable]) -> None:
        for model in list(models):
            model.to("cpu")
            if model in self._present:
                self._present.remove(model)
        self._free_cache()

    def _free_cache(self) -> None:
        """Give back the memory that torch keeps for later."""
        if not self._is_remote:
            return
        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch or Python is about memory that ran out, on any device."""
    message = str(error).lower()
    is_named_so = type(error).__name__ == "OutOfMemoryError"
    return isinstance(error, MemoryError) or is_named_so or any(words in message for words in OUT_OF_MEMORY)


def choose_dtype(device: str | torch.device, precision: Precision = "auto", width: int = 256) -> torch.dtype:
    """The type of number for the large matrix products on ``device``; all else stays float32.

    "auto" is float16 on CUDA, bfloat16 on a processor that multiplies it in hardware, and float32 elsewhere; also
    float32 for networks with embeddings of ``NARROW`` channels or fewer (``width``).

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
    """Whether the processor has bfloat16 instructions that torch would use; False if that is not known.

    torch reports them since 2.6. ``torch.ops.mkldnn._is_mkldnn_bf16_supported`` is of no use: it is also True where
    bfloat16 is only emulated, which is slower than float32.
    """
    import torch

    if not torch._C._has_mkldnn:
        return False
    checks = [getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")]
    if any(checks):
        return any(check() for check in checks if check)
    flags = _linux_cpu_flags()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _linux_cpu_flags() -> frozenset[str]:
    file = Path("/proc/cpuinfo")
    if not file.is_file():
        return frozenset()
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())
