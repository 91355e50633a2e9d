"""The button that cuts the target out in place of painting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from modules import shared
from PIL import Image
from webui_host import GREEN, changed, drawn, file_names, red_in


@pytest.fixture
def folder(webui, tmp_path) -> str:
    return str(tmp_path / "out")


# A cutout in place of painting.


def test_one_click_gives_the_target_cut_out_of_the_picture_and_paints_nothing(webui, folder, cut_out_red):
    picture = drawn()
    pictures, infotexts, below = webui.page(picture, cutout=True, enabled=False, outpath_samples=folder, target="thing")
    assert [one.mode for one in pictures] == ["RGBA"]
    alpha = np.array(pictures[0])[..., 3] > 127
    np.testing.assert_array_equal(alpha, red_in(picture))
    assert not changed(Image.fromarray(np.array(pictures[0])[..., :3]), picture).any()
    assert "target: thing" in str(below)
    assert 'automask why: "target: thing"' in infotexts[0]
    assert file_names(folder) == ["00000-cutout.png"]
    with Image.open(Path(folder, "00000-cutout.png")) as saved:
        np.testing.assert_array_equal(np.array(saved)[..., 3] > 127, red_in(picture), "Forge would make it opaque")


@pytest.mark.parametrize("off", ["the host's setting", "this run"])
def test_a_cutout_is_not_saved_where_the_host_saves_no_pictures(webui, folder, cut_out_red, off):
    shared.opts.data["samples_save"] = off != "the host's setting"
    more = {"do_not_save_samples": off == "this run"}
    pictures, _infotexts, _below = webui.page(drawn(), cutout=True, outpath_samples=folder, **more)
    assert [one.mode for one in pictures] == ["RGBA"]
    assert not Path(folder).exists()


def test_a_failed_cutout_is_explained(webui, folder, cut_out_red):
    pictures, _infotexts, below = webui.page(drawn(GREEN), cutout=True, outpath_samples=folder)
    assert pictures == []
    assert "red was not found" in str(below)
    assert not Path(folder).exists()


def test_after_a_cutout_the_same_run_paints_again(webui, folder, cut_out_red):
    webui.page(drawn(), cutout=True, outpath_samples=folder)
    pictures, _infotexts, _below = webui.page(drawn(), outpath_samples=folder)
    assert changed(drawn(), pictures[0]).any()
    assert pictures[0].mode == "RGB"
