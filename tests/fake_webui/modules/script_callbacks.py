"""What an extension can register for. "Reload UI" forgets all of it and runs the files in scripts/ again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

registered: dict[str, list[Callable[..., Any]]] = {}


def clear_callbacks() -> None:
    registered.clear()


def call(event: str, *args: Any) -> None:
    for callback in registered.get(event, []):
        callback(*args)


def on_ui_settings(callback: Callable[..., Any]) -> None:
    registered.setdefault("ui_settings", []).append(callback)


def on_before_ui(callback: Callable[..., Any]) -> None:
    registered.setdefault("before_ui", []).append(callback)


def on_app_started(callback: Callable[..., Any]) -> None:
    registered.setdefault("app_started", []).append(callback)


def on_before_image_saved(callback: Callable[..., Any]) -> None:
    registered.setdefault("before_image_saved", []).append(callback)


def on_image_saved(callback: Callable[..., Any]) -> None:
    registered.setdefault("image_saved", []).append(callback)


def on_script_unloaded(callback: Callable[..., Any]) -> None:
    registered.setdefault("script_unloaded", []).append(callback)
