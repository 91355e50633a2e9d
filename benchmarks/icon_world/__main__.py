"""Scenes of the icon world, and the product's score on them.

python -m benchmarks.icon_world scenes --count N --seed S --out DIR
python -m benchmarks.icon_world score --count N --seed S [--search guided|everything] [--json] [--errors]
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image as PIL_Image

from benchmarks.icon_world.scenes import Mask, draw, silhouettes
from benchmarks.icon_world.score import run, scenes, summary
from lib_automask import Options, load_models
from lib_automask.options import Search
from lib_automask.types import bounding_box


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.icon_world", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_text in (("scenes", "write pictures, masks and scenes.jsonl"), ("score", "run the product on them")):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("--count", type=int, default=200)
        command.add_argument("--seed", type=int, default=1)
    commands.choices["scenes"].add_argument("--out", type=Path, required=True)
    commands.choices["score"].add_argument("--search", choices=get_args(Search), default=Options().search)
    commands.choices["score"].add_argument("--json", action="store_true", help="print one object instead of a table")
    commands.choices["score"].add_argument("--errors", action="store_true", help="print every edit that went wrong")
    args = parser.parse_args(argv)
    if args.command == "scenes":
        write_scenes(args.count, args.seed, args.out)
    else:
        print_score(args)


def write_scenes(count: int, seed: int, out: Path) -> None:
    """Pictures and masks as PNG, and one record a scene in scenes.jsonl; paths are relative to ``out``."""
    (out / "masks").mkdir(parents=True, exist_ok=True)
    records = []
    for index, (scene, edits) in enumerate(scenes(count, seed)):
        scene_id = f"scene-{seed}-{index:04d}"
        PIL_Image.fromarray(draw(scene)).save(out / f"{scene_id}.png")
        objects = [
            {
                "class": thing.kind,
                "color": thing.color,
                "box": list(bounding_box(mask) or ()),
                "mask": _save(mask, out, f"{scene_id}-object-{number}"),
            }
            for number, (thing, mask) in enumerate(zip(scene.things, silhouettes(scene)))
        ]
        changes = [
            {
                "id": f"{scene_id}-{edit.kind}",
                "kind": edit.kind,
                "prompt": edit.prompt,
                "target": edit.target,
                "replacement": edit.replacement,
                "mask": _save(edit.mask, out, f"{scene_id}-{edit.kind}"),
            }
            for edit in edits
        ]
        records.append(
            {"id": scene_id, "image": f"{scene_id}.png", "caption": scene.caption, "objects": objects, "edits": changes}
        )
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (out / "scenes.jsonl").write_text(lines, encoding="utf-8")


def _save(mask: Mask, out: Path, name: str) -> str:
    path = Path("masks") / f"{name}.png"
    PIL_Image.fromarray(mask.astype(np.uint8) * 255).save(out / path)
    return path.as_posix()


def print_score(args: argparse.Namespace) -> None:
    captions, rows, seconds = run(args.count, args.seed, load_models("demo"), args.search)
    figures = {
        "count": args.count,
        "seed": args.seed,
        "search": args.search,
        "machine": platform.processor() or platform.machine(),
        **summary(captions, rows),
    }
    if args.json:
        print(json.dumps({**figures, "seconds_per_edit": round(seconds, 3)}))
        return
    print(f"icon world, {args.count} scenes, seed {args.seed}, search {args.search}")
    print("a closed world; it says nothing about photographs")
    exact = figures["captions_exact"]
    assert isinstance(exact, dict)
    print(f"captions exact: {figures['captions_exact_1_3']} on 1-3 things; by number of things {exact}")
    print(f"{'kind':<12}{'edits':>7}{'plan right':>12}{'strict':>9}{'strict, 1-3':>13}{'where plan right':>18}")
    kinds = figures["kinds"]
    assert isinstance(kinds, dict)
    for kind, part in kinds.items():
        cells = [part[key] for key in ("plan_right", "strict", "strict_1_3", "where_plan_right")]
        shown = ["-" if cell is None else f"{cell:.3f}" for cell in cells]
        print(f"{kind:<12}{part['edits']:>7}{shown[0]:>12}{shown[1]:>9}{shown[2]:>13}{shown[3]:>18}")
    print("strict: mask IoU, 0 where the plan is wrong; for add, whether the mask's middle lies where the thing may be")
    print(f"{seconds:.2f} s an edit, on {figures['machine']}")
    if args.errors:
        for row in rows:
            if row.strict < 0.8:
                print(f"{row.kind} {row.strict:.2f}: {row.prompt!r}: {row.why}")


if __name__ == "__main__":
    main()
