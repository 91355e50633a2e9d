"""Small random BLIPs and a picture for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny_models

from lib_automask.blip.matcher import BlipMatcher
from lib_automask.blip.model import MatchingModel
from lib_automask.types import Image


@pytest.fixture(scope="module")
def captioner_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.write_captioner(tmp_path_factory.mktemp("captioner"))


@pytest.fixture(scope="module")
def matcher_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.write_matcher(tmp_path_factory.mktemp("matcher"))


@pytest.fixture(scope="module")
def matcher(matcher_folder: Path) -> BlipMatcher:
    return BlipMatcher(MatchingModel(matcher_folder))


@pytest.fixture
def picture() -> Image:
    """A red square and a blue square on green, 40 wide and 24 high."""
    image = np.zeros((24, 40, 3), dtype=np.uint8)
    image[:] = (0, 160, 0)
    image[4:12, 4:12] = (220, 0, 0)
    image[10:22, 24:36] = (0, 0, 220)
    return image
