"""The Extras tab: the background removed."""

from __future__ import annotations

import numpy as np
import pytest
from modules import errors, shared
from modules.scripts_postprocessing import extras
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw, silhouettes
from lib_automask import load_models
from lib_automask.imaging import masks
from lib_automask.webui.extras import AutomaskCutout
from lib_automask.webui.model_pool import ModelPool
from lib_automask.webui.script import Automask

BALL, CAT = Thing("ball", "red", 0.28, 0.55, 0.2, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.21, 4, 1)
PAIR = Scene((BALL, CAT), "grass", 160, 160, 3)


@pytest.fixture(autouse=True)
def demo_models(monkeypatch):
    shared.state.__init__()
    errors.reported.clear()
    monkeypatch.setattr(Automask, "pool", ModelPool(lambda _choice: load_models("demo")))


def picture(scene: Scene = PAIR) -> Image.Image:
    return Image.fromarray(draw(scene))


def test_the_background_becomes_transparent():
    (pp,) = extras(AutomaskCutout(), [picture()], enable=True, target="", behind=False)
    alpha = np.array(pp.image)[..., 3]
    assert masks.mask_iou(alpha > 127, np.any(silhouettes(PAIR), 0)) > 0.93
    assert "red ball" in pp.info["automask cutout"]


def test_a_target_and_the_background_behind_it():
    cut, behind = extras(AutomaskCutout(), [picture()], enable=True, target="orange cat", behind=True)
    assert masks.mask_iou(np.array(cut.image)[..., 3] > 127, silhouettes(PAIR)[1]) > 0.93
    assert behind.nametags == ["background"]
    assert behind.image.mode == "RGB"
    there = np.array(behind.image).astype(int)[silhouettes(PAIR)[1]]
    assert np.abs(there - (240, 136, 30)).sum(1).min() > 100, "no orange is left where the cat was"


def test_a_file_without_the_target_stays_as_it_is_and_the_others_go_on():
    lone = Scene((BALL,), "grass", 160, 160, 3)
    first, second = extras(AutomaskCutout(), [picture(lone), picture()], enable=True, target="orange cat")
    assert first.image == picture(lone)
    assert first.info["automask cutout"].startswith("not cut out: ")
    assert "orange cat was not found" in first.info["automask cutout"]
    assert second.image.mode == "RGBA"


def test_an_unexpected_failure_is_explained_and_reported(monkeypatch):
    def broken(_choice):
        raise RuntimeError("the model tripped")

    monkeypatch.setattr(Automask, "pool", ModelPool(broken))
    (pp,) = extras(AutomaskCutout(), [picture()], enable=True)
    assert pp.image == picture()
    assert "the model tripped" in pp.info["automask cutout"]
    assert errors.reported


@pytest.mark.parametrize("off", [False, None])
def test_off_means_off(monkeypatch, off):
    monkeypatch.setattr(Automask, "pool", None)
    (pp,) = extras(AutomaskCutout(), [picture()], enable=off, target=None, behind=None)
    assert (pp.image, pp.info) == (picture(), {})


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_line_of_the_tab_is_drawn_with_controls_that_the_host_can_pass_by_name():
    gradio = pytest.importorskip("gradio")
    with gradio.Blocks():
        controls = AutomaskCutout().ui()
    assert {name: control.value for name, control in controls.items()} == {
        "enable": False,
        "target": "",
        "behind": False,
    }
