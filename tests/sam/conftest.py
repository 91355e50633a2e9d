"""A small random SAM and a picture for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_models

from lib_automask.types import Image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.write_sam(tmp_path_factory.mktemp("sam"))


@pytest.fixture
def picture() -> Image:
    """Two squares on noise, 48 wide and 32 high."""
    image: Image = tiny_models.picture()
    return image
