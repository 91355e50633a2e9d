"""Small random networks behind the hooks: real loading, real errors, on a host that meddles with torch."""

from __future__ import annotations

import pytest

pytest.importorskip("transformers")
pytest.importorskip("segment_anything")

import tiny_models
import torch
from modules import shared
from webui_host import changed, drawn, expect_error

from lib_automask import pipeline
from lib_automask.webui.model_pool import ModelPool

BUILD_MASK = pipeline.build_mask


@pytest.fixture
def folders(tmp_path, webui, monkeypatch):
    """The tiny models, chosen in the settings, with the real pipeline and the real loading."""
    chosen = {
        "captioner": tiny_models.write_captioner(tmp_path / "captioner"),
        "matcher": tiny_models.write_matcher(tmp_path / "matcher"),
        "segmenter": tiny_models.write_sam(tmp_path / "sam"),
    }
    shared.opts.data.update({f"automask_{kind}": str(path) for kind, path in chosen.items()})
    shared.opts.data["automask_fetch"] = False
    monkeypatch.setattr(pipeline, "build_mask", BUILD_MASK)
    webui.automask.pool = ModelPool()
    return chosen


@pytest.mark.parametrize("kind", ["captioner", "matcher", "segmenter"])
def test_a_missing_file_paints_nothing_and_is_named(webui, folders, kind):
    shared.opts.data[f"automask_{kind}"] = "no-such-model"
    status, body = webui.api(drawn())
    assert status == 500
    expect_error(body, "no-such-model")


@pytest.mark.parametrize("kind", ["captioner", "matcher", "segmenter"])
def test_trap_9_a_broken_file_paints_nothing_and_keeps_its_name(webui, folders, kind, monkeypatch):
    """Forge renames what it fails to load to .corrupted, if it is given the path as text."""
    weights = next(path for path in folders[kind].iterdir() if path.suffix in (".safetensors", ".bin"))
    weights.write_bytes(b"half a file")

    def load(file, *_args, **_kwargs):
        if isinstance(file, str):
            weights.rename(f"{file}.corrupted")
        raise RuntimeError("cannot load")

    monkeypatch.setattr(torch, "load", load)
    status, body = webui.api(drawn())
    assert status == 500
    expect_error(body, weights.name)
    assert weights.exists()


@pytest.mark.parametrize("kind", ["captioner", "matcher", "segmenter"])
def test_in_the_batch_tab_a_broken_file_gives_every_picture_back_and_is_named(webui, folders, kind):
    weights = next(path for path in folders[kind].iterdir() if path.suffix in (".safetensors", ".bin"))
    weights.write_bytes(b"half a file")
    files = [drawn(), drawn(None)]
    processed = webui.batch(files, unsure="img2img")
    assert [changed(before, after).any() for before, after in zip(files, processed.images)] == [False, False]
    assert all(weights.name in infotext for infotext in processed.infotexts)
    assert weights.name in processed.comments


@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_trap_10_the_hooks_run_in_whatever_mode_the_host_is_in(webui, folders, mode):
    """Whether random networks find anything is all the same here; that they run is not."""
    with mode():
        answers = [webui.api(drawn(), target=target, unsure="keep picture", blur=0) for target in ("", "red square")]
    assert [status for status, _body in answers] == [200, 200]
    assert "automask caption" in answers[0][1]["infotexts"][0]
    (_status, body) = answers[1]
    assert torch.is_grad_enabled()
    assert changed(drawn(), body["images"][0]).mean() < 0.99
