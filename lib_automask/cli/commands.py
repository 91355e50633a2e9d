"""The commands of the command line; each returns (answer for --json, exit code), or raises AutomaskError."""

from __future__ import annotations

import argparse
import difflib
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib_automask.cli.outputs import LineFile, OutputFiles, check_folder, check_id, name_stem
from lib_automask.cutout import cut_out_target
from lib_automask.errors import AutomaskError, InputError, Interrupted, ModelError
from lib_automask.imaging import files, preview
from lib_automask.imaging.files import read_records
from lib_automask.imaging.layers import encode_openraster, encode_photoshop
from lib_automask.interfaces import Models
from lib_automask.loading import load_captioner, load_models, load_segmenter
from lib_automask.options import FIELDS, Options, suggest_name
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
        return _run_mask_records(args)
    if args.image is None or args.prompt is None:
        raise InputError("give a picture and --prompt, or --jsonl with many of them")
    image, own_prompt = files.read_image_and_prompt(args.image)
    request = MaskRequest(image, args.prompt, _user_mask(args), _options(args), own_prompt)
    outputs, stem = _outputs(args, args.image, args.user_mask), name_stem(args.image)
    paths = args.out / f"{stem}-mask.png", args.out / f"{stem}-overlay.png"
    for each in paths:
        outputs.check_target(each)
    models = load_models(*_sources(args), device=args.device, progress=args.bar)
    args.bar.finish()
    result = build_mask(request, models)
    if result.outcome != "mask":
        for each in paths:  # the mask of an earlier run would look like this one's
            outputs.remove(each)
        return _with_path(result_as_json(result, args.prompt), None), EXIT_CODES[result.outcome]
    outputs.write(files.encode_mask_png(result.mask), paths[0])
    outputs.write(files.encode_png(preview.draw_overlay(request.image, result)), paths[1])
    return _with_path(result_as_json(result, args.prompt), paths[0]), EXIT_CODES[result.outcome]


def _run_mask_records(args: argparse.Namespace) -> Answer:
    _refuse_beside_records(args, "image", "prompt", "user_mask")
    records = read_records(args.jsonl, ("id", "image", "prompt"))
    _check_record_keys(records, ("id", "image", "prompt", "target"))
    _check_names(records)
    pictures = [_find_picture(args.jsonl, record["image"]) for record in records]
    outputs, path = _outputs(args, args.jsonl, *pictures), args.out / "results.jsonl"
    for target in (path, *(args.out / f"{record['id']}.png" for record in records)):
        outputs.check_target(target)
    models = load_models(*_sources(args), device=args.device, progress=args.bar)
    args.bar.finish()
    lines = LineFile(path, outputs)
    counts, code = _process_records(records, lambda record: _mask_record(record, args, models, outputs), lines, args)
    by_outcome = {outcome: counts[outcome] for outcome in EXIT_CODES}
    return {"results": str(path), **by_outcome, "errors": counts["error"]}, code


def _refuse_beside_records(args: argparse.Namespace, *names: str) -> None:
    for name in names:
        if getattr(args, name) is not None:
            raise InputError(f"{name.replace('_', '-')} is not used beside --jsonl; leave it out, or --jsonl")


def _check_record_keys(records: list[Record], known: tuple[str, ...]) -> None:
    """Refuse keys of pictures' records that would change the mask, or look like a key that does; name the others."""
    flags = {row.name for row in FIELDS if row.shapes_mask} - {"edits"} | {"user_mask"}  # edits: of results, and truth
    for key in _other_keys(records, known):
        if key in flags or difflib.get_close_matches(key, known, 1):
            raise InputError(f"records cannot hold {key!r}{suggest_name(key, known)}; options are flags of the command")
    _name_other_keys(records, known)


def _name_other_keys(records: list[Record], known: tuple[str, ...]) -> None:
    """Name the keys of records that are not used on stderr."""
    if others := _other_keys(records, known):
        sys.stderr.write(f"automask: not used in the records: {', '.join(map(repr, others))}\n")


def _other_keys(records: list[Record], known: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(key for record in records for key in record if key not in known))


def _check_names(records: list[Record]) -> None:
    """Raises InputError where two ids would be one file on disks that do not tell A from a."""
    names: dict[str, str] = {}
    for record in records:
        name = str(record["id"])
        other = names.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            raise InputError(f"the ids {other!r} and {name!r} are one file's name on some disks; give others")


def _process_records(
    records: list[Record], work: Callable[[Record], Record], lines: LineFile, args: argparse.Namespace
) -> tuple[Counter[str], int]:
    """Do ``work`` for every record, and write a line for each; returns the counts by outcome, and the exit code.

    An error of one record is written in its line, and the others follow. An error that ends the run (of a model, or
    Ctrl-C) loses no line that is finished.
    """
    counts: Counter[str] = Counter()
    code = 0
    try:
        for number, record in enumerate(records):
            args.bar.begin(number, len(records))
            args.bar(f"{number + 1}/{len(records)} {record['id']}", 0.0)
            line, line_code = _process_record(work, record)
            code = max(code, line_code)
            lines.add({"id": record["id"], **line})
            counts[line.get("outcome", "")] += 1
    finally:
        lines.close()
    return counts, code


def _process_record(work: Callable[[Record], Record], record: Record) -> tuple[Record, int]:
    """The line of one record, and its exit code: 0, or that of the error in it."""
    try:
        return work(record), 0
    except (ModelError, Interrupted):
        raise
    except AutomaskError as error:
        return {"outcome": "error", "error": str(error)}, error.exit_code
    except Exception as error:  # a fault of automask, for which the other records must not be lost
        sentence = f"unforeseen {type(error).__name__} ({error}); please report it with this record"
        return {"outcome": "error", "error": sentence}, AutomaskError.exit_code


def _mask_record(record: Record, args: argparse.Namespace, models: Models, outputs: OutputFiles) -> Record:
    name = str(record["id"])
    check_id(name)
    image, own_prompt = files.read_image_and_prompt(_find_picture(args.jsonl, record["image"]))
    options = _options(args, target=record.get("target") or args.target)
    result = build_mask(MaskRequest(image, record["prompt"], None, options, own_prompt), models)
    path = args.out / f"{name}.png"
    outputs.write(files.encode_mask_png(result.mask), path)
    return _with_path(result_as_json(result, record["prompt"]), path)


def _with_path(answer: dict[str, Any], path: Path | None) -> dict[str, Any]:
    """The answer with the path of the mask; null where none was written."""
    answer["mask"]["path"] = None if path is None else str(path)
    return answer


def run_plan(args: argparse.Namespace) -> Answer:
    """``plan --caption C --prompt P``, or ``plan --jsonl IN --out OUT``."""
    if args.jsonl:
        return _run_plan_records(args)
    if args.caption is None or args.prompt is None:
        raise InputError("give --caption and --prompt, or --jsonl with many of them")
    plan = plan_edits(args.caption, args.prompt)
    answer = {
        "caption": args.caption,
        "prompt": args.prompt,
        "edits": [edit_as_json(edit) for edit in plan.edits],
        "keep": list(plan.keep),
        "residue": list(plan.residue),
        "confidence": plan.confidence,
        "why": str(plan),
    }
    return answer, 0 if plan.edits else 3


def _run_plan_records(args: argparse.Namespace) -> Answer:
    if args.out is None:
        raise InputError("plan --jsonl needs --out, the file to write")
    _refuse_beside_records(args, "caption", "prompt")
    records = read_records(args.jsonl, ("id", "caption", "prompt"))
    _name_other_keys(records, ("id", "caption", "prompt"))
    lines = LineFile(args.out, OutputFiles([args.jsonl]))
    counts, code = _process_records(records, _plan_record, lines, args)
    return {"results": str(args.out), "records": len(records), "errors": counts["error"]}, code


def _plan_record(record: Record) -> Record:
    return {"edits": [edit_as_json(edit) for edit in plan_edits(record["caption"], record["prompt"]).edits]}


def run_cutout(args: argparse.Namespace) -> Answer:
    """``cutout IMAGE``."""
    image = files.read_image(args.image)
    outputs, stem = _outputs(args, args.image, *filter(None, [args.matting])), name_stem(args.image)
    path, background, layered, document = (
        args.out / f"{stem}-{ending}" for ending in ("cutout.png", "background.png", "layers.ora", "layers.psd")
    )
    for each in (path, background, layered, document):
        outputs.check_target(each)
    models = load_models(*_sources(args), device=args.device, progress=args.bar, matting=args.matting)
    args.bar.finish()
    cutout = cut_out_target(image, models, args.target)
    outputs.write(files.encode_png(cutout.picture), path)
    answer = {"why": cutout.why, "cutout": {"path": str(path), "coverage": round(float(cutout.mask.mean()), 6)}}
    if args.layers:
        outputs.write(encode_openraster(cutout.layers, cutout.size), layered)
        outputs.write(files.encode_png(cutout.layers[0].picture[..., :3]), background)
        answer["layers"] = {"path": str(layered)}
    if args.psd:
        outputs.write(encode_photoshop(cutout.layers, cutout.size), document)
        answer["psd"] = {"path": str(document)}
    return answer, 0


def run_segments(args: argparse.Namespace) -> Answer:
    """``segments IMAGE``."""
    image = files.read_image(args.image)
    outputs = _outputs(args, args.image) if args.out else OutputFiles()
    segmenter = load_segmenter(*_sources(args), device=args.device, progress=args.bar)
    args.bar.finish()
    segments = segmenter.segments(image)
    if args.out:
        stem = name_stem(args.image)
        for number, segment in enumerate(segments):
            outputs.write(files.encode_mask_png(segment.mask), args.out / f"{stem}-{number:03d}.png")
    return {"segments": [segment_as_json(ScoredSegment(segment, {})) for segment in segments]}, 0


def run_caption(args: argparse.Namespace) -> Answer:
    """``caption IMAGE``."""
    image = files.read_image(args.image)
    return {"caption": load_captioner(*_sources(args), device=args.device, progress=args.bar).caption(image)}, 0


def run_models(args: argparse.Namespace) -> Answer:
    """``models list``, ``models fetch [NAME …]`` or ``models verify [NAME …]``."""
    folder = args.folder or Path("models")
    if args.action == "fetch":
        for name in args.names or DEFAULTS.values():
            checkpoints.fetch_checkpoint(name, folder, args.bar)
            args.bar.finish()
    available = checkpoints.list_available([folder])
    if args.action == "verify":
        names = args.names or [model.name for model in available]
        return {"verified": [checkpoints.verify_checkpoint(name, [folder]) for name in names]}, 0
    models = [{"name": model.name, "kind": model.kind, "path": str(model.path)} for model in available]
    names = {model.name for model in available}
    missing = [model.name for model in CHECKPOINTS if model.name not in names]
    return {"models": models, "missing": missing}, 0


def format_answer(answer: dict[str, Any]) -> str:
    """The answer for people: the sentence of why and the path of the mask, else one line a value."""
    if "why" in answer:
        written = [answer[name] for name in ("mask", "cutout") if (answer.get(name) or {}).get("path")]
        lines = [f"{file['path']}, {file['coverage']:.1%} of the picture\n" for file in written]
        return f"{answer['why']}\n" + "".join(lines)
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


def _outputs(args: argparse.Namespace, *read: str | Path | None) -> OutputFiles:
    """The files of --out, which can be written; none may be one that is read, nor one of the models."""
    check_folder(args.out)
    return OutputFiles(Path(path) for path in (*read, *_sources(args)) if path is not None)


def _sources(args: argparse.Namespace) -> tuple[str, ...]:
    return tuple(args.models or ())


def _find_picture(records: Path, picture: str) -> Path:
    """The path of a record's picture: relative to the file of records, else to the working directory."""
    beside = records.parent / picture
    return beside if beside.exists() else Path(picture)
