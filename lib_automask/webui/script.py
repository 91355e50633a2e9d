"""The hooks that the host calls: read the request, build the mask, inject it or say why not, give everything back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from modules import scripts
from PIL import Image

from lib_automask.interfaces import Models
from lib_automask.webui import (
    infotext,
    layerdiffuse,
    messages,
    outputs,
    processing,
    request,
    run_state,
    settings,
)
from lib_automask.webui.model_pool import ModelPool
from lib_automask.webui.pass_steps import PassContext
from lib_automask.webui.passes import PassRunner
from lib_automask.webui.request import RunRequest
from lib_automask.webui.run_state import Processing, RunClock, RunOutput, RunState
from lib_automask.webui.views import PageViews


class Automask(scripts.Script):  # type: ignore[misc]
    """The always visible script of the img2img tab."""

    pool = ModelPool()
    registry = infotext.PromptRegistry()
    views = PageViews(lambda: Automask.pool.models(settings.read_settings()))

    def title(self) -> str:
        return "automask"

    def show(self, is_img2img: bool) -> Any:
        return scripts.AlwaysVisible if is_img2img else False

    def ui(self, is_img2img: bool) -> list[Any]:
        from lib_automask.webui import panel

        controls = panel.build_panel(self.pool.unload, self.views.answer)
        self.infotext_fields = infotext.paste_fields(controls)
        return controls

    def before_process(self, p: Processing, *_args: Any) -> None:
        """Take back what an earlier file left, whether or not automask is enabled for this one."""
        processing.begin_run(p)
        infotext.remove_entries(p.extra_generation_params)

    def process(self, p: Processing, *args: Any) -> None:
        """Find the mask. Here, and not earlier, because styles and wildcards are expanded by now."""
        try:
            comments = self.answer_request(p, args)
        except Exception as error:  # an exception that leaves a hook is swallowed, and everything repainted
            page = request.read_page_key(args)
            comments = processing.refuse_run(p, error, bool(page))
            self.views.keep_error(page, error)
        messages.add_comments(p, comments)

    def process_before_every_sampling(self, p: Processing, *_args: Any, **_latents: Any) -> None:
        if clock := run_state.state_of(p).clock:
            clock.begin_sampling()

    def post_sample(self, p: Processing, *_args: Any) -> None:
        if clock := run_state.state_of(p).clock:
            clock.end_sampling()
            p.extra_generation_params.update(clock.infotext)

    def postprocess(self, p: Processing, processed: Any, *_args: Any) -> None:
        """Give everything back, and add to the result what the user wants beside the finished pictures."""
        state = processing.end_run(p)
        try:
            outputs.write_outputs(p, processed, state, self.take_models)
        except Exception as error:
            why = messages.explain_error(error, "so nothing is kept beside the picture")
            processed.comments += f"automask: nothing was kept beside the picture: {why}\n"
        outputs.append_kept_pictures(processed, state)
        messages.share_comments(p, processed)

    def answer_request(self, p: Processing, args: Sequence[Any]) -> list[str]:
        """Read the request of a run and do what it says; the comments on it."""
        wanted = request.read_request(p, args, self.registry)
        if isinstance(wanted, str):
            return [wanted] if wanted else []
        if wanted.cutout or wanted.empty_boxes:
            return self.cut_out(p, wanted)
        state = run_state.state_of(p)
        if wanted.options.also != "nothing" and not wanted.preview:
            state.output = RunOutput(wanted.options, wanted.image)
        if wanted.has_passes:
            PassRunner(PassContext(p, wanted.options, self.take_models), wanted).replace_sampling()
            return []
        return self.mask(p, wanted, state)

    def mask(self, p: Processing, wanted: RunRequest, state: RunState) -> list[str]:
        """Build the mask and inject it, or do what the user chose for a run without one."""
        from lib_automask.pipeline import build_mask  # only now: the host's start should not wait for it

        state.clock = clock = RunClock()
        with clock.measuring(run_state.MASKING), self.take_models() as models:
            result = build_mask(wanted.mask_request, models)
        clock.stages = result.timings
        if state.is_first_of_batch:
            self.views.keep_result(wanted.page_key, wanted.mask_request, result)
        p.extra_generation_params.update(infotext.infotext_entries(wanted.options, result))
        p.extra_generation_params.update(clock.infotext)
        if state.output is not None:
            state.output.result = result
        if wanted.preview:
            from lib_automask.imaging.preview import draw_overlay

            overlay = Image.fromarray(draw_overlay(wanted.image, result))
            processing.return_pictures(p, [overlay], preview=True)
            return [*wanted.notes, result.why]
        return [*wanted.notes, *processing.apply_result(p, result, wanted.options)]

    def cut_out(self, p: Processing, wanted: RunRequest) -> list[str]:
        """Cut the target out of the picture: for the image boxes of LayerDiffuse, or in place of painting."""
        from lib_automask.cutout import cut_out_target

        with self.take_models() as models:
            cutout = cut_out_target(wanted.image, models, wanted.options.target.strip())
        p.extra_generation_params["automask why"] = cutout.why
        if wanted.empty_boxes:
            layerdiffuse.fill_boxes(p, cutout, wanted.empty_boxes)
            return [f"{cutout.why}, for {layerdiffuse.TITLE}"]
        processing.return_pictures(p, [Image.fromarray(cutout.picture)], preview=True)
        run_state.state_of(p).cutout = cutout.picture
        return [cutout.why]

    def take_models(self) -> AbstractContextManager[Models]:
        """The models of the settings, for the length of a ``with``."""
        return self.pool.models(settings.read_settings())
