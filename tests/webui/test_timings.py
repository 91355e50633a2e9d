"""Seconds of masking beside seconds of sampling, in the infotext of each picture. The clock here is the test's own."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from modules import processing as host
from modules.img2img import Loopback
from webui_host import GREEN, RED, drawn

from lib_automask import pipeline
from lib_automask.options import FIELDS
from lib_automask.webui import infotext, run_state

MASKING, SAMPLING = 3, 10
"""Seconds; the sampler takes one more each time."""


@pytest.fixture
def host_with_clock(webui, monkeypatch):
    """The fake host, where finding a mask and sampling take as long as this says, and nothing else takes any time."""
    now = [0.0]

    def build_mask(request, models):
        now[0] += MASKING
        return webui.build_mask(request, models)

    def sampling(_p):
        now[0] += SAMPLING + len(host.sampled) - 1

    monkeypatch.setattr(run_state.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(pipeline, "build_mask", build_mask)
    monkeypatch.setattr(host, "during_sampling", sampling)
    return webui


def timings(text: str) -> str | None:
    """What an infotext says of them, as the hosts read it."""
    found = re.search(r'automask timings: ("(?:\\.|[^\\"])+"|[^,]*)', text)
    return found and found[1].strip('"')


def test_the_infotext_has_seconds_of_masking_by_stage_and_of_sampling(host_with_clock):
    _status, body = host_with_clock.api(drawn(RED))
    assert timings(body["infotexts"][0]) == "masking 3.00 (caption 0.10), sampling 10.00"


def test_each_picture_has_the_seconds_of_its_own_batch(host_with_clock):
    _status, body = host_with_clock.api(drawn(RED), batch_size=2, n_iter=3)
    sampling = [timings(text).split("sampling ")[1] for text in body["infotexts"]]
    assert sampling == ["10.00", "10.00", "11.00", "11.00", "12.00", "12.00"]
    assert all("masking 3.00" in timings(text) for text in body["infotexts"])


def test_each_file_of_a_batch_and_each_loop_has_its_own_seconds(host_with_clock):
    told = host_with_clock.batch([drawn(RED), drawn(None), drawn(RED)], unsure="keep picture").infotexts
    assert [timings(text) for text in told] == [
        "masking 3.00 (caption 0.10), sampling 10.00",
        "masking 3.00",
        "masking 3.00 (caption 0.10), sampling 11.00",
    ]
    host_with_clock.pick(Loopback())
    pictures, _infotexts, _log = host_with_clock.page(drawn(GREEN), script=1, unsure="img2img")
    told = [timings(picture.info["parameters"]) for picture in pictures]
    assert told == ["masking 3.00, sampling 12.00", "masking 3.00, sampling 13.00"]


def test_without_automask_the_infotext_has_no_seconds(host_with_clock):
    _status, body = host_with_clock.api(drawn(RED), args=[{"enabled": False}])
    assert "automask" not in body["infotexts"][0]


def test_passes_have_all_seconds_of_a_batch(host_with_clock, monkeypatch):
    """The second pass finds what the first has found, although that is painted over."""
    build_mask, red = pipeline.build_mask, np.array(drawn(RED))
    monkeypatch.setattr(pipeline, "build_mask", lambda asked, models: build_mask(replace(asked, image=red), models))
    _status, body = host_with_clock.api(drawn(RED), passes="edit\nedit", n_iter=2)
    assert [timings(text) for text in body["infotexts"]] == [
        "masking 6.00, painting 21.00",
        "masking 6.00, painting 25.00",
    ]


def test_timings_do_not_hinder_pasting(host_with_clock):
    _status, body = host_with_clock.api(drawn(RED), grow=8)
    params = {"automask timings": timings(body["infotexts"][0]), "automask enabled": "True", "automask grow": "8"}
    grow = next(row for row in FIELDS if row.name == "grow")
    assert infotext.read_pasted(grow, params) == 8
