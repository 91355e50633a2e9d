"""What is kept beside the finished pictures: masks, cutouts, layers, and the table of a Batch run."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from modules import img2img, scripts, shared
from PIL import Image
from pyora import Project
from webui_host import GREEN, changed, drawn, red_in

from lib_automask import cutout
from lib_automask.cutout import Cutout
from lib_automask.errors import InputError, Unsure
from lib_automask.webui import outputs


@pytest.fixture
def folder(webui, tmp_path) -> str:
    return str(tmp_path / "out")


@pytest.fixture
def scissors(monkeypatch):
    """Stands in for the models: what is red is cut out of a picture, if anything is."""

    def cut_out(image, _models, target=""):
        mask = red_in(Image.fromarray(image))
        if not mask.any():
            raise Unsure("red was not found")
        return Cutout(image, np.dstack([image, mask * np.uint8(255)]), mask, f"target: {target or 'red'}")

    monkeypatch.setattr(cutout, "cut_out_target", cut_out)


def names(folder: str) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def test_nothing_is_kept_unless_asked_for(webui, folder):
    webui.page(drawn(), outpath_samples=folder)
    assert names(folder) == ["00000.png"]


def test_the_mask_is_kept_under_the_pictures_name_and_carries_its_infotext(webui, folder):
    picture = drawn()
    _pictures, infotexts, _below = webui.page(picture, outpath_samples=folder, also="mask")
    assert names(folder) == ["00000-mask.png", "00000.png"]
    with Image.open(Path(folder, "00000-mask.png")) as mask:
        mask.load()
    np.testing.assert_array_equal(np.array(mask) > 127, red_in(picture))
    assert mask.info["parameters"] == infotexts[0]


def test_only_a_cutout_needs_the_models_a_second_time(webui, folder, scissors, monkeypatch):
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
    assert names(folder) == [*files, "00000.png"]
    whole = Image.new("RGBA", (64, 64))
    for name in files:
        with Image.open(Path(folder, name)) as one:
            whole.alpha_composite(one)
    assert not changed(whole, pictures[0]).any()


def test_layers_of_a_resized_result_are_refused_and_the_picture_is_there(webui, folder):
    pictures, _infotexts, below = webui.page(drawn(), outpath_samples=folder, also="layers", width=32, height=32)
    assert len(pictures) == 1
    assert names(folder) == ["00000.png"]
    assert "layers need a result of the picture's own size" in str(below)


def test_the_finished_pictures_subject_is_cut_out(webui, folder, scissors):
    green = drawn(GREEN)
    _pictures, _infotexts, below = webui.page(green, outpath_samples=folder, also="cutout", unsure="img2img")
    assert "red was not found" in str(below)
    picture = drawn()
    webui.page(picture, outpath_samples=folder, also="cutout", unsure="keep picture", prompt="replace")
    assert "00001.png" in names(folder)


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
    assert names(folder) == [*files, "00000.png"]
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
    assert names(folder) == ["00000-pass-1-mask.png", "00000-pass-3-mask.png", "00000.png"]
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


def test_of_passes_that_end_early_what_is_done_is_kept(webui, folder):
    passes = "edit: blur=0\nupscale: upscaler=no such\nedit"
    _pictures, _infotexts, below = webui.page(drawn(), outpath_samples=folder, also="layers as PNG", passes=passes)
    assert "no upscaler" in str(below)
    assert names(folder) == ["00000-layer0-before.png", "00000-layer1-1-edit.png", "00000.png"]


def test_what_others_did_to_the_finished_picture_is_the_top_layer():
    stack = outputs.layers_of_passes(np.zeros((4, 4, 3), np.uint8), [], np.full((4, 4, 3), 9, np.uint8))
    assert [layer.name for layer in stack] == ["before", "after the passes"]
    with pytest.raises(InputError, match="size that the last pass left"):
        outputs.layers_of_passes(np.zeros((4, 4, 3), np.uint8), [], np.zeros((4, 8, 3), np.uint8))


def test_without_saved_pictures_no_files_are_written(webui, folder):
    webui.page(drawn(), outpath_samples=folder, also="mask", do_not_save_samples=True)
    assert not Path(folder).exists()


def test_a_batch_has_masks_named_as_its_files_and_a_table_of_what_was_done(webui, folder):
    webui.batch([drawn(), drawn(GREEN), drawn()], outpath_samples=folder, also="mask")
    with Path(folder, "automask.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["edit"].partition(" ")[0] for line in table] == ["replace", "replace", "replace"]
    assert "the place is not certain" in table[1]["why"]
    assert [line["picture"] for line in table] == ["00000.png", "00001.png", "00002.png"]
    masks = sorted(path.name for path in Path(folder, "automask-masks").iterdir())
    assert masks == ["00000.png", "00002.png"], "the second file had none"


def test_of_several_pictures_for_each_file_of_a_batch_masks_and_table_are_kept_too(webui, folder):
    """The host writes "Batch 2 out of 2" over the number of the file."""
    answer = webui.batch([drawn(), drawn(GREEN)], outpath_samples=folder, also="mask", n_iter=2)
    with Path(folder, "automask.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["picture"] for line in table] == ["00000.png", "00002.png"]
    assert sorted(path.name for path in Path(folder, "automask-masks").iterdir()) == ["00000.png"]
    assert "automask, 2 out of 2: the place is not certain" in str(answer.comments)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_take_for_a_formula_is_text(folder, start):
    formula = f"{start}HYPERLINK(A1)"
    outputs.append_csv_row((formula, "1.png", "remove -2 (1.00)", "0.5", formula), Path(folder, "automask.csv"))
    with Path(folder, "automask.csv").open(encoding="utf-8", newline="") as file:
        heading, row = list(csv.reader(file))
    assert heading == list(outputs.COLUMNS)
    assert row == [f"'{formula}", "1.png", "remove -2 (1.00)", "0.5", f"'{formula}"]


def test_the_table_of_a_batch_says_what_each_pass_did(webui, folder):
    webui.batch([drawn()], outpath_samples=folder, also="mask", passes="edit\noutpaint: left=8")
    with Path(folder, "automask.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["why"] == "replace red square → star; extended left 8: 64x64 → 72x64"


def test_a_batch_names_them_after_its_files_where_the_host_does(webui, folder):
    more = {"override_settings": {"samples_filename_pattern": "holiday-[generation_number]"}}
    webui.batch([drawn()], outpath_samples=folder, also="mask", **more)
    assert Path(folder, "automask-masks", "holiday.png").exists()
    shared.opts.__init__()


def test_a_folder_that_cannot_be_written_is_told_and_the_picture_is_there(webui, folder):
    webui.batch([drawn()], outpath_samples=folder, also="mask")
    table = Path(folder, "automask.csv")
    table.unlink()
    table.mkdir()
    answer = webui.batch([drawn()], outpath_samples=folder, also="mask")
    assert len(answer.images) == 1
    assert "automask.csv" in str(answer.comments)


# A cutout in place of painting.


def test_one_click_gives_the_target_cut_out_of_the_picture_and_paints_nothing(webui, folder, scissors):
    picture = drawn()
    pictures, infotexts, below = webui.page(picture, cutout=True, enabled=False, outpath_samples=folder, target="thing")
    assert [one.mode for one in pictures] == ["RGBA"]
    alpha = np.array(pictures[0])[..., 3] > 127
    np.testing.assert_array_equal(alpha, red_in(picture))
    assert not changed(Image.fromarray(np.array(pictures[0])[..., :3]), picture).any()
    assert "target: thing" in str(below)
    assert 'automask why: "target: thing"' in infotexts[0]
    assert names(folder) == ["00000-cutout.png"]
    with Image.open(Path(folder, "00000-cutout.png")) as saved:
        np.testing.assert_array_equal(np.array(saved)[..., 3] > 127, red_in(picture), "Forge would make it opaque")


@pytest.mark.parametrize("off", ["the host's setting", "this run"])
def test_a_cutout_is_not_saved_where_the_host_saves_no_pictures(webui, folder, scissors, off):
    shared.opts.data["samples_save"] = off != "the host's setting"
    more = {"do_not_save_samples": off == "this run"}
    pictures, _infotexts, _below = webui.page(drawn(), cutout=True, outpath_samples=folder, **more)
    assert [one.mode for one in pictures] == ["RGBA"]
    assert not Path(folder).exists()


def test_what_cannot_be_cut_out_is_told(webui, folder, scissors):
    pictures, _infotexts, below = webui.page(drawn(GREEN), cutout=True, outpath_samples=folder)
    assert pictures == []
    assert "red was not found" in str(below)
    assert not Path(folder).exists()


def test_after_a_cutout_the_same_run_paints_again(webui, folder, scissors):
    webui.page(drawn(), cutout=True, outpath_samples=folder)
    pictures, _infotexts, _below = webui.page(drawn(), outpath_samples=folder)
    assert changed(drawn(), pictures[0]).any()
    assert pictures[0].mode == "RGB"


# LayerDiffuse.


class LayerDiffuse:
    """That extension as far as it touches this one: twelve controls, read before it paints."""

    def __init__(self) -> None:
        self.seen = None

    def title(self) -> str:
        return "LayerDiffuse"

    def postprocess(self, _p, _processed, *args) -> None:
        self.seen = args


def run_with(webui, method, enabled=True, foreground=None):
    layer_diffuse = LayerDiffuse()
    controls = [enabled, method, 1.0, 1.0, foreground, None, None, "Crop and Resize", False, "", "", ""]
    ours = [*webui.args()[1:]]
    runner = scripts.ScriptRunner([(webui.automask, ours), (layer_diffuse, controls)])
    _pictures, _infotexts, below = img2img.page(runner, list(runner.defaults), init_images=[drawn()], prompt="replace")
    return layer_diffuse.seen[4:7], str(below)


@pytest.mark.parametrize(
    ("method", "filled"),
    [
        ("(SDXL) From Foreground to Blending", [True, False, False]),
        ("(SD1.5) From Foreground to Background (need batch size 2)", [True, False, False]),
        ("(SDXL) From Foreground and Blending to Background", [True, False, True]),
        ("(SDXL) From Background and Blending to Foreground", [False, True, True]),
        ("(SDXL) Only Generate Transparent Image (Attention Injection)", [False, False, False]),
    ],
)
def test_layerdiffuse_gets_what_its_method_needs(webui, scissors, method, filled):
    boxes, below = run_with(webui, method)
    assert [box is not None for box in boxes] == filled
    assert ("for LayerDiffuse" in below) == any(filled)
    for box in boxes:
        assert box is None or (box.dtype, box.shape) == (np.uint8, (64, 64, 4))
    if filled[0]:
        np.testing.assert_array_equal(boxes[0][..., 3] > 127, red_in(drawn()))


def test_layerdiffuse_keeps_what_the_user_gave_it_and_is_left_alone_where_it_is_off(webui, scissors):
    own = np.zeros((8, 8, 4), np.uint8)
    boxes, below = run_with(webui, "(SDXL) From Foreground to Blending", foreground=own)
    assert boxes[0] is own
    assert "for LayerDiffuse" not in below
    boxes, _below = run_with(webui, "(SDXL) From Foreground to Blending", enabled=False)
    assert boxes[0] is None


def test_layerdiffuse_gets_a_cutout_of_each_file_of_a_batch(webui, scissors):
    layer_diffuse = LayerDiffuse()
    controls = [True, "(SDXL) From Foreground to Blending", 1.0, 1.0, None, None, None, "Resize", False, "", "", ""]
    runner = scripts.ScriptRunner([(layer_diffuse, controls), (webui.automask, webui.args()[1:])])
    seen = []
    layer_diffuse.process_batch = lambda _p, *args: seen.append(args[4])
    layer_diffuse.postprocess = lambda _p, _processed, *args: seen.append(args[4])
    img2img.batch(runner, list(runner.defaults), [drawn(), drawn(box=(4, 4, 20, 20))], prompt="replace")
    assert [int((box[..., 3] > 127).sum()) for box in seen] == [24 * 24, 16 * 16]
