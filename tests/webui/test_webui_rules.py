"""The rules that cannot bend, measured on finished pictures of the fake host."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from modules import shared
from PIL import Image
from webui_host import BLUE, GREEN, RED, SIZE, answer, changed, drawn, expect_error, red_in, state_of

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.imaging.preview import draw_overlay
from lib_automask.interfaces import Models
from lib_automask.webui import run_state
from lib_automask.webui.model_pool import ModelPool, report_progress

ROOT = Path(__file__).parents[2]


def reach(blur: int) -> int:
    """Pixels beyond the mask that the host's blur touches."""
    return int(2.5 * blur + 0.5)


def grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    rows, cols = np.nonzero(mask)
    wide = np.zeros_like(mask)
    wide[
        max(0, rows.min() - pixels) : rows.max() + pixels + 1, max(0, cols.min() - pixels) : cols.max() + pixels + 1
    ] = 1
    return wide


# 1. Fail closed.


@pytest.mark.parametrize(
    "failure", [ModelMissing("sam_vit_b is missing; fetch it"), ModelCorrupt("not a model; fetch it again")]
)
def test_a_model_that_cannot_be_used_paints_nothing_and_says_so(webui, failure):
    def load(_choice):
        raise failure

    webui.automask.pool = ModelPool(load)
    status, body = webui.api(drawn())
    assert status == 500
    expect_error(body, str(failure))
    pictures, _infotexts, below = webui.page(drawn())
    assert (pictures, below) == ([], f"{type(failure).__name__}: {failure}")


@pytest.mark.parametrize(("color", "error"), [(None, "NothingToChange"), (GREEN, "Unsure")])
def test_stop_ends_the_run_with_the_sentence_of_why(webui, color, error):
    pictures, _infotexts, below = webui.page(drawn(color), unsure="stop")
    assert pictures == []
    assert below.startswith(error)
    status, body = webui.api(drawn(color), unsure="stop")
    assert (status, body["error"]) == (500, error)


@pytest.mark.parametrize("color", [None, GREEN])
@pytest.mark.parametrize("size", [{}, {"width": 32, "height": 48}])
def test_keep_picture_gives_back_the_identical_picture_and_tells_why(webui, color, size):
    picture = drawn(color)
    status, body = webui.api(picture, unsure="keep picture", **size)
    assert status == 200
    assert body["images"][0].size == picture.size
    assert not changed(picture, body["images"][0]).any()
    why = "nothing to change" if color is None else "the place is not certain"
    assert f"automask why: {why}" in body["infotexts"][0]


def test_a_picture_that_is_given_back_keeps_its_faces_and_colors(webui):
    more = {"restore_faces": True, "color_corrections": ["of an earlier picture"]}
    _status, body = webui.api(drawn(None), unsure="keep picture", **more)
    assert not changed(drawn(None), body["images"][0]).any()


def test_a_failure_while_a_failure_is_handled_paints_nothing(webui, monkeypatch):
    def trips(_p):
        raise RuntimeError("tripped again")

    monkeypatch.setattr(run_state.RunState, "in_series", property(trips))
    status, body = webui.api(drawn(BLUE))
    assert status == 500
    expect_error(body, "the model tripped")


def test_img2img_paints_the_whole_picture_and_says_that_it_was_chosen(webui):
    (after,), _infotexts, below = webui.page(drawn(GREEN), unsure="img2img")
    assert changed(drawn(GREEN), after).mean() > 0.95
    assert "plain img2img, as chosen" in below


@pytest.mark.parametrize("button", ["interrupted", "skipped", "stopping_generation"])
def test_a_run_that_the_user_ends_paints_nothing(webui, button, monkeypatch):
    def press(_choice):
        setattr(shared.state, button, True)
        return Models(None, None, None, report_progress)

    webui.automask.pool = ModelPool(press)
    pictures, _infotexts, below = webui.page(drawn())
    assert all(not changed(drawn(), picture).any() for picture in pictures)
    assert bool(pictures) == (button == "skipped"), "the host itself ends a run at the other two"
    assert "stopped before the mask was made" in below


def test_different_pictures_in_one_call_are_refused_because_one_mask_serves_it(webui):
    status, body = webui.api([drawn(RED), drawn(RED, (0, 0, 8, 8))], batch_size=2)
    assert status == 500
    expect_error(body, "one picture at a time")


# 2. Outside the mask, not one pixel changes.


@pytest.mark.parametrize("area", ["whole picture", "only masked"])
@pytest.mark.parametrize("blur", [0, 4])
def test_outside_the_mask_and_its_blur_not_one_pixel_changes(webui, area, blur):
    picture = drawn(RED)
    _status, body = webui.api(picture, area=area, blur=blur)
    difference = changed(picture, body["images"][0])
    assert difference[red_in(picture)].mean() > 0.95
    assert not (difference & ~grown(red_in(picture), reach(blur))).any()


def test_one_mask_serves_batch_size_times_batch_count(webui):
    picture = drawn(RED)
    _status, body = webui.api(picture, batch_size=2, n_iter=2, blur=0)
    assert len(body["images"]) == 4
    assert len(webui.requests) == 1
    for after in body["images"]:
        assert changed(picture, after)[red_in(picture)].mean() > 0.95
        assert not (changed(picture, after) & ~red_in(picture)).any()


def test_keep_picture_serves_batch_size_times_batch_count(webui):
    _status, body = webui.api(drawn(None), batch_size=2, n_iter=2, unsure="keep picture")
    assert [changed(drawn(None), after).any() for after in body["images"]] == [False] * 4


@pytest.mark.parametrize(("invert", "expected"), [(0, (0, 0, 8, 8)), (1, None)])
def test_the_users_mask_is_read_with_the_inpaint_tabs_inversion_and_not_inverted_twice(webui, invert, expected):
    mask = Image.new("L", (SIZE, SIZE))
    mask.paste(255, (0, 0, 8, 8))
    webui.page(drawn(RED), image_mask=mask, inpainting_mask_invert=invert)
    given = webui.requests[0].user_mask
    assert given[:8, :8].all() == (invert == 0)
    assert given[8:].all() == (invert == 1)


def test_a_blank_mask_of_the_inpaint_tab_counts_as_none(webui):
    webui.page(drawn(RED), image_mask=Image.new("L", (SIZE, SIZE)), inpainting_mask_invert=1)
    assert webui.requests[0].user_mask is None


def test_a_users_mask_of_another_size_is_fitted_to_the_picture(webui):
    webui.api(drawn(RED), image_mask=Image.new("L", (16, 16), 255))
    assert webui.requests[0].user_mask.shape == (SIZE, SIZE)


# What the sampler starts from.


@pytest.mark.parametrize(
    ("prompt", "box", "fill"),
    [
        ("replace", (16, 16, 48, 48), 2),
        ("replace", (16, 16, 22, 22), 0),
        ("modify", (16, 16, 48, 48), 1),
        ("add", (16, 16, 22, 22), 2),
        ("remove", (16, 16, 48, 48), 0),
        ("background", (16, 16, 48, 48), 2),
        ("restyle", (0, 0, 64, 64), 1),
    ],
)
def test_masked_content_is_chosen_by_the_kind_of_edit(webui, prompt, box, fill):
    _status, body = webui.api(drawn(RED, box), prompt)
    assert f"Masked content: {fill}" in body["infotexts"][0]


def test_masked_content_can_be_set(webui):
    _status, body = webui.api(drawn(RED), masked_content="latent nothing")
    assert "Masked content: 3" in body["infotexts"][0]


def test_styles_are_expanded_before_the_prompt_is_compared(webui):
    shared.prompt_styles.styles["night"] = "at night"
    webui.api(drawn(RED), "replace ball", styles=["night"])
    assert webui.requests[0].prompt == "replace ball, at night"


def test_prompts_that_differ_within_a_call_share_the_first_ones_mask_and_that_is_told(webui):
    _pictures, _infotexts, below = webui.page(drawn(RED), ["replace a", "replace b"], n_iter=2)
    assert [request.prompt for request in webui.requests] == ["replace a"]
    assert "the mask is the first one's" in below


# 4. Nothing of one run leaks into the next.


@pytest.mark.parametrize("color", [RED, None, GREEN, BLUE])
@pytest.mark.parametrize("unsure", ["stop", "keep picture", "img2img"])
def test_after_a_run_p_is_what_it_was(webui, monkeypatch, color, unsure):
    from modules import img2img

    made = []
    make = img2img.StableDiffusionProcessingImg2Img
    monkeypatch.setattr(
        img2img, "StableDiffusionProcessingImg2Img", lambda **given: made.append(make(**given)) or made[-1]
    )
    mask = Image.new("L", (SIZE, SIZE), 255)
    before = {"image_mask": mask, "mask_blur": 9, "inpainting_fill": 3, "inpaint_full_res_padding": 77}
    webui.page(drawn(color), unsure=unsure, combine="ignore", area="only masked", **before)
    (p,) = made
    if color is RED or unsure != "img2img":  # otherwise the host itself left its traces, without automask's doing
        fresh = state_of(make(**before, inpaint_full_res=0))
        assert {name: value for name, value in state_of(p).items() if fresh[name] != value} == {}
    assert not {"init", "sample"} & set(vars(p))


# 5. Off means off.


def test_disabled_changes_nothing(webui):
    _status, body = webui.api(drawn(RED), args=[{"enabled": False}])
    assert changed(drawn(RED), body["images"][0]).mean() > 0.95
    assert webui.requests == []
    assert "automask" not in body["infotexts"][0]


@pytest.mark.parametrize(
    "args",
    [
        [False, "", "stop", 0.5, "add", None],
        [False, None, "no such policy"],
        [None],
        [{"enabled": False, "grwo": 3}],
        [{"enabled": False, "grow": "much"}],
        [{}],
    ],
)
def test_disabled_leaves_the_run_alone_even_where_other_options_are_wrong(webui, args):
    status, body = webui.api(drawn(RED), args=args)
    assert status == 200
    assert changed(drawn(RED), body["images"][0]).mean() > 0.95
    assert webui.requests == []
    assert body["comments"] == ""


@pytest.mark.parametrize("enabled", ["yes", 1])
def test_what_is_neither_on_nor_off_is_refused(webui, enabled):
    for args in ([enabled], [{"enabled": enabled}]):
        status, body = webui.api(drawn(RED), args=args)
        assert status == 500
        expect_error(body, "enabled must be true or false")


def test_disabled_imports_no_torch_and_no_models():
    program = """
import json, sys
from types import SimpleNamespace
sys.modules["modules.processing"] = SimpleNamespace(DecodedSamples=list, create_binary_mask=None)  # the host's torch
from lib_automask.options import FIELDS
from lib_automask.webui import api, request, settings
from lib_automask.webui.script import Automask
p = SimpleNamespace(extra_generation_params={}, init_images=[], comments={}, script_args=[0])
script = Automask()
for hook in (script.before_process, script.process):
    hook(p, *(row.default for row in FIELDS), False)
script.postprocess(p, SimpleNamespace(comments=""))
heavy = ("torch", "transformers", "segment_anything", "torchvision")
print(json.dumps([name for name in heavy if name in sys.modules]))
"""
    paths = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests' / 'fake_webui')!r}]\n"
    done = subprocess.run([sys.executable, "-c", paths + program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


# The preview.


@pytest.mark.parametrize("color", [RED, None, GREEN])
def test_preview_shows_the_mask_and_the_sentence_and_saves_nothing(webui, monkeypatch, color):
    from modules import img2img

    made = []
    make = img2img.StableDiffusionProcessingImg2Img
    monkeypatch.setattr(
        img2img, "StableDiffusionProcessingImg2Img", lambda **given: made.append(make(**given)) or made[-1]
    )
    (shown,), _infotexts, below = webui.page(drawn(color), preview=True, enabled=False, batch_size=2, n_iter=2)
    (request,) = webui.requests
    assert np.array_equal(np.array(shown), draw_overlay(request.image, answer(request)))
    assert below.startswith("automask: ")
    assert made[0].saved == []
    assert (made[0].batch_size, made[0].n_iter) == (2, 2)
