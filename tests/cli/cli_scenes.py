"""What the tests of the command line share: pictures on the disk, records, and the printed answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.icon_world.scenes import Scene, Thing, draw

ROOT = Path(__file__).parents[2]
BALL_AND_CAT = Scene(
    (Thing("ball", "red", 0.28, 0.55, 0.2, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.21, 4, 1)), "grass", 160, 160, 3
)
STAR_FOR_BALL = "a blue star left of an orange cat, on the grass"
"""For ``BALL_AND_CAT``."""


def save_scene(scene: Scene, path: Path) -> Path:
    Image.fromarray(draw(scene)).save(path)
    return path


def write_records(path: Path, *records: dict) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def read_answer(capsys: pytest.CaptureFixture[str]) -> dict:
    """The one line of JSON that was printed."""
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)
