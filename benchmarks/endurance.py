"""Whether memory stays where it is: many masks made in one process, each of another picture.

    python -m benchmarks.endurance
    python -m benchmarks.endurance --runs 200

The demo's models work on scenes of the icon world in six sizes, with several prompts and both searches, so that hardly
any result serves two runs and the cache is full long before the end. Compared is the memory that the process holds
(resident, Linux) after the last run and after the fiftieth.
"""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

import numpy as np
import torch

from benchmarks.icon_world.scenes import draw, make_scene
from lib_automask import MaskRequest, Models, Options, build_mask, load_models
from lib_automask.options import Search
from lib_automask.runtime.cache import ByteCache

SIZES = ((384, 256), (256, 384), (320, 320), (448, 320), (256, 256), (512, 384))
"""(width, height); small, since a thousand are made."""
PROMPTS = ("a blue star on the grass", "a red ball, in the snow", "a black cat", "a yellow box on the sand")
SEARCHES: tuple[Search, ...] = ("guided", "guided", "guided", "everything")
WARM = 50
"""Runs after which imports and caches are done."""
CACHE_BYTES = 16 * 2**20
"""Little, so that it is full after the first runs, and dropping values is measured too."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    runs = max(WARM, parser.parse_args().runs)
    torch.set_num_threads(1)
    models = load_models("demo", cache=ByteCache(CACHE_BYTES))
    marks: dict[int, int] = {}
    for number in range(1, runs + 1):
        run_once(models, number)
        if number in (WARM, runs) or number % 250 == 0:
            gc.collect()
            marks[number] = resident_bytes()
            print(f"after {number:5} runs  {marks[number] / 2**20:8.1f} MB", flush=True)
    print(f"the last to the {WARM}th: {marks[runs] / marks[WARM] - 1:+.2%}")


def run_once(models: Models, number: int) -> None:
    """One mask of one scene."""
    width, height = SIZES[number % len(SIZES)]
    image = draw(make_scene(np.random.default_rng(number), width=width, height=height))
    options = Options(enabled=True, search=SEARCHES[number % len(SEARCHES)], target="ball" if number % 5 == 0 else "")
    build_mask(MaskRequest(image, PROMPTS[number % len(PROMPTS)], options=options), models)


def resident_bytes() -> int:
    """Bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


if __name__ == "__main__":
    main()
