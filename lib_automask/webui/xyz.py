"""Axes of the host's X/Y/Z plot, made from the table of options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modules import scripts

from lib_automask.options import FIELDS, Field


def add_axes() -> None:
    """Add an axis for every option that wants one. The host reads its plot script anew with each Reload UI."""
    plots = [data.module for data in scripts.scripts_data if data.path.endswith("xyz_grid.py")]
    for plot in plots:
        present = {axis.label for axis in plot.axis_options}
        axes = [axis(plot, row) for row in FIELDS if row.xyz]
        plot.axis_options.extend(axis for axis in axes if axis.label not in present)


def axis(plot: Any, row: Field) -> Any:
    """One axis, in the img2img tab alone."""
    choices = {"choices": lambda: list(row.choices)} if row.choices else {}
    return plot.AxisOptionImg2Img(f"[automask] {row.label}", row.type, apply(row), **choices)


def apply(row: Field) -> Callable[[Any, Any, Any], None]:
    """Lays one value over the options of a cell; each cell is a copy of ``p`` and gets a dict of its own."""

    def set_value(p: Any, value: Any, _values: Any) -> None:
        p.automask_xyz = {**getattr(p, "automask_xyz", {}), row.name: row.check(value)}

    return set_value
