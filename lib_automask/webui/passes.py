"""Several passes in place of the host's one sampling, each on the result of the last.

The host calls ``sample`` for a batch, and goes on as ever with what it gets: saving, infotext, grids, the Batch tab.
What ends a passage early, be it the user or an error, keeps the picture that the pass before it left.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from modules import images as host_images
from modules import shared
from modules.processing import DecodedSamples
from PIL import Image

from lib_automask.errors import AutomaskError, Interrupted
from lib_automask.imaging import infotext_metadata
from lib_automask.recipe import Pass, read_passes, write_passes
from lib_automask.webui import host, outputs, processing, run_state
from lib_automask.webui.host_sampling import PassPicture
from lib_automask.webui.messages import explain_error
from lib_automask.webui.pass_steps import STEPS, Step, StepContext, StepResult
from lib_automask.webui.processing import Processing

KEY = "automask pass"
"""In the infotext, with the number of a pass, for what it did."""


@dataclass(eq=False)
class PicturePasses:
    """One picture's way through the passes.

    Args:
        picture: after the passes that are done.
        passes: with seeds that can be had again where they were random.
        told: a line for every pass that was begun.
        done: what each pass that is done made of the picture.
        error: what ended it early, if anything did.
    """

    picture: PassPicture
    passes: tuple[Pass, ...]
    told: list[str] = field(default_factory=list)
    done: list[StepResult] = field(default_factory=list)
    error: AutomaskError | None = None

    def go(self, shop: StepContext) -> None:
        """Pass after pass, until the last or until something ends it."""
        for number, one in enumerate(self.passes, 1):
            host.announce_job(f"automask pass {number} of {len(self.passes)}: {one.do} {one.target}".rstrip())
            try:
                self.check()
                done = STEPS[one.do](shop, one, self.picture)
            except Exception as error:
                self.error = explain_error(error, "so the passes ended there")
                self.told.append(f"{self.error}; {self.left_at(number)}")
                return
            self.picture = done.picture
            self.told.append(done.said)
            self.done.append(done)

    @property
    def steps(self) -> list[Step]:
        """What each pass made of the picture, under a name for people."""
        names = (f"{number} {one.do} {one.target}".rstrip() for number, one in enumerate(self.passes, 1))
        return list(zip(names, self.done))

    @property
    def not_its_prompt(self) -> str | None:
        """Why the run's prompt does not say what the picture shows now; None where it does."""
        if not self.done:
            return "the picture as it was"
        if self.error is not None:
            return "the passes ended early"
        return "passes had prompts of their own" if any(one.prompt for one in self.passes) else None

    def check(self) -> None:
        state = shared.state
        if state.interrupted or state.skipped or state.stopping_generation:
            raise Interrupted("ended by the user")

    def left_at(self, number: int) -> str:
        return f"the picture is as pass {number - 1} left it" if number > 1 else "the picture is as it was"


class PassRunner:
    """The passes of one run of the host's, over every picture of it."""

    def __init__(self, shop: StepContext, first: PassPicture, tell: Callable[[str], None], in_series: bool) -> None:
        """``first`` is the picture that all begin with; an error raises unless others follow ``in_series``.

        Raises:
            InputError: the passes cannot be read.
        """
        self.shop, self.first, self.tell, self.in_series = shop, first, tell, in_series
        self.passes = read_passes(shop.options.passes)
        self.some_done = False

    def take_over(self) -> None:
        """Put them in the place of the host's sampling."""
        p = self.shop.p
        faces = p.restore_faces  # of each painting, under its mask; of the finished picture they would touch the rest
        params = {**self.shop.options.infotext(), "Denoising strength": p.denoising_strength}
        processing.replace_sampling(p, lambda *_args, **_kwargs: self.sample(faces))
        p.extra_generation_params.update(params)
        p.__dict__["automask_kept"] = []

    def sample(self, faces: bool | None) -> Any:
        """The pictures of one batch, as the host's sampler and decoder would give them."""
        p = self.shop.p
        p.restore_faces = faces
        run_state.start_clock(p)
        passages = []
        with host.keep_checkpoint(), host.keep_job():
            for index in range(len(p.prompts)):
                passages.append(self.passage(p.iteration * p.batch_size + index))
                passages[-1].go(self.shop)
        p.restore_faces = False
        self.some_done = self.some_done or any(passage.done for passage in passages)
        self.refuse(passages[0].error)
        given = self.given(passages)
        write_pass_infotext(p, given)
        run_state.write_timings(p)
        self.keep(given)
        outputs.record_passes(p, [passage.steps for passage in given])
        return DecodedSamples(processing.encode_as_decoded(passage.picture.image) for passage in given)

    def passage(self, index: int) -> PicturePasses:
        """The way of one picture, by its number in the whole run."""
        p = self.shop.p
        picture = replace(
            self.first, prompt=p.all_prompts[index], negative=p.all_negative_prompts[index], seed=p.all_seeds[index]
        )
        return PicturePasses(picture, tuple(fix_seed(one) for one in self.passes))

    def refuse(self, error: AutomaskError | None) -> None:
        """End the run with the error if not one pass was done, unless the user wanted that, or other files follow."""
        if error is not None and not (self.some_done or self.in_series or isinstance(error, Interrupted)):
            processing.end_run(self.shop.p, error)

    def given(self, passages: list[PicturePasses]) -> list[PicturePasses]:
        """Those that are given back: the host stacks them, so all must be of one size."""
        done = [passage for passage in passages if passage.done] or passages[:1]
        alike = [passage for passage in done if passage.picture.size == done[0].picture.size]
        for number, passage in enumerate(passages, 1):
            where = f"picture {number}, " if len(passages) > 1 else ""
            for turn, said in enumerate(passage.told, 1):
                self.tell(f"{where}pass {turn}: {said}")
            if passage not in alike:
                self.tell(f"picture {number} is left out, because it did not come as far as the others")
        return alike

    def keep(self, given: list[PicturePasses]) -> None:
        """Put the pictures after each pass but the last behind the result, if the user wants them."""
        if not self.shop.options.keep_passes:
            return
        p = self.shop.p
        kept = p.__dict__["automask_kept"]
        for passage in given:
            for number, picture in enumerate((done.picture for done in passage.done[:-1]), 1):
                kept.append((Image.fromarray(picture.image), picture.infotext))
                if p.save_samples():
                    save_pass_picture(p, picture, number)


def fix_seed(one: Pass) -> Pass:
    """A random seed chosen, so that the infotext can have it."""
    return replace(one, seed=random.randrange(2**32)) if one.seed == -1 else one


def write_pass_infotext(p: Processing, given: list[PicturePasses]) -> None:
    """Write into the infotext what each pass did, picture by picture where they differ."""
    params = p.extra_generation_params
    for key in [key for key in params if key.startswith(f"{KEY} ")]:
        del params[key]
    params[infotext_metadata.KEPT] = merge_by_picture([passage.not_its_prompt for passage in given])
    params["automask passes"] = merge_by_picture([write_passes(passage.passes) for passage in given])
    for turn in range(max(len(passage.told) for passage in given)):
        lines = [passage.told[turn] if turn < len(passage.told) else None for passage in given]
        params[f"{KEY} {turn + 1}"] = merge_by_picture(lines)


def merge_by_picture(texts: list[Any]) -> Any:
    """One text for all, or the list that the host chooses from."""
    return texts[0] if all(text == texts[0] for text in texts) else texts


def save_pass_picture(p: Processing, picture: PassPicture, number: int) -> None:
    """As the host saves a result, with the number of the pass in its name."""
    host_images.save_image(
        Image.fromarray(picture.image), p.outpath_samples, "", picture.seed, picture.prompt,
        shared.opts.samples_format, info=picture.infotext, p=p, suffix=f"-pass-{number}",
    )  # fmt: skip


def append_kept_pictures(p: Processing, processed: Any) -> None:
    """Put the kept pictures behind the result."""
    for picture, text in p.__dict__.pop("automask_kept", []):
        processed.images.append(picture)
        processed.infotexts.append(text)
        picture.info[infotext_metadata.KEY] = text
