"""Several passes in place of the host's one sampling, each on the result of the last.

The host calls ``sample`` for a batch and goes on with what it returns: saving, infotext, grids, the Batch tab. Whatever
ends the passes early, the user or an error, the picture is as the last finished pass left it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from modules import images as host_images
from modules import shared
from modules.processing import DecodedSamples
from PIL import Image

from lib_automask.errors import AutomaskError, Interrupted
from lib_automask.imaging import infotext_metadata
from lib_automask.recipe import Pass, read_passes, write_passes
from lib_automask.webui import host, processing
from lib_automask.webui.host_sampling import PassPicture
from lib_automask.webui.messages import add_comments, explain_error
from lib_automask.webui.pass_steps import STEPS, PassContext, PassResult
from lib_automask.webui.request import RunRequest
from lib_automask.webui.run_state import PassOutput, Processing, RunClock, state_of

PASS_KEY = "automask pass"
"""In the infotext, with the number of a pass, for what it did."""


@dataclass(eq=False)
class PassHistory:
    """One picture and what its passes made of it so far.

    Args:
        picture: after the passes that are done.
        passes: their settings, with seeds that can be used again where they were random.
        summaries: a line for every pass that was begun.
        results: of each finished pass.
        error: what ended the passes early, or None.
    """

    picture: PassPicture
    passes: tuple[Pass, ...]
    summaries: list[str] = field(default_factory=list)
    results: list[PassResult] = field(default_factory=list)
    error: AutomaskError | None = None

    def run(self, context: PassContext) -> None:
        """Pass after pass, until the last or until something ends it."""
        for number, settings in enumerate(self.passes, 1):
            host.announce_job(f"automask pass {number} of {len(self.passes)}: {self.describe(settings)}")
            try:
                check_interrupt()
                result = STEPS[settings.do](context, settings, self.picture)
            except Exception as error:
                self.error = explain_error(error, "so the passes ended there")
                self.summaries.append(f"{self.error}; {describe_picture_after(number - 1)}")
                return
            self.picture = result.picture
            self.summaries.append(result.summary)
            self.results.append(result)

    @property
    def outputs(self) -> list[PassOutput]:
        """What each finished pass made of the picture."""
        return [
            PassOutput(f"{number} {self.describe(settings)}", result.picture.image, result.mask, result.corner)
            for number, (settings, result) in enumerate(zip(self.passes, self.results), 1)
        ]

    @property
    def foreign_prompt(self) -> str | None:
        """Why the run's prompt does not describe the picture now; None where it does."""
        if not self.results:
            return "the picture as it was"
        if self.error is not None:
            return "the passes ended early"
        return "passes had prompts of their own" if any(settings.prompt for settings in self.passes) else None

    def describe(self, settings: Pass) -> str:
        return f"{settings.do} {settings.target}".rstrip()


class PassRunner:
    """The passes of one run of the host, over every picture of it."""

    def __init__(self, context: PassContext, wanted: RunRequest) -> None:
        """Raises InputError: the passes cannot be read."""
        self.context = context
        self.first = PassPicture(wanted.image, wanted.prompts[0], "", 0, wanted.user_mask, wanted.own_prompt)
        self.passes = read_passes(context.options.passes)
        self.any_done = False

    def replace_sampling(self) -> None:
        """Put the passes in the place of the host's sampling."""
        p = self.context.p
        faces = p.restore_faces  # of each painting, under its mask; of the finished picture they would touch the rest
        params = {**self.context.options.infotext(), "Denoising strength": p.denoising_strength}
        processing.replace_sampling(p, lambda *_args, **_kwargs: self.sample(faces))
        p.extra_generation_params.update(params)

    def sample(self, faces: bool | None) -> Any:
        """The pictures of one batch, as the host's sampler and decoder would return them.

        Raises:
            AutomaskError: not one pass could be done; see ``raise_first_error``.
        """
        p = self.context.p
        p.restore_faces = faces
        clock = state_of(p).clock = RunClock()
        pictures = []
        with host.keep_checkpoint(), host.keep_job():
            for index in range(len(p.prompts)):
                pictures.append(self.begin_picture(p.iteration * p.batch_size + index))
                pictures[-1].run(self.context)
        p.restore_faces = False
        self.any_done = self.any_done or any(picture.results for picture in pictures)
        self.raise_first_error(pictures[0].error)
        returned = select_returned(pictures)
        add_comments(p, comment_on_passes(pictures, returned))
        write_pass_infotext(p, returned)
        p.extra_generation_params.update(clock.infotext)
        self.keep_outputs(returned)
        return DecodedSamples(processing.encode_as_decoded(done.picture.image) for done in returned)

    def begin_picture(self, index: int) -> PassHistory:
        """One picture before its passes, by its number in the whole run."""
        p = self.context.p
        picture = replace(
            self.first, prompt=p.all_prompts[index], negative=p.all_negative_prompts[index], seed=p.all_seeds[index]
        )
        return PassHistory(picture, tuple(fix_seed(settings) for settings in self.passes))

    def raise_first_error(self, error: AutomaskError | None) -> None:
        """End the run with the error if no pass was done, unless the user interrupted it or other files follow."""
        p = self.context.p
        if error is not None and not (self.any_done or state_of(p).in_series or isinstance(error, Interrupted)):
            processing.abort_run(p, error)

    def keep_outputs(self, returned: list[PassHistory]) -> None:
        """Keep what files beside the result are made from, and the pictures after each pass but the last."""
        p = self.context.p
        state = state_of(p)
        if state.output is not None:
            state.output.passes += [done.outputs for done in returned]
        if not self.context.options.keep_passes:
            return
        for done in returned:
            for number, picture in enumerate((result.picture for result in done.results[:-1]), 1):
                state.kept_pictures.append((Image.fromarray(picture.image), picture.infotext))
                if p.save_samples():
                    save_pass_picture(p, picture, number)


def check_interrupt() -> None:
    """Raises Interrupted after one of the host's buttons."""
    state = shared.state
    if state.interrupted or state.skipped or state.stopping_generation:
        raise Interrupted("ended by the user")


def describe_picture_after(number: int) -> str:
    """What the picture is like after so many passes, for people."""
    return f"the picture is as pass {number} left it" if number else "the picture is as it was"


def fix_seed(settings: Pass) -> Pass:
    """The pass with a random seed chosen, so that the infotext can name it."""
    return replace(settings, seed=random.randrange(2**32)) if settings.seed == -1 else settings


def select_returned(pictures: list[PassHistory]) -> list[PassHistory]:
    """The pictures that are returned: the host stacks them, so all must be of one size."""
    done = [picture for picture in pictures if picture.results] or pictures[:1]
    return [picture for picture in done if picture.picture.size == done[0].picture.size]


def comment_on_passes(pictures: list[PassHistory], returned: list[PassHistory]) -> list[str]:
    """A line for each pass of each picture, and for each picture that is not returned."""
    comments = []
    for number, picture in enumerate(pictures, 1):
        where = f"picture {number}, " if len(pictures) > 1 else ""
        comments += [f"{where}pass {turn}: {summary}" for turn, summary in enumerate(picture.summaries, 1)]
        if picture not in returned:
            comments.append(f"picture {number} is left out, because it did not come as far as the others")
    return comments


def write_pass_infotext(p: Processing, returned: list[PassHistory]) -> None:
    """Write into the infotext what each pass did, picture by picture where they differ."""
    params = p.extra_generation_params
    for key in [key for key in params if key.startswith(f"{PASS_KEY} ")]:
        del params[key]
    params[infotext_metadata.KEPT] = merge_by_picture([done.foreign_prompt for done in returned])
    params["automask passes"] = merge_by_picture([write_passes(done.passes) for done in returned])
    for turn in range(max(len(done.summaries) for done in returned)):
        lines = [done.summaries[turn] if turn < len(done.summaries) else None for done in returned]
        params[f"{PASS_KEY} {turn + 1}"] = merge_by_picture(lines)


def merge_by_picture(texts: list[Any]) -> Any:
    """One text for all, or the list from which the host takes each picture's."""
    return texts[0] if all(text == texts[0] for text in texts) else texts


def save_pass_picture(p: Processing, picture: PassPicture, number: int) -> None:
    """Save it as the host saves a result, with the number of the pass in its name."""
    host_images.save_image(
        Image.fromarray(picture.image), p.outpath_samples, "", picture.seed, picture.prompt,
        shared.opts.samples_format, info=picture.infotext, p=p, suffix=f"-pass-{number}",
    )  # fmt: skip
