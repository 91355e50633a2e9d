"""From a prompt to a mask, with models that know a drawing."""

from __future__ import annotations

import numpy as np
import pytest
from fake_models import Drawing, two_things

from lib_automask import InputError, Interrupted, MaskRequest, Options, build_mask
from lib_automask.types import Segment

REPLACE_BALL = "a blue star left of an orange cat, on the grass"


@pytest.fixture
def drawing() -> Drawing:
    return two_things()


def run(drawing: Drawing, prompt: str, user_mask: np.ndarray | None = None, **options: object):
    return build_mask(MaskRequest(drawing.image, prompt, user_mask, Options(**options)), drawing.models())


def test_replaced_thing_is_the_mask(drawing):
    result = run(drawing, REPLACE_BALL)
    assert result.outcome == "mask"
    assert np.array_equal(result.mask, drawing.masks["b"])


def test_reasons_are_kept(drawing):
    result = run(drawing, REPLACE_BALL)
    assert result.caption == drawing.caption_text
    assert [edit.kind for edit in result.plan.edits] == ["replace"]
    assert "red ball → blue star" in result.why
    assert [candidate.selected for candidate in result.candidates] == [True, False, False]
    assert {"caption", "plan", "segments", "scores", "places"} <= set(result.timings)


def test_of_several_edits_each_has_its_part_of_the_mask(drawing):
    result = run(drawing, "a blue star left of a black cat, on the grass")
    assert [edit.kind for edit in result.plan.edits] == ["modify", "replace"]
    for part, name in zip(result.parts, "cb", strict=True):
        assert np.array_equal(part, drawing.masks[name])
    assert run(drawing, REPLACE_BALL).parts == (), "of one edit it would be the mask again"


def test_modified_thing_is_the_mask(drawing):
    assert np.array_equal(run(drawing, "a red ball left of a black cat, on the grass").mask, drawing.masks["c"])


def test_removed_thing_is_in_the_mask(drawing):
    result = run(drawing, "a red ball on the grass")
    assert result.plan.edits[0].kind == "remove"
    assert result.mask[drawing.masks["c"]].all()
    assert not result.mask[drawing.masks["b"]].any()


def test_background_is_everything_but_the_things(drawing):
    result = run(drawing, "a red ball left of an orange cat, in the snow")
    assert result.plan.edits[0].kind == "background"
    assert not result.mask[drawing.masks["b"] | drawing.masks["c"]].any()
    assert result.mask[-1].all()


def test_restyle_is_the_whole_picture_and_says_so(drawing):
    result = run(drawing, "an oil painting of a red ball left of an orange cat, on the grass")
    assert result.mask.all()
    assert "whole picture" in result.why


def test_an_addition_goes_where_it_is_told_and_spares_the_rest(drawing):
    result = run(drawing, "a red ball left of an orange cat, on the grass, and a green box below the red ball")
    assert result.outcome == "mask"
    assert not result.mask[drawing.masks["b"] | drawing.masks["c"]].any()
    rows, cols = np.nonzero(result.mask)
    assert rows.min() > 3
    assert cols.max() < 10


def test_the_same_prompt_changes_nothing(drawing):
    result = run(drawing, "masterpiece, " + drawing.caption_text + ", best quality, <lora:toy:0.4>")
    assert result.outcome == "nothing"
    assert not result.mask.any()
    assert "nothing to change" in result.why


def test_a_target_by_name_needs_no_change_in_the_prompt(drawing):
    result = run(drawing, drawing.caption_text, target="orange cat")
    assert np.array_equal(result.mask, drawing.masks["c"])


def test_a_target_that_is_not_there_is_unsure_and_says_what_to_do(drawing):
    result = run(drawing, drawing.caption_text, target="green dragon")
    assert result.outcome == "unsure"
    assert not result.mask.any()
    assert "use other words for the target" in result.why


@pytest.mark.parametrize("words", ["orange cat next to the ball ", "man's ", "left ", "ear of the "])
def test_a_target_of_1500_words_ends_in_an_answer(drawing, words):
    target = words * (1500 // len(words.split())) + "cat"
    assert run(drawing, drawing.caption_text, target=target).outcome in ("mask", "unsure")


def test_a_place_below_the_least_confidence_is_unsure(drawing):
    assert run(drawing, REPLACE_BALL, confidence=0.99).outcome == "unsure"


def test_grow_and_the_users_mask_shape_the_result(drawing):
    painted = np.zeros((12, 16), bool)
    painted[10, 10] = True
    assert run(drawing, REPLACE_BALL, painted).mask.sum() == 9 + 1
    assert run(drawing, REPLACE_BALL, painted, combine="ignore").mask.sum() == 9
    assert run(drawing, REPLACE_BALL, grow=1).mask.sum() == 9 + 12


def test_a_mask_that_shrinks_to_nothing_is_unsure(drawing):
    result = run(drawing, REPLACE_BALL, grow=-5)
    assert result.outcome == "unsure"
    assert "empty" in result.why


def test_two_alike_are_told_apart_by_side():
    rows = ("..........", ".bb....dd.", ".bb....dd.", "..........")
    drawing = Drawing(rows, {"b": "red ball", "d": "red ball"}, "two red balls on the grass")
    for side, letter in (("left", "b"), ("right", "d")):
        result = run(drawing, "x", target=f"red ball on the {side}")
        assert np.array_equal(result.mask, drawing.masks[letter])


def test_a_ground_as_the_target_spares_what_stands_on_it(drawing):
    result = run(drawing, drawing.caption_text, target="grass")
    assert result.outcome == "mask"
    assert not result.mask[drawing.masks["b"] | drawing.masks["c"]].any()


def test_two_additions_go_to_two_places(drawing):
    one = run(drawing, drawing.caption_text + ", and a green box")
    both = run(drawing, drawing.caption_text + ", and a green box, and a blue heart")
    assert len(both.plan.edits) == 2
    assert both.mask.sum() > 1.5 * one.mask.sum()


def test_a_lower_least_confidence_finds_what_is_less_certain(drawing, monkeypatch):
    score = drawing.score_segments
    monkeypatch.setattr(drawing, "score_segments", lambda *asked: score(*asked) * 0.4)
    assert run(drawing, drawing.caption_text, target="orange cat").outcome == "unsure"
    assert run(drawing, drawing.caption_text, target="orange cat", confidence=0.3).outcome == "mask"


def test_a_stray_spot_of_a_segment_is_left_out():
    rows = ("..........", ".bbbb.....", ".bbbb...b.", ".bbbb.....", "..........")
    drawing = Drawing(rows, {"b": "red ball"}, "a red ball on the grass")
    result = run(drawing, "a blue ball on the grass")
    assert result.mask.sum() == 12
    assert not result.mask[2, 8]


def test_several_are_all_taken():
    rows = ("..........", ".bb....dd.", ".bb....dd.", "..........")
    drawing = Drawing(rows, {"b": "both red balls", "d": "both red balls"}, "two red balls on the grass")
    assert run(drawing, "x", target="both red balls").mask.sum() == 8


def test_equal_requests_have_equal_keys_and_others_not(drawing):
    request = MaskRequest(drawing.image, "p")
    assert request == MaskRequest(drawing.image.copy(), "p")
    others = [
        MaskRequest(drawing.image, "q"),
        MaskRequest(drawing.image, "p", np.eye(12, 16, dtype=bool)),
        MaskRequest(drawing.image, "p", options=Options(grow=1)),
        MaskRequest(drawing.image.reshape(16, 12, 3), "p"),
    ]
    assert len({request.key, *(other.key for other in others)}) == 5


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_a_picture_of_another_layout_is_refused(image):
    with pytest.raises(InputError, match="uint8"):
        MaskRequest(image, "p")


def test_a_mask_of_another_size_is_refused(drawing):
    with pytest.raises(InputError, match="same size"):
        MaskRequest(drawing.image, "p", np.zeros((3, 3), bool))


def test_a_segment_is_never_empty():
    with pytest.raises(InputError, match="at least one pixel"):
        Segment(np.zeros((3, 3), bool), 1, 1)


def test_progress_names_the_stages_and_may_end_the_run(drawing):
    stages: list[str] = []

    def progress(stage: str, share: float) -> None:
        stages.append(stage)
        if stage == "segments":
            raise Interrupted("stopped by the user")

    with pytest.raises(Interrupted):
        build_mask(MaskRequest(drawing.image, REPLACE_BALL), drawing.models(progress=progress))
    assert stages == ["caption", "plan", "segments"]
