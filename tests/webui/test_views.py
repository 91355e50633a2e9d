"""What the server keeps for the view of each open page, and answers when the page asks."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from webui_host import BLUE, GREEN, RED, drawn, red_in

from lib_automask.options import FIELDS
from lib_automask.webui import views

PAGE = "0123abcd"


def ask(webui, want: str = "view", page: str = PAGE, **options: object) -> dict[str, object]:
    values = {row.name: row.default for row in FIELDS} | options
    request = json.dumps({"number": f"{page}-1", "want": want})
    return json.loads(webui.automask.views.answer(request, *(values[row.name] for row in FIELDS)))


def covered(view: dict[str, list[int]]) -> int:
    return sum(view["mask"][1::2])


def test_a_preview_and_a_run_leave_the_view_of_their_page(webui):
    webui.page(drawn(RED), preview=True, page_key=PAGE)
    first = ask(webui)
    assert covered(first["view"]) == red_in(drawn(RED)).sum()
    assert first["view"]["sentence"] == "replace red square → star"
    webui.page(drawn(RED, (0, 0, 8, 8)), page_key=PAGE)
    second = ask(webui)
    assert second["run"] > first["run"]
    assert covered(second["view"]) == 64


def test_a_page_sees_its_own_run_alone(webui):
    webui.page(drawn(RED), page_key=PAGE)
    assert "view" not in ask(webui, page="another")
    assert ask(webui, "pictures", "another")["error"] == views.FORGOTTEN


def test_a_run_of_the_api_leaves_nothing(webui):
    webui.api(drawn(RED))
    assert "view" not in ask(webui, page="")


def test_the_mask_is_made_again_with_other_options_and_the_same_picture_and_prompt(webui):
    webui.page(drawn(RED), "remove it", preview=True, page_key=PAGE)
    answer = ask(webui, "correct", grow=3, picked="1,1")
    assert "error" not in answer
    first, second = webui.requests
    assert np.array_equal(first.image, second.image)
    assert second.prompt == "remove it"
    assert (second.options.grow, second.options.picked) == (3, "1,1")
    assert second.options.enabled


def test_options_that_are_wrong_are_answered_with_the_reason(webui):
    webui.page(drawn(RED), page_key=PAGE)
    assert "grow must be" in ask(webui, "correct", grow="much")["error"]


def test_picture_and_mask_are_whole_and_exact(webui):
    webui.page(drawn(RED), page_key=PAGE)
    answer = ask(webui, "pictures")
    picture, mask = (
        Image.open(io.BytesIO(base64.b64decode(answer[name].partition(",")[2]))) for name in ("picture", "mask")
    )
    assert np.array_equal(np.array(picture), np.array(drawn(RED)))
    assert np.array_equal(np.array(mask) > 0, red_in(drawn(RED)))


@pytest.mark.parametrize(("color", "outcome"), [(None, "nothing"), (GREEN, "unsure")])
def test_a_run_without_a_mask_is_shown_with_its_reason(webui, color, outcome):
    webui.page(drawn(color), page_key=PAGE)
    assert ask(webui)["view"]["outcome"] == outcome


def test_an_error_is_shown_as_such(webui):
    webui.page(drawn(BLUE), page_key=PAGE)
    view = ask(webui)["view"]
    assert view["outcome"] == "error"
    assert "tripped" in view["sentence"]


def test_a_batch_shows_its_first_file(webui):
    webui.batch([drawn(RED), drawn(None)], page_key=PAGE)
    assert ask(webui)["view"]["outcome"] == "found"


def test_the_pages_that_were_used_least_recently_are_forgotten(webui):
    for number in range(views.MAX_PAGES + 1):
        webui.page(drawn(RED), page_key=f"page{number}")
    assert "view" not in ask(webui, page="page0")
    assert "view" in ask(webui, page="page1")


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"number": "x-1"}'])
def test_what_is_no_request_is_answered_with_nothing(webui, text):
    assert webui.automask.views.answer(text) == "{}"
