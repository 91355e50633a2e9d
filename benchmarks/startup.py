"""What a host's start costs with automask in it and disabled, in seconds.

    python -m benchmarks.startup
    python -m benchmarks.startup --json

Each measurement is a fresh process in which the host's part is there already: gradio, and the stand-in for the hosts'
``modules`` with the packages that it needs. Then come the file in scripts/, and the panel three times, as the hosts
draw it: once for the page and twice for the defaults of the API. Printed is the median of five. Needs gradio, best that
of a host: 3.41.2 as in AUTOMATIC1111 or 4.40.0 as in Forge.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TIMES = 5
DRAWN = 3
PARTS = ("import", "panel")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="the machine and the seconds as JSON")
    parser.add_argument("--here", action="store_true", help="measure once, in this process")
    args = parser.parse_args()
    if args.here:
        print(json.dumps(measure_here()))
        return
    runs = [measure_in_new_process() for _ in range(TIMES)]
    seconds = {part: round(median(run[part] for run in runs), 4) for part in PARTS}
    seconds["both"] = round(median(sum(run.values()) for run in runs), 4)
    if args.json:
        print(json.dumps({**describe_machine(), "seconds": seconds}, indent=2))
    else:
        print(", ".join(f"{name} {value}" for name, value in describe_machine().items()))
        print(f"import of scripts/automask.py   {seconds['import']:.3f} s")
        print(f"the panel, {DRAWN} times            {seconds['panel']:.3f} s")
        print(f"both                           {seconds['both']:.3f} s")


def measure_in_new_process() -> dict[str, float]:
    """Seconds of each part, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.startup", "--here"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


def measure_here() -> dict[str, float]:
    """Seconds of each part; works once in a process, since nothing is imported twice."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fake_webui")]
    import_host()
    began = time.perf_counter()
    script = load_script()
    imported = time.perf_counter()
    panels = sum(seconds_to_draw(script) for _ in range(DRAWN))
    return {"import": imported - began, "panel": panels}


def import_host() -> None:
    """Import what a host has imported before its extensions; a first page of its own is drawn as well."""
    import fastapi  # noqa: F401
    import gradio
    from modules import devices, processing, script_callbacks, scripts, shared, ui_components  # noqa: F401

    accept_underscore_js(gradio.Button)
    with gradio.Blocks():
        gradio.Button("Generate").click(fn=None, _js="submit_img2img", inputs=[], outputs=[])


def accept_underscore_js(button: Any) -> None:
    """Let a button of gradio 4 take gradio 3's ``_js``, as Forge does."""
    if version("gradio").startswith("3."):
        return
    click = button.click

    def with_js(self: Any, *args: Any, _js: str | None = None, **more: Any) -> Any:
        return click(self, *args, js=_js, **more)

    button.click = with_js


def load_script() -> Any:
    """The script class, registered as the host does it."""
    from modules import scripts

    scripts.load_scripts(str(ROOT / "scripts" / "automask.py"))
    return scripts.scripts_data[0].script_class()


def seconds_to_draw(script: Any) -> float:
    """Seconds of the panel; the page that it stands in is the host's, and does not count."""
    import gradio

    with gradio.Blocks():
        began = time.perf_counter()
        script.ui(is_img2img=True)
        return time.perf_counter() - began


def describe_machine() -> dict[str, str]:
    """What the seconds depend on."""
    packages = {name: version(name) for name in ("gradio", "torch", "numpy", "Pillow")}
    return {"processor": processor_name(), "python": platform.python_version(), **packages}


def processor_name() -> str:
    """The processor's name where Linux tells it, else its kind."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
