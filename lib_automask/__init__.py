"""automask: find what a prompt changes in a picture, and the mask of it.

>>> from lib_automask import MaskRequest, Options, build_mask, load_models
>>> result = build_mask(MaskRequest(image, "a blue star on the grass"), load_models("demo"))
>>> result.mask, result.why
"""

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
from lib_automask.loading import load_models
from lib_automask.options import FIELDS, Field, Options
from lib_automask.pipeline import build_mask
from lib_automask.plan import plan_edits, plan_target
from lib_automask.structures import (
    Box,
    Captioner,
    Edit,
    EditPlan,
    MaskRequest,
    MaskResult,
    Matcher,
    Models,
    ScoredSegment,
    Segment,
    Segmenter,
)

__version__ = "0.1.0"

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
