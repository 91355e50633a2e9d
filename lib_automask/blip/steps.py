"""Progress that is told between the layers of a network too, so that Interrupt comes soon on a slow machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Progress = Callable[[float], None]
"""Told the share that is done, 0–1, between small pieces of work; it may raise ``Interrupted`` to end the run."""


class Steps:
    """A ``Progress`` that hands on what it is told, and tells the last share again before each layer that it watches.

    Args:
        progress: is told.
        layers: modules of torch, whose ``forward`` is called for each pass.
    """

    def __init__(self, progress: Progress, layers: Iterable[Any]) -> None:
        self.progress, self.share = progress, 0.0
        for layer in layers:
            layer.register_forward_pre_hook(self._before_layer)

    def __call__(self, share: float) -> None:
        self.share = share
        self.progress(share)

    def _before_layer(self, *_module_and_inputs: Any) -> None:
        self.progress(self.share)
