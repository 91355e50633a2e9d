"""Tensors and settings from a model's files, without running any code that the files may carry."""

from __future__ import annotations

import io
import json
import pickle
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_automask.errors import ModelCorrupt, ModelMissing
from lib_automask.interfaces import ignore_progress
from lib_automask.types import Progress

if TYPE_CHECKING:
    import torch

READ = "read files"
"""The stage that is reported while a file is read."""


def read_tensors(path: Path, progress: Progress = ignore_progress) -> dict[str, torch.Tensor]:
    """The tensors of a .safetensors file, or of a .pth, .pt or .bin file that holds nothing else; on the CPU.

    It calls none of the functions that hosts replace: Forge's ``torch.load`` and ``load_file`` rename a file to
    ".corrupted" if it cannot be loaded by its name.

    Raises:
        ModelMissing: there is no such file.
        ModelCorrupt: it cannot be read, or holds more than tensors.
    """
    if not path.is_file():
        raise ModelMissing(f"{path} is not there; put the model file in this place, or fetch it with `models fetch`")
    read = _read_safetensors if path.suffix == ".safetensors" else _read_pickle
    tensors = read(path, progress)
    if not isinstance(tensors, dict) or not tensors:
        raise ModelCorrupt(f"{path.name} holds no table of tensors; delete it and fetch the model again")
    return tensors


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises ModelMissing or ModelCorrupt."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelMissing(
            f"{path} is not there; put all files of the model in that folder, or fetch it again"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelCorrupt(f"{path} is not valid JSON; delete it and fetch the model again") from error
    if not isinstance(values, dict):
        raise ModelCorrupt(f"{path} holds no table of settings; delete it and fetch the model again")
    return values


def skip_initialization() -> AbstractContextManager[Any]:
    """A context in which this thread makes networks without drawing random weights, which would take seconds.

    The weights are undefined until those of a file take their place.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    initializers = ("torch.nn.init", "transformers.initialization")  # transformers 5 puts its own in torch's place
    draws = (torch.Tensor.normal_, torch.Tensor.uniform_)

    class Unfilled(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if getattr(function, "__module__", "") in initializers:
                return args[0] if args else kwargs["tensor"]
            if function in draws:
                return args[0].zero_()  # not left as it is: torch draws truncated normals until all are within bounds
            return function(*args, **(kwargs or {}))

    return Unfilled()


def _read_safetensors(path: Path, progress: Progress) -> Any:
    from safetensors import SafetensorError, safe_open  # type: ignore[attr-defined]

    tensors = {}
    try:
        opened: Any = safe_open(path, "pt")  # type: ignore[no-untyped-call]
        with opened as file:
            names = list(file.keys())
            for number, name in enumerate(names):
                progress(READ, number / len(names))
                tensors[name] = file.get_tensor(name).clone()  # read now: the file is only mapped into memory
    except SafetensorError as error:
        raise _broken(path) from error
    return tensors


def _read_pickle(path: Path, progress: Progress) -> Any:
    from torch.serialization import load

    with _ReportingFile(path, progress) as file:
        try:
            tensors = load(file, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
            reason = _not_plain(path) if isinstance(error, pickle.UnpicklingError) else _broken(path)
            raise file.stopped or reason from error
    if file.stopped is not None:
        raise file.stopped
    return tensors


class _ReportingFile(io.BufferedReader):
    """A file that reports how much of it is read.

    An error of ``progress`` cannot pass through torch's C++: it is kept as ``stopped``, and the file seems to end.
    """

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(io.FileIO(path))
        self.progress, self.size, self.done = progress, path.stat().st_size, 0
        self.stopped: Exception | None = None

    def readinto(self, buffer: Any) -> int:
        if self.stopped is not None:
            return 0
        try:
            self.progress(READ, min(1.0, self.done / self.size))
        except Exception as error:
            self.stopped = error
            return 0
        count = super().readinto(buffer)
        self.done += count
        return count

    def read(self, size: int | None = -1) -> bytes:
        """C++ calls this if ``readinto`` gives nothing."""
        return super().read(size) if self.stopped is None else b""


def _not_plain(path: Path) -> ModelCorrupt:
    return ModelCorrupt(
        f"{path.name} cannot be read as plain tensors, it is broken or carries program code; "
        "delete it and fetch the model again"
    )


def _broken(path: Path) -> ModelCorrupt:
    return ModelCorrupt(f"{path.name} is broken or was not copied to its end; delete it and fetch the model again")
