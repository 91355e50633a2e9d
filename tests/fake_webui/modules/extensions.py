"""The extensions that are installed, and the order of callbacks that their metadata.ini asks for."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from pathlib import Path

from modules import errors


class ExtensionMetadata:
    def __init__(self, path: str, canonical_name: str) -> None:
        self.config = configparser.ConfigParser()
        self.config.read(Path(path) / "metadata.ini")
        self.canonical_name = canonical_name.lower().strip()

    def list_callback_order_instructions(self) -> Iterator[str]:
        for section in self.config.sections():
            if section.startswith("callbacks/"):
                if section.removeprefix("callbacks/").startswith(self.canonical_name):
                    yield section.removeprefix("callbacks/")
                else:
                    errors.report(f"Callback order section is referencing the wrong extension: {section}")


class Extension:
    def __init__(self, name: str, path: str) -> None:
        self.name, self.path, self.metadata = name, path, ExtensionMetadata(path, name)


extensions: list[Extension] = []
