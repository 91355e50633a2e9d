"""The captions, masks and edits of the icon world are true: what is measured against it depends on that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.icon_world.__main__ import main
from benchmarks.icon_world.edits import KINDS, make_edits
from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import Scene, Thing, draw, make_scene, silhouettes
from benchmarks.icon_world.score import judge
from lib_automask.imaging.masks import grow_mask, share_inside
from lib_automask.types import Edit, EditPlan, MaskResult


def some_scenes(count: int) -> list[Scene]:
    rng = np.random.default_rng(0)
    return [make_scene(rng) for _ in range(count)]


def test_a_silhouette_holds_every_pixel_that_its_thing_changes():
    for scene in some_scenes(20):
        picture = draw(scene)
        for index, mask in enumerate(silhouettes(scene)):
            others = tuple(thing for i, thing in enumerate(scene.things) if i != index)
            # The last thing is drawn last, so that taking it away changes nothing else's random colours.
            last = replace(scene, things=(*others, scene.things[index]))
            difference = np.abs(draw(last).astype(int) - draw(replace(scene, things=others)).astype(int)).max(2) > 0
            assert not difference[~grow_mask(mask, 2)].any()
            assert share_inside(mask, difference) > 0.97, scene.things[index]
        assert picture.shape == (scene.height, scene.width, 3)


def test_captions_name_the_things_in_reading_order():
    ball, cat = Thing("ball", "red", 0.2, 0.5, 0.15, 0, 1), Thing("cat", "orange", 0.8, 0.5, 0.15, 0, 1)
    assert Scene((ball, cat), "grass", 160, 160, 0).caption == "a red ball left of an orange cat, on the grass"
    above = replace(ball, x=0.8, y=0.1)
    assert Scene((above, cat), "night", 160, 160, 0).caption == "a red ball above an orange cat, at night"
    twins = (ball, replace(ball, x=0.8))
    assert Scene(twins, "sand", 160, 160, 0).caption == "two red balls, on the sand"


def test_the_same_seed_gives_the_same_scenes_and_another_others():
    one, same, other = ([make_scene(np.random.default_rng(seed)) for _ in range(3)] for seed in (4, 4, 5))
    assert one == same
    assert one != other
    assert np.array_equal(draw(one[0]), draw(same[0]))


def test_every_class_colour_kind_and_number_of_things_occurs():
    scenes = some_scenes(300)
    things = [thing for scene in scenes for thing in scene.things]
    assert {thing.kind for thing in things} == set(CLASSES)
    assert {thing.color for thing in things} == set(COLORS)
    assert {len(scene.things) for scene in scenes} == {1, 2, 3, 4}
    rng = np.random.default_rng(1)
    assert {edit.kind for scene in scenes[:40] for edit in make_edits(scene, rng)} == set(KINDS)


def test_scenes_are_written_with_a_record_each(tmp_path):
    main(["scenes", "--count", "3", "--seed", "8", "--out", str(tmp_path)])
    records = [json.loads(line) for line in (tmp_path / "scenes.jsonl").read_text().splitlines()]
    assert len(records) == 3
    for record in records:
        assert {"id", "image", "caption", "objects", "edits"} == set(record)
        picture = opened(tmp_path / record["image"])
        for thing in record["objects"]:
            assert set(thing) == {"class", "color", "box", "mask"}
            left, top, right, bottom = thing["box"]
            mask = opened(tmp_path / thing["mask"]) > 127
            assert mask.shape == picture.shape[:2]
            assert not mask[:top].any()
            assert mask[top:bottom, left:right].sum() == mask.sum() > 0
        for edit in record["edits"]:
            assert set(edit) == {"id", "kind", "prompt", "target", "replacement", "mask"}
            assert (tmp_path / edit["mask"]).is_file()


def opened(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.array(picture)


def result_of(plan: EditPlan, mask: np.ndarray) -> MaskResult:
    return MaskResult("mask", mask, "", plan, (), "", {})


@pytest.mark.parametrize(
    ("plan", "strict"),
    [
        (EditPlan((Edit("modify", "red ball", "blue"),)), 1.0),
        (EditPlan((Edit("modify", "ball", "blue"),)), 0.0),
        (EditPlan((Edit("modify", "red ball", "green"),)), 0.0),
        (EditPlan((Edit("replace", "red ball", "blue ball"),)), 0.0),
        (EditPlan((Edit("modify", "red ball", "blue"), Edit("remove", "cat"))), 0.0),
        (EditPlan(), 0.0),
    ],
)
def test_a_perfect_mask_counts_nothing_where_the_plan_is_wrong(plan, strict):
    scene = Scene((Thing("ball", "red", 0.5, 0.5, 0.25, 0, 1),), "grass", 160, 160, 0)
    rng = np.random.default_rng(0)
    edit = next(edit for edit in iter(lambda: make_edits(scene, rng, ("modify",)), None) if edit)[0]
    edit = replace(edit, replacement="blue ball")
    assert judge(scene, edit, result_of(plan, edit.mask)).strict == strict
