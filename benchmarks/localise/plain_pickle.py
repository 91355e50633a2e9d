"""Pickle files read as plain data. A pickle can have any function called while it is read; here, none."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any, NoReturn

from lib_automask import InputError


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, and only plain data is read")


def read_plain_pickle(path: Path) -> Any:
    """Lists, dicts, texts and numbers; InputError where the file holds anything else, or is no pickle.

    Texts written by Python 2 are taken as Latin-1, which any byte is.
    """
    try:
        return _PlainUnpickler(io.BytesIO(path.read_bytes()), encoding="latin1").load()
    # A broken pickle can raise nearly anything; these are what its own opcodes do.
    except (
        pickle.PickleError,
        EOFError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
        OSError,
    ) as error:
        raise InputError(f"{path} cannot be read as plain data ({error}); take the file as published") from error
