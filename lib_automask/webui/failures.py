"""What went wrong, as people should read it."""

from __future__ import annotations

from modules import errors as host_errors

from lib_automask.errors import AutomaskError


def explained(error: Exception) -> AutomaskError:
    """The error as people should read it; what nobody foresaw goes to the console with its traceback too.

    Call it where the error is handled: the host takes the traceback from there.
    """
    if isinstance(error, AutomaskError):
        return error
    host_errors.report("automask: the mask could not be made", exc_info=True)
    return AutomaskError(f"automask failed ({type(error).__name__}: {error}), so nothing was painted; see the console")
