"""What is usual for things: read for the thing itself, for its head word, for the smallest kind that it belongs to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib_automask.locate.commonsense import (
    body_part_band,
    concept_of,
    is_figure,
    is_several,
    typical_aspect,
    typical_region,
    typical_size,
    worn_at,
)


@pytest.mark.parametrize(
    ("phrase", "concept"),
    [
        ("a small bird", "bird"),
        ("Red Hat", "hat"),
        ("vase of flowers", "vase"),
        ("A Vase Of Flowers", "vase"),
        ("a cup of the tea of china", "cup"),
        ("a flock of birds", "bird"),
        ("a team of horses", "horse"),
        ("bunch of bananas", "banana"),
        ("pair of glasses", "glasses"),
        (" of birds", "bird"),
        ("flock of ", "flock"),
        ("", ""),
    ],
)
def test_a_container_is_the_thing_itself_and_a_group_is_what_it_is_made_of(phrase, concept):
    assert concept_of(phrase) == concept


@pytest.mark.parametrize(
    ("phrase", "metres"),
    [
        ("a hat", 0.3),
        ("two dogs", 0.7),
        ("an oak tree", 6),
        ("a goldfish bowl", 0.2),
        ("a boy", 1.2),
        ("a pony", 2.2),
        ("a herd of elephants", 4),
        ("xyzzy", None),
        ("", None),
    ],
)
def test_a_thing_is_as_large_as_its_own_entry_or_its_nearest_kind_says(phrase, metres):
    """A pony is a horse before it is an animal (1 m), a boy a child before he is a person (1.7 m)."""
    assert typical_size(phrase) == metres


@pytest.mark.parametrize(("phrase", "aspect"), [("a police car", 2), ("fish", 1.7), ("giraffe", 0.5), ("xyzzy", 1)])
def test_width_over_height(phrase, aspect):
    assert typical_aspect(phrase) == aspect


@pytest.mark.parametrize(
    ("phrase", "worn", "part"),
    [
        ("red cowboy hat", "crown", None),
        ("sunglasses", "eyes", None),
        ("her feet", None, "feet"),
        ("his hand", None, "hands"),
        ("house", None, None),
    ],
)
def test_where_a_thing_is_worn_and_which_part_of_a_body_is_named(phrase, worn, part):
    assert (worn_at(phrase), body_part_band(phrase)) == (worn, part)


@pytest.mark.parametrize(
    ("phrase", "region"),
    [
        ("hawk", "sky"),
        ("birds", "sky"),
        ("hens", None),
        ("mountain", "background"),
        ("puddle", "foreground"),
        ("cup", None),
    ],
)
def test_where_in_a_picture_things_usually_are(phrase, region):
    assert typical_region(phrase) == region


@pytest.mark.parametrize(("phrase", "figure"), [("bride", True), ("kitten", True), ("house", False), ("", False)])
def test_people_and_animals_are_figures(phrase, figure):
    assert is_figure(phrase) is figure


@pytest.mark.parametrize(
    ("phrase", "several"), [("birds", True), ("Two Birds", True), ("bird", False), ("glasses", False), ("", False)]
)
def test_a_plural_is_several(phrase, several):
    assert is_several(phrase) is several


def test_sizes_do_not_depend_on_the_process():
    """Sets of words come in another order in each process, unless they are sorted."""
    program = (
        "from lib_automask.locate.commonsense import typical_size as s; print(s('lobster'), s('jug'), s('mustang'))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(6)
    }
    assert len(printed) == 1
