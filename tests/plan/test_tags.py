"""The table of tags."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib_automask.plan.tags import figure_part, normalize_tag, tag_role


@pytest.mark.parametrize(
    ("tag", "role"),
    [
        ("1girl", "count"), ("solo", "count"), ("long hair", "hair"), ("twintails", "hair"), ("blue eyes", "eyes"),
        ("heterochromia", "eyes"), ("dark skin", "skin"), ("cat ears", "body"), ("school uniform", "clothes"),
        ("thighhighs", "clothes"), ("hair ribbon", "accessory"), ("earrings", "accessory"), ("standing", "pose"),
        ("hand up", "pose"), ("looking at viewer", "pose"), ("holding sword", "action"), ("smile", "expression"),
        (":d", "expression"), ("outdoors", "setting"), ("white background", "setting"), ("night", "atmosphere"),
        ("rain", "atmosphere"), ("cowboy shot", "view"), ("masterpiece", "quality"), ("absurdres", "quality"),
        ("signature", "meta"), ("monochrome", "style"), ("hand fan", "object"), ("katana", "object"),
        ("butterfly", "animal"), ("cake", "food"), ("sparkle", "effect"), ("maid", "person"), ("elf", "person"),
    ],
)  # fmt: skip
def test_roles(tag: str, role: str) -> None:
    assert tag_role(tag) == role


def test_spellings_of_one_tag() -> None:
    for spelled in ("long_hair", "Long Hair", " long  hair "):
        assert normalize_tag(spelled) == "long hair"
        assert tag_role(spelled) == "hair"
    assert tag_role("bow_\\(weapon\\)") == tag_role("bow (weapon)") == "object"
    assert tag_role("bow") == "accessory"


def test_what_is_no_tag() -> None:
    for text in ("a dog on a bench", "replace the cat with a dog", "", " ", "猫", "a man in the hair of a dog"):
        assert tag_role(text) is None


def test_parts_of_the_figure() -> None:
    assert figure_part("white hair") == ("hair", ("white",))
    assert figure_part("long_black_hair") == ("hair", ("long", "black"))
    assert figure_part("very long silver hair") == ("hair", ("very", "long", "silver"))
    assert figure_part("green eyes") == ("eyes", ("green",))
    assert figure_part("twintails") == ("hair", ("twintails",))
    assert figure_part("fox tail") == ("tail", ("fox",))
    for other in ("hair ribbon", "hair over one eye", "a woman with hair", "dress", "the hair"):
        assert figure_part(other) is None


def test_attributes_that_the_table_lacks_still_describe_the_figure() -> None:
    assert tag_role("short wavy auburn hair") == "hair"
    assert tag_role("glowing amber eyes") == "eyes"


def test_roles_of_a_random_sample() -> None:
    lines = (Path(__file__).parent / "tag_sample.txt").read_text("utf-8").splitlines()
    pairs = [line.split() for line in lines if not line.startswith("#")]
    right = sum(tag_role(tag) in roles.split("/") for tag, roles in pairs)
    assert right / len(pairs) >= 0.93
