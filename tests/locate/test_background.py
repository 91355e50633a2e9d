"""What is repainted when the background changes, on drawn masks."""

from __future__ import annotations

import numpy as np

from lib_automask.imaging.masks import mask_from_box
from lib_automask.locate.extent import measure_margin, protect_subjects
from lib_automask.types import Box, Segment

SHAPE = (200, 200)
BODY = mask_from_box(Box(60, 40, 140, 180), SHAPE)


def segment(mask: np.ndarray, stability: float = 1.0) -> Segment:
    return Segment(mask, 0.9, stability)


def test_the_outline_is_kept_away_from():
    kept = protect_subjects(segment(BODY))
    assert kept[BODY].all()
    assert kept[40 - 1, 100]
    assert not kept[40 - 3, 100]


def test_what_sam_is_less_sure_of_gets_a_wider_margin_up_to_a_bound():
    margins = [measure_margin(segment(BODY, stability)) for stability in (1.0, 0.9, 0.85, 0.0)]
    assert margins == sorted(margins)
    assert margins[0] == 1
    assert margins[1] > margins[0]
    assert margins[-1] == 6


def test_a_hole_between_arm_and_body_is_background_and_a_flaw_of_the_outline_is_not():
    gap, flaw = mask_from_box(Box(70, 60, 90, 120), SHAPE), mask_from_box(Box(120, 100, 123, 103), SHAPE)
    kept = protect_subjects(segment(BODY & ~gap & ~flaw))
    assert not kept[90, 80]
    assert kept[flaw].all()


def test_a_subject_that_fills_the_picture_is_all_kept():
    assert protect_subjects(segment(np.ones(SHAPE, bool))).all()
