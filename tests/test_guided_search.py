"""A guided search finds what the words may mean; where that is not certain, everything is searched. In drawings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from fake_models import Drawing, two_things

from lib_automask import MaskRequest, MaskResult, Options, build_mask
from lib_automask.types import Heat, Image, Segment

REPLACE_BALL = "a blue star left of an orange cat, on the grass"


def run(drawing: Drawing, prompt: str, **options: object) -> MaskResult:
    return build_mask(MaskRequest(drawing.image, prompt, None, Options(**options)), drawing.models())


class Guided(Drawing):
    """A drawing whose phrases are hot on their things, but for ``unheated``; guided, only what is hot is found."""

    unheated = ""

    def __init__(self) -> None:
        known = two_things()
        super().__init__(["".join(map(chr, row)) for row in known.image[..., 0]], known.names, known.caption_text)
        self.searches: list[str] = []

    def heat(self, image: Image, phrases: Sequence[str]) -> Heat:
        letters = {name: letter for letter, name in self.names.items() if letter not in self.unheated}
        cold = np.zeros(image.shape[:2], bool)
        hot = [self.masks[letters[phrase]] if phrase in letters else cold for phrase in phrases]
        return np.array(hot, np.float32).reshape(-1, *image.shape[:2])

    def segments(self, image: Image, heat: Heat | None = None) -> tuple[Segment, ...]:
        self.searches.append("everything" if heat is None else f"guided by {len(heat)}")
        every = super().segments(image)
        return every if heat is None else tuple(one for one in every if heat[:, one.mask].any())


def test_only_what_the_words_may_mean_is_looked_for():
    drawing = Guided()
    result = run(drawing, REPLACE_BALL)
    assert np.array_equal(result.mask, drawing.masks["b"])
    assert drawing.searches == ["guided by 2"]
    assert len(result.candidates) == 2


def test_where_guided_finds_nothing_everything_is_looked_for_and_the_timings_say_so():
    drawing = Guided()
    drawing.unheated = "bc"
    result = run(drawing, REPLACE_BALL)
    assert np.array_equal(result.mask, drawing.masks["b"])
    assert drawing.searches == ["guided by 2", "everything"]
    assert {"segments", "everything: segments", "everything: scores"} <= set(result.timings)


def test_where_everything_finds_nothing_either_it_is_unsure():
    drawing = Guided()
    result = run(drawing, drawing.caption_text, target="green dragon")
    assert result.outcome == "unsure"
    assert drawing.searches == ["guided by 1", "everything"]


def test_everything_is_looked_for_when_asked_and_no_heat_is_needed(monkeypatch):
    drawing = Guided()
    monkeypatch.setattr(drawing, "heat", lambda *_: pytest.fail("asked for heat"))
    result = run(drawing, REPLACE_BALL, search="everything")
    assert np.array_equal(result.mask, drawing.masks["b"])
    assert drawing.searches == ["everything"]
    assert len(result.candidates) == 3


def test_a_change_of_the_whole_picture_needs_no_search():
    drawing = Guided()
    assert run(drawing, "an oil painting of " + drawing.caption_text).mask.all()
    assert drawing.searches == []


def test_what_a_new_background_spares_is_looked_for_everywhere_before_it_is_painted_over():
    drawing = Guided()
    drawing.unheated = "c"
    result = run(drawing, "a red ball left of an orange cat, in the snow")
    assert not result.mask[drawing.masks["b"] | drawing.masks["c"]].any()
    assert drawing.searches == ["guided by 2", "everything"]


def test_the_ground_taken_for_a_thing_is_no_thing_found():
    drawing = Guided()
    drawing.unheated, drawing.names["."] = "c", "orange cat"
    run(drawing, "a red ball left of an orange cat, in the snow")
    assert drawing.searches == ["guided by 2", "everything"]


class SeenTogether(Drawing):
    """A guided search finds ball and cat as one region only, which is like either."""

    def segments(self, image: Image, heat: Heat | None = None) -> tuple[Segment, ...]:
        both = Segment(self.masks["b"] | self.masks["c"], 0.99, 0.99)
        return super().segments(image) if heat is None else (both,)

    def score_segments(self, image: Image, segments: Sequence[Segment], phrases: Sequence[str]) -> np.ndarray:
        if segments[0].predicted_iou < 0.99:
            return super().score_segments(image, segments, phrases)
        return np.array([[0.05 if phrase == "grass" else 0.9 for phrase in phrases]], np.float32)


@pytest.mark.parametrize(
    "prompt", [REPLACE_BALL, "a red ball left of an orange cat and a blue star above the red ball"]
)
def test_what_is_like_two_named_things_is_looked_for_everywhere(prompt):
    result = run(two_things(SeenTogether), prompt)
    assert "everything: segments" in result.timings
    assert not result.mask[two_things().masks["c"]].any()
