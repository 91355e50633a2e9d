"""What the commands of the command line do; each returns (answer for --json, exit code)."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from lib_automask.cli.progress import ProgressBar
from lib_automask.cutout import cut_out_target
from lib_automask.errors import AutomaskError, InputError, Interrupted, ModelError
from lib_automask.imaging import files, preview
from lib_automask.imaging.files import read_records, write_atomically, write_records
from lib_automask.imaging.layers import encode_openraster, encode_photoshop
from lib_automask.interfaces import Models
from lib_automask.loading import load_captioner, load_models, load_segmenter
from lib_automask.options import FIELDS, Options
from lib_automask.pipeline import build_mask
from lib_automask.plan import plan_edits
from lib_automask.report import edit_as_json, result_as_json, segment_as_json
from lib_automask.runtime import checkpoints
from lib_automask.runtime.registry import CHECKPOINTS, DEFAULTS
from lib_automask.types import MaskRequest, ScoredSegment

Answer = tuple[dict[str, Any], int]
Record = dict[str, Any]
EXIT_CODES = {"mask": 0, "nothing": 3, "unsure": 3}


def run_mask(args: argparse.Namespace) -> Answer:
    """``mask IMAGE --prompt P``, or ``mask --jsonl IN``."""
    if args.jsonl:
        return _many_masks(args)
    if args.image is None or args.prompt is None:
        raise InputError("give a picture and --prompt, or --jsonl with many of them")
    image, own_prompt = files.read_image_and_prompt(args.image)
    request = MaskRequest(image, args.prompt, _user_mask(args), _options(args), own_prompt)
    models = load_models(*_sources(args), device=args.device, progress=args.bar)
    args.bar.finish()
    result = build_mask(request, models)
    path = None
    if result.outcome == "mask":
        path = args.out / f"{args.image.stem}-mask.png"
        files.write_mask(result.mask, path)
        files.write_image(preview.draw_overlay(request.image, result), args.out / f"{args.image.stem}-overlay.png")
    return _with_path(result_as_json(result, args.prompt), path), EXIT_CODES[result.outcome]


def _many_masks(args: argparse.Namespace) -> Answer:
    records = read_records(args.jsonl, ("id", "image", "prompt"))
    models = load_models(*_sources(args), device=args.device, progress=args.bar)
    args.bar.finish()
    path = args.out / "results.jsonl"
    counts, code = _one_by_one(records, lambda record: _one_of_many(record, args, models), path, args)
    told = {outcome: counts[outcome] for outcome in EXIT_CODES}
    return {"results": str(path), **told, "errors": counts["error"]}, code


def _one_by_one(
    records: list[Record], work: Callable[[Record], Record], path: Path, args: argparse.Namespace
) -> tuple[Counter[str], int]:
    """Work on every record, and write a line for each; returns the counts by outcome, and the exit code.

    What goes wrong with one record is told in its line, and the others go on. What ends the run (a model, Ctrl-C) loses
    no line that is done.
    """
    lines: list[Record] = []
    code = 0
    try:
        for number, record in enumerate(records):
            args.bar.begin(number, len(records))
            args.bar(f"{number + 1}/{len(records)} {record['id']}", 0.0)
            line, wrong = _tried(work, record)
            code = max(code, wrong)
            lines.append({"id": record["id"], **line})
    finally:
        write_records(lines, path)
    return Counter(line.get("outcome", "") for line in lines), code


def _tried(work: Callable[[Record], Record], record: Record) -> tuple[Record, int]:
    """The line of one record, and the exit code of what went wrong with it."""
    try:
        return work(record), 0
    except (ModelError, Interrupted):
        raise
    except AutomaskError as error:
        return {"outcome": "error", "error": str(error)}, error.exit_code
    except Exception as error:  # nobody foresaw it, and the other records shall not be lost
        sentence = f"unforeseen {type(error).__name__} ({error}); please report it with this record"
        return {"outcome": "error", "error": sentence}, AutomaskError.exit_code


def _one_of_many(record: Record, args: argparse.Namespace, models: Models) -> Record:
    name = str(record["id"])
    if Path(name).name != name or name in ("", ".", ".."):
        raise InputError(f"the id {name!r} cannot be a file's name; use letters, digits, - and _")
    image, own_prompt = files.read_image_and_prompt(_beside(args.jsonl, record["image"]))
    options = _options(args, target=record.get("target") or args.target)
    result = build_mask(MaskRequest(image, record["prompt"], None, options, own_prompt), models)
    path = args.out / f"{name}.png"
    files.write_mask(result.mask, path)
    return _with_path(result_as_json(result, record["prompt"]), path)


def _with_path(answer: dict[str, Any], path: Path | None) -> dict[str, Any]:
    """The answer with where the mask was written; null where none was."""
    answer["mask"]["path"] = None if path is None else str(path)
    return answer


def run_plan(args: argparse.Namespace) -> Answer:
    """``plan --caption C --prompt P``, or ``plan --jsonl IN --out OUT``."""
    if args.jsonl:
        return _many_plans(args)
    if args.caption is None or args.prompt is None:
        raise InputError("give --caption and --prompt, or --jsonl with many of them")
    found = plan_edits(args.caption, args.prompt)
    answer = {
        "caption": args.caption,
        "prompt": args.prompt,
        "edits": [edit_as_json(edit) for edit in found.edits],
        "keep": list(found.keep),
        "residue": list(found.residue),
        "confidence": found.confidence,
        "why": str(found),
    }
    return answer, 0 if found.edits else 3


def _many_plans(args: argparse.Namespace) -> Answer:
    if args.out is None:
        raise InputError("plan --jsonl needs --out, the file to write")
    records = read_records(args.jsonl, ("id", "caption", "prompt"))
    counts, code = _one_by_one(records, _one_plan, args.out, args)
    return {"results": str(args.out), "records": len(records), "errors": counts["error"]}, code


def _one_plan(record: Record) -> Record:
    return {"edits": [edit_as_json(edit) for edit in plan_edits(record["caption"], record["prompt"]).edits]}


def run_cutout(args: argparse.Namespace) -> Answer:
    """``cutout IMAGE``."""
    image = files.read_image(args.image)
    models = load_models(*_sources(args), device=args.device, progress=args.bar)
    args.bar.finish()
    found = cut_out_target(image, models, args.target)
    stem = args.out / args.image.stem
    path = stem.with_name(f"{stem.name}-cutout.png")
    files.write_image(found.picture, path)
    answer = {"why": found.why, "cutout": {"path": str(path), "coverage": round(float(found.mask.mean()), 6)}}
    if args.layers:
        layered = stem.with_name(f"{stem.name}-layers.ora")
        write_atomically(encode_openraster(found.layers, found.size), layered)
        files.write_image(found.layers[0].picture[..., :3], stem.with_name(f"{stem.name}-background.png"))
        answer["layers"] = {"path": str(layered)}
    if args.psd:
        document = stem.with_name(f"{stem.name}-layers.psd")
        write_atomically(encode_photoshop(found.layers, found.size), document)
        answer["psd"] = {"path": str(document)}
    return answer, 0


def run_segments(args: argparse.Namespace) -> Answer:
    """``segments IMAGE``."""
    image = files.read_image(args.image)
    segmenter = load_segmenter(*_sources(args), device=args.device, progress=args.bar)
    args.bar.finish()
    found = segmenter.segments(image)
    if args.out:
        for number, segment in enumerate(found):
            files.write_mask(segment.mask, args.out / f"{args.image.stem}-{number:03d}.png")
    return {"segments": [segment_as_json(ScoredSegment(segment, {})) for segment in found]}, 0


def run_caption(args: argparse.Namespace) -> Answer:
    """``caption IMAGE``."""
    image = files.read_image(args.image)
    return {"caption": load_captioner(*_sources(args), device=args.device, progress=args.bar).caption(image)}, 0


def run_models(args: argparse.Namespace) -> Answer:
    """``models list``, ``models fetch [NAME …]`` or ``models verify [NAME …]``."""
    folder = args.folder or Path("models")
    if args.action == "fetch":
        for name in args.names or DEFAULTS.values():
            checkpoints.fetch_checkpoint(name, folder, partial(_fetched, args.bar, name))
            args.bar.finish()
    found = checkpoints.list_available([folder])
    if args.action == "verify":
        names = args.names or [one.name for one in found]
        return {"verified": [checkpoints.verify_checkpoint(name, [folder]) for name in names]}, 0
    there = [{"name": one.name, "kind": one.kind, "path": str(one.path)} for one in found]
    missing = [one.name for one in CHECKPOINTS if one.name not in {found_one.name for found_one in found}]
    return {"models": there, "missing": missing}, 0


def _fetched(bar: ProgressBar, name: str, done: int, whole: int) -> None:
    bar(f"fetching {name}", done / whole)


def format_answer(answer: dict[str, Any]) -> str:
    """The answer for people: the sentence of why and where the mask is, else one line a value."""
    if "why" in answer:
        written = [answer[name] for name in ("mask", "cutout") if (answer.get(name) or {}).get("path")]
        places = [f"{one['path']}, {one['coverage']:.1%} of the picture\n" for one in written]
        return f"{answer['why']}\n" + "".join(places)
    if set(answer) == {"caption"}:
        return f"{answer['caption']}\n"
    rows = [f"{key}: {value}" for key, value in answer.items() if not isinstance(value, list)]
    for key, value in answer.items():
        if isinstance(value, list):
            rows += [f"{key}: {len(value)}", *(f"  {item}" for item in value)]
    return "\n".join(rows) + "\n"


def _options(args: argparse.Namespace, **more: Any) -> Options:
    values = {row.name: getattr(args, row.name) for row in FIELDS if row.shapes_mask}
    return Options(**{**values, **more})


def _user_mask(args: argparse.Namespace) -> Any:
    return None if args.user_mask is None else files.read_mask(args.user_mask)


def _sources(args: argparse.Namespace) -> tuple[str, ...]:
    return tuple(args.models or ())


def _beside(lines: Path, picture: str) -> Path:
    """A record's picture: beside the file of records, else from where the command runs."""
    beside = lines.parent / picture
    return beside if beside.exists() else Path(picture)
