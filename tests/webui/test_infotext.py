"""The infotext of a result, pasting it back, and the axes of the X/Y/Z plot."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from modules import scripts
from webui_host import RED, drawn, red_in

from lib_automask.errors import InputError
from lib_automask.options import FIELDS, Options
from lib_automask.webui import infotext, request, run_state


def params_of(text: str) -> dict[str, str]:
    return dict(re.findall(r"(automask [a-z ]+): ([^,]*)", text))


def test_infotext_has_options_that_are_not_at_their_default_and_the_reasons(webui):
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


@pytest.mark.parametrize("kind", ["AxisOptionImg2Img", "AxisOption"])
def test_axes_are_made_from_the_table_and_added_once(monkeypatch, kind):
    """Forge Classic has no kind of axis for img2img alone."""
    plot = SimpleNamespace(**{kind: Axis}, axis_options=[])
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
