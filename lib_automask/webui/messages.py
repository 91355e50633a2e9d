"""What went wrong, as people should read it.

What the user is told, and how a run ends that paints nothing.
"""

from __future__ import annotations

from typing import Any

from modules import errors as host_errors
from modules import shared

from lib_automask.errors import AutomaskError, Interrupted, NothingToChange, Unsure
from lib_automask.imaging import infotext_metadata
from lib_automask.options import Options
from lib_automask.types import MaskResult
from lib_automask.webui import processing
from lib_automask.webui.processing import Processing
from lib_automask.webui.request import is_in_series

MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")
"""What torch says when there is none left, by device, and the system of a file."""


def explain_error(error: Exception, then: str = "so nothing was painted") -> AutomaskError:
    """The error as people should read it; what nobody foresaw goes to the console with its traceback too.

    Call it where the error is handled: the host takes the traceback from there. ``then`` says what came of it.
    """
    if isinstance(error, AutomaskError):
        return error
    host_errors.report("automask: a run came to a bad end", exc_info=True)
    if ran_out_of_memory(error):
        return AutomaskError(f"automask ran out of memory, {then}; choose a smaller size, or only the masked area")
    return AutomaskError(f"automask failed ({type(error).__name__}: {error}), {then}; see the console")


def ran_out_of_memory(error: BaseException | None) -> bool:
    """Also where that led to another error: of a checkpoint without room Forge says that its type is not known."""
    while error is not None:
        if isinstance(error, MemoryError) or any(words in str(error).lower() for words in MEMORY):
            return True
        error = error.__cause__ or error.__context__
    return False


def finish_without_mask(p: Processing, result: MaskResult, options: Options) -> None:
    """Nothing changes, or it is unsure what: stop, give the picture back, or leave it to plain img2img."""
    if options.unsure == "stop":
        raise (NothingToChange if result.outcome == "nothing" else Unsure)(result.why)
    if options.unsure == "keep picture":
        return_picture(p, result.why)
    else:
        add_comment(p, f"{result.why}; this is plain img2img, as chosen")


def refuse_run(p: Processing, error: AutomaskError) -> None:
    """Leave the picture unpainted and say why: with an error, or file by file where others must go on.

    A run that the user ended is no error: the host ends it by itself, or goes on to the next when it was skipped.
    """
    if isinstance(error, Interrupted) or is_in_series(p):
        p.extra_generation_params["automask why"] = str(error)
        return_picture(p, str(error))
    else:
        processing.stop_run(p, error)


def return_picture(p: Processing, why: str) -> None:
    """End this file with its picture as it was, and the reason; that it was not made with this prompt is written."""
    p.extra_generation_params[infotext_metadata.KEPT] = "the picture as it was"
    add_comment(p, f"{why}; the picture is given back as it was")
    processing.return_pictures(p, p.init_images)


def add_comment(p: Processing, text: str) -> None:
    """Show ``text`` below the result, with the number of the file where there are several."""
    job = f", {shared.state.job}" if is_in_series(p) else ""
    p.comment(f"automask{job}: {text}")


def share_comments(p: Processing, processed: Any) -> None:
    """The Batch tab shows the comments of its first file's result: put those of the later ones there as well."""
    first = p.__dict__.setdefault("automask_first_result", processed)
    if first is not processed and "automask" in processed.comments:
        first.comments = processed.comments
