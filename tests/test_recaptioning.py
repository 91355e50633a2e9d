"""Where a caption is too poor, single things are looked at; in drawings of letters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from fake_models import Drawing

from lib_automask import MaskRequest, build_mask
from lib_automask.evidence import MOST_OBJECTS, isolate_object, separate_objects
from lib_automask.plan.recaption import find_first_thing, retell_caption
from lib_automask.types import Image, Segment

ROWS = [*["." * 40] * 6, *["....bbbbbb......ccccccc" + "." * 17] * 6, *["." * 40] * 18]
NAMES = {"b": "red ball", "c": "orange cat", ".": "grass"}


class Miscounted(Drawing):
    """Captioned as two red balls; of one thing alone the caption is right."""

    def __init__(self, matched: bool = True, rows: Sequence[str] = ROWS, names: dict[str, str] = NAMES) -> None:
        super().__init__(rows, names, "two red balls, on the grass")
        self.matched = matched
        self.seen: list[Image] = []

    def caption(self, image: Image) -> str:
        self.seen.append(image)
        if image.shape == self.image.shape:
            return self.caption_text
        middle = chr(image[image.shape[0] // 2, image.shape[1] // 2, 0])
        return f"a {self.names[middle]} on the grass"

    def score_segments(self, image, segments, phrases):
        scores = super().score_segments(image, segments, phrases)
        return scores if self.matched else scores * 0


def test_a_poor_caption_is_replaced_by_captions_of_single_things():
    drawing = Miscounted()
    result = build_mask(MaskRequest(drawing.image, "a red ball on the grass"), drawing.models())
    assert [(edit.kind, edit.target) for edit in result.plan.edits] == [("remove", "orange cat")]
    assert result.mask[drawing.masks["c"]].all()
    assert not result.mask[drawing.masks["b"]].any()
    assert result.caption == "an orange cat, a red ball, on the grass"
    assert result.why.startswith("picture, at a closer look: ")
    assert "closer" in result.timings


def test_a_caption_of_one_thing_that_the_matcher_does_not_confirm_does_not_count():
    drawing = Miscounted(matched=False)
    result = build_mask(MaskRequest(drawing.image, "a red ball on the grass"), drawing.models())
    assert result.outcome == "unsure"
    assert result.caption == drawing.caption_text


def test_a_good_caption_costs_no_closer_look():
    drawing = Miscounted()
    drawing.caption_text = "a red ball left of an orange cat, on the grass"
    build_mask(MaskRequest(drawing.image, "a red ball left of a blue star, on the grass"), drawing.models())
    assert len(drawing.seen) == 1


def test_no_more_than_a_few_things_are_captioned():
    row = "".join("." + letter * 4 for letter in "abcdefgh")
    rows = ["." * 40, *[row] * 4, *["." * 40] * 20]
    drawing = Miscounted(rows=rows, names={**dict.fromkeys("abcdefgh", "red ball"), ".": "grass"})
    build_mask(MaskRequest(drawing.image, "a red ball on the grass"), drawing.models())
    assert len(drawing.seen) == 1 + MOST_OBJECTS


def test_things_that_are_captioned_do_not_overlap_and_are_no_ground():
    def box(top: int, left: int, height: int, width: int, quality: float = 0.9) -> Segment:
        mask = np.zeros((100, 100), bool)
        mask[top : top + height, left : left + width] = True
        return Segment(mask, quality, 0.95)

    ground, speck = box(0, 0, 100, 60), box(90, 90, 2, 2)
    thing, part, other = box(10, 65, 20, 20, 0.95), box(10, 65, 20, 10), box(50, 65, 30, 30)
    assert separate_objects([ground, speck, part, thing, other]) == [other, thing]


def test_the_picture_of_one_thing_shows_nothing_else():
    drawing = Miscounted()
    seen = isolate_object(drawing.image, Segment(drawing.masks["b"], 0.9, 0.95))
    assert {chr(value) for value in np.unique(seen)} == {"b", "."}


def test_the_new_caption_keeps_the_place_and_what_else_the_picture_shows():
    def shows(*names: str):
        return lambda phrases: [0.9 if phrase in names else 0.1 for phrase in phrases]

    assert retell_caption("two green fish, in the snow", ["green fish", "green box"], shows()) == (
        "a green fish, a green box, in the snow"
    )
    assert (
        retell_caption("a man riding a horse on a beach", ["dog", "dog"], shows("man")) == "two dogs, a man, on a beach"
    )


def test_one_thing_is_named_by_a_caption_of_one_thing():
    assert find_first_thing("there is a red car that is parked on the road") == "red car"
    assert find_first_thing("a black star above a blue cup, at night") == ""
    assert find_first_thing("two cats on the grass") == ""
