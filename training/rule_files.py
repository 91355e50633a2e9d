"""Files of rules: "[section]", then "key : entries parted by blanks", an entry's words by "_"; "#" for remarks."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

Rules = dict[str, dict[str, list[str]]]


def read_rules(name: str) -> Rules:
    """Section → key → entries of a file in training/; a line without a key has the key ""; equal keys are joined."""
    found: Rules = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in (Path(__file__).parent / name).read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, colon, entries = line.partition(" : ")
            found[section][key if colon else ""].extend((entries if colon else line).split())
    return found
