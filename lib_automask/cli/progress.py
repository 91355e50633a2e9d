"""The progress of a command, drawn as a bar in the terminal."""

from __future__ import annotations

import sys

WIDTH, LABEL = 24, 48
"""Characters of the bar and of the stage beside it: together they fit a terminal of 80 columns."""


class ProgressBar:
    """A bar on stderr, where that is a terminal; a ``Progress``: calling it with (stage, share done 0–1) draws it.

    It never goes back, though some stages report shares of their own.
    """

    def __init__(self) -> None:
        self.largest = 0.0
        self.part = (0.0, 1.0)
        self.drawn = False

    def begin(self, number: int, count: int) -> None:
        """From here on shares are those of record ``number`` (from 0) of ``count``."""
        self.part = (number / count, (number + 1) / count)

    def __call__(self, stage: str, share: float) -> None:
        begin, end = self.part
        self.largest = max(self.largest, begin + share * (end - begin))
        if sys.stderr.isatty():
            done = round(WIDTH * self.largest)
            sys.stderr.write(f"\r{'█' * done}{'·' * (WIDTH - done)} {stage[:LABEL]:<{LABEL}}")
            sys.stderr.flush()
            self.drawn = True

    def finish(self) -> None:
        """Clear the line, so that something else can be printed; the next bar begins at 0."""
        if self.drawn:
            sys.stderr.write("\r" + " " * (WIDTH + 1 + LABEL) + "\r")
        self.largest, self.part, self.drawn = 0.0, (0.0, 1.0), False
