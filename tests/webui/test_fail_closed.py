"""Whatever goes wrong, the picture is not repainted and the user reads why."""

from __future__ import annotations

from pathlib import Path

import pytest
from modules import shared
from modules.processing import StableDiffusionProcessingImg2Img
from webui_host import BLUE, GREEN, RED, changed, drawn, expect_error

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.interfaces import Models
from lib_automask.webui import processing, run_state
from lib_automask.webui.model_pool import ModelPool, report_progress

ROOT = Path(__file__).parents[2]


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
def test_keep_picture_returns_the_identical_picture_and_says_why(webui, color, size):
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


def test_a_failure_before_the_run_has_a_record_paints_nothing_if_the_mask_fails_too(webui, monkeypatch):
    def trips(_p):
        raise RuntimeError("tripped before")

    monkeypatch.setattr(run_state, "selected_script_title", trips)
    status, body = webui.api(drawn(BLUE))
    assert status == 500
    expect_error(body, "the model tripped")


def test_a_host_whose_attributes_cannot_all_be_set_is_stopped_and_given_back(webui, monkeypatch):
    """As in a Forge whose blur along each axis is derived from the one blur: setting it raises."""
    monkeypatch.setattr(StableDiffusionProcessingImg2Img, "derived_blur", property(lambda _p: 4), raising=False)
    monkeypatch.setattr(processing, "BORROWED", ("derived_blur", *processing.BORROWED))
    status, body = webui.api(drawn(GREEN), unsure="stop")
    assert (status, body["error"]) == (500, "Unsure")
    status, body = webui.api(drawn(RED))
    assert status == 200
    assert changed(drawn(RED), body["images"][0]).any()


def test_a_run_that_nothing_can_be_borrowed_from_paints_nothing(webui, monkeypatch):
    def fail(*_args):
        raise AttributeError("this host is another one")

    monkeypatch.setattr(processing, "borrow_attributes", fail)
    status, body = webui.api(drawn(RED))
    assert status == 500
    assert "images" not in body


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


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([{"Enabled": True}], "unknown option 'Enabled'"),
        ([{"enable": True}], "did you mean 'enabled'?"),
        ([{"enabled": 0}], "enabled must be true or false"),
        ([{"enabled": None}], "enabled must be true or false"),
        ([{"enabled": "true"}], "enabled must be true or false"),
        ([{"enabled": False, "bogus": 1}], "unknown option 'bogus'"),
        ([{"enabled": False, "grow": "much"}], "grow must be"),
        ([{}], "the dict is empty"),
        ([{"enabled": True}, {"grow": 4}], "got several"),
        ([False, {"enabled": True}], "target must be text"),
        ([0], "enabled must be true or false"),
        ([""], "enabled must be true or false"),
        ([[]], "enabled must be true or false"),
    ],
)
def test_a_request_that_names_automask_is_never_taken_for_off(webui, args, says):
    status, body = webui.api(drawn(RED), args=args)
    assert status == 500
    assert says in str(body)
    assert "images" not in body


@pytest.mark.parametrize("options", [{"grow": 0}, {"target": "red square"}, {"passes": [{"do": "edit"}]}])
def test_a_dict_that_sets_options_means_enabled(webui, options):
    webui.api(drawn(RED), args=[options])
    assert webui.requests[0].options.enabled


@pytest.mark.parametrize(
    "args", [[], [False], [None], [False, 7], [{"enabled": False}], [{"enabled": False, "grow": 4}]]
)
def test_what_is_off_is_plain_img2img(webui, args):
    status, body = webui.api(drawn(RED), args=args)
    assert (status, webui.requests) == (200, [])
    assert changed(drawn(RED), body["images"][0]).any()


@pytest.mark.parametrize("color", [None, GREEN, BLUE])
def test_the_page_shows_no_name_of_a_class(webui, color):
    pictures, _infotexts, below = webui.page(drawn(color), page_key="page")
    assert pictures == []
    assert below.startswith("automask: ")
    assert "automask" not in below.removeprefix("automask: ")
    assert all(name not in below for name in ("Unsure:", "NothingToChange:", "AutomaskError:"))
