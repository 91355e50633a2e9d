"""How far a command is, drawn as a bar in the terminal."""

from __future__ import annotations

import sys

WIDTH = 24
LABEL = 48


class ProgressBar:
    """A bar on stderr, where that is a terminal. It never goes back, though each stage of the work tells its own share.

    Calling it with (stage, share done 0–1) draws it.
    """

    def __init__(self) -> None:
        self.largest = 0.0
        self.part = (0.0, 1.0)
        self.drawn = False

    def begin(self, number: int, count: int) -> None:
        """From here on the shares are those of the part ``number`` of ``count``, from 0 on."""
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
        """Clear the line, so that something else can be written; the next bar begins at its beginning."""
        if self.drawn:
            sys.stderr.write("\r" + " " * (WIDTH + 1 + LABEL) + "\r")
        self.largest, self.part, self.drawn = 0.0, (0.0, 1.0), False
