"""The extension's routes: the schema of the options, a mask without painting, the release of memory."""

from __future__ import annotations

import base64
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from modules import call_queue, errors, shared
from PIL import Image
from webui_host import BLUE, GREEN, RED, drawn, red_in

from lib_automask import pipeline
from lib_automask.interfaces import Models
from lib_automask.options import FIELDS, Options
from lib_automask.webui import api, model_pool


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


def test_mask_route_explains_an_unexpected_error_and_the_console_has_its_traceback(client):
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


@pytest.mark.parametrize("kind", ["PPM", "TGA"])
def test_mask_route_takes_no_formats_but_those_of_img2img(client, kind):
    buffer = io.BytesIO()
    drawn(RED).save(buffer, kind)
    body = {"image": base64.b64encode(buffer.getvalue()).decode(), "prompt": "replace"}
    answer = client().post("/automask/v1/mask", json=body)
    assert answer.status_code == 422
    assert "give one of PNG" in answer.json()["detail"]


def test_mask_route_refuses_a_broken_picture_as_bad_input(client):
    whole = base64.b64decode(base64_of(drawn(RED)))
    for content in (whole[:60], whole[:-40], whole[:16] + b"\0\0N \0\0N " + whole[24:]):
        body = {"image": base64.b64encode(content).decode(), "prompt": "replace"}
        answer = client().post("/automask/v1/mask", json=body)
        assert (answer.status_code, "image" in answer.json()["detail"]) == (422, True)


def test_mask_route_reads_base64_with_line_breaks(client):
    text = base64.encodebytes(base64.b64decode(base64_of(drawn(RED)))).decode().replace("\n", "\r\n")
    answer = client().post("/automask/v1/mask", json={"image": text, "prompt": "replace"})
    assert answer.json()["outcome"] == "mask"


def test_mask_route_takes_passes_as_a_list(client):
    options = {"passes": [{"do": "edit", "target": "square"}]}
    request = {"image": base64_of(drawn(RED)), "prompt": "replace", "options": options}
    assert client().post("/automask/v1/mask", json=request).status_code == 200


@pytest.mark.parametrize("field", ["prompt", "own_prompt", "key", "option", "image"])
def test_mask_route_refuses_half_a_character_as_bad_input(client, field):
    body = {"image": base64_of(drawn(RED)), "prompt": "replace"}
    half = "\ud83d"
    more = {"key": {half: 1}, "option": {"options": {half: 1}}}.get(field, {field: f"a {half}"})
    content = json.dumps({**body, **more})
    answer = client().post("/automask/v1/mask", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_blank_mask_is_no_mask_through_the_route_as_through_the_page(client, webui):
    blank = base64_of(Image.new("L", (64, 64)))
    request = {
        "image": base64_of(drawn(RED)),
        "prompt": "replace",
        "user_mask": blank,
        "options": {"combine": "within"},
    }
    assert client().post("/automask/v1/mask", json=request).json()["outcome"] == "mask"
    assert webui.requests[0].user_mask is None
