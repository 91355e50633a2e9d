"""The command line, ``python -m lib_automask``: every command with its flags.

Exit codes: 0 done, 2 bad input, 3 nothing to change or unsure, 4 a model is missing or wrong. An error is one
sentence on stderr that names the remedy. Of many records (--jsonl) the code is 0 unless one of them has an error; each
has its outcome in its line.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

import lib_automask.cli.commands as commands
from lib_automask.cli.progress import ProgressBar
from lib_automask.errors import AutomaskError
from lib_automask.options import FIELDS, Field


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):  # what their encoding lacks is escaped, as in a pipe of Windows
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # files.decode_picture bounds pixels
    try:
        return _run_command(build_parser().parse_args(argv))
    except BrokenPipeError:  # who reads stdout wants no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0


def _run_command(args: argparse.Namespace) -> int:
    """Run the command and print its answer or error; returns the exit code."""
    args.bar = ProgressBar()
    try:
        answer, code = _run(args)
    except AutomaskError as error:
        sys.stderr.write(f"automask: {error}\n")
        if args.json:
            _print_json({"error": str(error)})
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("automask: stopped\n")
        return 130
    if args.json:
        _print_json(answer)
    else:
        sys.stdout.write(commands.format_answer(answer))
    sys.stdout.flush()
    return code


def _run(args: argparse.Namespace) -> commands.Answer:
    """The answer and exit code of the command; the bar is cleared before anything else is printed."""
    try:
        answer: commands.Answer = args.run(args)
        return answer
    finally:
        args.bar.finish()


def _print_json(answer: dict[str, Any]) -> None:
    is_utf8 = (sys.stdout.encoding or "utf-8").lower().replace("-", "").startswith("utf8")
    sys.stdout.write(json.dumps(answer, ensure_ascii=not is_utf8) + "\n")


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options; those of ``mask`` are made from the table of options."""
    top = argparse.ArgumentParser(prog="python -m lib_automask", description="Find what a prompt changes in a picture.")
    add = top.add_subparsers(dest="command", required=True, metavar="COMMAND").add_parser

    mask = add("mask", help="the mask of what a prompt changes")
    mask.add_argument("image", type=Path, nargs="?", help="the picture")
    mask.add_argument("--prompt", help="what the picture should become, in A1111 syntax")
    mask.add_argument("--user-mask", type=Path, help="a mask of your own; white counts")
    mask.add_argument(
        "--jsonl",
        type=Path,
        metavar="IN",
        help="many: records with id, image, prompt, target?; the exit code is 0 unless a record went wrong",
    )
    mask.add_argument(
        "--out", type=Path, default=Path("automask-output"), metavar="DIR", help="where files are written"
    )
    for row in FIELDS:
        if row.shapes_mask:
            _add_option(mask, row)
    _add_common(mask, commands.run_mask, models=True)

    cutout = add("cutout", help="a thing cut out, with transparency round it")
    cutout.add_argument("image", type=Path)
    cutout.add_argument("--target", default="", help="what to cut out, in words; left out, what the picture is about")
    cutout.add_argument("--matting", default="", metavar="DIR", help="a folder with a ViTMatte, for the edge")
    cutout.add_argument("--layers", action="store_true", help="also write the ground behind it, and both as OpenRaster")
    cutout.add_argument("--psd", action="store_true", help="also write both as PSD, if psd-tools is installed")
    cutout.add_argument("--out", type=Path, default=Path("automask-output"), metavar="DIR")
    _add_common(cutout, commands.run_cutout, models=True)

    plan = add("plan", help="the edits between a caption and a prompt, without a picture")
    plan.add_argument("--caption")
    plan.add_argument("--prompt")
    plan.add_argument("--jsonl", type=Path, metavar="IN", help="many: records with id, caption, prompt")
    plan.add_argument("--out", type=Path, metavar="OUT", help="where --jsonl writes its records")
    _add_common(plan, commands.run_plan)

    segments = add("segments", help="every region that SAM finds")
    segments.add_argument("image", type=Path)
    segments.add_argument("--out", type=Path, metavar="DIR", help="also write each region as PNG")
    _add_common(segments, commands.run_segments, models=True)

    caption = add("caption", help="what BLIP says of a picture")
    caption.add_argument("image", type=Path)
    _add_common(caption, commands.run_caption, models=True)

    models = add("models", help="what is there, fetched or missing")
    models.add_argument("action", choices=("list", "fetch", "verify"))
    models.add_argument("names", nargs="*", help="of models; all where none is given")
    models.add_argument("--folder", type=Path, help="the WebUI's models folder; ./models where none is given")
    _add_common(models, commands.run_models)
    return top


def _add_common(
    command: argparse.ArgumentParser, run: Callable[[Any], tuple[dict[str, Any], int]], models: bool = False
) -> None:
    """The function and the options of every command, and those for models where it needs them."""
    if models:
        command.add_argument(
            "--models",
            nargs="+",
            metavar="demo|PATH",
            help="'demo', or a SAM file and BLIP folders; left out, those in ./models",
        )
        command.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, mps")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(run=run)


def _add_option(command: argparse.ArgumentParser, row: Field) -> None:
    """The flag of a row of the table of options."""
    flag = f"--{row.name.replace('_', '-')}"
    if row.type is bool:
        command.add_argument(flag, action=argparse.BooleanOptionalAction, default=row.default, help=row.help)
    else:
        choices = row.choices or None
        help_text = row.help.replace("%", "%%")
        command.add_argument(flag, type=row.type, default=row.default, choices=choices, help=help_text)
