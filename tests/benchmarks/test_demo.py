"""The demo's sheet is right for every picture in it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.icon_world.scenes import draw, silhouettes
from examples.demo import EXAMPLES
from lib_automask import MaskRequest, Models, build_mask, load_models
from lib_automask.imaging.masks import mask_iou

KINDS = ("replace", "modify", "remove", "background", "add", "restyle")
CHANGED = {"replace": 0, "modify": 0, "remove": 2}
"""Which thing of its scene each of these edits changes."""


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models("demo")


@pytest.mark.parametrize(("example", "kind"), list(zip(EXAMPLES, KINDS, strict=True)), ids=KINDS)
def test_each_example_is_right(example, kind, models):
    scene, prompt = example
    things = silhouettes(scene)
    result = build_mask(MaskRequest(draw(scene), prompt), models)
    assert result.caption == scene.caption
    assert [edit.kind for edit in result.plan.edits] == [kind]
    if kind in CHANGED:
        assert mask_iou(result.mask, things[CHANGED[kind]]) > 0.85
    elif kind == "background":
        assert mask_iou(result.mask, ~np.any(things, 0)) > 0.95
    elif kind == "restyle":
        assert result.mask.all()
    else:
        assert not (result.mask & things[0]).any()
        assert np.nonzero(result.mask)[1].min() > np.nonzero(things[0])[1].max()
