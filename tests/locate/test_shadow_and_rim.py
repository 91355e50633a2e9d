"""What goes with a removed thing, to the pixel: a red square of 40 pixels on an even grey ground; boxes are XYXY."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask.imaging.masks import mask_from_box
from lib_automask.locate.extent import extend_removal, measure_ground, measure_margin, refine_outline
from lib_automask.types import Box, Image, Mask, Segment, Size, bounding_box

PICTURE = Size(120, 160)
SQUARE = Box(60, 30, 100, 70)
BELOW = Box(60, 70, 110, 80)
"""A shadow that touches the foot of the square."""


def drawn(*boxes: Box) -> Mask:
    mask = np.zeros(PICTURE, bool)
    for box in boxes:
        mask |= mask_from_box(box, PICTURE)
    return mask


THING, NOTHING = drawn(SQUARE), drawn()


def picture(shadow: Box | None = None, light: object = 0.5, square: Box = SQUARE, ground: int = 160) -> Image:
    """``light``: what a shadow leaves of the ground's light, of all channels or of each."""
    image = np.full((*PICTURE, 3), ground, np.float64)
    if shadow is not None:
        image[drawn(shadow)] *= np.asarray(light)
    image[drawn(square)] = (200, 40, 40)
    return image.round().astype(np.uint8)


def added(image: Image, others: Mask = NOTHING, thing: Mask = THING) -> Box | None:
    """The box of what is taken along."""
    return bounding_box(extend_removal(image, thing, others) & ~thing)


AROUND_BELOW = Box(58, 68, 112, 82)


def test_a_shadow_is_taken_with_two_pixels_round_it():
    mask = extend_removal(picture(BELOW), THING, NOTHING)
    assert np.array_equal(mask[drawn(BELOW)], np.ones(500, bool))
    assert added(picture(BELOW)) == AROUND_BELOW
    assert (mask & ~THING).sum() == 653


@pytest.mark.parametrize(
    ("light", "is_shadow"),
    [
        (0.14, False),
        (0.15, True),
        (0.84, True),
        (0.85, False),  # darker by 24 of 255 at least
        ((0.5, 0.5, 0.7), True),
        ((0.5, 0.5, 0.71), False),  # of another colour
    ],
)
def test_a_shadow_dims_the_ground_neither_too_little_nor_too_much_and_does_not_tint_it(light, is_shadow):
    assert added(picture(BELOW, light)) == (AROUND_BELOW if is_shadow else None)


@pytest.mark.parametrize(("height", "bottom"), [(2, None), (3, 75), (5, 77)])
def test_a_line_is_no_shadow(height, bottom):
    box = added(picture(Box(60, 70, 110, 70 + height)))
    assert box == (Box(58, 68, 112, bottom) if bottom else None)


@pytest.mark.parametrize(("gap", "is_shadow"), [(0, True), (2, True), (3, False)])
def test_a_shadow_touches_its_thing_within_three_pixels(gap, is_shadow):
    found = added(picture(Box(60, 70 + gap, 110, 80 + gap)))
    assert found == (Box(58, 68 + gap, 112, 82 + gap) if is_shadow else None)


@pytest.mark.parametrize(
    ("top", "found"),
    [(30, None), (44, Box(100, 48, 114, 58)), (48, Box(100, 48, 114, 62)), (55, Box(100, 53, 114, 69))],
)
def test_a_shadow_lies_round_the_lower_half(top, found):
    """The square's middle is at 50; two pixels round the shadow are taken along."""
    assert added(picture(Box(100, top, 112, top + 12))) == found


@pytest.mark.parametrize(("width", "found"), [(6, None), (7, Box(58, 70, 69, 80)), (8, Box(58, 70, 70, 80))])
def test_less_than_three_hundredths_of_the_thing_is_noise(width, found):
    assert added(picture(Box(60, 70, 60 + width, 78))) == found


def test_more_than_the_thing_itself_is_another_ground():
    assert added(picture(Box(50, 70, 110, 90))) == Box(48, 68, 112, 92)
    assert added(picture(Box(38, 48, 122, 92))) is None


def test_a_shadow_stops_at_another_thing():
    assert added(picture(BELOW), drawn(Box(90, 70, 110, 80))) == Box(58, 70, 90, 82)
    under = extend_removal(picture(BELOW), THING, drawn(Box(90, 80, 110, 90))) & ~THING
    assert not under[80:90, 90:110].any()
    assert under[70:79, 90:110].all(), "all but a pixel along the other thing"
    assert not added(picture(BELOW), drawn(Box(50, 70, 120, 80)))


@pytest.mark.parametrize(("rim", "taken"), [(0, 0), (1, 1), (2, 2), (4, 2)])
def test_a_rim_of_up_to_six_hundredths_of_the_size_is_taken(rim, taken):
    image = picture(square=Box(60 - rim, 30 - rim, 100 + rim, 70 + rim))
    expected = Box(60 - taken, 30 - taken, 100 + taken, 70 + taken)
    assert added(image) == (expected if taken else None)


@pytest.mark.parametrize(("sides", "is_rim"), [(1, False), (2, False), (3, True), (4, True)])
def test_a_rim_goes_round_most_of_the_thing(sides, is_rim):
    left, top, right, bottom = (int(side < sides) for side in range(4))
    image = picture(square=Box(60 - left, 30 - top, 100 + right, 70 + bottom))
    assert (added(image) is not None) is is_rim


def test_a_rim_is_looked_for_where_no_other_thing_is():
    """Two sides of four would be too few; but the other two are another thing's."""
    image = picture(square=Box(59, 29, 100, 70))
    other = drawn(Box(100, 20, 120, 90), Box(50, 70, 120, 90))
    mask = extend_removal(image, THING, other)
    assert mask[29, 60:100].all()
    assert not (mask & other).any()


def test_the_ground_is_the_median_of_a_ring_that_keeps_away_from_the_thing():
    image = picture()
    image[:, 130:] = 10
    image[20:30, 50:110] = 250  # what is close to the thing is not the ground
    ground = measure_ground(image, THING, NOTHING)
    assert ground is not None
    assert (ground.color.tolist(), ground.lightness, ground.deviation, ground.plain) == ([160] * 3, 160, 0, True)


def test_other_things_are_no_ground():
    image = picture()
    image[:, :80] = 10
    left = drawn(Box(0, 0, 80, 120))
    ground = measure_ground(image, THING, left & ~THING)
    assert ground is not None
    assert ground.color.tolist() == [160] * 3
    assert measure_ground(image, THING, ~THING) is None


@pytest.mark.parametrize(("step", "deviation", "plain"), [(6, 6 * 1.4826, True), (7, 7 * 1.4826, False)])
def test_a_ground_that_varies_by_more_than_ten_steps_is_not_plain(step, deviation, plain):
    image = picture()
    image[::3] -= np.uint8(step)
    image[1::3] += np.uint8(step)
    ground = measure_ground(image, THING, NOTHING)
    assert ground is not None
    assert ground.deviation == pytest.approx(deviation)
    assert ground.plain is plain


@pytest.mark.parametrize(
    ("color", "unlike"), [((200, 160, 160), False), ((201, 160, 160), True), ((119, 160, 160), True)]
)
def test_unlike_the_ground_is_more_than_forty_steps_of_any_channel(color, unlike):
    ground = measure_ground(picture(), THING, NOTHING)
    assert ground is not None
    assert ground.unlike(np.full((1, 1, 3), color, np.uint8)).tolist() == [[unlike]]


@pytest.mark.parametrize(("share", "found_anew"), [(24, True), (23, False)])
def test_a_thing_of_which_six_tenths_differ_from_the_ground_gets_a_new_outline(share, found_anew):
    """Of 40 rows ``share`` are red; the rough outline has two columns too many."""
    image = picture(square=Box(60, 30, 100, 30 + share))
    rough = THING
    assert np.array_equal(refine_outline(image, rough, NOTHING), rough) is not found_anew


@pytest.mark.parametrize(
    ("stability", "pixels"), [(1.0, 2), (0.95, 3), (0.9, 4), (0.8, 7), (0.7, 9), (0.5, 12), (0.0, 12)]
)
def test_the_margin_is_half_the_band_that_sam_is_not_sure_of(stability, pixels):
    """A square of 200 in a picture of 400: 2.4 pixels at least, and 25 for all of the band; no more than 12."""
    mask = mask_from_box(Box(100, 100, 300, 300), Size(400, 500))
    assert measure_margin(Segment(mask, 0.9, stability)) == pixels
