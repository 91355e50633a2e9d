"""The host's own captioner serves where its file is there, and nothing else of it is loaded."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from modules import devices, interrogate, shared

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.webui import settings
from lib_automask.webui.model_pool import HostCaptioner
from lib_automask.webui.settings import INTERROGATE, INTERROGATE_FILE


@pytest.fixture
def models_path(tmp_path, monkeypatch):
    monkeypatch.setattr(shared, "models_path", str(tmp_path))
    monkeypatch.setattr(devices, "device_interrogate", torch.device("cpu"), raising=False)
    return tmp_path


def put_file(models_path):
    (models_path / "BLIP").mkdir()
    (models_path / "BLIP" / INTERROGATE_FILE).write_bytes(b"weights")


def test_it_is_offered_only_where_its_file_is(models_path):
    assert INTERROGATE not in settings.list_model_names("captioner")()
    put_file(models_path)
    assert INTERROGATE in settings.list_model_names("captioner")()
    assert INTERROGATE not in settings.list_model_names("matcher")()


def test_it_captions_by_the_host_s_code_and_tidies_what_that_says(models_path):
    put_file(models_path)
    captioner = HostCaptioner()
    assert captioner.caption(np.zeros((8, 6, 3), np.uint8)) == "picture of 6 by 8 pixels"


def test_without_the_file_it_is_missing_and_nothing_is_fetched(models_path):
    with pytest.raises(ModelMissing, match=INTERROGATE_FILE):
        HostCaptioner()


class AsInForge(interrogate.InterrogateModels):
    """Forge says device and type when it is made, and asks ``modules.devices`` for neither."""

    def __init__(self, content_dir):
        super().__init__(content_dir)
        self.load_device = torch.device("cpu")
        self.dtype = torch.bfloat16

    def generate_caption(self, pil_image):
        weight = self.blip_model.weight
        assert (weight.device, weight.dtype) == (self.load_device, torch.bfloat16)
        return super().generate_caption(pil_image)


def test_it_takes_device_and_type_from_forge_s_own_interrogate(models_path, monkeypatch):
    put_file(models_path)
    monkeypatch.setattr(interrogate, "InterrogateModels", AsInForge)
    monkeypatch.delattr(devices, "device_interrogate")
    assert HostCaptioner().caption(np.zeros((8, 6, 3), np.uint8)) == "picture of 6 by 8 pixels"


def test_a_file_that_the_host_cannot_load_is_corrupt_and_named(models_path, monkeypatch):
    def fails(_self):
        raise RuntimeError("unexpected EOF")

    put_file(models_path)
    monkeypatch.setattr(interrogate.InterrogateModels, "load_blip_model", fails)
    with pytest.raises(ModelCorrupt, match=INTERROGATE_FILE) as caught:
        HostCaptioner()
    assert "unexpected EOF" in str(caught.value)


def test_a_package_that_the_host_lacks_is_no_fault_of_the_file(models_path, monkeypatch):
    def fails(_self):
        raise ImportError("no module named models.blip")

    put_file(models_path)
    monkeypatch.setattr(interrogate.InterrogateModels, "load_blip_model", fails)
    with pytest.raises(ImportError):
        HostCaptioner()
