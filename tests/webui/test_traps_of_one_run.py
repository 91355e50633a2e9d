"""Traps 1, 2, 4 and 5 of the hosts, on finished pictures: swallowed errors, blank masks, the hidden inpaint tab."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from modules import errors, scripts, shared
from webui_host import BLUE, RED, changed, drawn, expect_error, red_in

from lib_automask import pipeline
from lib_automask.options import FIELDS
from lib_automask.webui import processing, request, settings

ROOT = Path(__file__).parents[2]
BLUR = next(row for row in FIELDS if row.name == "blur")


def test_trap_1_the_fake_host_swallows_what_a_hook_raises_and_repaints_everything(webui):
    class Naive:
        def title(self):
            return "naive"

        def process(self, p, *_args):
            raise RuntimeError("no mask")

    picture = drawn()
    (after,), _infotexts, _below = webui.page(picture, run=scripts.ScriptRunner([(Naive(), [])]))
    assert changed(picture, after).mean() > 0.95
    assert "no mask" in errors.reported[0]


def test_trap_1_an_exception_in_the_hook_paints_nothing(webui):
    status, body = webui.api(drawn(BLUE))
    assert status == 500
    expect_error(body, "the model tripped")
    pictures, _infotexts, below = webui.page(drawn(BLUE))
    assert pictures == []
    assert "the model tripped" in below


def test_trap_1_options_that_cannot_be_read_paint_nothing(webui):
    status, body = webui.api(drawn(), args=[{"enabled": True, "grwo": 3}])
    assert status == 500
    expect_error(body, "did you mean 'grow'?")


def test_trap_1_in_the_batch_tab_one_broken_file_is_given_back_and_the_others_are_painted(webui):
    files = [drawn(RED), drawn(BLUE), drawn(RED, (0, 0, 8, 8))]
    processed = webui.batch(files, blur=0)
    first, second, third = processed.images
    assert changed(files[0], first).any()
    assert not changed(files[1], second).any()
    assert "the model tripped" in processed.infotexts[1]
    assert changed(files[2], third)[:8, :8].any()
    assert "2 out of 3" in processed.comments
    assert "the model tripped" in processed.comments


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (request, "read_inputs"),
        (request, "read_options"),
        (processing, "inject_mask"),
        (settings, "read_settings"),
    ],
)
def test_trap_1_a_hook_that_breaks_anywhere_paints_nothing_in_a_run_and_in_the_batch_tab(
    webui, monkeypatch, module, function
):
    def breaks(*_args):
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr(module, function, breaks)
    status, body = webui.api(drawn())
    assert status == 500
    expect_error(body, "nobody foresaw this")
    files = [drawn(RED), drawn(RED, (0, 0, 8, 8))]
    processed = webui.batch(files)
    assert [changed(before, after).any() for before, after in zip(files, processed.images)] == [False, False]
    assert all("nobody foresaw this" in infotext for infotext in processed.infotexts)


def test_trap_1_a_stopped_run_leaves_p_whole(webui):
    p = SimpleNamespace(init=None)
    error = ValueError("why")
    for name in processing.BORROWED:
        setattr(p, name, None)
    del p.init
    processing.stop_run(p, error)
    with pytest.raises(ValueError, match="why"):
        p.init([])
    assert "init" not in vars(p)


def test_trap_2_a_blank_mask_never_reaches_the_host(webui, monkeypatch):
    def blank(request, models):
        result = webui.build_mask(request, models)
        return type(result)("mask", np.zeros_like(result.mask), *list(vars(result).values())[2:])

    monkeypatch.setattr(pipeline, "build_mask", blank)
    status, body = webui.api(drawn(), area="only masked")
    assert status == 500
    expect_error(body, "replace red square → star")


def test_trap_4_what_the_hidden_inpaint_tab_holds_does_not_come_alive(webui):
    hidden = {"inpainting_mask_invert": 1, "mask_blur": 30, "inpainting_fill": 3, "inpaint_full_res": 1}
    picture = drawn(RED)
    (after,), (infotext,), _below = webui.page(picture, **hidden, blur=0, area="whole picture")
    assert not (changed(picture, after) & ~red_in(picture)).any()
    assert "Mask mode" not in infotext
    assert "Inpaint area" not in infotext


def test_trap_4_host_takes_the_inpaint_tabs(webui):
    inpaint_tab = {"inpainting_fill": 3, "inpaint_full_res": 1}
    (_after,), (infotext,), _below = webui.page(drawn(), masked_content="host", area="host", **inpaint_tab)
    assert "Masked content: 3" in infotext
    assert "Inpaint area: Only masked" in infotext


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
def test_trap_5_the_same_pixels_give_the_same_request_from_page_and_api(webui, mode):
    picture = drawn(RED).convert(mode)
    webui.page(picture, unsure="keep picture")
    webui.api(picture, unsure="keep picture")
    from_page, from_api = webui.requests
    assert from_page == from_api


def test_trap_5_what_is_transparent_counts_as_the_hosts_background(webui):
    shared.opts.data["img2img_background_color"] = "#e60000"
    picture = drawn(None).convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 16, 16))
    webui.api(picture, unsure="keep picture")
    assert shows_red(webui.requests[0].image[:16, :16])


def shows_red(image):
    return bool((image == RED).all())


def test_trap_5_defaults_of_page_and_api_do_not_matter(webui):
    _status, body = webui.api(drawn())
    _pictures, infotexts, _below = webui.page(drawn())
    assert [without_timings(one) for one in body["infotexts"]] == [without_timings(one) for one in infotexts]


def without_timings(infotext):
    """Seconds differ from run to run on a busy machine."""
    return re.sub(r', automask timings: ("[^"]*"|[^,]*)', "", infotext)


def test_trap_5_padding_may_go_beyond_the_slider(webui):
    _status, body = webui.api(drawn(), area="only masked", padding=1000)
    assert "Masked area padding: 1000" in body["infotexts"][0]
