"""The prompt that a picture was made with, on its ways into the img2img tab of the fake host."""

from __future__ import annotations

import base64
import io
import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from modules import errors, script_callbacks
from PIL import Image, PngImagePlugin
from webui_host import GREEN, RED, drawn

from lib_automask.imaging import infotext_metadata
from lib_automask.webui import api, request
from lib_automask.webui.request import CANVAS

OLD = "a red square on grey"
INFOTEXT = f"{OLD}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler, Size: 64x64"


def carrying(picture: Image.Image, infotext: str = INFOTEXT) -> Image.Image:
    """The picture with an infotext, as a host opens a PNG."""
    picture.info["parameters"] = infotext
    return picture


def bare(picture: Image.Image) -> Image.Image:
    """Its pixels alone, as the clipboard and Forge's canvas hand them over."""
    return Image.fromarray(np.array(picture.convert("RGB"))).convert("RGBA")


def seen(picture: Image.Image, infotext: str = INFOTEXT) -> dict[str, object]:
    """What the page sends along of a PNG file."""
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", infotext)
    content = io.BytesIO()
    Image.new("L", (1, 1)).save(content, "PNG", pnginfo=text)
    look = request.compute_signature(picture)
    width, height = look.size
    parts = {"png": content.getvalue(), "cells": look.cells.tobytes()}
    return {"width": width, "height": height, **{name: base64.b64encode(part).decode() for name, part in parts.items()}}


def heard(webui) -> list[str]:
    return [request.own_prompt for request in webui.requests]


@pytest.fixture
def canvas(monkeypatch):
    """The host is Forge, with its canvas."""
    monkeypatch.setitem(sys.modules, CANVAS, SimpleNamespace())


# By itself.


def test_a_picture_brings_its_prompt_to_the_page_to_the_api_and_in_the_batch_tab(webui):
    webui.page(carrying(drawn()))
    webui.api(carrying(drawn()))
    webui.batch([carrying(drawn()), drawn(RED, (0, 0, 8, 8)), carrying(drawn(), "another\nSteps: 2, Seed: 1")])
    assert heard(webui) == [OLD, OLD, OLD, "", "another"]


def test_a_result_carries_the_prompt_of_its_run_into_the_next(webui):
    _status, body = webui.api(carrying(drawn()), "replace it")
    webui.api(body["images"][0], "replace it again")
    assert heard(webui) == [OLD, "replace it"]


def test_a_picture_that_was_given_back_was_not_made_with_the_new_prompt(webui):
    _status, body = webui.api(carrying(drawn(None)), unsure="keep picture")
    kept = body["images"][0]
    assert f"{infotext_metadata.KEPT}: " in kept.info["parameters"]
    webui.api(kept, unsure="keep picture")
    webui.api(bare(kept), unsure="keep picture")
    assert heard(webui) == [OLD, "", ""]


def test_the_infotext_says_who_spoke_and_has_no_caption_that_nobody_made(webui, monkeypatch):
    from dataclasses import replace

    from lib_automask import pipeline

    build = webui.build_mask
    _status, body = webui.api(drawn())
    assert "automask witness: caption" in body["infotexts"][0]
    monkeypatch.setattr(pipeline, "build_mask", lambda *given: replace(build(*given), caption="", witness="own prompt"))
    _status, body = webui.api(carrying(drawn()))
    assert "automask witness: own prompt" in body["infotexts"][0]
    assert "automask caption" not in body["infotexts"][0]


def test_what_cannot_be_read_is_not_known(webui):
    picture = drawn()
    picture.info["exif"] = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"
    for given in (picture, carrying(drawn(), ""), carrying(drawn(), '{"prompt": "a json"}')):
        status, _body = webui.api(given)
        assert status == 200
    assert heard(webui) == ["", "", ""]


# Pictures that this host saved.


def test_a_saved_picture_is_known_by_its_pixels(webui, canvas):
    (result,), _infotexts, _below = webui.page(drawn(), "replace one")
    webui.page(bare(result), "replace two")
    webui.page(bare(drawn()), "replace three")
    assert heard(webui) == ["", "replace one", ""]


def test_a_picture_in_which_a_little_was_repainted_is_another(webui, canvas):
    (result,), _infotexts, _below = webui.page(drawn())
    other = bare(result)
    other.paste((250, 250, 250), (20, 20, 23, 23))
    webui.page(other)
    assert heard(webui) == ["", ""]


@pytest.mark.parametrize(("form", "more"), [("JPEG", {"quality": 80}), ("WEBP", {"quality": 80})])
def test_a_picture_that_is_saved_with_loss_is_known_too(webui, form, more):
    rows, cols = np.indices((256, 256))
    smooth = Image.fromarray(np.stack([rows, cols, 128 + (rows - cols) // 2], 2).astype(np.uint8))
    saved(webui, smooth, filename=f"1.{form.lower()}")
    content = io.BytesIO()
    smooth.save(content, form, **more)
    assert webui.automask.known.prompt_of(np.array(Image.open(content).convert("RGB"))) == OLD


def saved(webui, picture, infotext=INFOTEXT, **more):
    given = {"image": picture, "p": SimpleNamespace(), "filename": "1.png", "pnginfo": {"parameters": infotext}, **more}
    script_callbacks.call("image_saved", SimpleNamespace(**given))


def test_of_two_runs_with_one_result_the_later_prompt_counts(webui):
    for prompt in ("first", "second"):
        saved(webui, drawn(), f"{prompt}\nSteps: 2, Seed: 1")
    assert webui.automask.known.prompt_of(np.array(drawn())) == "second"


def test_a_copy_of_an_init_image_may_have_anothers_text_and_is_not_remembered(webui):
    saved(webui, drawn(), p=None)
    assert webui.automask.known.prompt_of(np.array(drawn())) == ""


@pytest.mark.parametrize("broken", [{"image": None}, {"image": "no picture"}, {"pnginfo": None}])
def test_nothing_breaks_the_saving_of_a_picture(webui, broken):
    saved(webui, drawn(), **broken)
    assert len(errors.reported) == 1
    saved(webui, drawn())
    assert webui.automask.known.prompt_of(np.array(drawn())) == OLD


def test_only_the_latest_are_remembered(webui, monkeypatch):
    for number in range(request.LATEST + 1):
        picture = drawn(None)
        picture.paste((number % 64 * 4, number // 64 * 20, 0), (0, 0, 32, 32))
        saved(webui, picture, f"prompt {number}\nSteps: 2, Seed: 1")
        if number == 0:
            first = np.array(picture)
    assert webui.automask.known.prompt_of(first) == ""
    assert webui.automask.known.prompt_of(np.array(picture)) == f"prompt {request.LATEST}"


# Files that the page read.


def test_a_file_that_the_page_read_speaks_for_its_picture_alone(webui, canvas):
    texts = json.dumps([seen(drawn(GREEN), "green\nSteps: 2, Seed: 1"), seen(drawn())])
    webui.page(bare(drawn()), page_texts=texts)
    webui.page(bare(drawn(GREEN)), page_texts=texts, unsure="keep picture")
    webui.page(bare(drawn(RED, (0, 0, 8, 8))), page_texts=texts)
    webui.page(bare(drawn().resize((32, 32))), page_texts=texts)
    assert heard(webui) == [OLD, "green", "", ""]


def test_the_canvas_of_forge_may_hold_another_pictures_text_which_counts_for_nothing(webui, canvas):
    webui.page(carrying(drawn()))
    webui.api(carrying(drawn()), is_api=True)
    webui.batch([carrying(drawn())])
    assert heard(webui) == ["", OLD, OLD]


def test_it_reaches_a_preview_too(webui, canvas):
    webui.page(bare(drawn()), preview=True, page_texts=json.dumps([seen(drawn())]))
    assert heard(webui) == [OLD]


@pytest.mark.parametrize(
    "texts",
    [
        "no json",
        "5",
        "{}",
        "[5]",
        "[{}]",
        json.dumps([{**seen(drawn()), "width": 0, "height": 0}]),
        json.dumps([{**seen(drawn()), "width": float("inf")}]),
        json.dumps([{**seen(drawn()), "cells": "AAAA"}]),
        json.dumps([{**seen(drawn()), "png": "AAAA"}]),
        json.dumps([{**seen(drawn()), "png": 5}]),
        "[" * 100_000,
        json.dumps([seen(drawn())]) + " " * request.LONGEST,
        None,
        7,
    ],
)
def test_what_the_page_sends_amiss_is_left_out_and_the_run_goes_on(webui, texts):
    pictures, _infotexts, _below = webui.page(drawn(), page_texts=texts)
    assert len(pictures) == 1
    assert heard(webui) == [""]


# The route.


def test_the_mask_route_takes_the_prompt_from_the_picture_or_from_a_key(webui, monkeypatch):
    content = io.BytesIO()
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", INFOTEXT)
    drawn().save(content, "PNG", pnginfo=text)
    image = base64.b64encode(content.getvalue()).decode()
    make = lambda **more: api.answer_mask_request(  # noqa: E731
        webui.automask.residency, webui.automask.known, {"image": image, "prompt": "replace", **more}
    )
    assert make()["witness"] == "caption"
    make(own_prompt="told by key")
    assert heard(webui) == [OLD, "told by key"]
    with pytest.raises(Exception, match="own_prompt must be text"):
        make(own_prompt=5)


def test_the_mask_route_knows_what_this_host_saved(webui):
    saved(webui, drawn())
    content = io.BytesIO()
    drawn().save(content, "PNG")
    request = {"image": base64.b64encode(content.getvalue()).decode(), "prompt": "replace"}
    api.answer_mask_request(webui.automask.residency, webui.automask.known, request)
    assert heard(webui) == [OLD]
