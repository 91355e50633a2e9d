"""The image boxes of LayerDiffuse are filled with cutouts."""

from __future__ import annotations

import numpy as np
import pytest
from modules import img2img, scripts
from webui_host import drawn, red_in


@pytest.fixture
def folder(webui, tmp_path) -> str:
    return str(tmp_path / "out")


# LayerDiffuse.


class LayerDiffuse:
    """That extension as far as it touches this one: twelve controls, read before it paints."""

    def __init__(self) -> None:
        self.seen = None

    def title(self) -> str:
        return "LayerDiffuse"

    def postprocess(self, _p, _processed, *args) -> None:
        self.seen = args


def run_with(webui, method, enabled=True, foreground=None):
    layer_diffuse = LayerDiffuse()
    controls = [enabled, method, 1.0, 1.0, foreground, None, None, "Crop and Resize", False, "", "", ""]
    ours = [*webui.args()[1:]]
    runner = scripts.ScriptRunner([(webui.automask, ours), (layer_diffuse, controls)])
    _pictures, _infotexts, below = img2img.page(runner, list(runner.defaults), init_images=[drawn()], prompt="replace")
    return layer_diffuse.seen[4:7], str(below)


@pytest.mark.parametrize(
    ("method", "filled"),
    [
        ("(SDXL) From Foreground to Blending", [True, False, False]),
        ("(SD1.5) From Foreground to Background (need batch size 2)", [True, False, False]),
        ("(SDXL) From Foreground and Blending to Background", [True, False, True]),
        ("(SDXL) From Background and Blending to Foreground", [False, True, True]),
        ("(SDXL) Only Generate Transparent Image (Attention Injection)", [False, False, False]),
    ],
)
def test_layerdiffuse_gets_what_its_method_needs(webui, cut_out_red, method, filled):
    boxes, below = run_with(webui, method)
    assert [box is not None for box in boxes] == filled
    assert ("for LayerDiffuse" in below) == any(filled)
    for box in boxes:
        assert box is None or (box.dtype, box.shape) == (np.uint8, (64, 64, 4))
    if filled[0]:
        np.testing.assert_array_equal(boxes[0][..., 3] > 127, red_in(drawn()))


def test_layerdiffuse_keeps_the_users_own_picture_and_is_untouched_where_it_is_off(webui, cut_out_red):
    own = np.zeros((8, 8, 4), np.uint8)
    boxes, below = run_with(webui, "(SDXL) From Foreground to Blending", foreground=own)
    assert boxes[0] is own
    assert "for LayerDiffuse" not in below
    boxes, _below = run_with(webui, "(SDXL) From Foreground to Blending", enabled=False)
    assert boxes[0] is None


def test_layerdiffuse_gets_a_cutout_of_each_file_of_a_batch(webui, cut_out_red):
    layer_diffuse = LayerDiffuse()
    controls = [True, "(SDXL) From Foreground to Blending", 1.0, 1.0, None, None, None, "Resize", False, "", "", ""]
    runner = scripts.ScriptRunner([(layer_diffuse, controls), (webui.automask, webui.args()[1:])])
    seen = []
    layer_diffuse.process_batch = lambda _p, *args: seen.append(args[4])
    layer_diffuse.postprocess = lambda _p, _processed, *args: seen.append(args[4])
    img2img.batch(runner, list(runner.defaults), [drawn(), drawn(box=(4, 4, 20, 20))], prompt="replace")
    assert [int((box[..., 3] > 127).sum()) for box in seen] == [24 * 24, 16 * 16]
