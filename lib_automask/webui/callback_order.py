"""Who goes first in the same hook, as metadata.ini says, under whatever name the extension's folder has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modules import extensions

ROOT = Path(__file__).resolve().parents[2]
HOOK = "automask.py/script_process/Automask"
"""The section of metadata.ini, and the end of the name by which the host calls it: file, hook and class."""


def order_callbacks() -> None:
    """Give the host the section under the name of the extension's folder. Done when the host loads the scripts.

    The host sorts callbacks when it first calls them, which is later. Hosts without such an order are left alone.
    """
    for extension in getattr(extensions, "extensions", ()):
        metadata = getattr(extension, "metadata", None)
        if metadata is not None and Path(extension.path).resolve() == ROOT:
            name_section(metadata)


def name_section(metadata: Any) -> None:
    """Copy the section to the name that the host looks for; once is enough, twice does no harm."""
    section = f"callbacks/{metadata.canonical_name}/{HOOK}"
    if metadata.config.has_section(HOOK):
        metadata.config[section] = dict(metadata.config[HOOK])
