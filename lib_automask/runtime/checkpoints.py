"""The models on disk: where each is looked for, how it gets there, and whether it is complete.

A folder of models has the hosts' layout: SAM files in ``sam/``, BLIP folders in ``BLIP/``. Only ``fetch_checkpoint``
uses the network, and only for files that are not in place.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.interfaces import ignore_progress, scale_progress
from lib_automask.runtime import download
from lib_automask.runtime.download import download_file, sha256_of
from lib_automask.runtime.registry import BY_NAME, CHECKPOINTS, DEFAULTS, Kind, PublishedFile
from lib_automask.types import Progress

OWN = Path(__file__).resolve().parents[2] / "models"
"""The project's own folder of models, which holds the demo models; searched last."""
COMMAND = "python -m lib_automask models fetch"
SAM_FILES = (".pth", ".pt", ".safetensors")
"""Endings of files that may be a SAM."""
LONGEST_NAME = 80
"""Letters of a model's name that an error shows; more are no name but a mistake. A guess."""
ARCHITECTURES: dict[str, Kind] = {"BlipForConditionalGeneration": "captioner", "BlipForImageTextRetrieval": "matcher"}


@dataclass(frozen=True)
class FoundCheckpoint:
    """A model that is in place, with the name by which ``find_checkpoint`` finds it."""

    name: str
    kind: Kind
    path: Path


def find_checkpoint(name: str, folders: Sequence[Path]) -> Path:
    """The file or folder of a model.

    Args:
        name: of the registry, "owner/name" as on Hugging Face, the name of a file or folder below one of ``folders``,
            or a path.
        folders: of models, in the order in which they are searched.

    Raises:
        ModelMissing: it is not there; the message says where it belongs and how to get it.
    """
    if not name.strip():
        raise ModelMissing(f"no model is named; give a path, or one of {', '.join(BY_NAME)}")
    path = Path(os.path.expanduser(name))  # noqa: PTH111  Path.expanduser raises where there is no such user
    if name not in BY_NAME and os.path.exists(path):  # noqa: PTH110  Path.exists raises on names that no disk has
        return path
    checkpoint = BY_NAME.get(name)
    places = [checkpoint.place, Path(checkpoint.place).name] if checkpoint else _candidate_paths(name)
    for folder in (*folders, OWN):
        for place in places:
            if is_complete(folder / place):
                return folder / place
    cached = download.find_cached_repository(name) if download.is_repository_name(name) else None
    if cached is not None and is_complete(cached):
        return cached
    raise ModelMissing(_missing_error(name, folders))


def is_complete(path: Path) -> bool:
    """Whether a SAM file, a SAM folder or a BLIP folder is there with its weights."""
    if not os.path.exists(path):  # noqa: PTH110  see find_checkpoint
        return False
    if path.is_dir():
        blip = (path / "config.json").is_file() and any((path / name).is_file() for name in download.WEIGHTS)
        return blip or ((path / "sam.json").is_file() and (path / "sam.safetensors").is_file())
    return path.is_file()


def model_kind_of(path: Path) -> Kind:
    """The kind of the model at a path, by its files. Raises ModelCorrupt if they are of no known kind."""
    if path.suffix in SAM_FILES or (path / "sam.json").is_file():
        return "segmenter"
    try:
        architecture = json.loads((path / "config.json").read_text(encoding="utf-8"))["architectures"][0]
        return ARCHITECTURES[architecture]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelCorrupt(
            f"{path} is neither a SAM file nor a folder with a BLIP captioning or matching model; choose another"
        ) from error


def list_available(folders: Sequence[Path]) -> tuple[FoundCheckpoint, ...]:
    """Every model that is in place: those of the registry, then what else in ``folders`` looks like a model."""
    found = {}
    for checkpoint in CHECKPOINTS:
        try:
            path = find_checkpoint(checkpoint.name, folders)
        except ModelMissing:
            continue
        found[path.resolve()] = FoundCheckpoint(checkpoint.name, checkpoint.kind, path)
    for path in _other_models(folders):
        if path.resolve() not in found:
            try:
                found[path.resolve()] = FoundCheckpoint(path.name, model_kind_of(path), path)
            except ModelCorrupt:
                continue
    return tuple(found.values())


def find_default_name(kind: Kind, folders: Sequence[Path]) -> str:
    """The first published model of a kind that is in place, else the one that can be fetched."""
    published = [checkpoint.name for checkpoint in CHECKPOINTS if checkpoint.kind == kind and checkpoint.files]
    available = [found.name for found in list_available(folders)]
    return next((name for name in published if name in available), DEFAULTS[kind])


def fetch_checkpoint(name: str, folder: Path, progress: Progress = ignore_progress) -> Path:
    """Fetch a model into a folder of models: one of the registry, or a BLIP by its name on Hugging Face.

    Files that are in place and right are not fetched again.

    Args:
        progress: its stage is "fetching NAME", its share that of all bytes of the model.

    Raises:
        ModelMissing: it cannot be fetched; see ``runtime.download.download_file``.
        ModelCorrupt: it came with a wrong checksum.
    """
    if download.is_repository_name(name):
        return download.fetch_repository(name, folder / "BLIP" / download.repository_folder_name(name))
    checkpoint = BY_NAME.get(name)
    if checkpoint is None or not checkpoint.files:
        known = ", ".join(published.name for published in CHECKPOINTS if published.files)
        raise ModelMissing(f"{_quote_name(name)} cannot be fetched; known are {known}")
    stage, done = f"fetching {name}", 0
    for file in checkpoint.files:
        path, before = checkpoint.path_of(file, folder), done
        done += file.size
        if not _is_right(path, file):
            part = scale_progress(progress, before / checkpoint.size, done / checkpoint.size, stage)
            download_file(_mirror_url(file.url), path, file.size, file.sha256, part)
        progress(stage, done / checkpoint.size)
    return folder / checkpoint.place


def verify_checkpoint(name: str, folders: Sequence[Path]) -> str:
    """Check a model's files, and describe the result in one sentence.

    Raises:
        ModelMissing: it is not there.
        ModelCorrupt: a file differs from the published one.
    """
    path = find_checkpoint(name, folders)
    checkpoint = BY_NAME.get(name)
    if checkpoint is None or not checkpoint.files:
        return f"{path} is there; no checksum of it is known"
    for file in checkpoint.files:
        local = path if path.is_file() else path / file.name
        if not _is_right(local, file):
            raise ModelCorrupt(
                f"{local} is not the published file; delete it and fetch it with `{_fetch_command(name, folders)}`"
            )
    return f"{path} is the published file, by its checksum"


def _is_right(path: Path, file: PublishedFile) -> bool:
    return path.is_file() and path.stat().st_size == file.size and sha256_of(path) == file.sha256


def _mirror_url(url: str) -> str:
    """The same address at the mirror of Hugging Face that the user has set up, if any."""
    return url.replace("https://huggingface.co", os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/"))


def _candidate_paths(name: str) -> list[str]:
    """Places in a folder of models where a model of this name may be, if the registry does not have it."""
    if not download.is_repository_name(name):
        return [name, f"sam/{name}", f"BLIP/{name}"]
    repository, revision = download.split_revision(name)
    address = f"/{repository}/resolve/{revision or ''}"
    published = [
        checkpoint.place for checkpoint in CHECKPOINTS if any(address in file.url for file in checkpoint.files)
    ]
    return [name, f"BLIP/{download.repository_folder_name(name)}", *published]


def _other_models(folders: Sequence[Path]) -> list[Path]:
    """Files that may be a SAM and folders that may be a BLIP; files in ``BLIP/`` are other programs' captioners."""
    found = []
    for folder in folders:
        for place in (folder / "sam", folder / "BLIP", folder):
            entries = sorted(place.iterdir()) if os.path.isdir(place) else []  # noqa: PTH112  see find_checkpoint
            found += [path for path in entries if is_complete(path) and (path.is_dir() or _may_be_sam(path))]
    return found


def _may_be_sam(path: Path) -> bool:
    return path.suffix in SAM_FILES and path.parent.name != "BLIP"


def _missing_error(name: str, folders: Sequence[Path]) -> str:
    checkpoint = BY_NAME.get(name)
    if checkpoint is None:
        where = ", ".join(map(str, folders)) or str(OWN)
        return (
            f"the model {_quote_name(name)} was looked for in {where}, and is not there; "
            f"give its path, or one of {', '.join(BY_NAME)}"
        )
    if not checkpoint.files:
        return f"{name} is not in {OWN}; it comes with automask, so install the extension again"
    place = (folders[0] if folders else OWN) / checkpoint.place
    size = f"{checkpoint.size / 1e6:.0f} MB"
    return f"{name} is not there: put it at {place}, or fetch its {size} with `{_fetch_command(name, folders)}`"


def _quote_name(name: str) -> str:
    """A name as part of a sentence: control characters escaped, and not longer than a line."""
    short = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return short if short.isprintable() else repr(short)


def _fetch_command(name: str, folders: Sequence[Path]) -> str:
    """The command that fetches a model into the first of the folders."""
    return f"{COMMAND} {name}" + (f" --folder {shlex.quote(str(folders[0]))}" if folders else "")
