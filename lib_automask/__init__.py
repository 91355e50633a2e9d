"""automask: find what a prompt changes in a picture, and the mask of it.

>>> from lib_automask import MaskRequest, Options, build_mask, load_models
>>> result = build_mask(MaskRequest(image, "a blue star on the grass"), load_models("demo"))
>>> result.mask, result.why
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lib_automask.errors import (
    AutomaskError,
    InputError,
    Interrupted,
    ModelCorrupt,
    ModelError,
    ModelMissing,
    NothingToChange,
    Unsure,
)
from lib_automask.interfaces import Captioner, Matcher, Models, Segmenter
from lib_automask.options import FIELDS, Field, Options
from lib_automask.types import Box, Edit, EditPlan, MaskRequest, MaskResult, ScoredSegment, Segment

if TYPE_CHECKING:
    from lib_automask.loading import load_models
    from lib_automask.pipeline import build_mask
    from lib_automask.plan import plan_edits, plan_target

__version__ = "0.1.0"

_MODULES = {"load_models": "loading", "build_mask": "pipeline", "plan_edits": "plan", "plan_target": "plan"}


def __getattr__(name: str) -> Any:
    """The functions that do the work, imported at first use: the start of a host does not wait for them."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


__all__ = [
    "FIELDS",
    "AutomaskError",
    "Box",
    "Captioner",
    "Edit",
    "EditPlan",
    "Field",
    "InputError",
    "Interrupted",
    "MaskRequest",
    "MaskResult",
    "Matcher",
    "ModelCorrupt",
    "ModelError",
    "ModelMissing",
    "Models",
    "NothingToChange",
    "Options",
    "ScoredSegment",
    "Segment",
    "Segmenter",
    "Unsure",
    "build_mask",
    "load_models",
    "plan_edits",
    "plan_target",
]
