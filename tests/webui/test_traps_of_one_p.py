"""Trap 3 of the hosts: Batch, Loopback and the X/Y/Z plot use one p, and nothing of one run may leak into the next."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from modules.img2img import Loopback, Plot
from modules.processing import process_images
from PIL import Image
from webui_host import RED, SIZE, answer, changed, drawn, red_in, state_of

from lib_automask.options import FIELDS, Options
from lib_automask.types import MaskRequest
from lib_automask.webui import processing, request, run_state

ROOT = Path(__file__).parents[2]
BLUR = next(row for row in FIELDS if row.name == "blur")


def test_trap_3_batch_gives_each_file_its_own_mask_and_nothing_leaks(webui):
    files = [drawn(RED), drawn(None), drawn(RED, (0, 0, 8, 8))]
    processed = webui.batch(files, blur=0, unsure="keep picture")
    for before, after in zip(files, processed.images):
        assert not (changed(before, after) & ~red_in(before)).any()
        assert changed(before, after).any() == red_in(before).any()
    assert "Masked content" in processed.infotexts[0]
    assert "Masked content" not in processed.infotexts[1]
    assert processed.infotexts[1].count("automask why: nothing to change") == 1


def test_trap_3_batch_without_a_mask_in_the_second_file_paints_it_whole_when_plain_img2img_was_chosen(webui):
    files = [drawn(RED), drawn(None)]
    processed = webui.batch(files, unsure="img2img", area="only masked")
    assert changed(files[1], processed.images[1]).mean() > 0.95
    assert "Inpaint area" not in processed.infotexts[1]


def test_trap_3_a_mask_of_the_users_own_for_each_file_is_not_taken_for_the_last_one(webui):
    files = [drawn(RED), drawn(RED)]
    masks = [Image.new("L", (SIZE, SIZE)), Image.new("L", (SIZE, SIZE))]
    masks[0].paste(255, (0, 0, 8, 8))
    masks[1].paste(255, (48, 48, 56, 56))
    processed = webui.batch(files, masks=masks, blur=0)
    for before, after, mask in zip(files, processed.images, masks):
        assert not (changed(before, after) & ~(red_in(before) | (np.array(mask) > 0))).any()
        assert changed(before, after)[np.array(mask) > 0].all()


def test_trap_3_a_run_that_broke_off_is_cleaned_up_before_the_next(webui):
    p = SimpleNamespace(extra_generation_params={}, init_images=[drawn()], image_mask=None, inpainting_mask_invert=0)
    for name in processing.BORROWED:
        setattr(p, name, getattr(p, name, "as it was"))
    before = state_of(p)
    p.image_mask = None
    processing.return_pictures(p, [drawn()], preview=True)
    webui.automask.before_process(p)
    assert state_of(p) == before
    assert not {"init", "sample"} & set(vars(p))


def test_trap_3_a_mask_that_the_user_put_there_since_a_run_broke_off_stays(webui):
    p = SimpleNamespace(extra_generation_params={}, **dict.fromkeys(processing.BORROWED))
    processing.inject_mask(p, answer(MaskRequest(np.array(drawn()), "replace")), Options())
    p.image_mask = of_the_user = Image.new("L", (SIZE, SIZE), 255)
    webui.automask.before_process(p)
    assert p.image_mask is of_the_user


@pytest.mark.parametrize("color", [RED, None], ids=["painted", "given back"])
def test_trap_3_another_scripts_own_way_of_sampling_comes_back(webui, color):
    """As img2img alternative test sets it: on ``p``, once for all that follows."""

    class Alternative:
        def title(self):
            return "img2img alternative test"

        def run(self, p):
            sample = p.sample
            p.sample = self.sample = lambda **conditions: sample(**conditions)
            processed = process_images(p)
            self.after = vars(p).get("sample")
            return processed

    alternative = Alternative()
    webui.pick(alternative)
    webui.page(drawn(color), script=1, unsure="keep picture")
    assert alternative.after is alternative.sample


def test_trap_3_loopback_looks_again_in_each_loop_and_keeps_its_own_settings(webui):
    webui.pick(Loopback())
    picture = drawn(RED)
    (first, second), _infotexts, _below = webui.page(picture, script=1, blur=0)
    assert changed(picture, first)[red_in(picture)].all()
    # Nothing red is left after the first loop, so the second gives its picture back rather than painting it whole.
    assert not changed(first, second).any()
    assert [request.prompt for request in webui.requests] == ["replace", "replace"]
    # The first result was made with this very prompt, which would say that nothing is left to change.
    assert [request.own_prompt for request in webui.requests] == ["", ""]


def test_trap_3_cells_of_a_plot_share_dicts_and_yet_keep_apart(webui):
    webui.pick(Plot(lambda p: request.make_setter(BLUR)(p, 0, []), lambda p: None))
    (first, _second), infotexts, _below = webui.page(drawn(RED), script=1, blur=6)
    assert not (changed(drawn(RED), first) & ~red_in(drawn(RED))).any()
    assert "automask blur: 0" in infotexts[0]
    assert "automask blur: 6" in infotexts[1]


def test_trap_3_cells_of_a_plot_keep_their_own_options_and_leave_none_to_the_original(webui):
    """Two axes set options of one cell; every cell begins as a copy of one ``p``, which has a record already."""
    originals = []

    def apply(**values):
        def change(cell):
            for name, value in values.items():
                request.make_setter(next(row for row in FIELDS if row.name == name))(cell, value, [])

        return change

    class PlotAfterARun(Plot):
        def run(self, p):
            originals.append(p)
            process_images(p)
            return super().run(p)

    webui.pick(PlotAfterARun(apply(blur=0, grow=3), apply(grow=5), apply()))
    webui.page(drawn(RED), script=1, blur=6)
    options = [(asked.options.blur, asked.options.grow) for asked in webui.requests]
    assert options == [(6, 0), (0, 3), (6, 5), (6, 0)]
    assert run_state.state_of(originals[0]).overrides == {}


def test_trap_3_a_run_leaves_one_key_on_p_and_nothing_of_a_file_in_it(webui, monkeypatch, tmp_path):
    from modules import img2img

    made = []
    make = img2img.StableDiffusionProcessingImg2Img
    monkeypatch.setattr(
        img2img, "StableDiffusionProcessingImg2Img", lambda **given: made.append(make(**given)) or made[-1]
    )
    plain = set(vars(make()))
    webui.batch([drawn(RED), drawn(RED)], also="mask", outpath_samples=str(tmp_path), passes="edit", keep_passes=True)
    (p,) = made
    own = {name for name in set(vars(p)) - plain if "automask" in name}
    assert own == {run_state.KEY}
    left = run_state.state_of(p)
    assert (left.loan, left.clock, left.output, left.cutout, left.kept_pictures) == (None, None, None, None, [])
