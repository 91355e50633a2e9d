"""A1111's turns on a small card, as far as they are asked for."""

from __future__ import annotations

sent_away = 0


def send_everything_to_cpu() -> None:
    global sent_away
    sent_away += 1
