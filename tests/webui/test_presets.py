"""Presets of the panel: applied, saved, deleted; a file that is not right is told and left as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from modules import shared

from lib_automask.errors import InputError
from lib_automask.options import FIELDS, Options
from lib_automask.webui import presets

NAMES = [row.name for row in FIELDS]


@pytest.fixture(autouse=True)
def file(webui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the saved presets, which is not there yet."""
    monkeypatch.setattr(shared, "data_path", str(tmp_path))
    return tmp_path / "automask-presets.json"


def panel_values(**options: Any) -> list[Any]:
    return [options.get(row.name, row.default) for row in FIELDS]


@pytest.mark.parametrize("name", presets.SHIPPED)
def test_the_shipped_presets_are_options_that_are_not_at_their_default(name: str) -> None:
    preset = presets.SHIPPED[name]
    options = Options.from_mapping(preset)
    assert preset
    assert all(getattr(options, option) != getattr(Options(), option) for option in preset)


def test_a_saved_preset_brings_its_values_back_and_the_rest_to_defaults(file: Path) -> None:
    presets.save_preset(" mine ", panel_values(enabled=True, grow=12, avoid="hands", picked="1,2"))
    assert json.loads(file.read_text(encoding="utf-8")) == {"mine": {"grow": 12, "avoid": "hands"}}
    values = dict(zip(NAMES, presets.values_of_preset("mine")))
    assert (values["grow"], values["avoid"], values["blur"]) == (12, "hands", 4)
    assert [name for name, value in values.items() if value is None] == list(presets.LEFT)


def test_a_saved_preset_takes_the_place_of_a_shipped_one_until_it_is_deleted() -> None:
    shipped = presets.values_of_preset("Remove")
    presets.save_preset("Remove", panel_values(grow=3))
    assert presets.values_of_preset("Remove") != shipped
    presets.delete_preset("Remove")
    assert presets.values_of_preset("Remove") == shipped
    with pytest.raises(InputError, match="came with automask"):
        presets.delete_preset("Remove")


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "two\nlines"])
def test_a_name_that_cannot_be_shown_is_refused(file: Path, name: str) -> None:
    with pytest.raises(InputError, match="type a name"):
        presets.save_preset(name, panel_values())
    assert not file.exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "holds no presets"),
        ('{"a": 1}', "no set of options"),
        ('{"a": {"grwo": 1}}', "did you mean 'grow'"),
        ('{"a": {"grow": 1000}}', "grow must be"),
        ('{"a": {"enabled": true}}', "cannot hold 'enabled'"),
    ],
)
def test_a_bad_file_is_told_and_left_as_it_is(file: Path, content: str, why: str) -> None:
    file.write_text(content, encoding="utf-8")
    for attempt in (
        presets.read_presets,
        lambda: presets.save_preset("b", panel_values()),
        lambda: presets.delete_preset("a"),
    ):
        with pytest.raises(InputError, match=why):
            attempt()
    assert file.read_text(encoding="utf-8") == content


def test_a_write_that_fails_leaves_the_presets_as_they_were(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presets.save_preset("a", panel_values(grow=1))
    before = file.read_text(encoding="utf-8")

    def fail(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(InputError, match="No space left"):
        presets.save_preset("b", panel_values())
    assert file.read_text(encoding="utf-8") == before


def test_the_row_applies_saves_and_deletes(file: Path) -> None:
    pytest.importorskip("gradio")
    from lib_automask.webui import preset_controls

    *updates, line = preset_controls.apply_preset("Portrait retouch")
    by_name = dict(zip(NAMES, updates))
    assert by_name["target"]["value"] == "face"
    assert "value" not in by_name["enabled"]
    assert "is applied" in line
    chosen, line = preset_controls.save_panel("mine <b>", *panel_values(grow=2))
    assert "mine <b>" in chosen["choices"]
    assert "mine &lt;b&gt; is saved" in line
    chosen, _line = preset_controls.delete_named("mine <b>")
    assert chosen["choices"] == list(presets.SHIPPED)
    *updates, line = preset_controls.apply_preset("none such")
    assert not any("value" in update for update in updates)
    assert "there is no preset" in line
    file.write_text("{", encoding="utf-8")
    assert preset_controls.list_preset_names() == list(presets.SHIPPED)
    assert "cannot be read" in preset_controls.save_panel("x", *panel_values())[1]
