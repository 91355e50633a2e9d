"""The panel and the settings in the gradio that is installed: 3.41.2 as in AUTOMATIC1111, 4.40.0 as in Forge."""

from __future__ import annotations

import pytest

gradio = pytest.importorskip("gradio", reason="gradio is not installed here")
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

from modules import shared, ui_components  # noqa: E402

from lib_automask.options import FIELDS, Options  # noqa: E402
from lib_automask.webui import infotext, panel, settings  # noqa: E402


@pytest.fixture(autouse=True, params=["class", "function"])
def input_accordion(request, monkeypatch):
    """AUTOMATIC1111 has InputAccordion as a class, Forge as a function."""
    if request.param == "class":
        monkeypatch.setattr(panel, "InputAccordion", ui_components.InputAccordionImpl)


@pytest.fixture(autouse=True)
def underscore_js(monkeypatch):
    """Forge lets extensions go on writing gradio 3's ``_js``."""
    if gradio.__version__.startswith("3."):
        return
    click = gradio.Button.click

    def with_js(self, *args, _js=None, **kwargs):
        return click(self, *args, js=_js, **kwargs)

    monkeypatch.setattr(gradio.Button, "click", with_js)


def built():
    with gradio.Blocks():
        return panel.build_panel(lambda: None)


def test_trap_12_the_panel_is_drawn_with_both_kinds_of_accordion():
    assert len(built()) == len(FIELDS) + 4


def test_trap_7_the_panel_may_be_drawn_three_times_and_every_control_has_its_default():
    for controls in (built(), built(), built()):
        assert [control.value for control in controls] == [*(row.default for row in FIELDS), False, "", False, ""]


def test_the_defaults_of_the_controls_are_the_default_options():
    assert Options.from_args([control.value for control in built()][:-4]) == Options()


def test_trap_13_labels_and_ids_are_the_extensions_own():
    controls = built()
    labels = [control.label for control in controls[1:]]
    assert len(set(labels)) == len(labels)
    assert all(control.elem_id.startswith("automask_") for control in controls)


def test_what_is_hidden_is_never_saved_as_a_default():
    assert all(control.do_not_save_to_config for control in built()[-4:])


def test_the_button_that_unloads_models_confirms_it():
    pressed = []
    assert "forgotten" in panel.unload_models(lambda: pressed.append(True))
    assert pressed == [True]


def test_every_control_is_pasted_into():
    fields = infotext.paste_fields(built())
    assert len(fields) == len(FIELDS)
    params = {"automask enabled": "True", "automask grow": "12"}
    values = {row.name: function(params) for row, (_control, function) in zip(FIELDS, fields)}
    assert values == {**{row.name: row.default for row in FIELDS}, "enabled": True, "grow": 12}


def test_settings_are_registered_at_their_defaults(webui):
    settings.add_settings()
    assert {s.key: getattr(shared.opts, s.key) for s in settings.SETTINGS} == {
        s.key: s.default for s in settings.SETTINGS
    }


def test_the_settings_page_can_draw_and_refresh_its_dropdowns(webui, monkeypatch):
    """The host makes a component of the arguments, and later updates it with the same ones."""
    added = []
    monkeypatch.setattr(shared.opts, "add_option", lambda _key, option: added.append(option), raising=False)
    settings.add_settings()
    dropdowns = [option for option in added if option.component]
    assert len(dropdowns) == sum(setting.choices is not None for setting in settings.SETTINGS) > 0
    for option in dropdowns:
        arguments = option.component_args()
        assert option.default in arguments["choices"]
        with gradio.Blocks():
            component = option.component(value=option.default, **arguments)
        if hasattr(component, "update"):
            component.update(**arguments)


def test_every_setting_has_its_help_where_both_hosts_show_it(webui):
    settings.add_settings()
    for setting in settings.SETTINGS:
        arguments = shared.opts.data_labels[setting.key].component_args
        assert (arguments() if callable(arguments) else arguments)["info"] == setting.info
