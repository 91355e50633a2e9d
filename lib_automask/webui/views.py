"""What the page shows of its last run, and its answers when the person corrects it.

Each open page has a name that it makes itself and sends along with every run (hidden text ``page_key``). Under it the
server keeps what that run found, so that nothing of one page reaches another. The page asks through one hidden button:
for the view of its last run, for the mask with other options, or for picture and mask at full size.
"""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from modules import errors as host_errors
from modules import shared
from modules.call_queue import queue_lock

from lib_automask.errors import AutomaskError, NothingToChange, Unsure
from lib_automask.imaging import files
from lib_automask.interfaces import Models
from lib_automask.options import Options
from lib_automask.recipe import passes_as_text
from lib_automask.types import Mask, MaskRequest, MaskResult
from lib_automask.webui.messages import explain_error

MAX_PAGES = 16
"""Pages whose last run is kept: 4 MB each at 1024²; a guess."""

FORGOTTEN = "The server no longer has this picture; press Preview again."

TakeModels = Callable[[], AbstractContextManager[Models]]


@dataclass(frozen=True, eq=False)
class LastRun:
    """What the last run of one page found.

    Args:
        number: counts the runs of all pages, so that a page knows a new one.
        view: what the page draws; see ``report.describe_view``.
        request: that led to it; None where the run failed before there was one.
        mask: bool[H, W] as it is now, with the corrections since.
    """

    number: int
    view: dict[str, Any]
    request: MaskRequest | None = None
    mask: Mask | None = None


class PageViews:
    """The last run of each open page, by the page's name; those that were used least recently are forgotten."""

    def __init__(self, take_models: TakeModels) -> None:
        self._take_models = take_models
        self._runs: OrderedDict[str, LastRun] = OrderedDict()
        self._count = 0
        self._lock = Lock()

    def keep_result(self, page: str, request: MaskRequest, result: MaskResult) -> None:
        """Keep what a run of a page found; "" is no page, as from the API. It never fails."""
        if not page:
            return
        try:
            from lib_automask.report import describe_view

            self._keep(page, describe_view(request, result), request, result.mask)
        except Exception:  # the mask is there, and the run goes on
            host_errors.report("automask: the view could not be made", exc_info=True)

    def keep_error(self, page: str, error: Exception) -> None:
        """Keep that a run of a page failed, and why; not where it ended with a result, which is kept already."""
        if page and not isinstance(error, (NothingToChange, Unsure)):
            text = str(error) if isinstance(error, AutomaskError) else f"automask failed ({error}); see the console"
            self._keep(page, {"outcome": "error", "sentence": text})

    def answer(self, text: str, *values: Any) -> str:
        """The answer to a request of the page, as JSON with its number. It never fails.

        Args:
            text: JSON of {"number", "want"}: the number begins with the page's name, "want" is "view", "correct" or
                "pictures".
            values: of the controls, in the order of ``FIELDS``.
        """
        try:
            request = json.loads(text)
            page, want = str(request["number"]).rpartition("-")[0], request["want"]
        except (ValueError, KeyError, TypeError):
            return "{}"
        try:
            found = self._answer(page, want, values)
        except Exception as error:
            found = {"error": str(explain_error(error, "so the mask is as it was"))}
        return json.dumps({**found, "number": request["number"]})

    def _answer(self, page: str, want: str, values: tuple[Any, ...]) -> dict[str, Any]:
        with self._lock:
            run = self._runs.get(page)
        if want == "view":
            return {"view": run.view, "run": run.number} if run else {}
        if run is None or run.request is None or run.mask is None:
            return {"error": FORGOTTEN}
        if want == "pictures":
            return {
                "picture": files.encode_data_address(files.encode_png(run.request.image)),
                "mask": files.encode_data_address(files.encode_mask_png(run.mask)),
            }
        return {"view": self._correct(page, run, run.request, values)}

    def _correct(self, page: str, run: LastRun, request: MaskRequest, values: tuple[Any, ...]) -> dict[str, Any]:
        """The view of the same picture and prompt with other options. Raises AutomaskError."""
        from lib_automask.pipeline import build_mask
        from lib_automask.report import describe_view

        options = dataclasses.replace(Options.from_args(passes_as_text(values)), enabled=True)
        changed = dataclasses.replace(request, options=options)
        with queue_lock:
            shared.state.begin(job="automask")  # the Interrupt of an earlier job would end this one
            try:
                with self._take_models() as models:
                    result = build_mask(changed, models)
            finally:
                shared.state.end()
        view = describe_view(changed, result)
        with self._lock:
            if page in self._runs and self._runs[page].number == run.number:
                self._runs[page] = LastRun(run.number, view, changed, result.mask)
        return view

    def _keep(
        self, page: str, view: dict[str, Any], request: MaskRequest | None = None, mask: Mask | None = None
    ) -> None:
        with self._lock:
            self._count += 1
            self._runs[page] = LastRun(self._count, view, request, mask)
            self._runs.move_to_end(page)
            while len(self._runs) > MAX_PAGES:
                self._runs.popitem(last=False)
