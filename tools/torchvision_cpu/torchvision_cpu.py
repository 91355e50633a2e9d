"""Lets torchvision be imported beside a torch without CUDA (development environments only).

The common torchvision wheel holds operators compiled for CUDA; beside a CPU-only torch they do not load and the
import ends with "operator torchvision::nms does not exist". This module waits for ``import torchvision`` and then
declares the operators that the import needs, in plain torch. Where the compiled ones load, it does nothing.

``install.py`` beside this file puts it into an environment. It imports nothing heavy until torchvision is asked for.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class TorchvisionFinder(MetaPathFinder):
    """Finds torchvision as usual and has its operators declared before it runs."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "torchvision":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.loader is None or spec.origin is None:
            return spec
        if not compiled_operators_load(Path(spec.origin).parent):
            spec.loader = DeclaringLoader(spec.loader)
        return spec


class DeclaringLoader(Loader):
    """Declares the operators, lets the real loader run, then says that the operators are there."""

    def __init__(self, real: Loader) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        declare_operators()
        self.real.exec_module(module)
        extension: Any = sys.modules["torchvision.extension"]
        extension._has_ops = lambda: True


def compiled_operators_load(folder: Path) -> bool:
    """Whether torchvision's own operators fit the torch that is installed."""
    import torch

    libraries = [file for file in folder.glob("_C*") if file.suffix in (".so", ".pyd")]
    try:
        for library in libraries:
            torch.ops.load_library(str(library))
    except OSError:
        return False
    return bool(libraries)


def declare_operators() -> None:
    """Declare torchvision::nms, working, and torchvision::qnms, which is only named by the import."""
    import torch

    schema = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", schema)
    torch.library.impl("torchvision::nms", "CPU")(nms)


def nms(dets: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Indices of the boxes float[N, 4] XYXY that no better one overlaps by more than the threshold, best first."""
    import torch

    order = torch.argsort(scores, descending=True, stable=True)
    areas = (dets[:, 2] - dets[:, 0]) * (dets[:, 3] - dets[:, 1])
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        size = torch.minimum(dets[best, 2:], dets[rest, 2:]) - torch.maximum(dets[best, :2], dets[rest, :2])
        overlap = size.clamp(min=0).prod(dim=1)
        order = rest[overlap <= iou_threshold * (areas[best] + areas[rest] - overlap)]
    return torch.stack(kept) if kept else order


def install() -> None:
    """Start waiting for torchvision; called by the .pth file when Python starts."""
    if not any(isinstance(finder, TorchvisionFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, TorchvisionFinder())
