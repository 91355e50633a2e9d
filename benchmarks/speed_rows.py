"""One line of the table of speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """What was measured of one way to do some work.

    Args:
        name: of the work and the way.
        seconds: of the processor.
        ratio, ratio_tuned: seconds of the reference at its defaults, and at its best batch size, to these.
        iou: agreement with the reference, 0–1.
        memory: most bytes beyond the loaded models.
        memory_ratio: of that to the reference's at its defaults.
        count, count_reference: regions found.
        stages: seconds by stage.
    """

    name: str
    seconds: float
    ratio: float | None = None
    ratio_tuned: float | None = None
    iou: float | None = None
    memory: int | None = None
    memory_ratio: float | None = None
    count: int | None = None
    count_reference: int | None = None
    stages: dict[str, float] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def format_table(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [
        "| what | CPU s | × reference | × its best batch | IoU | regions | peak MB | × memory | by stage, s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [_format_row(row) for row in rows])


def _format_row(row: Row) -> str:
    counts = "" if row.count is None else str(row.count)
    if row.count_reference is not None:
        counts += f" of {row.count_reference}"
    cells = [
        row.name,
        f"{row.seconds:.2f}" if row.seconds else "",
        _format_number(row.ratio, 1),
        _format_number(row.ratio_tuned, 1),
        _format_number(row.iou, 4),
        counts,
        "" if row.memory is None else str(round(row.memory / 1e6)),
        _format_number(row.memory_ratio, 3),
        ", ".join(f"{name} {seconds:.1f}" for name, seconds in row.stages.items()),
    ]
    return f"| {' | '.join(cells)} |"


def _format_number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
