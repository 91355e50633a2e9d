"""Where the host reports what went wrong."""

from __future__ import annotations

import traceback

reported: list[str] = []


def report(message: str, *, exc_info: bool = False) -> None:
    reported.append(f"{message}\n{traceback.format_exc()}" if exc_info else message)
