"""The one table of options: what it accepts, refuses and writes."""

from __future__ import annotations

import dataclasses
import math

import pytest

from lib_automask import FIELDS, InputError, Options


def test_the_table_and_the_class_are_one():
    assert [row.name for row in FIELDS] == [entry.name for entry in dataclasses.fields(Options)]
    assert all(getattr(Options(), row.name) == row.default for row in FIELDS)


def test_labels_are_unique_because_the_host_keys_its_settings_by_them():
    assert len({row.label for row in FIELDS}) == len(FIELDS)


def test_one_dict_sets_what_it_names():
    options = Options.from_args([{"enabled": True, "grow": -4, "target": "red ball"}])
    assert (options.enabled, options.grow, options.target) == (True, -4, "red ball")
    assert options.blur == Options().blur


def test_a_positional_list_is_read_in_the_table_s_order():
    assert Options.from_args([True, "hat"]) == Options(enabled=True, target="hat")


def test_an_unknown_key_is_refused_by_name_with_the_nearest_known():
    with pytest.raises(InputError, match="unknown option 'gorw'; did you mean 'grow'"):
        Options.from_mapping({"gorw": 3})


def test_too_many_positional_values_are_refused():
    with pytest.raises(InputError, match="pass one dict"):
        Options.from_args([None] * (len(FIELDS) + 1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enabled", 1),
        ("enabled", "true"),
        ("grow", True),
        ("grow", 2.5),
        ("grow", 257),
        ("grow", "3"),
        ("confidence", math.nan),
        ("confidence", -0.1),
        ("min_island", math.inf),
        ("area", "everything"),
        ("target", None),
        ("blur", -1),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(name, value):
    with pytest.raises(InputError, match=f"automask: {name} must be "):
        Options.from_mapping({name: value})


def test_a_whole_float_is_an_int_because_json_and_sliders_send_it():
    options = Options.from_mapping({"grow": 4.0})
    assert options.grow == 4
    assert type(options.grow) is int


def test_infotext_holds_what_is_not_default_and_reads_back():
    options = Options(
        enabled=True, target="the man's hat", grow=-3, confidence=0.7, fill_holes=False, area="only masked"
    )
    written = options.infotext()
    assert set(written) == {
        f"automask {name}" for name in ("enabled", "target", "grow", "confidence", "fill holes", "area")
    }
    by_key = {row.infotext: row for row in FIELDS}
    assert Options(**{by_key[key].name: by_key[key].parse(text) for key, text in written.items()}) == options


def test_defaults_write_no_infotext():
    assert Options().infotext() == {}


def test_half_a_character_is_refused_because_no_model_can_read_it():
    with pytest.raises(InputError, match="automask: target holds half a character at position 5"):
        Options(target="hat \ud83c")
