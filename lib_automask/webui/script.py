"""What the host calls: script → processing.read → build_mask → processing.inject → processing.restore."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from modules import scripts
from PIL import Image

from lib_automask import advice
from lib_automask.options import Options
from lib_automask.structures import Image as Pixels
from lib_automask.structures import MaskRequest, MaskResult
from lib_automask.webui import asked, clock, infotext, layerdiffuse, passes, processing, saving, settings, telling
from lib_automask.webui.failures import explained
from lib_automask.webui.known import Known
from lib_automask.webui.painting import Picture
from lib_automask.webui.processing import Processing
from lib_automask.webui.residency import Residency
from lib_automask.webui.works import Workshop


class Automask(scripts.Script):  # type: ignore[misc]
    """The always visible script of the img2img tab."""

    residency = Residency()
    known = Known()

    def title(self) -> str:
        return "automask"

    def show(self, is_img2img: bool) -> Any:
        return scripts.AlwaysVisible if is_img2img else False

    def ui(self, is_img2img: bool) -> list[Any]:
        from lib_automask.webui import panel

        controls = panel.build(self.residency.unload)
        self.infotext_fields = infotext.paste_fields(controls)
        return controls

    def before_process(self, p: Processing, *_args: Any) -> None:
        """Take back what an earlier file left, whether or not automask is enabled for this one."""
        processing.restore(p)
        saving.forget(p)
        layerdiffuse.take_back(p)
        infotext.forget(p.extra_generation_params)
        clock.forget(p)

    def process(self, p: Processing, *args: Any) -> None:
        """Find the mask. Here, and not earlier, because styles and wildcards are expanded by now."""
        try:
            self.mask(p, args)
        except Exception as error:
            processing.stop(p, error)  # before all else: what gets out of a hook is swallowed, and everything repainted
            telling.refuse(p, explained(error))

    def process_before_every_sampling(self, p: Processing, *_args: Any, **_latents: Any) -> None:
        clock.sampling_begins(p)

    def post_sample(self, p: Processing, *_args: Any) -> None:
        clock.sampling_ends(p)

    def postprocess(self, p: Processing, processed: Any, *_args: Any) -> None:
        processing.restore(p)
        self.keep_beside(p, processed)
        passes.hand_over(p, processed)
        telling.share_comments(p, processed)

    def mask(self, p: Processing, args: Sequence[Any]) -> None:
        """One run: read, find, inject; or do what the user chose for when it is unsure."""
        if not asked.wanted(p, args) or hasattr(p, "_ad_inner"):
            return
        options, preview = asked.chosen(p, args)
        if reason := asked.left_alone(p):
            telling.tell(p, f"not used with {reason}")
            return

        from lib_automask.pipeline import build_mask  # only now: the host's start should not wait for it

        image, user_mask = processing.read(p)
        boxes = layerdiffuse.empty_boxes(p)
        if boxes or asked.only_cutout(args):
            self.cut_out(p, image, options, boxes)
            return
        if not preview:
            saving.begin(p, options, image)
        own_prompt = asked.carried_prompt(p) or self.known.prompt_of(image, asked.page_texts(args))
        if options.passes.strip() and not preview:
            first = Picture(image, p.all_prompts[0], "", 0, user_mask, own_prompt)
            shop = Workshop(p, options, lambda: self.residency.models(settings.read()))
            passes.Passes(shop, first, partial(telling.tell, p), asked.in_series(p)).take_over()
            return
        request = MaskRequest(image, p.all_prompts[0], user_mask, options, own_prompt)
        timing = clock.start(p)
        with timing.measuring(clock.MASKING), self.residency.models(settings.read()) as models:
            result = build_mask(request, models)
        timing.stages = result.timings

        p.extra_generation_params.update(infotext.entries(options, result))
        clock.write(p)
        saving.found(p, result)
        if len(set(p.all_prompts)) > 1:
            telling.tell(p, "the prompts of this call differ; the mask is the first one's")
        if preview:
            show(p, image, result)
        elif result.outcome == "mask" and result.mask.any():
            telling.tell(p, result.why)
            if hint := advice.hint(result, options, p.denoising_strength):
                telling.tell(p, hint)
            processing.inject(p, result, options)
        else:
            telling.without_mask(p, result, options)

    def cut_out(self, p: Processing, image: Pixels, options: Options, boxes: tuple[int, ...]) -> None:
        """Cut the target out of the picture: for the image boxes of LayerDiffuse, or in place of painting."""
        from lib_automask.cutout import cut_out

        with self.residency.models(settings.read()) as models:
            found = cut_out(image, models, options.target.strip())
        p.extra_generation_params["automask why"] = found.why
        if boxes:
            layerdiffuse.hand_over(p, found, boxes)
            telling.tell(p, f"{found.why}, for {layerdiffuse.TITLE}")
        else:
            telling.tell(p, found.why)
            processing.keep(p, [Image.fromarray(found.picture)], preview=True)
            saving.give(p, found.picture)

    def keep_beside(self, p: Processing, processed: Any) -> None:
        """Whatever the user wants beside the finished pictures. Where that fails it is told, and they are there."""
        try:
            saving.keep(p, processed, lambda: self.residency.models(settings.read()), asked.from_folder())
        except Exception as error:
            why = explained(error, "so nothing is kept beside the picture")
            processed.comments += f"automask: nothing was kept beside the picture: {why}\n"


def show(p: Processing, image: Pixels, result: MaskResult) -> None:
    """Hand back a picture of the mask in place of painting."""
    from lib_automask.preview import overlay

    telling.tell(p, result.why)
    processing.keep(p, [Image.fromarray(overlay(image, result))], preview=True)
