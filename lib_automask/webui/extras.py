"""The Extras tab: the background removed from any picture, alone or in a batch."""

from __future__ import annotations

from typing import Any

from modules import scripts_postprocessing
from PIL import Image

from lib_automask.webui import processing, settings
from lib_automask.webui.messages import explain_error
from lib_automask.webui.outputs import mark_transparent
from lib_automask.webui.script import Automask


class AutomaskCutout(scripts_postprocessing.ScriptPostprocessing):  # type: ignore[misc]
    """One line of the Extras tab."""

    name = "automask cutout"
    order = 20000
    """Last of all, so that the upscaled, restored picture is cut out; the host's own scripts have at most 4000."""

    def ui(self) -> dict[str, Any]:
        import gradio as gr
        from modules.ui_components import InputAccordion

        with InputAccordion(False, label="Remove the background (automask)", elem_id="automask_extras") as enable:
            target = gr.Textbox(
                "",
                label="Cut out",
                placeholder="what the picture is about",
                info="What stays, in words; everything else becomes transparent.",
                elem_id="automask_extras_target",
            )
            behind = gr.Checkbox(
                False,
                label="The background too",
                info="A second picture: the background without it, its hole filled from the edge.",
                elem_id="automask_extras_behind",
            )
        return {"enable": enable, "target": target, "behind": behind}

    def process(self, pp: Any, enable: Any = False, target: Any = "", behind: Any = False) -> None:
        """Make ``pp.image`` a cutout. If that fails it stays unchanged, and the line below the result says why.

        An error would end the whole batch, so none is raised and the other files go on.
        """
        if not enable:
            return
        try:
            self.cut_out(pp, str(target or "").strip(), bool(behind))
        except Exception as error:
            pp.info["automask cutout"] = f"not cut out: {explain_error(error)}"

    def cut_out(self, pp: Any, target: str, behind: bool) -> None:
        """Put the cutout in place of the picture, and the background ``behind`` it beside. Raises AutomaskError."""
        from lib_automask.cutout import cut_out_target
        from lib_automask.imaging.layers import fill_background

        image = processing.flatten_picture(pp.image)
        with Automask.pool.models(settings.read_settings()) as models:
            cutout = cut_out_target(image, models, target)
        if behind:
            pp.extra_images.append(
                pp.create_copy(
                    Image.fromarray(fill_background(image, cutout.mask)),
                    nametags=["background"],
                    disable_processing=True,
                )
            )
        pp.image = mark_transparent(cutout.picture)
        pp.info["automask cutout"] = cutout.why
