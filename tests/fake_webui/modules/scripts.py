"""Script classes, and the runner that calls their hooks and swallows what they raise."""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from modules import errors, script_callbacks, scripts_postprocessing

AlwaysVisible = object()
scripts_data: list[Any] = []
postprocessing_scripts_data: list[Any] = []


class Script:
    """What extensions inherit from."""

    alwayson = False
    args_from = args_to = 0
    infotext_fields: Any = None

    def title(self) -> str:
        raise NotImplementedError

    def show(self, _is_img2img: bool) -> Any:
        return True


def load_scripts(*paths: str) -> None:
    """What the host does at its start and at Reload UI: run the files anew, register every Script class in them."""
    scripts_data.clear()
    postprocessing_scripts_data.clear()
    script_callbacks.clear_callbacks()
    for path in paths:
        names = runpy.run_path(path)
        for found in names.values():
            entry = SimpleNamespace(script_class=found, path=path, module=SimpleNamespace(**names))
            if inspect.isclass(found) and issubclass(found, Script):
                scripts_data.append(entry)
            elif inspect.isclass(found) and issubclass(found, scripts_postprocessing.ScriptPostprocessing):
                postprocessing_scripts_data.append(entry)


class ScriptRunner:
    """The scripts of the img2img tab; position 0 of the args says which one of the list was picked."""

    def __init__(self, alwayson: Sequence[tuple[Any, list[Any]]], selectable: Sequence[Any] = ()) -> None:
        self.alwayson_scripts = [script for script, _defaults in alwayson]
        self.selectable_scripts = list(selectable)
        self.defaults: list[Any] = [0]
        for script, values in alwayson:
            script.args_from, script.args_to = len(self.defaults), len(self.defaults) + len(values)
            self.defaults += values

    def run(self, p: Any, *args: Any) -> Any:
        return self.selectable_scripts[args[0] - 1].run(p) if args[0] else None

    def call(self, hook: str, p: Any, *args: Any, **named: Any) -> None:
        for script in self.alwayson_scripts:
            function = getattr(script, hook, None)
            if function is None:
                continue
            try:
                function(p, *args, *p.script_args[script.args_from : script.args_to], **named)
            except Exception:
                errors.report(f"Error running {hook}", exc_info=True)
