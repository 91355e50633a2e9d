"""The rules that cannot bend, measured on pictures that a running WebUI made."""

from __future__ import annotations

import base64
import io
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import DEMO, PROMPT, SIDE, encoded
from PIL import Image

from lib_automask.imaging.masks import mask_iou

ROOT = Path(__file__).parents[2]
EXACT = {"enabled": True, "blur": 0}
BLUR_REACH = 10


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """bool[H, W]: where two pictures differ at all."""
    return (before != after).any(2)


def within(mask: np.ndarray, pixels: int) -> np.ndarray:
    """bool[H, W]: the mask and a square round each of its pixels; the host blurs along rows, then along columns."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)) > 0


def test_the_mask_found_outside_the_host_is_the_ball(mask, ball):
    """What the others measure against is itself right."""
    assert mask_iou(mask, ball) > 0.85


@pytest.mark.parametrize("area", ["whole picture", "only masked"])
def test_only_the_replaced_thing_changes(webui, picture, mask, area):
    answer = webui.img2img(picture, PROMPT, [{**EXACT, "area": area}])
    assert answer.status == 200, answer.text
    difference = changed(picture, answer.images[0])
    assert not difference[~mask].any()
    assert difference[mask].mean() > 0.9


def test_the_blur_reaches_no_further_than_it_says(webui, picture, mask):
    difference = changed(picture, webui.img2img(picture, PROMPT, [{"enabled": True}]).images[0])
    assert not difference[~within(mask, BLUR_REACH)].any()
    assert difference[mask].mean() > 0.9


def test_the_infotext_has_caption_edit_and_coverage(webui, picture, mask):
    text = webui.img2img(picture, PROMPT, [{**EXACT, "target": ""}]).infotexts[0]
    assert "red ball left of an orange cat" in text
    assert "blue star" in text.split("automask edit")[1]
    assert f"automask coverage: {mask.mean():.4f}" in text
    assert "automask blur: 0" in text


def test_each_batch_has_its_seconds_of_masking_beside_those_of_sampling(webui, picture):
    texts = webui.img2img(picture, PROMPT, [EXACT], n_iter=2).infotexts[-2:]
    told = [
        re.search(r'automask timings: "masking ([\d.]+) \(.+\), sampling ([\d.]+)"', text).groups() for text in texts
    ]
    (masking, first), (same, second) = told
    assert masking == same
    assert float(first) > 0
    assert float(second) > 0


def test_passes_have_their_seconds_of_painting(webui, picture):
    text = webui.img2img(picture, PROMPT, [{**EXACT, "passes": "edit"}]).infotexts[0]
    assert re.search(r'automask timings: "masking [\d.]+, painting [\d.]+"', text)


def test_the_route_gives_the_same_mask_as_python(webui, picture, mask):
    answer = webui.post("/automask/v1/mask", {"image": encoded(picture), "prompt": PROMPT}).json()
    found = np.array(Image.open(io.BytesIO(base64.b64decode(answer["mask"]["image"])))) > 127
    assert np.array_equal(found, mask)
    assert answer["outcome"] == "mask"


def test_rgba_gives_the_same_picture_as_rgb(webui, picture):
    """After a run of the same kind: the hosts' VAE draws from torch's common state, which the run before leaves."""
    webui.img2img(picture, PROMPT, [EXACT])
    opaque = Image.fromarray(picture).convert("RGBA")
    one = webui.img2img(picture, PROMPT, [EXACT]).images[0]
    other = webui.img2img(opaque, PROMPT, [EXACT]).images[0]
    assert np.array_equal(one, other)


def test_one_mask_serves_batch_size_2_times_count_2(webui, picture, mask):
    answer = webui.img2img(picture, PROMPT, [EXACT], batch_size=2, n_iter=2)
    pictures = [image for image in answer.images if image.shape == picture.shape][-4:]
    assert len(pictures) == 4
    for image in pictures:
        difference = changed(picture, image)
        assert not difference[~mask].any()
        assert difference[mask].mean() > 0.9


def test_nothing_to_change_stops_and_says_so(webui, picture):
    answer = webui.img2img(picture, "a red ball left of an orange cat, on the grass, masterpiece", [EXACT])
    assert answer.status == 500
    assert "nothing to change" in answer.text


def test_nothing_to_change_keeps_the_picture_if_so_chosen(webui, picture):
    same = "a red ball left of an orange cat, on the grass"
    answer = webui.img2img(picture, same, [{**EXACT, "unsure": "keep picture"}])
    assert np.array_equal(answer.images[0], picture)
    assert "nothing to change" in answer.infotexts[0]


def test_nothing_to_change_paints_all_if_so_chosen(webui, picture):
    same = "a red ball left of an orange cat, on the grass"
    answer = webui.img2img(picture, same, [{**EXACT, "unsure": "img2img"}])
    assert changed(picture, answer.images[0]).mean() > 0.9


def test_a_painted_mask_is_added(webui, picture, mask):
    painted = np.zeros((SIDE, SIDE), np.uint8)
    painted[100:120, 8:28] = 255
    answer = webui.img2img(picture, PROMPT, [EXACT], mask=encoded(painted))
    difference = changed(picture, answer.images[0])
    assert not difference[~(mask | (painted > 0))].any()
    assert difference[painted > 0].mean() > 0.9


@pytest.mark.parametrize("missing", DEMO)
def test_a_missing_model_paints_nothing_and_says_which(webui, picture, missing):
    webui.post("/sdapi/v1/options", {missing: "no-such-model", "automask_fetch": False}).raise_for_status()
    try:
        answer = webui.img2img(picture, PROMPT, [EXACT])
    finally:
        webui.post("/sdapi/v1/options", {**DEMO, "automask_fetch": True}).raise_for_status()
    assert answer.status == 500
    assert "no-such-model" in answer.text


@pytest.mark.parametrize("broken", DEMO)
def test_a_corrupt_model_paints_nothing_and_is_named(webui, picture, broken, tmp_path):
    """The file is this machine's, so the WebUI has to run here too."""
    if broken == "automask_segmenter":
        path = tmp_path / "sam_vit_b_broken.pth"
        path.write_bytes(b"half a file")
    else:
        path = tmp_path / "broken-blip"
        shutil.copytree(ROOT / "models" / "demo" / broken.replace("automask_", "blip-"), path)
        (path / "model.safetensors").write_bytes(b"half a file")
    webui.post("/sdapi/v1/options", {broken: str(path)}).raise_for_status()
    try:
        answer = webui.img2img(picture, PROMPT, [EXACT])
    finally:
        webui.post("/sdapi/v1/options", DEMO).raise_for_status()
    assert answer.status == 500
    assert "broken" in answer.text


def test_a_hook_that_fails_paints_nothing_and_says_so(webui, picture):
    """A setting of a wrong type stands for whatever nobody foresaw; folders are checked when they are set."""
    webui.post("/sdapi/v1/options", {"automask_matting": 5}).raise_for_status()
    try:
        answer = webui.img2img(picture, PROMPT, [EXACT])
    finally:
        webui.post("/sdapi/v1/options", {"automask_matting": ""}).raise_for_status()
    assert answer.status == 500
    assert "automask failed" in answer.text


def test_an_unknown_option_paints_nothing_and_is_named(webui, picture):
    answer = webui.img2img(picture, PROMPT, [{"enabled": True, "gorw": 3}])
    assert answer.status == 500
    assert "gorw" in answer.text


def test_the_positional_list_works_too(webui, picture, ball):
    answer = webui.img2img(picture, "whatever it may be", [True, "red ball", "stop", 0.5, "add", 2])
    assert answer.status == 200, answer.text
    difference = changed(picture, answer.images[0])
    assert difference[ball].mean() > 0.9
    assert not difference[~within(ball, 2 + BLUR_REACH + 3)].any()


def test_disabled_is_plain_img2img(webui, picture):
    webui.img2img(picture, PROMPT)  # Forge paints differently right after a masked run, whoever gave the mask
    plain = webui.img2img(picture, PROMPT)
    disabled = webui.img2img(picture, PROMPT, [{"enabled": False}])
    assert np.array_equal(plain.images[0], disabled.images[0])
    assert "automask" not in disabled.infotexts[0]


def test_nothing_leaks_into_the_next_request(webui, picture):
    """What follows a run of automask is what follows a run with a mask that the request brought."""
    webui.img2img(picture, PROMPT, mask=encoded(np.full((SIDE, SIDE), 255, np.uint8)))
    plain = webui.img2img(picture, PROMPT).images[0]
    webui.img2img(picture, PROMPT, [{**EXACT, "area": "only masked"}])
    assert np.array_equal(webui.img2img(picture, PROMPT).images[0], plain)


def test_the_mask_is_the_same_after_all_was_forgotten(webui, picture):
    request = {"image": encoded(picture), "prompt": PROMPT}
    before = webui.post("/automask/v1/mask", request).json()["mask"]
    assert webui.post("/automask/v1/unload", {}).status_code == 200
    assert webui.post("/automask/v1/mask", request).json()["mask"] == before


def test_the_schema_names_every_option(webui):
    names = [entry["name"] for entry in webui.get("/automask/v1/options")]
    assert names[0] == "enabled"
    assert "target" in names
