"""Put ``torchvision_cpu`` into the environment of the Python that runs this file.

Usage: path/to/venv/bin/python tools/torchvision_cpu/install.py
"""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path


def main() -> None:
    packages = Path(sysconfig.get_path("purelib"))
    shutil.copyfile(Path(__file__).with_name("torchvision_cpu.py"), packages / "torchvision_cpu.py")
    (packages / "torchvision_cpu.pth").write_text(
        "import torchvision_cpu; torchvision_cpu.install()\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
