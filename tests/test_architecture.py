"""The rules of the architecture: the direction of imports, what is imported when, what is public."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lib_automask

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "lib_automask"

# A module or folder may import those of the floors below its own, and itself. docs/architecture.md has the same table.
FLOORS = (
    {"webui", "cli", "__main__"},
    {"loading", "cutout"},
    {"pipeline", "report"},
    {"confidence"},
    {"evidence", "corrections"},
    {"locate"},
    {"plan", "blip", "sam", "vitmatte"},
    {"sampling_defaults", "recipe", "referring_expressions"},
    {"imaging", "runtime"},
    {"interfaces"},
    {"types"},
    {"options"},
    {"errors"},
)
NEIGHBOURS = {("__main__", "cli")}
"""What may be imported on the same floor."""
HEAVY = ("torch", "transformers", "segment_anything", "torchvision", "gradio", "modules")


def room(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported(path: Path) -> list[tuple[str, bool]]:
    """(dotted name, whether it is imported when the module is) of every import in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_type_checking(node)
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) not in lazy) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "lib_automask" else [module]
            found += [(name, id(node) not in lazy) for name in names]
    return found


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def floor(name: str) -> int:
    found = [number for number, rooms in enumerate(FLOORS) if name in rooms]
    assert found, f"the room {name} is on no floor of the house"
    return found[0]


FILES = sorted(path for path in HOUSE.rglob("*.py") if path != HOUSE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_point_downwards(path):
    here = room(path)
    for name, _now in imported(path):
        if not name.startswith("lib_automask"):
            continue
        there = name.split(".")[1] if "." in name else "__init__"
        allowed = there == here or floor(there) > floor(here) or (here, there) in NEIGHBOURS
        assert allowed, f"{here} must not import {there}"


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_modules(path: Path, modules: set[str]) -> set[str]:
    """Every module of ``modules`` that a file imports, also inside functions and for types alone."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= members & modules if members <= modules else (members & modules) | {node.module}
    return found & modules


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, the first again as the last; empty if there are none."""
    done: set[str] = set()

    def follow(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for other in sorted(graph[module]):
            if circle := follow(other, [*path, module]):
                return circle
        done.add(module)
        return []

    return next((circle for module in sorted(graph) if (circle := follow(module, []))), [])


def test_no_modules_import_each_other_in_a_circle():
    """Not even inside functions or for types: a circle cannot be read from one end."""
    files = {module_name(path): path for path in HOUSE.rglob("*.py")}
    graph = {module: imported_modules(path, set(files)) - {module} for module, path in files.items()}
    assert find_circle(graph) == []
    assert len(graph["lib_automask.loading"]) > 5
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_heavy_packages_are_imported_inside_functions_and_the_host_in_webui_alone(path):
    for name, now in imported(path):
        package = name.split(".")[0]
        if package in ("gradio", "modules", "fastapi", "modules_forge"):
            assert room(path) == "webui", f"only webui may import {package}"
        elif package in HEAVY:
            assert not now, f"{package} must be imported inside a function"


def test_importing_the_package_imports_nothing_heavy():
    program = f"import lib_automask, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_public_stays_public():
    assert {
        "AutomaskError", "InputError", "Interrupted", "ModelCorrupt", "ModelError", "ModelMissing",
        "Options", "Field", "FIELDS", "Box", "Edit", "EditPlan", "Segment", "ScoredSegment",
        "MaskRequest", "MaskResult", "Models", "Captioner", "Matcher", "Segmenter",
        "build_mask", "load_models", "plan_edits",
    } <= set(lib_automask.__all__)  # fmt: skip


def test_no_file_has_a_name_that_other_extensions_also_use():
    """The roots of all extensions share sys.path."""
    names = [path.name for path in ROOT.glob("*.py")]
    assert set(names) <= {"install.py", "preload.py"}
    assert not (ROOT / "tests" / "__init__.py").exists()
    assert not [path for path in HOUSE.rglob("utils.py")]
