"""CPU time and memory of one piece of work."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Measured(Generic[Value]):
    """``seconds`` of the processor, ``wall`` seconds, and the most ``bytes`` beyond what was held before."""

    value: Value
    seconds: float
    wall: float
    bytes: int


def measure(work: Callable[[], Value]) -> Measured[Value]:
    """Run ``work`` once. Memory needs Linux, whose high-water mark can be reset; it is 0 elsewhere."""
    gc.collect()
    _give_back_memory()
    _reset_peak()
    before = _read_memory("VmRSS")
    began, began_wall = time.process_time(), time.perf_counter()
    value = work()
    seconds, wall = time.process_time() - began, time.perf_counter() - began_wall
    return Measured(value, seconds, wall, _read_memory("VmHWM") - before)


def _give_back_memory() -> None:
    """Return freed memory to the system, since memory held for later would hide what the next work needs."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _reset_peak() -> None:
    file = Path("/proc/self/clear_refs")
    if file.exists():
        file.write_text("5", encoding="ascii")


def _read_memory(name: str) -> int:
    file = Path("/proc/self/status")
    if not file.exists():
        return 0
    line = next(line for line in file.read_text(encoding="ascii").splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024
