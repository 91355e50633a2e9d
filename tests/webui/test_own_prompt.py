"""The prompt that a picture carries, or that the page read from its file, on its ways into the fake host."""

from __future__ import annotations

import base64
import io
import json
import sys
from types import SimpleNamespace

import pytest
from modules.img2img import Plot
from PIL import Image, PngImagePlugin
from webui_host import GREEN, RED, bare, drawn, large_picture, with_square

from lib_automask.imaging import infotext_metadata
from lib_automask.webui import api, infotext
from lib_automask.webui.request import FORGE_CANVAS

OLD = "a red square on grey"
INFOTEXT = f"{OLD}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler, Size: 64x64"


def carrying(picture: Image.Image, infotext: str = INFOTEXT) -> Image.Image:
    """The picture with an infotext, as a host opens a PNG."""
    picture.info["parameters"] = infotext
    return picture


def page_entry(picture: Image.Image, text: str = INFOTEXT) -> dict[str, object]:
    """What the page sends along of a PNG file."""
    chunk = PngImagePlugin.PngInfo()
    chunk.add_text("parameters", text)
    content = io.BytesIO()
    Image.new("L", (1, 1)).save(content, "PNG", pnginfo=chunk)
    parts = {"png": content.getvalue(), "cells": infotext.compute_cells(picture).tobytes()}
    encoded = {name: base64.b64encode(part).decode() for name, part in parts.items()}
    return {"width": picture.width, "height": picture.height, **encoded}


def own_prompts(webui) -> list[str]:
    return [request.own_prompt for request in webui.requests]


@pytest.fixture
def canvas(monkeypatch):
    """The host is Forge, with its canvas."""
    monkeypatch.setitem(sys.modules, FORGE_CANVAS, SimpleNamespace())


# Carried by the picture.


def test_a_picture_brings_its_prompt_to_the_page_to_the_api_and_in_the_batch_tab(webui):
    webui.page(carrying(drawn()))
    webui.api(carrying(drawn()))
    webui.batch([carrying(drawn()), drawn(RED, (0, 0, 8, 8)), carrying(drawn(), "another\nSteps: 2, Seed: 1")])
    assert own_prompts(webui) == [OLD, OLD, OLD, "", "another"]


def test_a_result_carries_the_prompt_of_its_run_into_the_next(webui):
    _status, body = webui.api(carrying(drawn()), "replace it")
    webui.api(body["images"][0], "replace it again")
    assert own_prompts(webui) == [OLD, "replace it"]


def test_a_picture_that_was_given_back_was_not_made_with_the_new_prompt(webui):
    _status, body = webui.api(carrying(drawn(None)), unsure="keep picture")
    kept = body["images"][0]
    assert f"{infotext_metadata.KEPT}: " in kept.info["parameters"]
    webui.api(kept, unsure="keep picture")
    webui.api(bare(kept), unsure="keep picture")
    assert own_prompts(webui) == [OLD, "", ""]


def test_the_infotext_names_the_evidence_and_has_a_caption_only_if_one_was_made(webui, monkeypatch):
    from dataclasses import replace

    from lib_automask import pipeline

    build = webui.build_mask
    _status, body = webui.api(drawn())
    assert "automask witness: caption" in body["infotexts"][0]
    monkeypatch.setattr(pipeline, "build_mask", lambda *given: replace(build(*given), caption="", witness="own prompt"))
    _status, body = webui.api(carrying(drawn()))
    assert "automask witness: own prompt" in body["infotexts"][0]
    assert "automask caption" not in body["infotexts"][0]


def test_an_unreadable_infotext_gives_no_prompt(webui):
    picture = drawn()
    picture.info["exif"] = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"
    for given in (picture, carrying(drawn(), ""), carrying(drawn(), '{"prompt": "a json"}')):
        status, _body = webui.api(given)
        assert status == 200
    assert own_prompts(webui) == ["", "", ""]


# Files that the page read.


def test_a_file_that_the_page_read_counts_for_its_picture_alone(webui, canvas):
    texts = json.dumps([page_entry(drawn(GREEN), "green\nSteps: 2, Seed: 1"), page_entry(drawn())])
    webui.page(bare(drawn()), page_texts=texts)
    webui.page(bare(drawn(GREEN)), page_texts=texts, unsure="keep picture")
    webui.page(bare(drawn(RED, (0, 0, 8, 8))), page_texts=texts)
    webui.page(bare(drawn().resize((32, 32))), page_texts=texts)
    assert own_prompts(webui) == [OLD, "green", "", ""]


@pytest.mark.parametrize("left", [300, 508])
def test_a_picture_that_differs_in_400_pixels_is_not_the_one_that_the_page_read(webui, canvas, left):
    """The second square lies across the corners of larger cells, whose means would hardly move."""
    picture = large_picture()
    other = with_square(picture, left)
    webui.page(bare(other), page_texts=json.dumps([page_entry(picture)]), unsure="keep picture")
    webui.page(bare(picture), page_texts=json.dumps([page_entry(picture)]), unsure="keep picture")
    assert own_prompts(webui) == ["", OLD]


@pytest.mark.parametrize("opacity", [254, 255])
def test_page_and_server_may_round_differently(webui, canvas, opacity):
    """Forge hides text in the opacity of its files, which moves the colours by a step on their way through the page."""
    picture = large_picture().convert("RGBA")
    picture.putalpha(opacity)
    webui.page(picture, page_texts=json.dumps([page_entry(picture.convert("RGB"))]), unsure="keep picture")
    assert own_prompts(webui) == [OLD]


def test_in_a_plot_the_canvas_of_forge_is_not_believed_either(webui, canvas):
    """The plot's job line looks like that of the Batch tab."""
    webui.pick(Plot(lambda p: None))
    webui.page(carrying(drawn()), script=1)
    assert own_prompts(webui) == [""]


def test_the_canvas_of_forge_may_hold_another_pictures_text_which_counts_for_nothing(webui, canvas):
    webui.page(carrying(drawn()))
    webui.api(carrying(drawn()), is_api=True)
    webui.batch([carrying(drawn())])
    assert own_prompts(webui) == ["", OLD, OLD]


def test_it_reaches_a_preview_too(webui, canvas):
    webui.page(bare(drawn()), preview=True, page_texts=json.dumps([page_entry(drawn())]))
    assert own_prompts(webui) == [OLD]


@pytest.mark.parametrize(
    "texts",
    [
        "no json",
        "5",
        "{}",
        "[5]",
        "[{}]",
        json.dumps([{**page_entry(drawn()), "width": 0, "height": 0}]),
        json.dumps([{**page_entry(drawn()), "width": float("inf")}]),
        json.dumps([{**page_entry(drawn()), "cells": "AAAA"}]),
        json.dumps([{**page_entry(drawn()), "png": "AAAA"}]),
        json.dumps([{**page_entry(drawn()), "png": 5}]),
        "[" * 100_000,
        json.dumps([page_entry(drawn())]) + " " * infotext.MAX_PAGE_CHARACTERS,
        None,
        7,
    ],
)
def test_malformed_texts_of_the_page_are_left_out_and_the_run_goes_on(webui, texts):
    pictures, _infotexts, _below = webui.page(drawn(), page_texts=texts)
    assert len(pictures) == 1
    assert own_prompts(webui) == [""]


# The route.


def test_the_mask_route_takes_the_prompt_from_the_picture_or_from_a_key(webui, monkeypatch):
    content = io.BytesIO()
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", INFOTEXT)
    drawn().save(content, "PNG", pnginfo=text)
    image = base64.b64encode(content.getvalue()).decode()
    make = lambda **more: api.answer_mask_request(  # noqa: E731
        webui.automask.pool, webui.automask.registry, {"image": image, "prompt": "replace", **more}
    )
    assert make()["witness"] == "caption"
    make(own_prompt="told by key")
    assert own_prompts(webui) == [OLD, "told by key"]
    with pytest.raises(Exception, match="own_prompt must be text"):
        make(own_prompt=5)
