"""The page's reader of files, in Node: the server reads what it cuts out, and both see a picture alike."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from webui_host import drawn

from lib_automask.imaging import infotext_metadata
from lib_automask.webui.infotext import compute_cells

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")
SCRIPT = Path(__file__).parents[2] / "javascript" / "automask_origin.js"
PROMPT = "a red ball,\nBREAK on the grass, 日本"
INFOTEXT = f"{PROMPT}\nNegative prompt: blue\nSteps: 20, Sampler: Euler"

PAGE = """
const vm = require("vm"), fs = require("fs");
const page = { window: { addEventListener: () => {} }, btoa, console };
vm.createContext(page);
vm.runInContext(fs.readFileSync(process.argv[1], "utf-8") + "; this.origin = automaskOrigin;", page);
const given = new Uint8Array(fs.readFileSync(0));
"""


def played(program: str, given: bytes) -> object:
    """What a program with the reader at hand prints."""
    command = [str(NODE), "-e", f"{PAGE}console.log(JSON.stringify({program}));", str(SCRIPT)]
    return json.loads(subprocess.run(command, input=given, capture_output=True, check=True).stdout)


def parts_of(content: bytes) -> dict[str, bytes]:
    """What the reader cuts out of a file."""
    program = "Object.entries(page.origin.parts(given) ?? {}).map(([name, part]) => [name, page.origin.base64(part)])"
    return {name: base64.b64decode(part) for name, part in played(program, content)}


def png(compressed: bool = False, international: bool = False) -> bytes:
    text = PngImagePlugin.PngInfo()
    add = text.add_itxt if international else text.add_text
    add("parameters", INFOTEXT, zip=compressed)
    text.add_text("workflow", "not ours")
    return saved("PNG", pnginfo=text)


def with_comment(form: str) -> bytes:
    exif = Image.Exif()
    exif[infotext_metadata.EXIF_PART] = {
        infotext_metadata.USER_COMMENT: infotext_metadata.UNICODE + INFOTEXT.encode("utf-16-be")
    }
    return saved(form, exif=exif)


def saved(form: str, **more: object) -> bytes:
    content = io.BytesIO()
    drawn().save(content, form, **more)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [png(), png(compressed=True), png(international=True), png(compressed=True, international=True)]
    + [with_comment(form) for form in ("PNG", "JPEG", "WEBP")],
    ids=["text", "compressed", "international", "both", "PNG's EXIF", "JPEG", "WebP"],
)
def test_the_server_reads_the_prompt_from_what_the_page_cuts_out(content):
    parts = parts_of(content)
    assert infotext_metadata.prompt_from_infotext(infotext_metadata.infotext_from_parts(**parts)) == PROMPT
    assert len(parts.popitem()[1]) < 500


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_file_without_an_infotext_is_left_out(form):
    assert parts_of(saved(form)) == {}


@pytest.mark.parametrize("content", [png(), with_comment("JPEG"), with_comment("WEBP")], ids=["PNG", "JPEG", "WebP"])
def test_a_file_that_breaks_off_is_read_to_its_end(content):
    program = "[...given.keys()].map((end) => Object.keys(page.origin.parts(given.subarray(0, end)) ?? {}).length)"
    assert set(played(program, content)) == {0, 1}


@pytest.mark.parametrize("size", [(64, 64), (100, 37), (31, 200), (5, 5)])
def test_the_page_and_the_server_see_the_same_cells(size):
    rng = np.random.default_rng(3)
    picture = Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    program = f"[...page.origin.cells(given, {size[0]}, {size[1]})]"
    cells = np.array(played(program, picture.convert("RGBA").tobytes()))
    expected = compute_cells(picture)
    assert np.abs(cells.reshape(expected.shape) - expected.astype(int)).max() <= 1
