"""The prompt that a picture was made with, on every way into a running WebUI."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import choose_folders, generate, number, opened, result, tab, upload, wait_for_log
from conftest import PROMPT, SIDE, WebUI, encoded
from PIL import Image, PngImagePlugin

from lib_automask import MaskRequest, build_mask, load_models
from lib_automask.imaging import infotext_metadata

MADE_WITH = "a red ball left of an orange cat, on the grass"
INFOTEXT = f"{MADE_WITH}\nNegative prompt: blurry\nSteps: 2, Sampler: Euler, CFG scale: 1, Seed: 1, Size: 128x128"
EXACT = {"enabled": True, "blur": 0}
SPOKEN = f"made with: {MADE_WITH}; prompt: {PROMPT} → replace red ball → blue star"


@pytest.fixture
def page(webui: WebUI) -> Iterator[Any]:
    with opened(webui) as page:
        yield page


@pytest.fixture(scope="module")
def by_own_prompt(picture: np.ndarray) -> np.ndarray:
    """bool[128, 128]: the mask as the same models make it outside the host."""
    result = build_mask(MaskRequest(picture, PROMPT, own_prompt=MADE_WITH), load_models("demo"))
    assert result.witness == "own prompt"
    return result.mask


def file_of(picture: np.ndarray, path: Path, infotext: str = INFOTEXT) -> Path:
    """The picture as a PNG, or as a WebP without loss, that says how it was made."""
    image = Image.fromarray(picture)
    if path.suffix == ".png":
        text = PngImagePlugin.PngInfo()
        text.add_text("parameters", infotext)
        image.save(path, pnginfo=text)
    else:
        exif = Image.Exif()
        exif[infotext_metadata.EXIF_PART] = {
            infotext_metadata.USER_COMMENT: infotext_metadata.UNICODE + infotext.encode("utf-16-be")
        }
        image.save(path, lossless=True, exif=exif)
    return path


def sent(path: Path) -> str:
    """A file as the API takes it, with all that it holds."""
    return base64.b64encode(path.read_bytes()).decode()


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """bool[H, W]: where two pictures differ at all."""
    return (before != after).any(2)


def send_from_txt2img(page: Any, prompt: str) -> None:
    """Make a picture in txt2img, and send it to img2img. Always the same: what is found in noise depends on it."""
    tab(page, "txt2img")
    for element, value in (("steps", 1), ("width", SIDE), ("height", SIDE), ("cfg_scale", 1), ("seed", 1)):
        number(page, f"txt2img_{element}", value)
    page.locator("#txt2img_prompt textarea").first.fill(prompt)
    page.locator("#txt2img_generate").click()
    assert "Time taken" in wait_for_log(page, "txt2img")
    page.locator("#txt2img_send_to_img2img").click()
    arrived = "prompt => document.querySelector('#img2img_prompt textarea').value === prompt"
    page.wait_for_function(arrived, arg=prompt)
    page.wait_for_timeout(4000)


def test_the_api_reads_the_prompt_of_a_png(webui, picture, by_own_prompt, tmp_path):
    answer = webui.img2img(picture, PROMPT, [EXACT], init_images=[sent(file_of(picture, tmp_path / "made.png"))])
    assert answer.status == 200, answer.text
    assert SPOKEN in answer.infotexts[0]
    assert "automask witness: own prompt" in answer.infotexts[0]
    assert "automask caption" not in answer.infotexts[0]
    difference = changed(picture, answer.images[0])
    assert not difference[~by_own_prompt].any()
    assert difference[by_own_prompt].mean() > 0.9


def test_the_same_prompt_again_stops_and_says_what_to_do(webui, picture, tmp_path):
    answer = webui.img2img(picture, MADE_WITH, [EXACT], init_images=[sent(file_of(picture, tmp_path / "made.png"))])
    assert answer.status == 500
    assert "change a word of the prompt, or name the target" in answer.text


def test_the_mask_route_reads_the_prompt_of_a_webp_and_of_a_key(webui, picture, by_own_prompt, tmp_path):
    image = sent(file_of(picture, tmp_path / "made.webp"))
    by_file = webui.post("/automask/v1/mask", {"image": image, "prompt": PROMPT}).json()
    request = {"image": encoded(picture), "prompt": PROMPT, "own_prompt": MADE_WITH}
    by_key = webui.post("/automask/v1/mask", request).json()
    assert by_file["witness"] == by_key["witness"] == "own prompt"
    assert by_file["mask"] == by_key["mask"]
    assert by_key["mask"]["coverage"] == pytest.approx(by_own_prompt.mean(), abs=1e-5)


@pytest.mark.parametrize("name", ["made.png", "made.webp"])
def test_the_page_reads_the_prompt_of_an_uploaded_file(page, picture, by_own_prompt, tmp_path, name):
    upload(page, file_of(picture, tmp_path / name))
    assert SPOKEN in generate(page, PROMPT)
    assert np.array_equal(changed(picture, result(page)), by_own_prompt)


def test_the_text_of_one_file_is_never_used_for_another(page, picture, tmp_path):
    """The first file is taken back before the second is put there, which says nothing."""
    upload(page, file_of(picture[:, ::-1], tmp_path / "other.png", INFOTEXT.replace("left", "right")))
    Image.fromarray(picture).save(tmp_path / "bare.png")
    page.locator("#img2img_image input[type=file]").first.set_input_files([])
    clear = page.locator("#img2img_image button[aria-label='Clear'], #img2img_image button[aria-label='Remove Image']")
    if clear.count():
        clear.first.click()
        page.wait_for_timeout(500)
    upload(page, tmp_path / "bare.png")
    said = generate(page, PROMPT)
    assert "picture: " in said
    assert "made with" not in said


def test_txt2img_sent_on_with_one_word_changed(page):
    """A random checkpoint paints noise, in which nothing is found; but that the ball should change is known."""
    send_from_txt2img(page, MADE_WITH)
    assert page.locator("#img2img_prompt textarea").first.input_value() == MADE_WITH
    for element in ("width", "height"):
        number(page, f"img2img_{element}", SIDE)
    said = generate(page, PROMPT)
    assert f"made with: {MADE_WITH}" in said
    assert "blue star" in said


def test_txt2img_sent_on_unchanged_changes_nothing(page):
    send_from_txt2img(page, MADE_WITH)
    said = generate(page, MADE_WITH)
    assert f"made with: {MADE_WITH}; prompt: the same → nothing to change" in said


def test_a_result_sent_on_is_known_by_the_prompt_of_its_own_run(webui, page, picture, tmp_path):
    """Once by the page, and then by the pixels alone: the result is uploaded again as a bare copy."""
    upload(page, file_of(picture, tmp_path / "made.png"))
    assert SPOKEN in generate(page, PROMPT)
    after = result(page)
    answer = webui.post("/automask/v1/mask", {"image": encoded(after), "prompt": PROMPT}).json()
    assert f"made with: {PROMPT}; prompt: the same" in answer["why"]
    next_prompt = PROMPT.replace("orange cat", "black cat")
    answer = webui.post("/automask/v1/mask", {"image": encoded(after), "prompt": next_prompt}).json()
    assert [(edit["kind"], edit["target"]) for edit in answer["edits"]] == [("modify", "orange cat")]
    assert f"made with: {PROMPT}" in answer["why"]


def test_each_file_of_a_batch_has_its_own_prompt(page, picture, by_own_prompt, tmp_path):
    """The first says how it was made, the second that it was made with the new prompt, and the third says nothing."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    file_of(picture, folder / "1.png")
    file_of(picture, folder / "2.png", INFOTEXT.replace(MADE_WITH, PROMPT))
    Image.fromarray(picture).save(folder / "3.png")
    choose_folders(page, folder, out)
    generate(page, PROMPT)
    infotexts, masks = [], []
    for path in sorted(path for path in out.iterdir() if path.suffix == ".png"):
        with Image.open(path) as finished:
            infotexts.append(finished.info["parameters"])
            masks.append(changed(picture, np.array(finished.convert("RGB"))))
    assert "automask witness: own prompt" in infotexts[0]
    assert np.array_equal(masks[0], by_own_prompt)
    assert "prompt: the same → nothing to change" in infotexts[1]
    assert not masks[1].any()
    assert "automask witness: caption" in infotexts[2]
