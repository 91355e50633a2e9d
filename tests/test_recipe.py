"""Passes as text and JSON, and the larger picture of an outpaint."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from lib_automask.errors import InputError
from lib_automask.recipe import (
    Border,
    Pass,
    border_to_ratio,
    extend_image,
    passes_as_text,
    read_passes,
    round_to_blocks,
    split_border,
    write_passes,
)
from lib_automask.types import Size

RECIPE = """
upscale: by=2; upscaler=SwinIR 4x; overlap=64; strength=0.3
outpaint: down=512; step=256; strength=0.8; cfg=7.5; blur=4

edit: area=only masked; padding=256; steps=80; cfg=17; strength=0.6; masked_content=original
edit: target=dress; prompt=a red dress; silk, (shiny:1.2); cfg=7; strength=0.4
"""


def test_a_line_is_a_pass():
    upscale, outpaint, first, second = read_passes(RECIPE)
    assert (upscale.do, upscale.by, upscale.upscaler, upscale.overlap, upscale.strength) == (
        "upscale", 2.0, "SwinIR 4x", 64, 0.3,
    )  # fmt: skip
    assert (outpaint.down, outpaint.step, outpaint.strength, outpaint.cfg, outpaint.blur) == (512, 256, 0.8, 7.5, 4)
    assert (first.padding, first.steps, first.cfg, first.masked_content) == (256, 80, 17.0, "original")
    assert second == Pass(target="dress", prompt="a red dress; silk, (shiny:1.2)", cfg=7.0, strength=0.4)
    assert second.steps is None, "what a line does not say is the run's"


def test_written_passes_are_read_as_they_were():
    passes = read_passes(RECIPE)
    assert read_passes(write_passes(passes)) == passes
    awkward = (Pass(prompt="a cat\non a mat; cfg=3"), Pass(target="cat"))
    assert read_passes(write_passes(awkward)) == awkward


def test_passes_come_as_json_and_as_dicts():
    wanted = (Pass(target="dress", steps=20), Pass("outpaint", left=8))
    assert read_passes('[{"do": "edit", "target": "dress", "steps": 20}, {"do": "outpaint", "left": 8}]') == wanted
    assert read_passes([{"target": "dress", "steps": 20}, {"do": "outpaint", "left": 8}]) == wanted
    assert read_passes("  \n ") == ()
    assert read_passes("edit: each=true") == (Pass(each=True),)


def test_the_recipes_are_passes_and_the_large_one_is_the_same_in_the_api():
    recipes = (Path(__file__).parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", recipes, re.DOTALL | re.MULTILINE)
    texts = [text for language, text in blocks if not language]
    assert len(texts) > 5
    assert all(read_passes(text) for text in texts)
    (body,) = [text for language, text in blocks if language == "json"]
    sent = json.loads(body)["alwayson_scripts"]["automask"]["args"][0]["passes"]
    assert read_passes(sent) in [read_passes(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("edit\nedit: tarfet=x", "pass 2: unknown key 'tarfet'; did you mean 'target'"),
        ("paint: target=x", "pass 1: do must be one of 'edit', 'outpaint', 'upscale', but is 'paint'"),
        ("edit: strength=2", "strength must be a number from 0 to 1"),
        ("edit: steps=2.5", "steps must be a whole number"),
        ("outpaint: strength=.5", "outpaint needs left, right, up, down or ratio"),
        ("outpaint: ratio=wide", "ratio must be two whole numbers"),
        ("edit: nice", "'nice' says nothing to set"),
        ("!!", "is no pass"),
        ("[1]", "pass 1 must be an object"),
        ("[{", "not JSON"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_the_error_names_what_is_wrong(text, message):
    with pytest.raises(InputError) as error:
        read_passes(text)
    assert message in str(error.value)
    assert str(error.value).startswith("automask")


def test_a_border_keeps_the_old_picture_and_masks_the_new():
    image = np.random.default_rng(1).integers(0, 255, (6, 10, 3), np.uint8)
    for fill in ("edge", "noise"):
        larger, mask = extend_image(image, Border(left=3, right=1, up=2, down=20), fill)
        assert larger.shape == (28, 14, 3)
        assert mask.sum() == 28 * 14 - 60
        np.testing.assert_array_equal(larger[2:8, 3:13], image)
        assert not mask[2:8, 3:13].any()


def test_noise_is_made_of_the_pictures_own_pixels_and_the_same_seed_makes_the_same_noise():
    image = np.full((8, 8, 3), (10, 200, 30), np.uint8)
    image[:, ::2] = (250, 20, 90)
    larger, mask = extend_image(image, Border(right=8, down=8), "noise", seed=5)
    assert larger.dtype == np.uint8
    assert {tuple(pixel) for pixel in larger[mask].tolist()} == {(10, 200, 30), (250, 20, 90)}
    np.testing.assert_array_equal(larger, extend_image(image, Border(right=8, down=8), "noise", seed=5)[0])
    assert (larger != extend_image(image, Border(right=8, down=8), "noise", seed=6)[0]).any()
    assert len({row.tobytes() for row in larger[8:]}) > 1, "each pixel by itself"


def test_an_edge_is_mirrored_over_and_over_and_blurred():
    """Black left, white right: behind the right edge white comes first, then black, then white again."""
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, 4:] = 255
    near, mask = extend_image(image, Border(right=8), "edge")
    assert near[0, 8:, 0].tolist() == [242, 228, 198, 153, 102, 58, 29, 20]
    assert (near.dtype, mask.dtype) == (np.uint8, np.bool_)
    np.testing.assert_array_equal(near, near[:1].repeat(8, 0))
    far = extend_image(image, Border(right=128), "edge")[0]
    assert far[0, 8:24, 0].tolist() == [173, 167, 154, 137, 118, 101, 88, 82, 82, 88, 101, 118, 137, 154, 167, 173]
    left, up = (extend_image(image, border, "edge")[0] for border in (Border(left=8), Border(up=8)))
    assert left[0, :8, 0].tolist() == [235, 226, 197, 153, 102, 57, 27, 13]
    assert up[:9, 2, 0].tolist() == [58] * 8 + [0]


@pytest.mark.parametrize(
    ("size", "ratio", "border"),
    [
        ((90, 90), "16:9", Border(left=35, right=35)),
        ((90, 160), "1:1", Border(up=35, down=35)),
        ((9, 16), "16:9", Border()),
        ((90, 161), "16:9", Border(down=1)),
        ((90, 159), "16:9", Border(right=1)),
        ((100, 61), "3:2", Border(left=44, right=45)),
        ((61, 100), "2:3", Border(up=44, down=45)),
    ],
)
def test_a_ratio_is_reached_on_both_sides_alike(size, ratio, border):
    assert border_to_ratio(Size(*size), ratio) == border


@pytest.mark.parametrize(
    ("size", "border", "rounded"),
    [
        ((100, 61), Border(left=10, down=3), Border(left=11, down=4)),
        ((64, 64), Border(up=8), Border(up=8)),
        ((60, 60), Border(5, 5, 5, 5), Border(left=5, right=7, up=5, down=7)),
        ((60, 60), Border(left=5, right=6, up=7, down=6), Border(left=5, right=7, up=14, down=6)),
        ((61, 62), Border(left=1, up=1), Border(left=2, up=3)),
    ],
)
def test_the_new_picture_is_of_whole_blocks(size, border, rounded):
    assert round_to_blocks(Size(*size), border) == rounded


def test_steps_add_up_and_none_is_too_long():
    steps = split_border(Border(left=100, down=512), 256)
    assert steps == [Border(left=100, down=256), Border(down=256)]
    assert split_border(Border(up=30), 256) == [Border(up=30)]


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (Pass(), "edit"),
        (Pass(target="dress", strength=0.5), "edit: target=dress; strength=0.5"),
        (Pass("upscale", by=3.0, upscaler="SwinIR 4x"), "upscale: by=3.0; upscaler=SwinIR 4x"),
    ],
)
def test_a_pass_is_written_as_a_line(one, line):
    assert str(one) == line
    assert write_passes([one, one]) == f"{line}\n{line}"


def test_passes_that_no_line_can_hold_are_written_as_json():
    text = write_passes([Pass(prompt="a cat\non a mat"), Pass("upscale")])
    assert json.loads(text) == [{"do": "edit", "prompt": "a cat\non a mat"}, {"do": "upscale"}]


def test_a_value_may_hold_an_equals_sign():
    assert read_passes("edit: prompt=a=b; steps=5") == (Pass(prompt="a=b", steps=5),)


def test_numbers_in_json_are_not_read_as_text():
    with pytest.raises(InputError, match="pass 1: prompt must be text"):
        read_passes([{"prompt": 5}])


@pytest.mark.parametrize(
    "border",
    [
        {"left": 4},
        {"right": 4},
        {"up": 4},
        {"down": 4},
        {"up": 4, "down": 4},
        {"right": 4, "up": 4},
        {"left": 4, "right": 4},
    ],
)
def test_any_side_is_enough_for_an_outpaint(border):
    assert read_passes([{"do": "outpaint", **border}]) == (Pass("outpaint", **border),)


def test_a_border_is_named_by_its_sides():
    assert str(Border(left=3, down=4)) == "left 3, down 4"
    assert str(Border()) == ""


def test_the_passes_of_an_api_call_become_text_and_all_else_stays():
    sent = {"enabled": True, "passes": [{"target": "dress"}, {"do": "upscale"}]}
    assert passes_as_text([sent]) == [{"enabled": True, "passes": "edit: target=dress\nupscale"}]
    for args in ([], [True, "edit"], [{"passes": "edit"}], [{"enabled": True}]):
        assert passes_as_text(args) is args
    with pytest.raises(InputError, match="pass 1: unknown key 'tarfet'"):
        passes_as_text([{"passes": [{"tarfet": "x"}]}])


def test_an_outpaint_without_a_border_is_shown_one():
    with pytest.raises(InputError) as error:
        Pass("outpaint")
    assert str(error.value) == "automask: outpaint needs left, right, up, down or ratio, as in “outpaint: down=256”"
