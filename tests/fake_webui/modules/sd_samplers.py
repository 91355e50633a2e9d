"""Names of samplers."""

from __future__ import annotations

from types import SimpleNamespace

all_samplers = [
    SimpleNamespace(name=name) for name in ("Euler", "DPM++ 2M", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 3M SDE")
]
