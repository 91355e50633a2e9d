"""What the documents say is made from the code, or agrees with it."""

from __future__ import annotations

import re
from pathlib import Path

from examples.options_table import table

ROOT = Path(__file__).parents[1]


def test_the_table_of_options_is_the_one_in_the_code():
    assert (ROOT / "docs" / "options.md").read_text(encoding="utf-8") == table()


def test_every_link_of_a_document_leads_somewhere():
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "training").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_readme_s_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named <= targets
