"""What the user is told, and how a run ends that paints nothing."""

from __future__ import annotations

from typing import Any

from modules import shared

from lib_automask import origin
from lib_automask.errors import AutomaskError, Interrupted, NothingToChange, Unsure
from lib_automask.options import Options
from lib_automask.structures import MaskResult
from lib_automask.webui import processing
from lib_automask.webui.asked import in_series
from lib_automask.webui.processing import Processing


def without_mask(p: Processing, result: MaskResult, options: Options) -> None:
    """Nothing changes, or it is unsure what: stop, give the picture back, or leave it to plain img2img."""
    if options.unsure == "stop":
        raise (NothingToChange if result.outcome == "nothing" else Unsure)(result.why)
    if options.unsure == "keep picture":
        give_back(p, result.why)
    else:
        tell(p, f"{result.why}; this is plain img2img, as chosen")


def refuse(p: Processing, error: AutomaskError) -> None:
    """Leave the picture unpainted and say why: with an error, or file by file where others must go on.

    A run that the user ended is no error: the host ends it by itself, or goes on to the next when it was skipped.
    """
    if isinstance(error, Interrupted) or in_series(p):
        p.extra_generation_params["automask why"] = str(error)
        give_back(p, str(error))
    else:
        processing.stop(p, error)


def give_back(p: Processing, why: str) -> None:
    """End this file with its picture as it was, and the reason; that it was not made with this prompt is written."""
    p.extra_generation_params[origin.KEPT] = "the picture as it was"
    tell(p, f"{why}; the picture is given back as it was")
    processing.keep(p, p.init_images)


def tell(p: Processing, text: str) -> None:
    """Show ``text`` below the result, with the number of the file where there are several."""
    job = f", {shared.state.job}" if in_series(p) else ""
    p.comment(f"automask{job}: {text}")


def share_comments(p: Processing, processed: Any) -> None:
    """The Batch tab shows the comments of its first file's result: put those of the later ones there as well."""
    first = p.__dict__.setdefault("automask_first_result", processed)
    if first is not processed and "automask" in processed.comments:
        first.comments = processed.comments
