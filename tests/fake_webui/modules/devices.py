"""Devices, as far as they are asked for."""

from __future__ import annotations


def get_device_for(_task: str) -> str:
    return "cpu"


def torch_gc() -> None:
    pass
