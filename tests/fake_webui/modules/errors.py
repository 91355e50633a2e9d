"""Where the host reports what went wrong."""

from __future__ import annotations

reported: list[str] = []


def report(message: str, *, exc_info: bool = False) -> None:
    reported.append(message)
