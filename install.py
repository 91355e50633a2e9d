"""Installs segment-anything if it is missing, and nothing else. The host runs this file before it starts.

No dependencies are installed and no version is replaced: the host pins every other package that automask uses.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys

PACKAGE = "segment-anything==1.0"


def main() -> None:
    if importlib.util.find_spec("segment_anything") is not None:
        return
    try:
        from launch import run_pip
    except ImportError:  # not inside a host
        subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", PACKAGE], check=True)
        return
    run_pip(f"install --no-deps {PACKAGE}", "segment-anything for automask")


main()
