"""The page's script, in Node with a stand-in for the page: a flag, Generate, and a clock that is turned by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")
SCRIPT = Path(__file__).parents[2] / "javascript" / "automask.js"

PAGE = """
const vm = require("vm");
const flag = { checked: false, click() { this.checked = !this.checked; } };
const sent = [];
let busy = false, now = 0, timers = [];
const window = { submit_img2img: (preview) => { sent.push(preview); return ["given", preview]; } };
const generate = {
    click() {
        const preview = flag.checked; // as gradio does: values first, then the host's function
        if (!busy) generate.answer = window.submit_img2img(preview);
    },
};
const [name, button] = process.argv.slice(2);
const found = { "#img2img_generate": generate };
found[`#${name} input[type=checkbox]`] = flag;
const page = {
    window,
    gradioApp: () => ({ querySelector: (name) => found[name] }),
    onAfterUiUpdate: () => {},
    setTimeout: (work, wait) => timers.push({ work, at: now + wait }),
    clearTimeout: (id) => { if (timers[id - 1]) timers[id - 1].work = () => {}; },
};
vm.createContext(page);
vm.runInContext(require("fs").readFileSync(process.argv[1], "utf-8"), page);
const original = window.submit_img2img;
const press = () => page[button]();
const wait = (time) => {
    now += time;
    for (const timer of timers) {
        if (timer.at <= now && timer.work) { const work = timer.work; timer.work = null; work(); }
    }
};
"""


def played(actions: str, name: str = "automask_preview", button: str = "automaskPreview") -> dict[str, object]:
    """What was sent, the flag at the end, and whether the host's function is its own again."""
    end = "console.log(JSON.stringify({ sent, flag: flag.checked, own: window.submit_img2img === original }));"
    command = [str(NODE), "-e", PAGE + actions + end, str(SCRIPT), name, button]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_preview_presses_generate_with_the_flag_on():
    assert played("press(); wait(150);") == {"sent": [True], "flag": False, "own": True}


def test_the_button_for_a_cutout_has_a_flag_of_its_own():
    answer = played("press(); wait(150); generate.click();", "automask_cutout", "automaskCutout")
    assert answer == {"sent": [True, False], "flag": False, "own": True}


def test_generate_right_after_a_preview_paints():
    assert played("press(); wait(150); generate.click();")["sent"] == [True, False]


def test_pressing_twice_is_one_preview_and_never_paints():
    assert played("press(); press(); wait(200); wait(4000);") == {"sent": [True], "flag": False, "own": True}


def test_a_second_preview_soon_after_the_first_is_one_too():
    assert played("press(); wait(150); wait(2700); press(); wait(155); wait(4000);")["sent"] == [True, True]


def test_a_preview_that_a_busy_page_dropped_leaves_the_next_generate_alone():
    actions = "busy = true; press(); wait(150); wait(3000); busy = false; generate.click();"
    assert played(actions) == {"sent": [False], "flag": False, "own": True}


def test_what_the_host_s_function_answers_is_passed_on():
    actions = "press(); wait(150); sent.push(generate.answer);"
    assert played(actions)["sent"] == [True, ["given", True]]
