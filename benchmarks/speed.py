"""How fast the models work, beside the reference in the same process.

    python -m benchmarks.speed
    python -m benchmarks.speed --quick     a coarse grid of points: whether it runs, not how fast it is
    python -m benchmarks.speed --parts exact demo
    python -m benchmarks.speed --json

Seconds are CPU seconds of one thread, so that other work on the machine counts little. The models have the true
architectures and random weights, whose masks are exchanged for drawn ones before the filters: ``benchmarks.blobs``
says why and how. The reference is segment-anything's ``SamAutomaticMaskGenerator`` at its defaults (64 points at once)
and at the batch size that is best on a CPU (4). Memory is the most that was held beyond the loaded models.

Rows: exact-* is the whole work on a picture of 768×512; guided-* the same where the heat of three phrases is given;
match-* compares 40 segments with three phrases, beside a crop for each segment in float32 (reference-match); first is a
whole run of build_mask, cached another prompt on the same picture; vit_l-* and vit_h-* are the whole work by the larger
networks; masks-* is what follows the networks alone, by size of the picture; network-bf16 compares the random network's
own masks in bfloat16 and float32, one by one; demo-* is the demo's trained SAM on eight scenes of the icon world.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

import torch

from benchmarks.speed_cached import cached_rows
from benchmarks.speed_everything import Everything, demo_agreement
from benchmarks.speed_guided import guided_rows
from benchmarks.speed_matching import match_rows
from benchmarks.speed_rows import Row, format_table
from lib_automask.runtime.device import choose_dtype
from lib_automask.sam.model import VIT_H, VIT_L
from lib_automask.types import Size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="4 × 4 points instead of 32 × 32")
    parser.add_argument("--json", action="store_true", help="the machine and the rows as JSON")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only some of the rows")
    args = parser.parse_args()
    torch.set_num_threads(1)
    side = 4 if args.quick else 32
    rows = [row for part in args.parts for row in PARTS[part](side)]
    if args.json:
        print(json.dumps({**describe_machine(), "rows": [row.as_data() for row in rows]}, indent=2))
    else:
        print(
            ", ".join(f"{name} {value}" for name, value in describe_machine().items()), format_table(rows), sep="\n\n"
        )


def run_exact(side: int) -> list[Row]:
    """The whole work on one picture."""
    return make_everything(side).rows(Size(512, 768))


def run_guided(side: int) -> list[Row]:
    """The same, guided by phrases."""
    return guided_rows(make_everything(side))


def run_cached(side: int) -> list[Row]:
    """A whole run, and other prompts on the same picture."""
    return cached_rows(side)


@cache
def make_everything(side: int) -> Everything:
    """One for all parts, so that the reference runs once only."""
    return Everything(side)


def run_network(_side: int) -> list[Row]:
    """How half precision changes the network's masks."""
    return [Everything(1).network_agreement()]


def run_larger(side: int) -> list[Row]:
    """The whole work by vit_l and by vit_h."""
    shapes = {"vit_l": VIT_L, "vit_h": VIT_H}
    return [row for name, shape in shapes.items() for row in Everything(side, shape).alone(Size(512, 768), name)]


def run_masks(side: int) -> list[Row]:
    """What follows the networks, by size of the picture."""
    sizes = [Size(512, 512), Size(512, 768), Size(1024, 1024), Size(2048, 2048), Size(4096, 4096)]
    return Everything(side).after_network(sizes, compare=[Size(512, 768), Size(2048, 2048)])


def run_demo(_side: int) -> list[Row]:
    """The demo's trained SAM."""
    return demo_agreement()


PARTS: dict[str, Callable[[int], list[Row]]] = {
    "exact": run_exact,
    "guided": run_guided,
    "match": match_rows,
    "cached": run_cached,
    "network": run_network,
    "larger": run_larger,
    "masks": run_masks,
    "demo": run_demo,
}


def describe_machine() -> dict[str, str]:
    """What the figures were measured on."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "processor": processor_name(),
        "torch": torch.__version__,
        "threads": str(torch.get_num_threads()),
        "precision chosen": str(choose_dtype("cpu")).removeprefix("torch."),
        "time": "CPU seconds",
    }


def processor_name() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor()


if __name__ == "__main__":
    main()
