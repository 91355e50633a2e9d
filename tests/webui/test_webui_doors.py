"""The other ways in and out: infotext, X/Y/Z plot, routes, and the models between runs."""

from __future__ import annotations

import base64
import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from modules import call_queue, errors, scripts, shared
from PIL import Image
from webui_host import BLUE, GREEN, RED, drawn, red_in

from lib_automask import pipeline
from lib_automask.errors import InputError
from lib_automask.interfaces import Models
from lib_automask.options import FIELDS, Options
from lib_automask.webui import api, infotext, model_pool, request, run_state, settings

# Infotext.


def params_of(text: str) -> dict[str, str]:
    return dict(re.findall(r"(automask [a-z ]+): ([^,]*)", text))


def test_infotext_tells_options_that_are_not_at_their_default_and_the_reasons(webui):
    _status, body = webui.api(drawn(RED), grow=8, blur=0)
    params = params_of(body["infotexts"][0])
    assert params["automask enabled"] == "True"
    assert params["automask grow"] == "8"
    assert params["automask caption"] == "a red square"
    assert params["automask edit"] == "replace red square → star (1.00)"
    assert float(params["automask coverage"]) == pytest.approx(red_in(drawn(RED)).mean(), abs=1e-4)
    assert "automask padding" not in params


def test_options_survive_the_way_through_the_infotext(webui):
    options = Options(enabled=True, target="the cat", grow=-3, confidence=0.25, fill_holes=False, area="only masked")
    params = {key: str(value) for key, value in options.infotext().items()}
    assert Options(**{row.name: infotext.read_pasted(row, params) for row in FIELDS}) == options


def test_pasting_a_picture_made_without_automask_touches_nothing():
    assert [infotext.read_pasted(row, {"Steps": "20"}) for row in FIELDS] == [None] * len(FIELDS)


def test_pasting_a_value_that_is_not_allowed_touches_nothing():
    grow = next(row for row in FIELDS if row.name == "grow")
    assert infotext.read_pasted(grow, {"automask enabled": "True", "automask grow": "much"}) is None


# X/Y/Z plot.


class Axis:
    def __init__(self, label, type, apply, choices=None):
        self.label, self.type, self.apply, self.choices = label, type, apply, choices


def test_axes_are_made_from_the_table_and_added_once(monkeypatch):
    plot = SimpleNamespace(AxisOptionImg2Img=Axis, axis_options=[])
    monkeypatch.setattr(scripts, "scripts_data", [SimpleNamespace(path="/host/scripts/xyz_grid.py", module=plot)])
    request.add_axes()
    request.add_axes()
    assert [axis.label for axis in plot.axis_options] == [f"[automask] {row.label}" for row in FIELDS if row.xyz]
    area = next(axis for axis in plot.axis_options if axis.label.endswith("Inpaint area of automask"))
    assert area.choices() == ["whole picture", "only masked", "host"]


def test_axes_lay_their_values_over_the_options_of_one_cell():
    fields = {row.name: row for row in FIELDS}
    p, other = SimpleNamespace(), SimpleNamespace()
    request.make_setter(fields["grow"])(p, 5, [])
    request.make_setter(fields["blur"])(p, 0, [])
    assert run_state.state_of(p).overrides == {"grow": 5, "blur": 0}
    assert not vars(other)
    with pytest.raises(InputError, match="grow must be"):
        request.make_setter(fields["grow"])(p, 9999, [])


# Routes.


@pytest.fixture
def client(webui, monkeypatch):
    fastapi = pytest.importorskip("fastapi")
    testclient = pytest.importorskip("fastapi.testclient")

    def make(**flags):
        values = {"api": True, "nowebui": False, "api_auth": None, **flags}
        monkeypatch.setattr(shared, "cmd_opts", SimpleNamespace(**values))
        app = fastapi.FastAPI()
        api.add_routes(webui.automask.pool, webui.automask.registry, None, app)
        return testclient.TestClient(app)

    return make


def base64_of(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def test_schema_lists_every_option_in_the_order_of_the_args(client):
    entries = client().get("/automask/v1/options").json()
    assert [entry["name"] for entry in entries] == [row.name for row in FIELDS]
    grow = next(entry for entry in entries if entry["name"] == "grow")
    assert (grow["type"], grow["default"], grow["minimum"], grow["maximum"]) == ("int", 0, -256, 256)


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_mask_route_answers_with_the_command_lines_object_and_the_mask(client, webui, prefix):
    request = {"image": prefix + base64_of(drawn(RED)), "prompt": "replace", "options": {"grow": 2}}
    answer = client().post("/automask/v1/mask", json=request)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["outcome"], body["caption"], body["prompt"]) == ("mask", "a red square", "replace")
    mask = np.array(Image.open(io.BytesIO(base64.b64decode(body["mask"]["image"])))) > 127
    assert np.array_equal(mask, red_in(drawn(RED)))
    assert webui.requests[0].options == Options(enabled=True, grow=2)


def test_mask_route_makes_the_request_that_a_run_makes(client, webui):
    webui.api(drawn(RED))
    client().post("/automask/v1/mask", json={"image": base64_of(drawn(RED)), "prompt": "replace"})
    assert webui.requests[0] == webui.requests[1]


@pytest.mark.parametrize(
    ("request_body", "says"),
    [
        ({"prompt": "x"}, "image must be a picture"),
        ({"image": "no picture", "prompt": "x"}, "image must be a picture"),
        ({"image": "?", "promt": "x"}, "unknown key 'promt'"),
        ({"image": "?", "prompt": 3}, "prompt must be text"),
        ({"image": "?", "prompt": "x", "options": {"grwo": 1}}, "did you mean 'grow'?"),
    ],
)
def test_mask_route_refuses_what_is_wrong_by_name(client, request_body, says):
    answer = client().post("/automask/v1/mask", json=request_body)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


def test_mask_route_is_unsure_without_an_error(client):
    answer = client().post("/automask/v1/mask", json={"image": base64_of(drawn(GREEN)), "prompt": "replace"})
    assert answer.json()["outcome"] == "unsure"


def test_mask_route_tells_what_nobody_foresaw_and_the_console_has_its_traceback(client):
    answer = client().post("/automask/v1/mask", json={"image": base64_of(drawn(BLUE)), "prompt": "replace"})
    assert answer.status_code == 500
    assert "RuntimeError: the model tripped" in answer.json()["detail"]
    assert [("automask" in text, "build_mask" in text) for text in errors.reported] == [(True, True)]


def test_routes_ask_for_the_password_of_the_hosts_api(client):
    guarded = client(api_auth="ann:secret,bob:other")
    assert guarded.get("/automask/v1/options").status_code == 401
    assert guarded.get("/automask/v1/options", auth=("ann", "other")).status_code == 401
    assert guarded.get("/automask/v1/options", auth=("bob", "other")).status_code == 200


def test_unload_route_gives_back_the_models_with_what_they_remember(client, webui, monkeypatch):
    loaded = []
    residence = model_pool.ModelPool(lambda _choice: loaded.append(True) or Models(None, None, None, lambda *_: None))
    monkeypatch.setattr(webui.automask, "pool", residence)
    asked, request = client(), {"image": base64_of(drawn(RED)), "prompt": "replace"}
    for _ in range(2):
        assert asked.post("/automask/v1/mask", json=request).status_code == 200
    assert len(loaded) == 1
    assert asked.post("/automask/v1/unload").json() == {}
    asked.post("/automask/v1/mask", json=request)
    assert len(loaded) == 2


def test_no_routes_where_the_hosts_api_is_off(client):
    assert client(api=False).get("/automask/v1/options").status_code == 404


def test_trap_15_the_mask_route_works_under_the_hosts_queue_lock(client, webui, monkeypatch):
    held = []
    monkeypatch.setattr(
        pipeline, "build_mask", lambda *args: held.append(call_queue.queue_lock.locked()) or webui.build_mask(*args)
    )
    client(api=False, nowebui=True).post("/automask/v1/mask", json={"image": base64_of(drawn(RED)), "prompt": "x"})
    assert held == [True]


def test_an_interrupt_of_an_earlier_job_does_not_end_the_mask_route(client):
    shared.state.interrupted = True
    answer = client().post("/automask/v1/mask", json={"image": base64_of(drawn(RED)), "prompt": "replace"})
    assert answer.json()["outcome"] == "mask"


# The models between runs.


def choice(**values):
    defaults = {s.name: s.default for s in settings.SETTINGS}
    return settings.Choice(**{**defaults, "folders": (), "device": "cpu", **values})


@pytest.fixture
def loads():
    return []


@pytest.fixture
def held(loads):
    return model_pool.ModelPool(
        lambda wanted: loads.append(wanted) or Models(None, None, None, model_pool.report_progress)
    )


def use(held, wanted):
    with held.models(wanted) as models:
        return models


def test_models_are_loaded_on_first_use_and_kept(held, loads):
    assert loads == []
    use(held, choice())
    use(held, choice())
    assert loads == [choice()]


def test_another_choice_loads_others(held, loads):
    use(held, choice())
    use(held, choice(segmenter="sam_vit_b"))
    assert len(loads) == 2


def test_models_that_should_not_be_kept_are_let_go_after_a_run_even_if_it_fails(held, loads):
    with pytest.raises(ValueError, match="broke"), held.models(choice(memory=settings.UNLOAD)):
        raise ValueError("broke")
    use(held, choice(memory=settings.UNLOAD))
    assert len(loads) == 2


def test_unloading_gives_the_memory_back(held, loads):
    use(held, choice())
    held.unload()
    use(held, choice())
    assert len(loads) == 2


def test_the_stage_and_its_share_show_in_the_progress_bar_and_is_gone_afterwards(held):
    with held.models(choice()) as models:
        models.progress("segments", 0.2)
        assert shared.state.textinfo == "automask: segments 20%"
    assert shared.state.textinfo is None


def test_folders_are_split_and_the_device_is_the_hosts():
    shared.opts.data["automask_folders"] = " /a/models ; /b "
    assert [folder.as_posix() for folder in settings.read_settings().folders] == ["models", "/a/models", "/b"]
    assert settings.read_settings().device == "cpu"
    del shared.opts.data["automask_folders"]
