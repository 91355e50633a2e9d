"""How sure a result is: more of a signal is never less sure, and below the least the run is unsure."""

from __future__ import annotations

import numpy as np
import pytest
from fake_models import two_things

from lib_automask import MaskRequest, Options, build_mask
from lib_automask.confidence import calibrated_probability, measure_confidence
from lib_automask.imaging.masks import mask_from_box
from lib_automask.locate.selection import Location
from lib_automask.report import result_as_json
from lib_automask.types import Box, Edit, EditPlan

SHAPE = (20, 30)
LEFT, RIGHT = mask_from_box(Box(2, 2, 10, 10), SHAPE), mask_from_box(Box(18, 2, 26, 10), SHAPE)


@pytest.mark.parametrize("of", ["plan", "place"])
def test_more_of_a_signal_is_never_less_sure(of):
    chances = [calibrated_probability(of, {"plan": x, "score": x}) for x in np.linspace(0, 1, 11)]
    assert chances == sorted(chances)
    assert 0 < chances[0] < 0.5 < chances[-1] < 1


def test_the_least_certain_place_counts():
    plan = EditPlan((Edit("remove", "cup"), Edit("remove", "cup")), confidence=0.8)
    both = measure_confidence(plan, [Location(LEFT, 0.95, (0,)), Location(RIGHT, 0.55, (1,))])
    assert both.signals == pytest.approx({"plan": 0.8, "score": 0.55})
    assert both.place == calibrated_probability("place", {"score": 0.55})


def test_a_result_says_how_sure_it_is():
    drawing = two_things()
    request = MaskRequest(drawing.image, "a red ball on the grass", options=Options())
    result = build_mask(request, drawing.models())
    confidence = result_as_json(result, request.prompt)["confidence"]
    assert 0.5 < confidence["plan"] < 1
    assert 0.5 < confidence["place"] < 1
    assert confidence["signals"]["score"] == pytest.approx(0.9)
