"""What happens before the host starts: install.py, preload.py, metadata.ini."""

from __future__ import annotations

import argparse
import ast
import configparser
import importlib.util
import runpy
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


class Pip:
    """Records what would have been installed."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def run_by_host(self, command: str, _description: str) -> None:
        self.commands.append(command)

    def run_directly(self, command: list[str], **_more: Any) -> None:
        self.commands.append(" ".join(command[command.index("pip") + 1 :]))


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    """No package can really be installed in these tests."""
    pip = Pip()
    monkeypatch.setattr(subprocess, "run", pip.run_directly)
    return pip


def with_packages(monkeypatch: pytest.MonkeyPatch, *present: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in present else None)


def with_host(monkeypatch: pytest.MonkeyPatch, pip: Pip) -> None:
    launch: Any = types.ModuleType("launch")
    launch.run_pip = pip.run_by_host
    monkeypatch.setitem(sys.modules, "launch", launch)


def without_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "launch", None)


def test_an_installed_package_is_left_alone(monkeypatch: pytest.MonkeyPatch, pip: Pip) -> None:
    with_host(monkeypatch, pip)
    with_packages(monkeypatch, "segment_anything")
    runpy.run_path(str(ROOT / "install.py"))
    assert pip.commands == []


def test_only_segment_anything_is_added_pinned_and_without_dependencies(
    monkeypatch: pytest.MonkeyPatch, pip: Pip
) -> None:
    with_host(monkeypatch, pip)
    with_packages(monkeypatch)
    runpy.run_path(str(ROOT / "install.py"))
    assert pip.commands == ["install --no-deps segment-anything==1.0"]


def test_works_without_a_host_too(monkeypatch: pytest.MonkeyPatch, pip: Pip) -> None:
    without_host(monkeypatch)
    with_packages(monkeypatch)
    runpy.run_path(str(ROOT / "install.py"))
    assert pip.commands == ["install --no-deps segment-anything==1.0"]


def test_flags_are_added_and_name_a_folder() -> None:
    parser = argparse.ArgumentParser()
    runpy.run_path(str(ROOT / "preload.py"))["preload"](parser)
    given = parser.parse_args(["--automask-sam-models-path", "/my models/sam"])
    assert given.automask_sam_models_path == "/my models/sam"
    assert given.automask_blip_models_path is None


@pytest.mark.parametrize("name", ["install.py", "preload.py"])
def test_start_of_the_host_is_not_slowed(name: str) -> None:
    """Nothing but the standard library, and the host's own module, is imported."""
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= {*sys.stdlib_module_names, "launch"}


def test_order_of_hooks_names_our_own_script() -> None:
    """Section and class must be spelled as the host builds the name of a callback: extension/file/hook/class."""
    metadata = configparser.ConfigParser()
    metadata.read(ROOT / "metadata.ini")
    assert not [name for name in metadata.sections() if name.startswith("callbacks/")]
    (section,) = (name for name in metadata.sections() if name != "Extension")
    file, hook, name = section.split("/")
    assert hook.startswith("script_")
    source = ast.parse((ROOT / "lib_automask" / "webui" / "script.py").read_text(encoding="utf-8"))
    scripts = {node.name: node for node in source.body if isinstance(node, ast.ClassDef)}
    methods = {node.name for node in scripts[name].body if isinstance(node, ast.FunctionDef)}
    assert hook.removeprefix("script_") in methods
    assert (ROOT / "scripts" / file).is_file()
    for key in ("Before", "After"):
        for other in metadata[section][key].split(","):
            assert other.strip().split("/")[2] == hook


@pytest.mark.parametrize("folder", ["automask", "sd-webui-automask", "Automask-main"])
def test_the_order_is_known_under_any_name_of_the_folder(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from modules import errors, extensions

    from lib_automask.webui import callback_order

    mine, other = (extensions.Extension(name, str(ROOT / place)) for name, place in ((folder, ""), ("other", "docs")))
    monkeypatch.setattr(extensions, "extensions", [other, mine])
    errors.reported.clear()
    for _reload in range(2):
        callback_order.order_callbacks()
    found = list(mine.metadata.list_callback_order_instructions())
    assert found == [f"{folder.lower()}/automask.py/script_process/Automask"]
    assert list(other.metadata.list_callback_order_instructions()) == []
    assert errors.reported == []
