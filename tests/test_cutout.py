"""A thing cut out of its picture, by the command line and from Python."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyora import Project

from benchmarks.icon_world.scenes import Scene, Thing, draw, silhouettes
from lib_automask import load_models
from lib_automask.cli import main
from lib_automask.cutout import cut_out_target
from lib_automask.errors import Unsure
from lib_automask.imaging import masks
from lib_automask.interfaces import Models, SoftSegmenter
from lib_automask.options import Options
from lib_automask.pipeline import build_mask
from lib_automask.types import MaskRequest

SCENE = Scene(
    (Thing("ball", "red", 0.28, 0.55, 0.2, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.21, 4, 1)), "grass", 160, 160, 3
)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "pair.png"
    Image.fromarray(draw(SCENE)).save(path)
    return path


def test_everything_that_the_picture_is_about_is_cut_out(picture, tmp_path, capsys):
    assert main(["cutout", str(picture), "--models", "demo", "--out", str(tmp_path / "out"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert "red ball" in printed["why"]
    assert "orange cat" in printed["why"]
    cut = np.array(Image.open(printed["cutout"]["path"]))
    assert cut.shape == (160, 160, 4)
    assert masks.mask_iou(cut[..., 3] > 127, np.any(silhouettes(SCENE), 0)) > 0.93


def test_a_target_is_cut_out_alone_and_its_layers_make_the_picture_again(picture, tmp_path, capsys):
    out = tmp_path / "out"
    code = main(["cutout", str(picture), "--target", "red ball", "--layers", "--models", "demo", "--out", str(out)])
    assert code == 0
    printed = capsys.readouterr().out
    assert "target: red ball" in printed
    assert str(out / "pair-cutout.png") in printed
    cut = np.array(Image.open(out / "pair-cutout.png"))
    assert masks.mask_iou(cut[..., 3] > 127, silhouettes(SCENE)[0]) > 0.93
    project = Project.load(str(out / "pair-layers.ora"))
    assert [child.name for child in project.children] == ["cutout", "background"]
    again = np.array(project.get_image_data().convert("RGB")).astype(int)
    assert np.abs(again - draw(SCENE)).mean() < 2
    ground = np.array(Image.open(out / "pair-background.png")).astype(int)
    assert np.abs(ground - (214, 34, 40))[silhouettes(SCENE)[0]].sum(1).min() > 150, "no red is left where the ball was"


def test_a_target_that_is_not_there_is_an_error_and_nothing_is_written(picture, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["cutout", str(picture), "--target", "purple fish", "--models", "demo", "--out", str(out)]) == 3
    assert "purple fish was not found" in capsys.readouterr().err
    assert not out.exists()
    with pytest.raises(Unsure, match="purple fish was not found"):
        cut_out_target(draw(SCENE), load_models("demo"), "purple fish")


class Hard:
    """A segmenter that knows masks alone."""

    def __init__(self, segmenter) -> None:
        self.segments = segmenter.segments


class Contrary(Hard):
    """One that finds another region at every second prompt."""

    def chances(self, _image, _mask):
        return None


def test_the_edge_follows_the_probabilities_of_sam_and_without_them_the_mask():
    image, truth = draw(SCENE), silhouettes(SCENE)[0]
    models = load_models("demo")
    assert isinstance(models.segmenter, SoftSegmenter)
    soft = cut_out_target(image, models, "red ball").picture[..., 3]
    for segmenter in (Hard(models.segmenter), Contrary(models.segmenter)):
        hard = cut_out_target(image, Models(models.captioner, models.matcher, segmenter), "red ball").picture[..., 3]
        assert (soft != hard).any()
        assert masks.mask_iou(hard > 127, truth) > 0.93
    assert masks.mask_iou(soft > 127, truth) > 0.95


def test_a_target_is_not_grown_as_an_edit_would_be():
    image = draw(SCENE)
    models = load_models("demo")
    as_found = build_mask(MaskRequest(image, "", options=Options(target="red ball", margins="as set")), models).mask
    np.testing.assert_array_equal(cut_out_target(image, models, "red ball").mask, as_found)


def test_a_psd_is_written_where_the_package_for_it_is_and_else_refused(picture, tmp_path, capsys):
    out = tmp_path / "out"
    code = main(["cutout", str(picture), "--target", "red ball", "--psd", "--models", "demo", "--out", str(out)])
    if find_spec("psd_tools") is None:
        assert code == 2
        assert "psd-tools, which is not here" in capsys.readouterr().err
    else:
        assert code == 0
        with Image.open(out / "pair-layers.psd") as document:
            assert [name for name, *_rest in document.layers] == ["background", "cutout"]
