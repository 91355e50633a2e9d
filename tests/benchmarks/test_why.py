"""docs/why.md is what its command prints."""

from __future__ import annotations

import re
from pathlib import Path

from examples.why import EXAMPLES, render_page
from lib_automask import load_models
from lib_automask.types import EDIT_KINDS

FILE = Path(__file__).parents[2] / "docs" / "why.md"


def without_figures(text: str) -> str:
    """Scores and shares may differ in the last digit from one machine to another."""
    return re.sub(r"\d\.\d\d|\d+%", "#", text)


def test_the_page_is_the_one_that_the_program_prints_now():
    printed = without_figures(render_page(load_models("demo")))
    written = without_figures(FILE.read_text(encoding="utf-8"))
    assert printed == written, "run: python -m examples.why > docs/why.md"


def test_the_twenty_cover_every_kind_and_every_outcome():
    sentences = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith("> ")]
    assert len(sentences) == len(EXAMPLES) == 20
    for kind in EDIT_KINDS:
        assert any(f"→ {kind} " in sentence for sentence in sentences), kind
    assert any(sentence.endswith("nothing to change") for sentence in sentences)
    assert any("not certain" in sentence for sentence in sentences)
    for beginning in ("> picture: ", "> target: ", "> made with: "):
        assert any(sentence.startswith(beginning) for sentence in sentences), beginning
