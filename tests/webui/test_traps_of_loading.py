"""Traps 6 to 15 of the hosts: settings, script files, arguments, labels, other extensions, routes."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from modules import script_callbacks, scripts, shared
from modules.img2img import Outpainting, Tiles
from webui_host import changed, drawn

from lib_automask.options import FIELDS
from lib_automask.webui import api as webui_api
from lib_automask.webui import settings

ROOT = Path(__file__).parents[2]
BLUR = next(row for row in FIELDS if row.name == "blur")


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
def test_scripts_with_masks_or_tiles_of_their_own_are_left_alone_with_a_comment(webui, script):
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
