"""What suits the kind of edit arrives at the host, is told, and never overrules the user."""

from __future__ import annotations

import pytest
from webui_host import RED, drawn


def test_the_infotext_has_confidence_and_what_was_used(webui):
    _pictures, (infotext,), _below = webui.page(drawn(RED), "remove")
    assert "automask confidence: " in infotext
    assert "masked content fill, grow 0" in infotext


@pytest.mark.parametrize(("kind", "strength", "said"), [("remove", 0.3, "is little for remove"), ("remove", 0.75, "")])
def test_an_unsuitable_strength_is_commented_on_and_kept(webui, kind, strength, said):
    _pictures, (infotext,), below = webui.page(drawn(RED), kind, denoising_strength=strength)
    assert ("denoising strength of" in below) == bool(said)
    assert said in below
    assert f"Denoising strength: {strength}" in infotext


@pytest.mark.parametrize(("options", "padding"), [({}, 32), ({"padding": 8}, 8), ({"margins": "as set"}, 32)])
def test_padding_is_the_users_or_by_kind_and_size(webui, options, padding):
    _pictures, (infotext,), _below = webui.page(drawn(RED), "remove", area="only masked", **options)
    assert f"Masked area padding: {padding}" in infotext
