"""Several passes over one Generate, against a running WebUI: what arrives at its sampler, as it says itself.

Each painting's own infotext comes back with the picture after its pass ("keep_passes"). The host's first checkpoint is
used, and the second where there is one. A random checkpoint leaves nothing of a picture that it repaints as a whole, so
nothing is looked for in one.
"""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PROMPT, SIDE, WebUI
from PIL import Image

from lib_automask import MaskRequest, Options, build_mask, load_models
from lib_automask.recipe import read_passes

RESTYLE = "make it an oil painting"
RECIPE = [
    {"do": "upscale", "by": 2, "upscaler": "Lanczos", "overlap": 4, "strength": 0.3},
    {"do": "upscale", "by": 2, "upscaler": "Lanczos", "overlap": 8, "strength": 0.1},
    {"do": "outpaint", "down": 32, "step": 16, "strength": 0.8, "cfg": 7.5, "blur": 4},
    {"do": "edit", "masked_content": "original", "area": "only masked", "padding": 256, "steps": 80, "cfg": 17,
     "strength": 0.6},
    {"do": "edit", "prompt": "make it a pencil drawing", "cfg": 7, "strength": 0.4},
    {"do": "upscale", "by": 1, "upscaler": "Lanczos"},
]  # fmt: skip
"""docs/recipes.md at a sixteenth of its size, without the target, and a last pass so that all before it are kept."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "recipes.md"


def written(block: int) -> Any:
    """A block of code of the document's recipe: its lines, or its JSON."""
    text = DOCUMENT.read_text(encoding="utf-8").split("## From a small picture to a large one")[1]
    return text.split("```")[2 * block + 1].removeprefix("json")


def settings_of(infotext: str) -> dict[str, str]:
    """The settings in an infotext, read as the hosts read them."""
    found = re.findall(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)', infotext.splitlines()[-1])
    return {key: json.loads(value) if value.startswith('"') else value for key, value in found}


def run(webui: WebUI, picture: np.ndarray, passes: Any, prompt: str = PROMPT, **more: Any) -> Any:
    options = more.pop("options", {})
    args = [{"enabled": True, "passes": passes, "keep_passes": True, **options}]
    return webui.img2img(picture, prompt, args, **more)


def settings(webui: WebUI) -> Any:
    """Every setting of the host's."""
    return webui.get("/sdapi/v1/options")


def test_the_recipe_is_the_documents_at_a_sixteenth_of_its_size():
    """It needs no WebUI."""
    lines, sent = read_passes(written(0)), json.loads(written(1))
    assert read_passes(sent["alwayson_scripts"]["automask"]["args"][0]["passes"]) == lines
    for one, full in zip(read_passes(RECIPE), lines):
        sizes = {"upscale": ("overlap",), "outpaint": ("down", "step")}.get(one.do, ())
        assert [16 * getattr(one, key) for key in sizes] == [getattr(full, key) for key in sizes]
        for key in ("do", "by", "strength", "cfg", "steps", "masked_content", "area", "padding", "blur"):
            assert getattr(one, key) == getattr(full, key)
    assert (lines[4].prompt, lines[4].target) == ("a woman in a red dress", "dress")


@pytest.fixture
def checkpoints(webui) -> tuple[str, str]:
    """The one that is loaded, and another; the same where the WebUI has no other."""
    loaded = settings_of(webui.img2img(np.zeros((64, 64, 3), np.uint8), "", width=64, height=64).infotexts[0])["Model"]
    names = [one["model_name"] for one in webui.get("/sdapi/v1/sd-models")]
    return loaded, next((name for name in names if name != loaded), loaded)


def test_the_recipe_arrives_at_the_sampler_as_it_is_written(webui, picture, checkpoints):
    """With another checkpoint for the masked pass, where there is one."""
    loaded, other = checkpoints
    small = np.array(Image.fromarray(picture).resize((32, 48)))
    recipe = [{**one, "checkpoint": other} if one.get("padding") else one for one in RECIPE]
    more = {"width": 64, "height": 96, "steps": 4, "negative_prompt": "grain"}
    before = settings(webui)
    answer = run(webui, small, recipe, RESTYLE, seed=30, **more)
    assert answer.status == 200, answer.text
    final, *after = [image.shape[1::-1] for image in answer.images]
    assert after == [(64, 96), (128, 192), (128, 224), (128, 224), (128, 224)]
    assert final == (128, 224)
    told = [settings_of(text) for text in answer.infotexts[1:]]
    keys = ("Steps", "CFG scale", "Denoising strength", "Size", "Seed", "Model")
    common = {"Steps": "4", "CFG scale": "1", "Seed": "30", "Size": "64x96", "Model": loaded}
    expected = [
        {**common, "Denoising strength": "0.3"},  # one tile
        {**common, "Denoising strength": "0.1", "Seed": "38"},  # the ninth
        {**common, "Denoising strength": "0.8", "CFG scale": "7.5", "Size": "128x224", "Seed": "31"},  # the second step
        {**common, "Denoising strength": "0.6", "CFG scale": "17", "Steps": "80", "Model": other},
        {**common, "Denoising strength": "0.4", "CFG scale": "7", "Size": "128x224"},
    ]
    assert [{key: one[key].removesuffix(".0") for key in keys} for one in told] == expected
    assert [one["Sampler"] for one in told] == ["DPM++ 2M"] * 5
    assert [one.get("Mask blur") for one in told] == [None, None, "4", "4", "4"]
    assert [one.get("Inpaint area") for one in told] == [None, None, None, "Only masked", None]
    assert [one.get("Masked area padding") for one in told] == [None, None, None, "256", None]
    assert [one.get("Masked content") for one in told] == [None] * 5, "original is not told"
    prompts = [text.splitlines()[0] for text in answer.infotexts[1:]]
    assert prompts == [RESTYLE] * 4 + ["make it a pencil drawing"]
    assert all("Negative prompt: grain" in text for text in answer.infotexts)
    assert np.array_equal(answer.images[3][:192], answer.images[2]), "what was there before it was extended"
    assert settings(webui) == before
    assert settings_of(webui.img2img(picture, PROMPT).infotexts[0])["Model"] == loaded

    whole = settings_of(answer.infotexts[0])
    assert read_passes(whole["automask passes"]) == read_passes(recipe)
    sent = {"seed": int(whole["Seed"]), "cfg_scale": float(whole["CFG scale"])}
    again = run(webui, small, whole["automask passes"], answer.infotexts[0].splitlines()[0], **more, **sent)
    assert np.array_equal(again.images[0], answer.images[0])


def test_outside_each_mask_of_the_recipe_nothing_moves(webui, picture, mask):
    """Its last two passes, sharp at the edge, on a picture in which their targets are to be found."""
    first = {**RECIPE[3], "blur": 0}
    second = {**RECIPE[4], "blur": 0, "target": "orange cat", "prompt": "a black cat"}
    answer = run(webui, picture, [first, second])
    assert answer.status == 200, answer.text
    final, after = answer.images
    assert not (after != picture).any(2)[~mask].any()
    assert (after != picture).any(2)[mask].mean() > 0.9
    told = settings_of(answer.infotexts[1])
    assert (told["Steps"], told["CFG scale"].removesuffix(".0"), told["Denoising strength"]) == ("80", "17", "0.6")
    repainted = build_mask(
        MaskRequest(after, "a black cat", options=Options(target="orange cat")), load_models("demo")
    ).mask
    assert not (final != after).any(2)[~repainted].any()
    assert (final != after).any(2)[repainted].mean() > 0.9


def test_sampler_schedule_and_seed_of_a_pass_are_the_hosts(webui, picture):
    line = "edit: sampler=dpm++ sde; schedule=karras; seed=77; area=only masked"
    told = settings_of(run(webui, picture, f"{line}\nupscale: by=1; upscaler=Lanczos").infotexts[1])
    assert (told["Sampler"], told["Schedule type"], told["Seed"]) == ("DPM++ SDE", "Karras", "77")
    assert told["Masked area padding"] == "32"


@pytest.mark.parametrize(
    ("passes", "size", "corner"),
    [
        ("outpaint: left=8; right=16; up=24; down=32; step=16; blur=4", (120, 152), (8, 24)),
        ("outpaint: ratio=16:9; fill=noise; blur=4", (176, 96), (37, 0)),
    ],
)
def test_outpaint_leaves_the_original_bit_identical(webui, picture, passes, size, corner):
    oblong = np.ascontiguousarray(picture[:96, 16:112])
    answer = run(webui, oblong, passes)
    assert answer.status == 200, answer.text
    after = answer.images[0]
    assert after.shape[1::-1] == size
    left, top = corner
    inside = (slice(top, top + 96), slice(left, left + 96))
    assert np.array_equal(after[inside], oblong)
    border = np.ones(after.shape[:2], bool)
    border[inside] = False
    assert len(np.unique(after[border], axis=0)) > 200, "the border is painted"


def test_outpaint_with_an_edit_inside(webui, picture, mask):
    answer = run(webui, picture, "outpaint: down=32; target=red ball; blur=0; prompt=a blue star")
    assert answer.status == 200, answer.text
    after = answer.images[0]
    assert after.shape[:2] == (SIDE + 32, SIDE)
    difference = (after[:SIDE] != picture).any(2)
    assert difference[mask].mean() > 0.9
    assert not difference[~np.pad(mask, 8)[4:-12, 8:-8] & ~mask].mean() > 0.05, "nothing but the ball"


def test_a_picture_of_odd_size_keeps_it(webui, picture, mask):
    odd = np.ascontiguousarray(picture[:117, :123])
    answer = run(webui, odd, "edit: target=red ball; blur=0\nedit: target=orange cat; blur=0")
    assert answer.status == 200, answer.text
    assert answer.images[0].shape == odd.shape
    assert (answer.images[0] == odd).all(2).mean() > 0.5


def test_the_users_checkpoint_and_settings_are_back(webui, picture):
    names = [one["model_name"] for one in webui.get("/sdapi/v1/sd-models")]
    if len(names) < 2:
        pytest.skip("this WebUI has one checkpoint only")
    before = settings(webui)
    loaded = settings_of(webui.img2img(picture, PROMPT).infotexts[0])["Model"]
    other = next(name for name in names if name != loaded)
    first = f"edit: blur=0; area=only masked; upscaler=Lanczos; checkpoint={other}"
    passes = f"{first}\nedit: target=orange cat; blur=0\nupscale: upscaler=Lanczos"
    answer = run(webui, picture, passes)
    assert answer.status == 200, answer.text
    used = [settings_of(text)["Model"] for text in answer.infotexts]
    assert used == [loaded, other, loaded]
    assert settings(webui) == before
    assert settings_of(webui.img2img(picture, PROMPT).infotexts[0])["Model"] == loaded


def test_the_infotext_reproduces_the_picture(webui, picture):
    passes = "edit: blur=0; seed=-1\noutpaint: right=16; strength=0.9; cfg=1.5"
    answer = run(webui, picture, passes, seed=-1)
    told = settings_of(answer.infotexts[0])
    assert "seed=-1" not in told["automask passes"]
    more = {"seed": int(told["Seed"]), "steps": int(told["Steps"]), "cfg_scale": float(told["CFG scale"])}
    more["denoising_strength"] = float(told["Denoising strength"])
    again = run(webui, picture, told["automask passes"], **more)
    assert np.array_equal(again.images[0], answer.images[0])
    assert told["automask pass 2"].startswith("extended right 16: 128x128 → 144x128")
    assert "red ball → blue star" in told["automask pass 1"]


def test_a_bad_checkpoint_in_pass_2_of_3_keeps_pass_1(webui, picture, mask):
    before = settings(webui)
    passes = "edit: blur=0\nedit: target=orange cat; checkpoint=no such\nedit: target=orange cat"
    answer = run(webui, picture, passes)
    assert answer.status == 200, answer.text
    (after,) = answer.images
    assert (after != picture).any(2)[mask].mean() > 0.9
    assert not (after != picture).any(2)[~mask].any()
    told = settings_of(answer.infotexts[0])
    assert "there is no checkpoint 'no such' here" in told["automask pass 2"]
    assert "automask pass 3" not in told
    assert settings(webui) == before


@pytest.mark.parametrize("button", ["interrupt", "skip"])
def test_interrupt_in_pass_2_of_3_keeps_pass_1(webui, picture, mask, button):
    found = []

    def generate() -> None:
        passes = "edit: blur=0\nedit: target=orange cat; steps=150; strength=1\nedit: target=orange cat"
        found.append(run(webui, picture, passes))

    thread = threading.Thread(target=generate)
    thread.start()
    for _ in range(600):
        state = webui.get("/sdapi/v1/progress?skip_current_image=true")["state"]
        if "pass 2 of 3: edit orange cat" in state["job"] and state["sampling_step"] > 1:
            webui.post(f"/sdapi/v1/{button}", {})
            break
        time.sleep(0.05)
    thread.join(timeout=300)
    (answer,) = found
    assert answer.status == 200, answer.text
    (after,) = answer.images
    assert (after != picture).any(2)[mask].mean() > 0.9
    assert not (after != picture).any(2)[~mask].any()
    told = settings_of(answer.infotexts[0])
    assert "ended by the user; the picture is as pass 1 left it" in told["automask pass 2"]
    assert "automask pass 3" not in told


def test_swinir_upscales_or_says_that_it_cannot(webui, picture):
    names = [one["name"] for one in webui.get("/sdapi/v1/upscalers")]
    answer = run(webui, picture, "upscale: by=2\nupscale: by=1; upscaler=Lanczos")
    if "SwinIR_4x" in names:
        assert answer.status == 200, answer.text
        larger = answer.images[1]
        plain = np.array(Image.fromarray(picture).resize((2 * SIDE, 2 * SIDE), Image.Resampling.LANCZOS))
        assert larger.shape == plain.shape
        assert (larger != plain).any(2).mean() > 0.5
        assert "upscaled by SwinIR_4x: 128x128 → 256x256" in answer.infotexts[0]
    else:
        assert answer.status == 500
        told = "SwinIR 4x did not upscale" if "SwinIR 4x" in names else "there is no upscaler 'SwinIR 4x'"
        assert told in answer.text


def test_nothing_of_a_run_with_passes_leaks_into_the_next(webui, picture):
    """The second run after it is compared: the host's encoder takes its chances from where the last run left them."""

    def second() -> np.ndarray:
        webui.img2img(picture, PROMPT)
        return webui.img2img(picture, PROMPT).images[0]

    plain = second()
    run(webui, picture, "edit: blur=0; sampler=Euler; cfg=2; steps=3")
    assert np.array_equal(second(), plain)
