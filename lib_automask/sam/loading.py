"""SAM from a file."""

from __future__ import annotations

from lib_automask.sam.architecture import build_sam

__all__ = ["build_sam"]
