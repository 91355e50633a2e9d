"""What went wrong, as people should read it."""

from __future__ import annotations

from modules import errors as host_errors

from lib_automask.errors import AutomaskError

MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")
"""What torch says when there is none left, by device, and the system of a file."""


def explained(error: Exception, then: str = "so nothing was painted") -> AutomaskError:
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
