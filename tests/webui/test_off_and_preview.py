"""Off means off; a preview shows the mask and saves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from webui_host import GREEN, RED, answer, changed, drawn, expect_error

from lib_automask.imaging.preview import draw_overlay

ROOT = Path(__file__).parents[2]


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
