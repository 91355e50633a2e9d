"""Pictures that this host saved are known again by the pixels of their files."""

from __future__ import annotations

import base64
import io
import os
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from modules import errors, script_callbacks
from PIL import Image, PngImagePlugin
from webui_host import bare, drawn, large_picture, with_square

from lib_automask.imaging import infotext_metadata
from lib_automask.webui import api, infotext

OLD = "a red square on grey"
INFOTEXT = f"{OLD}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler, Size: 64x64"


@pytest.fixture
def save(webui, tmp_path):
    """Save a picture as the host does: write the file, then call what is registered for it."""

    def save(picture, text=INFOTEXT, name="1.png", written=None, **more) -> Path:
        path = tmp_path / name
        (written or picture).save(path, quality=80)
        params = {"image": picture, "p": SimpleNamespace(), "filename": str(path), "pnginfo": {"parameters": text}}
        script_callbacks.call("image_saved", SimpleNamespace(**{**params, **more}))
        return path

    return save


def prompt_of(webui, picture: Image.Image) -> str:
    return webui.automask.registry.prompt_of(np.array(picture.convert("RGB")))


def own_prompts(webui) -> list[str]:
    return [request.own_prompt for request in webui.requests]


def test_a_saved_picture_is_known_by_its_pixels(webui, tmp_path):
    more = {"outpath_samples": str(tmp_path)}
    (result,), _infotexts, _below = webui.page(drawn(), "replace one", **more)
    webui.page(bare(result), "replace two", **more)
    webui.page(bare(drawn()), "replace three", **more)
    assert own_prompts(webui) == ["", "replace one", ""]


def test_a_picture_that_was_saved_while_automask_was_off_is_known_too(webui, tmp_path):
    more = {"outpath_samples": str(tmp_path)}
    (result,), _infotexts, _below = webui.page(drawn(), "a field", enabled=False, **more)
    webui.page(bare(result), unsure="keep picture", **more)
    assert own_prompts(webui) == ["a field"]


def test_a_picture_that_was_given_back_was_not_made_with_the_new_prompt(webui, tmp_path):
    more = {"unsure": "keep picture", "outpath_samples": str(tmp_path)}
    (kept,), _infotexts, _below = webui.page(drawn(None), **more)
    assert f"{infotext_metadata.KEPT}: " in kept.info["parameters"]
    webui.page(bare(kept), **more)
    assert own_prompts(webui) == ["", ""]


def test_a_picture_in_which_a_little_was_repainted_is_another(webui, tmp_path):
    (result,), _infotexts, _below = webui.page(drawn(), outpath_samples=str(tmp_path))
    other = bare(result)
    other.paste((250, 250, 250), (20, 20, 23, 23))
    webui.page(other)
    assert own_prompts(webui) == ["", ""]


@pytest.mark.parametrize("name", ["1.png", "1.jpeg", "1.webp"])
@pytest.mark.parametrize("step", [10, 20, 60])
def test_a_picture_that_differs_in_400_pixels_is_another(webui, save, name, step):
    picture = large_picture()
    path = save(picture, name=name)
    with Image.open(path) as file:
        stored = file.convert("RGB")
    assert prompt_of(webui, stored) == OLD
    assert prompt_of(webui, with_square(stored, 508, step=step)) == ""


def test_a_picture_that_differs_in_one_pixel_between_the_samples_is_another(webui, save):
    save(large_picture())
    other = large_picture()
    other.putpixel((5, 7), (250, 0, 0))
    assert prompt_of(webui, other) == ""


def test_pixels_may_be_rounded_on_their_way(webui, save):
    """Forge hides text in the opacity of its files; what the page makes of that differs by a step."""
    save(large_picture())
    noise = np.random.default_rng(3).integers(-1, 2, (1024, 1024, 3))
    assert prompt_of(webui, Image.fromarray((np.array(large_picture()) + noise).astype(np.uint8))) == OLD


@pytest.mark.parametrize("form", ["jpeg", "webp"])
def test_a_picture_that_is_saved_with_loss_is_known_too(webui, save, form):
    rows, cols = np.indices((256, 256))
    smooth = Image.fromarray(np.stack([rows, cols, 128 + (rows - cols) // 2], 2).astype(np.uint8))
    save(smooth, name=f"1.{form}")
    content = io.BytesIO()
    smooth.save(content, form, quality=80)
    assert prompt_of(webui, Image.open(content)) == OLD


def test_of_two_runs_with_one_result_the_later_prompt_counts(webui, save):
    for number, prompt in enumerate(("first", "second")):
        save(drawn(), f"{prompt}\nSteps: 2, Seed: 1", name=f"{number}.png")
    assert prompt_of(webui, drawn()) == "second"


def test_a_copy_of_an_init_image_may_have_anothers_text_and_is_not_remembered(webui, save):
    save(drawn(), p=None)
    assert prompt_of(webui, drawn()) == ""


@pytest.mark.parametrize("broken", [{"image": None}, {"image": "no picture"}, {"pnginfo": None}])
def test_nothing_breaks_the_saving_of_a_picture(webui, save, broken):
    save(drawn(), **broken)
    assert len(errors.reported) == 1
    save(drawn())
    assert prompt_of(webui, drawn()) == OLD


def test_only_the_latest_are_remembered(webui, save):
    for number in range(infotext.MAX_SAVED + 1):
        picture = drawn(None)
        picture.paste((number % 64 * 4, number // 64 * 20, 0), (0, 0, 32, 32))
        save(picture, f"prompt {number}\nSteps: 2, Seed: 1", name=f"{number}.png")
        if number == 0:
            first = picture
    assert prompt_of(webui, first) == ""
    assert prompt_of(webui, picture) == f"prompt {infotext.MAX_SAVED}"


# The file by the time it is compared.


def test_a_file_that_was_painted_over_is_another_picture(webui, save):
    path = save(large_picture())
    retouched = with_square(large_picture(), 300)
    retouched.save(path)
    os.utime(path, (1, 1))
    assert prompt_of(webui, retouched) == ""
    assert prompt_of(webui, large_picture()) == ""


def test_a_file_that_is_gone_is_not_known(webui, save):
    save(drawn()).unlink()
    assert prompt_of(webui, drawn()) == ""


def test_a_file_that_names_another_prompt_is_another_run_s(webui, save, tmp_path):
    """Hosts that add a number to a taken name announce the name of the older file."""
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "older\nSteps: 2, Seed: 1")
    save(drawn(), name="older.png")
    drawn().save(tmp_path / "2.png", pnginfo=text)
    params = {"image": drawn(), "p": SimpleNamespace(), "pnginfo": {"parameters": "newer\nSteps: 2, Seed: 1"}}
    script_callbacks.call("image_saved", SimpleNamespace(**params, filename=str(tmp_path / "2.png")))
    assert prompt_of(webui, drawn()) == OLD


# What it costs a user who never enables automask.


def test_of_a_saved_picture_only_a_few_pixels_are_looked_at(webui, save, monkeypatch):
    converted, convert = [], Image.Image.convert
    monkeypatch.setattr(
        Image.Image, "convert", lambda self, *args, **more: converted.append(self.size) or convert(self, *args, **more)
    )
    monkeypatch.setattr(Image.Image, "reduce", None)
    params = SimpleNamespace(
        image=Image.new("RGB", (2048, 2048)), p=object(), filename=__file__, pnginfo={"parameters": INFOTEXT}
    )
    webui.automask.registry.remember(params)
    assert errors.reported == []
    assert set(converted) == {(infotext.SAMPLES, infotext.SAMPLES)}


def test_to_remember_a_large_picture_takes_next_to_no_time(webui):
    params = SimpleNamespace(
        image=Image.new("RGB", (2048, 2048)), p=object(), filename=__file__, pnginfo={"parameters": INFOTEXT}
    )
    seconds = []
    for _ in range(10):
        began = time.perf_counter()
        webui.automask.registry.remember(params)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.002, "0.1 ms on a quiet processor; the means of all cells took 13 ms"


# The route.


def test_the_mask_route_knows_what_this_host_saved(webui, save):
    save(drawn())
    content = io.BytesIO()
    drawn().save(content, "PNG")
    request = {"image": base64.b64encode(content.getvalue()).decode(), "prompt": "replace"}
    api.answer_mask_request(webui.automask.pool, webui.automask.registry, request)
    assert own_prompts(webui) == [OLD]
