"""Each trap of the hosts, one test or more named after it. What they lead to is measured on finished pictures."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from modules import errors, script_callbacks, scripts, shared
from modules.img2img import Loopback, Outpainting, Plot, Tiles
from modules.processing import process_images
from PIL import Image
from webui_host import BLUE, RED, SIZE, answer, changed, drawn, expect_error, red_in, state_of

from lib_automask import pipeline
from lib_automask.options import FIELDS, Options
from lib_automask.types import MaskRequest
from lib_automask.webui import api as webui_api
from lib_automask.webui import processing, request, run_state, settings

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


def test_trap_3_a_mask_of_the_users_own_for_each_file_is_told_from_the_last_one(webui):
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
    assert body["infotexts"] == infotexts


def test_trap_5_padding_may_go_beyond_the_slider(webui):
    _status, body = webui.api(drawn(), area="only masked", padding=1000)
    assert "Masked area padding: 1000" in body["infotexts"][0]


def test_trap_6_an_override_setting_ends_with_its_request(webui):
    pytest.importorskip("gradio")
    settings.add_settings()
    webui.api(drawn(), override_settings={"automask_device": "cpu"})
    assert settings.read_settings().device == "cpu"
    assert shared.opts.automask_device == "auto"


def test_trap_6_a_setting_that_the_config_lacks_is_at_its_default(webui):
    assert not hasattr(shared.opts, "automask_memory")
    assert settings.read_settings().memory == "offload"


def test_trap_8_the_file_in_scripts_is_short_and_holds_one_script_class(webui):
    path = ROOT / "scripts" / "automask.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) < 20
    scripts.load_scripts(str(path))
    assert [data.script_class.__name__ for data in scripts.scripts_data] == ["Automask"]
    assert [data.script_class.__name__ for data in scripts.postprocessing_scripts_data] == ["AutomaskCutout"]


def test_trap_8_reload_ui_registers_again_from_the_file_in_scripts(webui):
    path = ROOT / "scripts" / "automask.py"
    scripts.load_scripts(str(path))
    first = {event: len(callbacks) for event, callbacks in script_callbacks.registered.items()}
    scripts.load_scripts(str(path))
    again = {event: len(callbacks) for event, callbacks in script_callbacks.registered.items()}
    assert first == again
    assert first == {
        "ui_settings": 1,
        "before_ui": 1,
        "app_started": 1,
        "before_image_saved": 1,
        "image_saved": 1,
        "script_unloaded": 1,
    }


def test_trap_8_after_loading_the_root_may_leave_sys_path(webui, monkeypatch):
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT])
    status, _body = webui.api(drawn())
    assert status == 200


def test_trap_11_args_as_one_dict_or_by_position(webui):
    positional = [row.default for row in FIELDS]
    positional[0] = True
    for args in ([{"enabled": True}], positional, [True]):
        status, body = webui.api(drawn(), args=args)
        assert status == 200
        assert changed(drawn(), body["images"][0]).any()
    assert len(set(webui.requests)) == 1


def test_trap_11_names_are_case_insensitive_and_unknown_scripts_refused(webui):
    from modules import img2img

    args = {"args": [{"enabled": True}]}
    fields = {"init_images": [drawn()], "prompt": "replace"}
    assert img2img.api(webui.runner, {"AutoMask": args}, **fields)[0] == 200
    assert img2img.api(webui.runner, {"automasks": args}, **fields)[0] == 422


def test_trap_11_surplus_args_are_dropped_and_do_no_harm(webui):
    status, _body = webui.api(drawn(), args=[{"enabled": True}, *range(50)])
    assert status == 200


def test_trap_13_labels_are_unique_and_never_renamed():
    labels = [row.label for row in FIELDS]
    assert len(set(labels)) == len(labels)
    assert set(labels) >= {
        "Enable automask", "Target", "When unsure", "Least confidence", "Your own mask", "Grow", "Fill holes",
        "Drop islands", "Masked content of automask", "Inpaint area of automask", "Padding of automask",
        "Mask blur of automask",
    }  # fmt: skip


def test_trap_14_adetailers_inner_pass_is_left_alone(webui):
    webui.api(drawn(), _ad_inner=True)
    assert webui.requests == []


@pytest.mark.parametrize("script", [Tiles(), Outpainting()], ids=["SD upscale", "Outpainting mk2"])
def test_scripts_with_masks_or_tiles_of_their_own_are_left_alone_and_that_is_told(webui, script):
    webui.pick(script)
    _pictures, _infotexts, below = webui.page(drawn(), script=1)
    assert webui.requests == []
    assert f"not used with {script.title()}" in below


@pytest.mark.parametrize("demo", [None, object()], ids=["--nowebui", "page"])
def test_trap_15_routes_are_plain_functions_with_and_without_a_page(webui, demo):
    pytest.importorskip("fastapi")
    added = {}
    app = SimpleNamespace(add_api_route=lambda path, endpoint, **_more: added.update({path: endpoint}))
    webui_api.add_routes(webui.automask.pool, webui.automask.registry, demo, app)
    assert set(added) == {f"/automask/v1/{name}" for name in ("options", "mask", "unload")}
    assert not any(inspect.iscoroutinefunction(endpoint) for endpoint in added.values())
