"""The host's run ``p``, and the one record that automask keeps on it.

Batch, Loopback and the X/Y/Z plot use one ``p``, or copies of it, again and again. So everything that automask must
know from one hook to the next is one ``RunState`` under one key: ``processing.begin_run`` makes a new one, and
``processing.end_run`` takes it off. A copy of ``p`` shares the record of its original until its own run begins: a
record that another ``p`` may have is replaced, never changed.

``RunClock`` measures the seconds for the infotext; ``RunOutput`` holds what the extra files of a result are made from.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from modules import shared
from PIL import Image

from lib_automask.options import Options
from lib_automask.types import Image as Pixels
from lib_automask.types import Mask, MaskResult, Size

KEY = "automask"
"""Under this name the record lies in ``p.__dict__``."""

MASKING, SAMPLING, PAINTING = "masking", "sampling", "painting"
"""What the clock measures. Painting is what a pass does: a whole run of the host, from encoding to decoding."""

TIMINGS_KEY = "automask timings"

COUNTING_SCRIPTS = ("X/Y/Z plot", "Prompt matrix", "Prompts from file or textbox")
"""Scripts of the host whose own job lines look like those of the Batch tab, as their sources have it."""


class Processing(Protocol):
    """The part of the host's StableDiffusionProcessingImg2Img that automask uses."""

    init_images: list[Image.Image]
    image_mask: Image.Image | None
    overlay_images: list[Image.Image] | None
    mask_for_overlay: Image.Image | None
    paste_to: tuple[int, int, int, int] | None
    color_corrections: list[Any] | None
    mask_blur: int | None
    inpainting_fill: int
    inpaint_full_res: bool | int
    inpaint_full_res_padding: int
    inpainting_mask_invert: int
    restore_faces: bool | None
    do_not_save_samples: bool
    do_not_save_grid: bool
    batch_size: int
    n_iter: int
    iteration: int
    width: int
    height: int
    denoising_strength: float
    prompts: list[str]
    all_prompts: list[str]
    all_negative_prompts: list[str]
    all_seeds: list[int]
    outpath_samples: str
    override_settings: dict[str, Any]
    extra_generation_params: dict[str, Any]
    script_args: Sequence[Any]
    scripts: Any
    init: Callable[..., None]
    sample: Callable[..., Any]

    def comment(self, text: str) -> None:
        """Show ``text`` below the result."""

    def save_samples(self) -> bool:
        """Whether the pictures of this run are saved."""


@dataclass
class RunClock:
    """Seconds that a run spent, for the infotext.

    The host calls its hooks round the sampler once a batch, and writes the infotexts of a batch before it begins the
    next: so each picture has the seconds of its own batch. What is done once for all batches counts for each.

    Args:
        seconds: of each kind of work, on the wall; those of masking with the loading of the models.
        stages: seconds of masking by stage, where there was one masking.
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

    def begin_sampling(self) -> None:
        """The host is about to sample a batch."""
        self.sampling_since = time.perf_counter()

    def end_sampling(self) -> None:
        """The host has sampled a batch, and has not written its infotexts yet."""
        if self.sampling_since is not None:
            self.seconds[SAMPLING] = time.perf_counter() - self.sampling_since
            self.sampling_since = None

    @property
    def infotext(self) -> dict[str, str | None]:
        """The infotext's entry; None, which the host leaves out, where nothing was measured."""
        return {TIMINGS_KEY: str(self) or None}

    def __str__(self) -> str:
        """As "masking 3.10 (caption 1.20, segments 1.90), sampling 12.40"."""
        stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in self.stages.items())
        parts = {work: f"{work} {seconds:.2f}" for work, seconds in self.seconds.items()}
        if stages:
            parts[MASKING] += f" ({stages})"
        return ", ".join(parts.values())


@dataclass(frozen=True)
class Loan:
    """What ``p`` was like before automask changed it.

    Args:
        attributes: values of ``BORROWED``.
        methods: those of ``METHODS`` that another script had replaced on ``p``.
        mask: what automask put into ``p.image_mask``, to tell it from a mask that the user puts there later.
    """

    attributes: dict[str, Any]
    methods: dict[str, Callable[..., Any]]
    mask: Image.Image | None


@dataclass(frozen=True, eq=False)
class PassOutput:
    """What one pass made of a picture.

    Args:
        name: for people, as "2 outpaint".
        image: uint8[H, W, 3] after the pass.
        mask: bool[H, W] that was to be repainted; None where the whole picture is another.
        corner: (left, top) of the picture before, in this one.
    """

    name: str
    image: Pixels
    mask: Mask | None
    corner: tuple[int, int]

    @property
    def size(self) -> Size:
        return Size.of(self.image)


@dataclass(eq=False)
class RunOutput:
    """What the files beside the finished pictures are made from.

    Args:
        options: of the run.
        before: uint8[H, W, 3], the picture that the run began with.
        result: with the mask that was found in it; None with passes.
        passes: of each finished picture, what each of its passes made.
    """

    options: Options
    before: Pixels
    result: MaskResult | None = None
    passes: list[list[PassOutput]] = field(default_factory=list)

    @property
    def mask(self) -> Mask | None:
        """The mask, if there is one that is not empty."""
        return self.result.mask if self.result is not None and self.result.mask.any() else None


@dataclass(eq=False)
class RunState:
    """What automask knows about one run of ``p``.

    Args:
        job: the host's job line when the run began, as "2 out of 3" for a file of the Batch tab. The host rewrites it
            during the run.
        script_title: of the script that was picked in the host's list, or "".
        overrides: options that the axes of the X/Y/Z plot set for this cell, by name.
        first_result: the host's result of the first file of a batch.
        script_args: those of ``p`` before image boxes of LayerDiffuse were filled.
        loan: what ``p`` was like before.
        clock: seconds of this run, or of its current batch; None where automask is not used.
        output: what is to be kept beside the finished pictures; None where nothing is.
        cutout: uint8[H, W, 4], returned in place of the host's picture, which has no transparency.
        kept_pictures: pictures after single passes, with their infotexts.
    """

    job: str = ""
    script_title: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    first_result: Any = None
    script_args: Sequence[Any] | None = None
    loan: Loan | None = None
    clock: RunClock | None = None
    output: RunOutput | None = None
    cutout: npt.NDArray[np.uint8] | None = None
    kept_pictures: list[tuple[Image.Image, str]] = field(default_factory=list)

    @property
    def in_batch_tab(self) -> bool:
        """Whether this is a file of the Batch tab."""
        counted = re.fullmatch(r"\d+ out of \d+", self.job) is not None
        return counted and self.script_title not in COUNTING_SCRIPTS

    @property
    def is_first_of_batch(self) -> bool:
        """Whether this is the first file of the Batch tab, or no file of it."""
        return not self.in_batch_tab or self.job.startswith("1 ")

    @property
    def in_series(self) -> bool:
        """Whether other files or cells follow this one with the same ``p``, which an error would stop."""
        return bool(self.script_title) or self.in_batch_tab


def state_of(p: Processing) -> RunState:
    """The record of this run; an empty one where ``before_process`` did not make it. It never fails."""
    return p.__dict__.get(KEY) or put_state(p, RunState())


def put_state(p: Processing, state: RunState) -> RunState:
    """Put a record in the place of the one that ``p`` has."""
    p.__dict__[KEY] = state
    return state


def new_state(p: Processing) -> RunState:
    """A record that knows how the run began."""
    return RunState(str(shared.state.job or ""), selected_script_title(p))


def selected_script_title(p: Processing) -> str:
    """Title of the script that was picked in the host's list, or ""."""
    index = p.script_args[0] if getattr(p, "script_args", ()) else 0
    return str(p.scripts.selectable_scripts[index - 1].title()) if index else ""


def clock_of(p: Processing) -> RunClock:
    """The clock of this run, started where there is none."""
    state = state_of(p)
    state.clock = state.clock or RunClock()
    return state.clock


def override_option(p: Processing, name: str, value: Any) -> None:
    """Set one option for this cell of the X/Y/Z plot alone, although its ``p`` is a copy that shares its record."""
    state = state_of(p)
    put_state(p, dataclasses.replace(state, overrides={**state.overrides, name: value}))
