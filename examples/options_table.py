"""Prints docs/options.md from the one table of options.

python -m examples.options_table > docs/options.md
"""

from __future__ import annotations

from lib_automask import FIELDS, Field


def main() -> None:
    print(table(), end="")


def table() -> str:
    """The whole page."""
    lines = [
        "# Options",
        "",
        "Made by `python -m examples.options_table` from the one table in `lib_automask/options.py`. The name is the",
        'key of the API\'s dict, `"alwayson_scripts": {"automask": {"args": [{"enabled": true}]}}`; a positional list',
        "follows this order. In the infotext a key reads `automask grow`.",
        "",
        "| name | control | allowed | default | what it does |",
        "|---|---|---|---|---|",
        *(line(row) for row in FIELDS),
    ]
    return "\n".join(lines) + "\n"


def line(row: Field) -> str:
    default = str(row.default).lower() if row.type is bool else repr(row.default)
    return f"| `{row.name}` | {row.label} | {row.allowed.replace('|', '/')} | `{default}` | {row.help} |"


if __name__ == "__main__":
    main()
