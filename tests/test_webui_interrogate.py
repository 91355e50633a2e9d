"""The host's own captioner serves where its file is there, and nothing else of it is loaded."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from modules import devices, shared

from lib_automask.errors import ModelMissing
from lib_automask.webui import settings
from lib_automask.webui.interrogate import FILE, INTERROGATE, HostCaptioner


@pytest.fixture
def models_path(tmp_path, monkeypatch):
    monkeypatch.setattr(shared, "models_path", str(tmp_path))
    monkeypatch.setattr(devices, "device_interrogate", torch.device("cpu"), raising=False)
    return tmp_path


def put_file(models_path):
    (models_path / "BLIP").mkdir()
    (models_path / "BLIP" / FILE).write_bytes(b"weights")


def test_it_is_offered_only_where_its_file_is(models_path):
    assert INTERROGATE not in settings.known("captioner")()
    put_file(models_path)
    assert INTERROGATE in settings.known("captioner")()
    assert INTERROGATE not in settings.known("matcher")()


def test_it_captions_by_the_host_s_code_and_tidies_what_that_says(models_path):
    put_file(models_path)
    captioner = HostCaptioner()
    assert captioner.caption(np.zeros((8, 6, 3), np.uint8)) == "picture of 6 by 8 pixels"


def test_without_the_file_it_is_missing_and_nothing_is_fetched(models_path):
    with pytest.raises(ModelMissing, match=FILE):
        HostCaptioner()
