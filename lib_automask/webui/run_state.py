"""Seconds of masking beside seconds of sampling, as the infotext tells them.

The host calls its hooks round the sampler once a batch, and writes the infotexts of a batch before it begins the next:
so each picture tells of its own batch. What is found once for all batches is told with each.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from lib_automask.webui.processing import Processing

KEY = "automask timings"
MASKING, SAMPLING, PAINTING = "masking", "sampling", "painting"
"""Painting is what a pass does: a whole run of the host's, from encoding to decoding."""

ON_RUN = "automask_clock"


@dataclass
class RunClock:
    """What a run spent its time on.

    Args:
        seconds: of each work, on the wall; those of masking with the models loaded for it.
        stages: seconds of masking by stage, where it was done once.
        sampling_since: when the host's sampler was called, by ``time.perf_counter``; None while it is not at work.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    stages: Mapping[str, float] = field(default_factory=dict)
    sampling_since: float | None = None

    @contextmanager
    def measuring(self, work: str) -> Iterator[None]:
        """Add the seconds of a ``with`` to those of ``work``."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[work] = self.seconds.get(work, 0.0) + time.perf_counter() - started

    def __str__(self) -> str:
        """As "masking 3.10 (caption 1.20, segments 1.90), sampling 12.40"."""
        stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in self.stages.items())
        told = {work: f"{work} {seconds:.2f}" for work, seconds in self.seconds.items()}
        if stages:
            told[MASKING] += f" ({stages})"
        return ", ".join(told.values())


def start_clock(p: Processing) -> RunClock:
    """A clock for this run, or for the next batch of it."""
    clock = p.__dict__[ON_RUN] = RunClock()
    return clock


def clock_of(p: Processing) -> RunClock:
    """The clock of this run."""
    return running_clock(p) or start_clock(p)


def forget_clock(p: Processing) -> None:
    """Take the clock of an earlier file away."""
    p.__dict__.pop(ON_RUN, None)


def write_timings(p: Processing) -> None:
    """Put what was measured so far into the infotext."""
    p.extra_generation_params[KEY] = str(clock_of(p)) or None  # what is None, the host leaves out


def sampling_begins(p: Processing) -> None:
    """The host is about to sample a batch. Nothing is measured where automask is not used."""
    if clock := running_clock(p):
        clock.sampling_since = time.perf_counter()


def sampling_ends(p: Processing) -> None:
    """The host has sampled a batch, and has not written its infotexts yet."""
    clock: Any = running_clock(p)
    if clock and clock.sampling_since is not None:
        clock.seconds[SAMPLING] = time.perf_counter() - clock.sampling_since
        clock.sampling_since = None
        write_timings(p)


def running_clock(p: Processing) -> RunClock | None:
    """The clock of this run, if one was started."""
    clock: RunClock | None = p.__dict__.get(ON_RUN)
    return clock
