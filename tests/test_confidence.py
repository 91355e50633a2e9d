"""How sure a result is: more of a signal is never less sure, and below the least the run is unsure."""

from __future__ import annotations

import numpy as np
import pytest
from fake_models import two_things

from lib_automask import MaskRequest, Options, build_mask
from lib_automask.confidence import calibrated_probability, confidence_signals, measure_confidence
from lib_automask.imaging.masks import mask_from_box
from lib_automask.locate.selection import Location, SegmentScores
from lib_automask.report import result_as_json
from lib_automask.types import Box, Edit, EditPlan, Segment

SHAPE = (20, 30)
LEFT, RIGHT = mask_from_box(Box(2, 2, 10, 10), SHAPE), mask_from_box(Box(18, 2, 26, 10), SHAPE)
PART = mask_from_box(Box(4, 4, 8, 8), SHAPE)


def scores(*values: float) -> SegmentScores:
    """Left, right, and a part of the left one, compared with "cup"."""
    segments = tuple(Segment(mask, 0.9, 0.9) for mask in (LEFT, RIGHT, PART))
    return SegmentScores(segments, ("cup",), np.array(values, np.float32)[:, None])


@pytest.mark.parametrize("of", ["plan", "place"])
def test_more_of_a_signal_is_never_less_sure(of):
    chances = [
        calibrated_probability(of, {"plan": x, "score": x, "margin": x, "outline": 1}) for x in np.linspace(0, 1, 11)
    ]
    assert chances == sorted(chances)
    assert 0 < chances[0] < 0.5 < chances[-1] < 1


def test_the_margin_is_the_lead_before_the_best_other_thing_and_not_before_a_part_of_it():
    place = Location(LEFT, 0.9, (0,))
    assert confidence_signals(Edit("remove", "cup"), place, scores(0.9, 0.3, 0.8))["margin"] == pytest.approx(0.6)


def test_the_least_certain_place_counts():
    plan = EditPlan((Edit("remove", "cup"), Edit("remove", "cup")))
    both = measure_confidence(plan, [Location(LEFT, 0.95, (0,)), Location(RIGHT, 0.55, (1,))], scores(0.95, 0.55, 0.1))
    assert both.signals["score"] == pytest.approx(0.55)


def test_a_result_says_how_sure_it_is():
    drawing = two_things()
    request = MaskRequest(drawing.image, "a red ball on the grass", options=Options())
    result = build_mask(request, drawing.models())
    told = result_as_json(result, request.prompt)["confidence"]
    assert 0.5 < told["plan"] < 1
    assert 0.5 < told["place"] < 1
    assert told["signals"]["score"] == pytest.approx(0.9)
