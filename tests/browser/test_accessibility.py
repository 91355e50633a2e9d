"""axe-core finds nothing serious in the panel, light and dark, empty and with a view.

``AXE`` names the file axe.min.js of the npm package axe-core; skipped without.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

AXE = os.environ.get("AXE", "")
OURS = "#automask_view, #automask_quick"
"""What is drawn here; everything else in the panel is gradio's own."""

pytestmark = pytest.mark.skipif(not Path(AXE).is_file(), reason="AXE does not name axe.min.js")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_is_found(open_panel, picture, theme):
    panel = open_panel(theme=theme)
    panel.page.add_script_tag(path=AXE)
    assert find_serious(panel) == []
    panel.upload(picture)
    panel.preview("a blue star left of an orange cat, on the grass")
    panel.click(0.72, 0.55)
    assert find_serious(panel) == []


def find_serious(panel: Any) -> list[str]:
    """Rules that are broken, with the elements, of impact serious or critical."""
    program = f"axe.run({OURS!r}.split(', ').map((one) => document.querySelector(one)))"
    found = panel.page.evaluate(program)["violations"]
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
