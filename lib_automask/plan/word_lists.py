"""The files of ``words/``: "[section]" or "[section < parent]", then entries parted by commas, forms joined by "="."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

Group = tuple[str, ...]


@cache
def list_groups(file: str, section: str) -> tuple[Group, ...]:
    """Every entry of a section; an entry is the tuple of its forms, parted by "=" in the file."""
    return read_sections(file)[section]


@cache
def list_names(file: str, section: str) -> frozenset[str]:
    """Every form of every entry of a section."""
    return frozenset(form for group in list_groups(file, section) for form in group)


@cache
def map_entries(file: str, section: str) -> dict[str, str]:
    """A section of "from = to" entries as a dictionary; the right side is "" where the file leaves it empty."""
    return {group[0]: group[1] for group in list_groups(file, section) if len(group) == 2}


@cache
def _text(file: str) -> str:
    return (resources.files(__package__) / "words" / f"{file}.txt").read_text("utf-8")


@cache
def list_parents(file: str) -> dict[str, str]:
    """Which section stands below which: "[dog < animal]" gives dog → animal."""
    text = _text(file)
    return dict(re.findall(r"^\[([^<\]]+) < ([^\]]+)\]", text, re.M))


@cache
def read_sections(file: str) -> dict[str, tuple[Group, ...]]:
    found: dict[str, list[Group]] = {}
    text = _text(file)
    for line in text.splitlines():
        if header := re.match(r"\[([^<\]]+?)(?: <[^\]]*)?\]", line):
            entries = found.setdefault(header[1], [])
        elif line and not line.startswith("#"):
            entries += [tuple(form.strip() for form in entry.split("=")) for entry in line.split(",") if entry.strip()]
    return {section: tuple(entries) for section, entries in found.items()}
