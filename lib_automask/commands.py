"""What the commands of the command line do; each returns (answer for --json, exit code)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lib_automask import checkpoints, pictures, preview
from lib_automask.errors import AutomaskError, InputError, ModelError
from lib_automask.loading import load_models
from lib_automask.options import FIELDS, Options
from lib_automask.pipeline import build_mask
from lib_automask.plan import plan_edits
from lib_automask.published import CHECKPOINTS, DEFAULTS
from lib_automask.report import as_json, edit_as_json, segment_as_json
from lib_automask.structures import MaskRequest, Models, ScoredSegment

Answer = tuple[dict[str, Any], int]
EXIT_CODES = {"mask": 0, "nothing": 3, "unsure": 3}


def mask(args: argparse.Namespace) -> Answer:
    """``mask IMAGE --prompt P``, or ``mask --jsonl IN``."""
    if args.jsonl:
        return _many_masks(args)
    if args.image is None or args.prompt is None:
        raise InputError("give a picture and --prompt, or --jsonl with many of them")
    request = MaskRequest(pictures.read(args.image), args.prompt, _user_mask(args), _options(args))
    models = _models(args)
    result = build_mask(request, models)
    _finish_line()
    path = None
    if result.outcome == "mask":
        path = args.out / f"{args.image.stem}-mask.png"
        pictures.write_mask(result.mask, path)
        pictures.write(preview.overlay(request.image, result), args.out / f"{args.image.stem}-overlay.png")
    return _with_path(as_json(result, args.prompt), path), EXIT_CODES[result.outcome]


def _many_masks(args: argparse.Namespace) -> Answer:
    """Every record on its own: what goes wrong with one is told in its line, and the others go on."""
    records = list(_records(args.jsonl, ("id", "image", "prompt")))
    models = _models(args)
    code, counts = 0, {"mask": 0, "nothing": 0, "unsure": 0, "error": 0}
    lines = []
    for number, record in enumerate(records, 1):
        _progress(f"{number}/{len(records)} {record['id']}", number / len(records))
        try:
            line = _one_of_many(record, args, models)
        except ModelError:
            raise
        except AutomaskError as error:
            code = max(code, error.exit_code)
            line = {"outcome": "error", "error": str(error)}
        counts[line["outcome"]] += 1
        lines.append({"id": record["id"], **line})
    _finish_line()
    _write_lines(lines, args.out / "results.jsonl")
    return {"results": str(args.out / "results.jsonl"), **counts}, code


def _one_of_many(record: dict[str, Any], args: argparse.Namespace, models: Models) -> dict[str, Any]:
    name = str(record["id"])
    if Path(name).name != name or name in ("", ".", ".."):
        raise InputError(f"the id {name!r} cannot be a file's name; use letters, digits, - and _")
    image = pictures.read(_beside(args.jsonl, record["image"]))
    options = _options(args, target=record.get("target") or args.target)
    result = build_mask(MaskRequest(image, record["prompt"], None, options), models)
    path = args.out / f"{name}.png"
    pictures.write_mask(result.mask, path)
    return _with_path(as_json(result, record["prompt"]), path)


def _with_path(answer: dict[str, Any], path: Path | None) -> dict[str, Any]:
    """The answer with where the mask was written; null where none was."""
    answer["mask"]["path"] = None if path is None else str(path)
    return answer


def plan(args: argparse.Namespace) -> Answer:
    """``plan --caption C --prompt P``, or ``plan --jsonl IN --out OUT``."""
    if args.jsonl:
        if args.out is None:
            raise InputError("plan --jsonl needs --out, the file to write")
        lines = [
            {
                "id": record["id"],
                "edits": [edit_as_json(edit) for edit in plan_edits(record["caption"], record["prompt"]).edits],
            }
            for record in _records(args.jsonl, ("id", "caption", "prompt"))
        ]
        _write_lines(lines, args.out)
        return {"results": str(args.out), "records": len(lines)}, 0
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


def segments(args: argparse.Namespace) -> Answer:
    """``segments IMAGE``."""
    image = pictures.read(args.image)
    found = _models(args).segmenter.segments(image)
    _finish_line()
    if args.out:
        for number, segment in enumerate(found):
            pictures.write_mask(segment.mask, args.out / f"{args.image.stem}-{number:03d}.png")
    return {"segments": [segment_as_json(ScoredSegment(segment, {})) for segment in found]}, 0


def caption(args: argparse.Namespace) -> Answer:
    """``caption IMAGE``."""
    image = pictures.read(args.image)
    said = _models(args).captioner.caption(image)
    _finish_line()
    return {"caption": said}, 0


def models(args: argparse.Namespace) -> Answer:
    """``models list``, ``models fetch [NAME …]`` or ``models verify [NAME …]``."""
    folder = args.folder or Path("models")
    if args.action == "fetch":
        for name in args.names or DEFAULTS.values():
            checkpoints.fetch(name, folder, partial(_fetched, name))
            _finish_line()
    found = checkpoints.available([folder])
    if args.action == "verify":
        names = args.names or [one.name for one in found]
        return {"verified": [checkpoints.verify(name, [folder]) for name in names]}, 0
    there = [{"name": one.name, "kind": one.kind, "path": str(one.path)} for one in found]
    missing = [one.name for one in CHECKPOINTS if one.name not in {found_one.name for found_one in found}]
    return {"models": there, "missing": missing}, 0


def _fetched(name: str, done: int, whole: int) -> None:
    _progress(f"fetching {name}", done / whole)


def as_text(answer: dict[str, Any]) -> str:
    """The answer for people: the sentence of why and where the mask is, else one line a value."""
    if "why" in answer:
        place = (answer.get("mask") or {}).get("path")
        return f"{answer['why']}\n" + (f"{place}, {answer['mask']['coverage']:.1%} of the picture\n" if place else "")
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
    return None if args.user_mask is None else pictures.read_mask(args.user_mask)


def _models(args: argparse.Namespace) -> Models:
    return load_models(*(args.models or ()), device=args.device, progress=_progress)


def _records(path: Path, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The records of a JSON-lines file, each with ``keys``; InputError names the line that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}); give a file of JSON lines in UTF-8") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number} is not JSON ({error}); write one object a line") from error
        missing = [key for key in keys if not isinstance(record, dict) or key not in record]
        if missing:
            raise InputError(f"{path}, line {number} lacks {', '.join(missing)}; each record needs {', '.join(keys)}")
        yield record


def _beside(lines: Path, picture: str) -> Path:
    """A record's picture: beside the file of records, else from where the command runs."""
    beside = lines.parent / picture
    return beside if beside.exists() else Path(picture)


def _write_lines(lines: Sequence[dict[str, Any]], path: Path) -> None:
    """JSON lines that appear whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another --out") from error


def _progress(stage: str, share: float) -> None:
    """A bar on stderr, where that is a terminal."""
    if sys.stderr.isatty():
        done = round(24 * share)
        sys.stderr.write(f"\r{'█' * done}{'·' * (24 - done)} {stage[:48]:<48}")
        sys.stderr.flush()


def _finish_line() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 74 + "\r")
