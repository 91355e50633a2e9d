"""What a model's files hold, read without running any code that they might carry."""

from __future__ import annotations

import json
import pickle
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_automask.errors import ModelCorrupt, ModelMissing

if TYPE_CHECKING:
    import torch


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a .safetensors file, or of a .pth, .pt or .bin file that holds nothing else; on the CPU.

    The file is opened here and handed over open, because Forge renames a file to ".corrupted" when loading it by its
    name fails; and ``torch.serialization.load`` is called because hosts replace ``torch.load``.

    Raises:
        ModelMissing: there is no such file.
        ModelCorrupt: it cannot be read, or holds more than tensors.
    """
    if not path.is_file():
        raise ModelMissing(f"{path} is not there; put the model file in this place, or fetch it with `models fetch`")
    read = _read_safetensors if path.suffix == ".safetensors" else _read_pickle
    tensors = read(path)
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
    except ValueError as error:
        raise ModelCorrupt(f"{path} is not valid JSON; delete it and fetch the model again") from error
    if not isinstance(values, dict):
        raise ModelCorrupt(f"{path} holds no table of settings; delete it and fetch the model again")
    return values


def unfilled() -> AbstractContextManager[Any]:
    """While this lasts, this thread makes networks without random numbers in them, which would take seconds.

    What is in their weights is undefined until those of a file are put in their place.
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


def _read_safetensors(path: Path) -> Any:
    from safetensors import SafetensorError  # type: ignore[attr-defined]
    from safetensors.torch import load

    try:
        return load(path.read_bytes())
    except SafetensorError as error:
        raise _broken(path) from error


def _read_pickle(path: Path) -> Any:
    from torch.serialization import load

    try:
        with path.open("rb") as file:
            return load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelCorrupt(
            f"{path.name} cannot be read as plain tensors, it is broken or carries program code; "
            "delete it and fetch the model again"
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise _broken(path) from error


def _broken(path: Path) -> ModelCorrupt:
    return ModelCorrupt(f"{path.name} is broken or was not copied to its end; delete it and fetch the model again")
