"""What the user reads below the result: comments on a run, and errors in words that help."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modules import errors as host_errors

from lib_automask.errors import AutomaskError
from lib_automask.webui.run_state import Processing, state_of

OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")
"""Parts of the errors of torch, by device, and of the system for a mapped file."""


def explain_error(error: Exception, then: str = "so nothing was painted") -> AutomaskError:
    """The error for the user; an unexpected one is reported to the console with its traceback as well.

    Call it in the ``except`` block: the host takes the traceback from there. ``then`` names the consequence.
    """
    if isinstance(error, AutomaskError):
        return error
    host_errors.report("automask: a run failed", exc_info=True)
    if ran_out_of_memory(error):
        return AutomaskError(f"automask ran out of memory, {then}; choose a smaller size, or only the masked area")
    return AutomaskError(f"automask failed ({type(error).__name__}: {error}), {then}; see the console")


def name_for_page(error: AutomaskError) -> AutomaskError:
    """The same error, of a class called "automask": the page writes an error as "class: message".

    The API's answer has the class in a field of its own, so there it keeps its name.
    """
    text = str(error).removeprefix("automask").removeprefix(":").strip()
    named: type[AutomaskError] = type("automask", (type(error),), {})
    return named(text)


def ran_out_of_memory(error: BaseException | None) -> bool:
    """Whether the error, or one that led to it, is a lack of memory.

    Without room for a checkpoint, Forge raises that its type is not known.
    """
    while error is not None:
        if isinstance(error, MemoryError) or any(words in str(error).lower() for words in OUT_OF_MEMORY):
            return True
        error = error.__cause__ or error.__context__
    return False


def add_comments(p: Processing, texts: Iterable[str]) -> None:
    """Show ``texts`` below the result, with the number of the file where there are several."""
    state = state_of(p)
    job = f", {state.job}" if state.in_series else ""
    for text in texts:
        p.comment(f"automask{job}: {text}")


def share_comments(p: Processing, processed: Any) -> None:
    """The Batch tab shows the comments of its first file's result: put those of the later ones there as well."""
    state = state_of(p)
    if state.first_result is None:
        state.first_result = processed
    elif "automask" in processed.comments:
        state.first_result.comments = processed.comments
