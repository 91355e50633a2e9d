"""The models on disk: where each is looked for, how it gets there, and whether it is whole.

A folder of models is laid out as the hosts lay out theirs: SAM files in ``sam/``, BLIP folders in ``BLIP/``. Nothing
here touches the network but ``fetch_checkpoint``, and that only for files that are not in place.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.runtime import download
from lib_automask.runtime.download import download_file, sha256_of
from lib_automask.runtime.registry import BY_NAME, CHECKPOINTS, Kind, PublishedFile

Progress = Callable[[int, int], None]
"""Told (bytes that are there, bytes of all files of the model); may raise to stop."""

OWN = Path(__file__).resolve().parents[2] / "models"
"""The project's own folder of models, which holds the demo models; looked into last."""
COMMAND = "python -m lib_automask models fetch"
SAM_FILES = (".pth", ".pt", ".safetensors")
ARCHITECTURES: dict[str, Kind] = {"BlipForConditionalGeneration": "captioner", "BlipForImageTextRetrieval": "matcher"}


@dataclass(frozen=True)
class FoundCheckpoint:
    """A model that is in place, under the name by which ``find_checkpoint`` gives it back."""

    name: str
    kind: Kind
    path: Path


def find_checkpoint(name: str, folders: Sequence[Path]) -> Path:
    """The file or folder of a model.

    Args:
        name: of the table, "owner/name" as on Hugging Face, the name of a file or folder below one of ``folders``, or a
            path.
        folders: of models, in the order in which they are looked into.

    Raises:
        ModelMissing: it is not there; the message says where it belongs and how to get it.
    """
    if Path(name).expanduser().exists() and name not in BY_NAME:
        return Path(name).expanduser()
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
    if path.is_dir():
        blip = (path / "config.json").is_file() and any((path / name).is_file() for name in download.WEIGHTS)
        return blip or ((path / "sam.json").is_file() and (path / "sam.safetensors").is_file())
    return path.is_file()


def model_kind_of(path: Path) -> Kind:
    """What the model at a path is for. Raises ModelCorrupt where that cannot be told."""
    if path.suffix in SAM_FILES or (path / "sam.json").is_file():
        return "segmenter"
    try:
        named = json.loads((path / "config.json").read_text(encoding="utf-8"))["architectures"][0]
        return ARCHITECTURES[named]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelCorrupt(
            f"{path} is neither a SAM file nor a folder with a BLIP captioning or matching model; choose another"
        ) from error


def list_available(folders: Sequence[Path]) -> tuple[FoundCheckpoint, ...]:
    """Every model that is in place: those of the table, then what else lies in ``folders`` and looks like one."""
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


def fetch_checkpoint(name: str, folder: Path, progress: Progress = lambda _done, _all: None) -> Path:
    """Bring a model into a folder of models: one of the table, or a BLIP by its name on Hugging Face.

    Files that are in place and right are not fetched again.

    Raises:
        ModelMissing: it cannot be fetched; see ``runtime.download.download_file``.
        ModelCorrupt: it came with a wrong checksum.
    """
    if download.is_repository_name(name):
        return download.fetch_repository(name, folder / "BLIP" / download.repository_folder_name(name))
    checkpoint = BY_NAME.get(name)
    if checkpoint is None or not checkpoint.files:
        known = ", ".join(one.name for one in CHECKPOINTS if one.files)
        raise ModelMissing(f"{name} cannot be fetched; known are {known}")
    before = 0
    for file in checkpoint.files:
        path = checkpoint.path_of(file, folder)
        if not _is_right(path, file):
            download_file(
                _mirror_urls(file.url), path, file.size, file.sha256, _count_progress(progress, before, checkpoint.size)
            )
        before += file.size
        progress(before, checkpoint.size)
    return folder / checkpoint.place


def verify_checkpoint(name: str, folders: Sequence[Path]) -> str:
    """One sentence on a model that is whole: how that was found out.

    Raises:
        ModelMissing: it is not there.
        ModelCorrupt: a file differs from the published one.
    """
    path = find_checkpoint(name, folders)
    checkpoint = BY_NAME.get(name)
    if checkpoint is None or not checkpoint.files:
        return f"{path} is there; no checksum of it is known"
    for file in checkpoint.files:
        own = path if path.is_file() else path / file.name
        if not _is_right(own, file):
            raise ModelCorrupt(
                f"{own} is not the published file; delete it and fetch it with `{_fetch_command(name, folders)}`"
            )
    return f"{path} is the published file, by its checksum"


def _count_progress(progress: Progress, before: int, whole: int) -> Callable[[int], None]:
    """Progress of one file as progress of all: ``before`` bytes were there when it began."""
    return lambda done: progress(before + done, whole)


def _is_right(path: Path, file: PublishedFile) -> bool:
    return path.is_file() and path.stat().st_size == file.size and sha256_of(path) == file.sha256


def _mirror_urls(url: str) -> str:
    """The address at the mirror of Hugging Face that the user has set up, if any."""
    return url.replace("https://huggingface.co", os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/"))


def _candidate_paths(name: str) -> list[str]:
    """Where a model that is not known by this name can lie in a folder of models."""
    if not download.is_repository_name(name):
        return [name, f"sam/{name}", f"BLIP/{name}"]
    repository, revision = download.split_revision(name)
    address = f"/{repository}/resolve/{revision or ''}"
    published = [one.place for one in CHECKPOINTS if any(address in file.url for file in one.files)]
    return [name, f"BLIP/{download.repository_folder_name(name)}", *published]


def _other_models(folders: Sequence[Path]) -> list[Path]:
    """Files that may be a SAM and folders that may be a BLIP; files in ``BLIP/`` are other programs' captioners."""
    found = []
    for folder in folders:
        for place in (folder / "sam", folder / "BLIP", folder):
            entries = sorted(place.iterdir()) if place.is_dir() else []
            found += [path for path in entries if is_complete(path) and (path.is_dir() or _may_be_sam(path))]
    return found


def _may_be_sam(path: Path) -> bool:
    return path.suffix in SAM_FILES and path.parent.name != "BLIP"


def _missing_error(name: str, folders: Sequence[Path]) -> str:
    checkpoint = BY_NAME.get(name)
    if checkpoint is None:
        where = ", ".join(map(str, folders)) or str(OWN)
        return f"the model {name} was looked for in {where}, and is not there; give its path, or one of " + ", ".join(
            BY_NAME
        )
    if not checkpoint.files:
        return f"{name} is not in {OWN}; it comes with automask, so install the extension again"
    place = (folders[0] if folders else OWN) / checkpoint.place
    size = f"{checkpoint.size / 1e6:.0f} MB"
    return f"{name} is not there: put it at {place}, or fetch its {size} with `{_fetch_command(name, folders)}`"


def _fetch_command(name: str, folders: Sequence[Path]) -> str:
    """What brings a model into the first of the folders, to be typed."""
    return f"{COMMAND} {name}" + (f" --folder {shlex.quote(str(folders[0]))}" if folders else "")
