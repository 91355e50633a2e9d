"""The extension's command-line flags. The host calls ``preload`` before it reads its command line."""

from __future__ import annotations

import argparse


def preload(parser: argparse.ArgumentParser) -> None:
    """Add the flags that name folders with models, besides the host's ``models/sam`` and ``models/BLIP``."""
    for name, example in (("sam", "SAM files (sam_vit_b_01ec64.pth)"), ("blip", "BLIP folders")):
        parser.add_argument(
            f"--automask-{name}-models-path",
            type=str,
            default=None,
            help=f"folder with {example} for automask, besides the host's own",
        )
