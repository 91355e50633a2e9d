"""How sure a result is: more of a signal is never less sure, and below the least the run is unsure."""

from __future__ import annotations

import numpy as np
import pytest
from fake_models import two_things

from lib_automask import MaskRequest, Options, build_mask
from lib_automask.confidence import (
    bounded_logit,
    calibrated_probability,
    describe_doubt,
    describe_no_edit,
    describe_request,
    measure_confidence,
    shorten_prompt,
)
from lib_automask.evidence import PlanEvidence
from lib_automask.imaging.masks import mask_from_box
from lib_automask.locate.selection import Location
from lib_automask.report import result_as_json
from lib_automask.types import Box, Confidence, Edit, EditPlan

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


@pytest.mark.parametrize(
    ("share", "logit"), [(0.5, 0), (0.75, np.log(3)), (0.25, -np.log(3)), (1, np.log(999)), (0, -np.log(999))]
)
def test_the_logit_is_that_of_a_share_which_is_never_nearer_to_0_and_1_than_a_thousandth(share, logit):
    assert bounded_logit(share) == pytest.approx(logit)


def test_a_plan_without_places_has_no_uncertain_place():
    confidence = measure_confidence(EditPlan(confidence=0.8), [])
    assert confidence.signals == {"plan": 0.8, "score": 1.0}
    assert confidence.plan == calibrated_probability("plan", {"plan": 0.8, "score": 1.0})
    assert confidence.place == calibrated_probability("place", {"plan": 0.8, "score": 1.0})


def request(prompt: str = "a blue ball", target: str = "") -> MaskRequest:
    return MaskRequest(np.zeros((*SHAPE, 3), np.uint8), prompt, options=Options(target=target))


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        ({"source": "caption", "caption": "a red ball"}, "picture: a red ball; prompt: a blue ball"),
        (
            {"source": "caption", "caption": "a red ball", "recaptioned": True},
            "picture, at a closer look: a red ball; prompt: a blue ball",
        ),
        ({"source": "own prompt", "own_prompt": "a red\n ball"}, "made with: a red ball; prompt: a blue ball"),
        (
            {"source": "own prompt", "own_prompt": "a blue ball", "same_prompt": True},
            "made with: a blue ball; prompt: the same",
        ),
        (
            {"source": "both", "own_prompt": "a ball", "caption": "a red ball"},
            "made with: a ball; picture: a red ball; prompt: a blue ball",
        ),
    ],
)
def test_what_was_compared_is_named(evidence, sentence):
    assert describe_request(request(), PlanEvidence(EditPlan(), **evidence)) == sentence


def test_a_target_is_named_without_its_spaces():
    evidence = PlanEvidence(EditPlan(), "target", caption="a red ball")
    assert describe_request(request(target=" red ball "), evidence) == "target: red ball"


def test_an_unchanged_prompt_gets_a_hint():
    unchanged = PlanEvidence(EditPlan(), "own prompt", same_prompt=True)
    assert describe_no_edit(unchanged) == "nothing to change; change a word of the prompt, or name the target"
    assert describe_no_edit(PlanEvidence(EditPlan(), "caption")) == "nothing to change"


@pytest.mark.parametrize(
    ("prompt", "length", "line"),
    [
        ("a red  ball,\n on grass", 160, "a red ball, on grass"),
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two …"),
        ("one two three", 8, "one two …"),
        ("one two three", 5, "one …"),
        ("x" * 161, 160, "x" * 160 + " …"),
    ],
)
def test_a_long_prompt_is_cut_at_a_word(prompt, length, line):
    assert shorten_prompt(prompt, length) == line


def test_a_prompt_of_160_characters_is_not_cut():
    assert shorten_prompt("x" * 160) == "x" * 160
    assert shorten_prompt("x" * 161) == "x" * 160 + " …"


FOUND_CUP, LOST = Location(LEFT, 0.9, (0,)), Location(LEFT & RIGHT, 0.2)
CUP, HAT = Edit("remove", "cup"), Edit("add", "", "hat")
SURE = Confidence(0.9, 0.9, {})


@pytest.mark.parametrize(
    ("edits", "locations", "confidence", "doubt"),
    [
        ([CUP], [FOUND_CUP], SURE, ""),
        ([CUP], [FOUND_CUP], Confidence(0.5, 0.5, {}), ""),
        (
            [CUP],
            [FOUND_CUP],
            Confidence(0.9, 0.444, {}),
            "the place of cup is not certain (0.44 < 0.50); name the target",
        ),
        (
            [CUP, HAT],
            [FOUND_CUP, Location(RIGHT, 0.7)],
            Confidence(0.2, 0.4, {}),
            "the place of hat is not certain (0.40 < 0.50); name the target",
        ),
        ([CUP], [FOUND_CUP], Confidence(0.4, 0.9, {}), "what changes is not certain (0.40 < 0.50); name the target"),
        (
            [CUP, HAT],
            [FOUND_CUP, LOST],
            SURE,
            "hat was not found in the picture; name the target, or paint the mask by hand",
        ),
        (
            [CUP],
            [LOST],
            Confidence(0.1, 0.1, {}),
            "cup was not found in the picture; name the target, or paint the mask by hand",
        ),
    ],
)
def test_a_doubt_names_the_weakest_part_and_what_to_do(edits, locations, confidence, doubt):
    assert describe_doubt(EditPlan(tuple(edits)), locations, LEFT, confidence, 0.5) == doubt


@pytest.mark.parametrize(
    ("keep", "subjects"),
    [(("red ball", "cat", "park"), "red ball, cat"), (("park",), "what stays"), ((), "what stays")],
)
def test_a_background_without_its_things_cannot_be_told(keep, subjects):
    plan = EditPlan((Edit("background", "", "snow"),), keep, setting=("park",))
    doubt = describe_doubt(plan, [LOST], LEFT, SURE, 0.5)
    assert doubt == f"{subjects} was not found, so the background cannot be told from it; name the target"


def test_an_empty_mask_is_a_doubt():
    doubt = describe_doubt(EditPlan((CUP,)), [FOUND_CUP], LEFT & RIGHT, SURE, 0.5)
    assert doubt == "the mask is empty after it was combined; change your own mask"
    shrunk = describe_doubt(EditPlan((CUP,)), [FOUND_CUP], LEFT & RIGHT, SURE, 0.5, is_shrunk=True)
    assert shrunk == "the mask is empty after it was combined; shrink it less, or change your own mask"


def test_a_target_that_was_named_is_not_advised_again():
    doubt = describe_doubt(EditPlan((CUP,)), [LOST], LEFT, SURE, 0.5, is_named=True)
    assert doubt == "cup was not found in the picture; use other words for the target, or paint the mask by hand"
