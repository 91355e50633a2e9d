"""How well the place of an edit is found.

python -m benchmarks.localise icon-world --edits 400 --seed S
python -m benchmarks.localise noise --edits 100 --seed S
python -m benchmarks.localise pie-bench FOLDER
python -m benchmarks.localise editing-mask FOLDER
python -m benchmarks.localise refcoco FOLDER --dataset refcoco+ --split testA

The last three read data sets that you have; docs/benchmarks.md says how their folders look.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.localise import drawn, noise, pie_bench
from benchmarks.localise.cases import Case, Published, figures, lines, run_cases, sample
from benchmarks.localise.editing_mask import PUBLISHED as EDITING_MASK_PUBLISHED
from benchmarks.localise.editing_mask import read_editing_mask
from benchmarks.localise.noisy_prompts import TAGS, read_tags
from benchmarks.localise.refcoco import DATASETS, SPLITS, read_refcoco
from benchmarks.localise.refcoco import PUBLISHED as REFCOCO_PUBLISHED
from lib_automask import AutomaskError, Models, load_models
from lib_automask.cli.progress import ProgressBar

Answer = tuple[dict[str, Any], Iterable[str]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the benchmarks; the exit code is that of ``python -m lib_automask``."""
    args = parser().parse_args(argv)
    args.bar = ProgressBar()
    try:
        found, shown = args.run(args)
    except AutomaskError as error:
        args.bar.finish()
        print(f"benchmarks.localise: {error}", file=sys.stderr)
        return error.exit_code
    args.bar.finish()
    print(json.dumps(found, ensure_ascii=False) if args.json else "\n".join(shown))
    return 0


def parser() -> argparse.ArgumentParser:
    """Every benchmark with its options."""
    top = argparse.ArgumentParser(
        prog="python -m benchmarks.localise", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = top.add_subparsers(dest="benchmark", required=True).add_parser

    icons = add("icon-world", help="drawn scenes: edits of every kind, one of two alike, nothing changes")
    icons.add_argument("--edits", type=int, default=400, help="how many edits, the kinds in turn")
    icons.add_argument("--pairs", type=int, default=180, help="how many pairs of things that are easily mixed up")
    icons.add_argument("--unchanged", type=int, default=200, help="how many prompts that change nothing")
    icons.add_argument("--errors", action="store_true", help="also print everything that went wrong")
    _finish(icons, _icon_world, seed=1)

    noisy = add("noise", help="whether tags that mean nothing change plan or mask, on drawn scenes")
    noisy.add_argument("--edits", type=int, default=100)
    noisy.add_argument("--tags", type=Path, metavar="FILE", help="your own tags between commas, instead of ours")
    noisy.add_argument("--errors", action="store_true", help="also print each prompt that was read differently")
    _finish(noisy, _noise, seed=1)

    pie = add("pie-bench", help="PIE-Bench, from its folder")
    pie.add_argument("folder", type=Path)
    pie.add_argument("--words", choices=pie_bench.WORDS, default="prompt", help="which of a record's texts is typed")
    _may_carry_prompt(pie)
    _finish(pie, _pie_bench)

    masks = add("editing-mask", help="Editing-Mask, from its authors' folder")
    masks.add_argument("folder", type=Path)
    _may_carry_prompt(masks)
    _finish(masks, _editing_mask)

    coco = add("refcoco", help="RefCOCO, RefCOCO+ or RefCOCOg, from the folder of the REFER tools")
    coco.add_argument("folder", type=Path)
    coco.add_argument("--dataset", choices=DATASETS, default="refcoco")
    coco.add_argument("--split", choices=SPLITS, default="val")
    coco.add_argument("--split-by", default="", help="whose split: unc, google or umd; the usual one if left out")
    _finish(coco, _refcoco)
    return top


def _may_carry_prompt(command: argparse.ArgumentParser) -> None:
    help_text = "let each picture carry the prompt it was made with, as a generated one does"
    command.add_argument("--own-prompt", action="store_true", help=help_text)


def _finish(command: argparse.ArgumentParser, run: Callable[[Any], Answer], seed: int | None = None) -> None:
    """The options that all have; with ``seed`` those of drawn scenes, without those of a data set."""
    if seed is None:
        command.add_argument("--count", type=int, help="only so many cases, drawn by --seed")
    drawn_scenes = seed is not None
    command.add_argument("--seed", type=int, default=seed or 1)
    command.add_argument(
        "--models",
        nargs="+",
        metavar="demo|PATH",
        default=["demo"] if drawn_scenes else [],
        help="'demo', or a SAM file and BLIP folders; left out, " + ("demo" if drawn_scenes else "those in ./models"),
    )
    command.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, mps")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(run=run)


def _models(args: argparse.Namespace) -> Models:
    return load_models(*args.models, device=args.device)


def _icon_world(args: argparse.Namespace) -> Answer:
    models = _models(args)
    edits = drawn.run_edits(args.edits, args.seed, models, args.bar)
    pairs = drawn.run_pairs(args.pairs, args.seed, models, args.bar)
    unchanged = drawn.run_unchanged(args.unchanged, args.seed, models, args.bar)
    found = {
        **_said(args),
        "edits": drawn.edit_figures(edits),
        "pairs": drawn.pair_figures(pairs),
        "unchanged": drawn.unchanged_figures(unchanged),
    }
    wrong = drawn.mistakes(edits, pairs, unchanged) if args.errors else ()
    return found, [f"icon world, seed {args.seed}: it says nothing about photographs", *drawn.shown(found), *wrong]


def _noise(args: argparse.Namespace) -> Answer:
    tags = read_tags(args.tags) if args.tags else TAGS
    rows = noise.run_noise(args.edits, args.seed, _models(args), args.bar, tags)
    return {**_said(args), **noise.noise_figures(rows)}, noise.noise_lines(rows, args.errors)


def _pie_bench(args: argparse.Namespace) -> Answer:
    return _cases(args, pie_bench.read_pie_bench(args.folder, args.words, args.own_prompt), ())


def _editing_mask(args: argparse.Namespace) -> Answer:
    return _cases(args, read_editing_mask(args.folder, args.own_prompt), EDITING_MASK_PUBLISHED)


def _refcoco(args: argparse.Namespace) -> Answer:
    cases = read_refcoco(args.folder, args.dataset, args.split, args.split_by)
    return _cases(args, cases, REFCOCO_PUBLISHED if args.dataset == "refcoco" else ())


def _cases(args: argparse.Namespace, cases: list[Case], published: Sequence[Published]) -> Answer:
    rows = run_cases(sample(cases, args.count, args.seed), _models(args), args.bar)
    found = figures(rows, published)
    return {**_said(args), **found}, lines(found, published)


def _said(args: argparse.Namespace) -> dict[str, Any]:
    """What was asked for, and on what it ran."""
    return {"benchmark": args.benchmark, "seed": args.seed, "machine": platform.processor() or platform.machine()}


if __name__ == "__main__":
    sys.exit(main())
