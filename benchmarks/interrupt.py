"""How long Interrupt has to wait: the longest time between two reads of the button, by stage.

    python -m benchmarks.interrupt

BLIP base and SAM vit_b have their true architectures and random weights, with their results replaced as in
``benchmarks.speed_cached``. The button is read with each report of progress. Seconds are CPU seconds of one thread.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
import torch

from benchmarks.blobs import make_blobs, replace_decoder_masks
from benchmarks.speed_cached import FIRST, POINTS, replace_blip_results
from benchmarks.speed_everything import make_picture
from benchmarks.true_models import write_models
from lib_automask import MaskRequest, Options, build_mask, load_models
from lib_automask.options import Search
from lib_automask.types import Size

SEARCHES: tuple[Search, ...] = ("guided", "everything")
SIDE = 8
"""Points along a side in place of 32: their number changes how many waits there are, not how long each is."""


class Waits:
    """The longest time from one report of progress to the next, by the stage of the first."""

    def __init__(self) -> None:
        self.longest: defaultdict[str, float] = defaultdict(float)
        self.stage, self.since = "before", process_time()

    def report(self, stage: str, _share: float) -> None:
        now = process_time()
        self.longest[self.stage] = max(self.longest[self.stage], now - self.since)
        self.stage, self.since = stage, process_time()


def main() -> None:
    torch.set_num_threads(1)
    waits, image = Waits(), make_picture(Size(512, 768))
    with tempfile.TemporaryDirectory() as folder:
        place = write_models(Path(folder))
        waits.report("before", 0.0)
        models = load_models(folders=[place], progress=waits.report)
    models.segmenter.settings = replace(models.segmenter.settings, points_per_side=SIDE)  # type: ignore[attr-defined]
    places = np.random.default_rng(0).uniform(0, 1, (POINTS, 2)) * (1, 512 / 768)
    with replace_blip_results(), replace_decoder_masks(make_blobs(places, 256)):
        for number, search in enumerate(SEARCHES):
            request = MaskRequest(np.roll(image, number, 0), FIRST, options=Options(enabled=True, search=search))
            waits.report("start", 0.0)
            build_mask(request, models)
            waits.report("end", 1.0)
    for stage, seconds in sorted(waits.longest.items()):
        if stage not in ("before", "end"):
            print(f"{stage:20} {seconds:.2f} s")


if __name__ == "__main__":
    main()
