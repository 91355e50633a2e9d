"""What the host calls: script → processing.read → build_mask → processing.inject → processing.restore."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from modules import scripts
from PIL import Image

from lib_automask import sampling_defaults
from lib_automask.options import Options
from lib_automask.types import Image as Pixels
from lib_automask.types import MaskRequest, MaskResult
from lib_automask.webui import (
    infotext,
    layerdiffuse,
    messages,
    outputs,
    passes,
    processing,
    request,
    run_state,
    settings,
)
from lib_automask.webui.host_sampling import PassPicture
from lib_automask.webui.messages import explain_error
from lib_automask.webui.model_pool import ModelPool
from lib_automask.webui.pass_steps import StepContext
from lib_automask.webui.processing import Processing
from lib_automask.webui.request import PromptRegistry


class Automask(scripts.Script):  # type: ignore[misc]
    """The always visible script of the img2img tab."""

    residency = ModelPool()
    known = PromptRegistry()

    def title(self) -> str:
        return "automask"

    def show(self, is_img2img: bool) -> Any:
        return scripts.AlwaysVisible if is_img2img else False

    def ui(self, is_img2img: bool) -> list[Any]:
        from lib_automask.webui import panel

        controls = panel.build_panel(self.residency.unload)
        self.infotext_fields = infotext.paste_fields(controls)
        return controls

    def before_process(self, p: Processing, *_args: Any) -> None:
        """Take back what an earlier file left, whether or not automask is enabled for this one."""
        processing.restore_attributes(p)
        outputs.forget_output(p)
        layerdiffuse.restore_boxes(p)
        infotext.remove_entries(p.extra_generation_params)
        run_state.forget_clock(p)

    def process(self, p: Processing, *args: Any) -> None:
        """Find the mask. Here, and not earlier, because styles and wildcards are expanded by now."""
        try:
            self.mask(p, args)
        except Exception as error:
            processing.stop_run(
                p, error
            )  # before all else: what gets out of a hook is swallowed, and everything repainted
            messages.refuse_run(p, explain_error(error))

    def process_before_every_sampling(self, p: Processing, *_args: Any, **_latents: Any) -> None:
        run_state.sampling_begins(p)

    def post_sample(self, p: Processing, *_args: Any) -> None:
        run_state.sampling_ends(p)

    def postprocess(self, p: Processing, processed: Any, *_args: Any) -> None:
        processing.restore_attributes(p)
        self.keep_beside(p, processed)
        passes.append_kept_pictures(p, processed)
        messages.share_comments(p, processed)

    def mask(self, p: Processing, args: Sequence[Any]) -> None:
        """One run: read, find, inject; or do what the user chose for when it is unsure."""
        if not request.is_enabled(p, args) or hasattr(p, "_ad_inner"):
            return
        options, preview = request.read_options(p, args)
        if reason := request.excluding_script(p):
            messages.add_comment(p, f"not used with {reason}")
            return

        from lib_automask.pipeline import build_mask  # only now: the host's start should not wait for it

        image, user_mask = processing.read_inputs(p)
        boxes = layerdiffuse.find_empty_boxes(p)
        if boxes or request.is_cutout(args):
            self.cut_out(p, image, options, boxes)
            return
        if not preview:
            outputs.begin_output(p, options, image)
        own_prompt = request.read_carried_prompt(p) or self.known.prompt_of(image, request.read_page_texts(args))
        if options.passes.strip() and not preview:
            first = PassPicture(image, p.all_prompts[0], "", 0, user_mask, own_prompt)
            shop = StepContext(p, options, lambda: self.residency.models(settings.read_settings()))
            passes.PassRunner(shop, first, partial(messages.add_comment, p), request.is_in_series(p)).take_over()
            return
        mask_request = MaskRequest(image, p.all_prompts[0], user_mask, options, own_prompt)
        timing = run_state.start_clock(p)
        with timing.measuring(run_state.MASKING), self.residency.models(settings.read_settings()) as models:
            result = build_mask(mask_request, models)
        timing.stages = result.timings

        p.extra_generation_params.update(infotext.infotext_entries(options, result))
        run_state.write_timings(p)
        outputs.record_mask(p, result)
        if len(set(p.all_prompts)) > 1:
            messages.add_comment(p, "the prompts of this call differ; the mask is the first one's")
        if preview:
            show_preview(p, image, result)
        elif result.outcome == "mask" and result.mask.any():
            messages.add_comment(p, result.why)
            if hint := sampling_defaults.explain_strength(result, options, p.denoising_strength):
                messages.add_comment(p, hint)
            processing.inject_mask(p, result, options)
        else:
            messages.finish_without_mask(p, result, options)

    def cut_out(self, p: Processing, image: Pixels, options: Options, boxes: tuple[int, ...]) -> None:
        """Cut the target out of the picture: for the image boxes of LayerDiffuse, or in place of painting."""
        from lib_automask.cutout import cut_out_target

        with self.residency.models(settings.read_settings()) as models:
            found = cut_out_target(image, models, options.target.strip())
        p.extra_generation_params["automask why"] = found.why
        if boxes:
            layerdiffuse.fill_boxes(p, found, boxes)
            messages.add_comment(p, f"{found.why}, for {layerdiffuse.TITLE}")
        else:
            messages.add_comment(p, found.why)
            processing.return_pictures(p, [Image.fromarray(found.picture)], preview=True)
            outputs.record_cutout(p, found.picture)

    def keep_beside(self, p: Processing, processed: Any) -> None:
        """Whatever the user wants beside the finished pictures. Where that fails it is told, and they are there."""
        try:
            outputs.write_outputs(
                p, processed, lambda: self.residency.models(settings.read_settings()), request.is_batch_file()
            )
        except Exception as error:
            why = explain_error(error, "so nothing is kept beside the picture")
            processed.comments += f"automask: nothing was kept beside the picture: {why}\n"


def show_preview(p: Processing, image: Pixels, result: MaskResult) -> None:
    """Hand back a picture of the mask in place of painting."""
    from lib_automask.imaging.preview import draw_overlay

    messages.add_comment(p, result.why)
    processing.return_pictures(p, [Image.fromarray(draw_overlay(image, result))], preview=True)
