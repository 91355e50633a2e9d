"""Names of schedules."""

from __future__ import annotations

from types import SimpleNamespace

schedulers = [SimpleNamespace(name=name.lower(), label=name) for name in ("Automatic", "Karras", "Exponential")]
