"""BLIP from any repository on Hugging Face, by its name "owner/name" or "owner/name@revision"."""

from __future__ import annotations

import re
from pathlib import Path

from lib_automask.errors import ModelMissing

NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*?(@[\w.-]+)?")
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Names of a BLIP's weights, the better first."""


def is_name(name: str) -> bool:
    """Whether this can be the name of a repository, and is none of a file with weights."""
    return NAME.fullmatch(name) is not None and Path(name).suffix not in (".pth", ".pt", ".bin", ".safetensors")


def cached(name: str) -> Path | None:
    """The repository's folder in the user's own cache of Hugging Face, or None; never asks the network."""
    from huggingface_hub import try_to_load_from_cache

    repository, revision = split(name)
    config = try_to_load_from_cache(repository, "config.json", revision=revision)
    return Path(config).parent if isinstance(config, str) else None


def fetch(name: str, folder: Path) -> Path:
    """Bring a repository's configuration, tokenizer and weights into ``folder``; what broke off is continued.

    Raises:
        ModelMissing: there is no such repository, no connection, or no room.
    """
    from huggingface_hub import HfApi, snapshot_download

    repository, revision = split(name)
    try:
        there = HfApi().list_repo_files(repository, revision=revision)
        weights = next((file for file in WEIGHTS if file in there), WEIGHTS[0])
        snapshot_download(
            repository, revision=revision, local_dir=str(folder), allow_patterns=["*.json", "*.txt", weights]
        )
    except Exception as error:  # its versions raise errors of requests, of httpx and of their own
        first = str(error).strip().split("\n")[0] or type(error).__name__
        raise ModelMissing(
            f"{name} could not be fetched from Hugging Face ({first}); check the name and the connection, and try again"
        ) from error
    return folder


def folder_name(name: str) -> str:
    """What a repository's folder is called: its owner and its revision too, since others have the same last name."""
    return name.replace("/", "--")


def split(name: str) -> tuple[str, str | None]:
    """(owner/name, revision or None)."""
    repository, _, revision = name.partition("@")
    return repository, revision or None
