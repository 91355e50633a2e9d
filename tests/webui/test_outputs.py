"""What is kept beside the finished pictures: masks, cutouts and layers, of one painting and of passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyora import Project
from webui_host import GREEN, changed, drawn, file_names, red_in

from lib_automask.errors import InputError
from lib_automask.webui import outputs


@pytest.fixture
def folder(webui, tmp_path) -> str:
    return str(tmp_path / "out")


def test_nothing_is_kept_unless_asked_for(webui, folder):
    webui.page(drawn(), outpath_samples=folder)
    assert file_names(folder) == ["00000.png"]


def test_the_mask_is_kept_under_the_pictures_name_and_carries_its_infotext(webui, folder):
    picture = drawn()
    _pictures, infotexts, _below = webui.page(picture, outpath_samples=folder, also="mask")
    assert file_names(folder) == ["00000-mask.png", "00000.png"]
    with Image.open(Path(folder, "00000-mask.png")) as mask:
        mask.load()
    np.testing.assert_array_equal(np.array(mask) > 127, red_in(picture))
    assert mask.info["parameters"] == infotexts[0]


def test_only_a_cutout_needs_the_models_a_second_time(webui, folder, cut_out_red, monkeypatch):
    taken = []
    models = webui.automask.pool.models
    monkeypatch.setattr(webui.automask.pool, "models", lambda choice: taken.append(choice) or models(choice))
    for also in ("mask", "layers", "layers as PNG"):
        webui.page(drawn(), outpath_samples=folder, also=also)
    assert len(taken) == 3
    webui.page(drawn(), outpath_samples=folder, also="cutout", batch_size=2, unsure="keep picture")
    assert len(taken) == 5, "once for the mask, once for all pictures"


def test_layers_laid_over_each_other_are_the_finished_picture(webui, folder):
    picture = drawn()
    pictures, _infotexts, _below = webui.page(picture, outpath_samples=folder, also="layers", blur=4)
    project = Project.load(str(Path(folder, "00000-layers.ora")))
    assert [child.name for child in project.children] == ["star", "edges", "before"]
    merged = project.get_image_data().convert("RGB")
    assert not changed(merged, pictures[0]).any()
    star = next(child for child in project.children if child.name == "star")
    alpha = np.zeros((64, 64), np.uint8)
    left, top = star.offsets
    part = np.array(star.get_image_data(raw=True))[..., 3]
    alpha[top : top + part.shape[0], left : left + part.shape[1]] = part
    assert not (alpha[~red_in(picture)]).any()


def test_layers_come_as_png_files_too(webui, folder):
    pictures, _infotexts, _below = webui.page(drawn(), outpath_samples=folder, also="layers as PNG", blur=4)
    files = ["00000-layer0-before.png", "00000-layer1-edges.png", "00000-layer2-star.png"]
    assert file_names(folder) == [*files, "00000.png"]
    whole = Image.new("RGBA", (64, 64))
    for name in files:
        with Image.open(Path(folder, name)) as one:
            whole.alpha_composite(one)
    assert not changed(whole, pictures[0]).any()


def test_layers_of_a_resized_result_are_refused_and_the_picture_is_there(webui, folder):
    pictures, _infotexts, below = webui.page(drawn(), outpath_samples=folder, also="layers", width=32, height=32)
    assert len(pictures) == 1
    assert file_names(folder) == ["00000.png"]
    assert "layers need a result of the picture's own size" in str(below)


def test_the_finished_pictures_subject_is_cut_out(webui, folder, cut_out_red):
    green = drawn(GREEN)
    _pictures, _infotexts, below = webui.page(green, outpath_samples=folder, also="cutout", unsure="img2img")
    assert "red was not found" in str(below)
    picture = drawn()
    webui.page(picture, outpath_samples=folder, also="cutout", unsure="keep picture", prompt="replace")
    assert "00001.png" in file_names(folder)


def pasted(names: list[str], folder: str, size: tuple[int, int]) -> Image.Image:
    """Pictures of one size laid over each other."""
    whole = Image.new("RGBA", size)
    for name in names:
        with Image.open(Path(folder, name)) as one:
            whole.alpha_composite(one)
    return whole


def test_of_passes_each_is_a_layer_and_all_are_the_finished_picture(webui, folder):
    passes = "edit: blur=4\noutpaint: left=8; up=16; blur=0; prompt=a field"
    pictures, _infotexts, _below = webui.page(drawn(), outpath_samples=folder, also="layers as PNG", passes=passes)
    files = ["00000-layer0-before.png", "00000-layer1-1-edit.png", "00000-layer2-2-outpaint.png"]
    assert file_names(folder) == [*files, "00000.png"]
    assert pictures[0].size == (72, 80)
    assert not changed(pasted(files, folder, (72, 80)), pictures[0]).any()
    with Image.open(Path(folder, files[0])) as before:
        assert not changed(before.crop((8, 16, 72, 80)), drawn()).any(), "the old picture lies where it is in the new"
    with Image.open(Path(folder, files[2])) as border:
        opaque = np.array(border)[..., 3] > 0
    assert opaque[:16].all()
    assert opaque[:, :8].all()
    assert not opaque[16:, 8:].any()


def test_of_passes_the_layers_come_as_openraster_and_begin_anew_with_an_upscale(webui, folder):
    passes = "edit: blur=0\nupscale: by=2; upscaler=Lanczos\noutpaint: right=8; blur=0"
    pictures, _infotexts, _below = webui.page(drawn(), outpath_samples=folder, also="layers", passes=passes)
    project = Project.load(str(Path(folder, "00000-layers.ora")))
    assert [child.name for child in project.children] == ["3 outpaint", "2 upscale"]
    assert not changed(project.get_image_data().convert("RGB"), pictures[0]).any()


def test_of_passes_the_masks_are_kept_one_by_one(webui, folder):
    passes = "edit: blur=0\nupscale: by=1; upscaler=Lanczos\noutpaint: down=8; blur=0"
    webui.page(drawn(), outpath_samples=folder, also="mask", passes=passes)
    assert file_names(folder) == ["00000-pass-1-mask.png", "00000-pass-3-mask.png", "00000.png"]
    with (
        Image.open(Path(folder, "00000-pass-1-mask.png")) as first,
        Image.open(Path(folder, "00000-pass-3-mask.png")) as third,
    ):
        np.testing.assert_array_equal(np.array(first) > 127, red_in(drawn()))
        assert third.size == (64, 72)
        assert (np.array(third) > 127)[64:].all()
        assert not (np.array(third) > 127)[:64].any()


def test_of_passes_each_picture_of_a_run_has_layers_of_its_own(webui, folder):
    more = {"outpath_samples": folder, "batch_size": 2, "n_iter": 2}
    pictures, _infotexts, _below = webui.page(drawn(), also="layers as PNG", passes="edit: blur=0", **more)
    finished = pictures[:4]
    assert len({np.array(one).tobytes() for one in finished}) == 4
    for number, picture in enumerate(finished):
        files = [f"0000{number}-layer0-before.png", f"0000{number}-layer1-1-edit.png"]
        assert not changed(pasted(files, folder, (64, 64)), picture).any()


def test_of_passes_that_end_early_the_finished_ones_are_kept(webui, folder):
    passes = "edit: blur=0\nupscale: upscaler=no such\nedit"
    _pictures, _infotexts, below = webui.page(drawn(), outpath_samples=folder, also="layers as PNG", passes=passes)
    assert "no upscaler" in str(below)
    assert file_names(folder) == ["00000-layer0-before.png", "00000-layer1-1-edit.png", "00000.png"]


def test_what_others_did_to_the_finished_picture_is_the_top_layer():
    stack = outputs.layers_of_passes(np.zeros((4, 4, 3), np.uint8), [], np.full((4, 4, 3), 9, np.uint8))
    assert [layer.name for layer in stack] == ["before", "after the passes"]
    with pytest.raises(InputError, match="size that the last pass left"):
        outputs.layers_of_passes(np.zeros((4, 4, 3), np.uint8), [], np.zeros((4, 8, 3), np.uint8))


def test_without_saved_pictures_no_files_are_written(webui, folder):
    webui.page(drawn(), outpath_samples=folder, also="mask", do_not_save_samples=True)
    assert not Path(folder).exists()
