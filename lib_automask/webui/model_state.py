"""Which of the models that the settings choose are in place, and the fetching of those that are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread

from lib_automask.errors import Interrupted, ModelMissing
from lib_automask.runtime import checkpoints, download
from lib_automask.runtime.registry import BY_NAME, KINDS, Kind, PublishedCheckpoint
from lib_automask.types import Progress
from lib_automask.webui.settings import DEMO, INTERROGATE, Choice, has_interrogate, interrogate_path

INTERVAL = 0.5
"""Seconds between two looks of the page at a fetch; a guess."""


@dataclass(frozen=True)
class ModelState:
    """One model of a choice.

    Args:
        kind: captioner, matcher or segmenter.
        name: as in the settings, or of the model that "automatic" stands for.
        ready: whether it can be used as it is.
        place: file or folder where it is or belongs; None where that is not known.
        size: bytes of all its files; 0 where that is not known.
        received: bytes of it that are on the disk.
        problem: what is wrong, as a sentence; "" where nothing is.
        can_fetch: whether a missing one can be fetched.
    """

    kind: Kind
    name: str
    ready: bool
    place: Path | None = None
    size: int = 0
    received: int = 0
    problem: str = ""
    can_fetch: bool = False


def list_states(choice: Choice) -> list[ModelState]:
    """The three models of a choice. It looks at names and lengths of files only."""
    chosen: dict[Kind, str] = {
        "captioner": choice.captioner, "matcher": choice.matcher, "segmenter": choice.segmenter,
    }  # fmt: skip
    return [find_state(kind, chosen[kind], choice.folders) for kind in KINDS]


def find_state(kind: Kind, chosen: str, folders: tuple[Path, ...]) -> ModelState:
    """The state of one model; ``chosen`` is "" for automatic."""
    if chosen == INTERROGATE:
        problem = "" if has_interrogate() else "press Interrogate CLIP once, or choose another captioner in Settings"
        return ModelState(kind, chosen, has_interrogate(), interrogate_path(), problem=problem)
    name = f"demo-{kind}" if chosen == DEMO else chosen or checkpoints.find_default_name(kind, folders)
    published = BY_NAME.get(name)
    can_fetch = bool(published and published.files) or download.is_repository_name(name)
    size = published.size if published else 0
    try:
        path = checkpoints.find_checkpoint(name, folders)
    except ModelMissing as error:
        place = folders[0] / published.place if published else None
        received = count_received(published, folders[0]) if published else 0
        return ModelState(kind, name, False, place, size, received, str(error), can_fetch)
    if wrong := find_wrong_length(published, path):
        in_first = published is not None and path == folders[0] / published.place
        return ModelState(kind, name, False, path, size, 0, wrong, in_first)
    return ModelState(kind, name, True, path, size, size)


def count_received(published: PublishedCheckpoint, folder: Path) -> int:
    """Bytes of a model that are in its place, those of broken downloads with them."""
    paths = [published.path_of(file, folder) for file in published.files]
    kept = [part for path in paths for part in (path, download.part_path(path))]
    return sum(path.stat().st_size for path in kept if path.is_file())


def find_wrong_length(published: PublishedCheckpoint | None, path: Path) -> str:
    """What is wrong with a published model that is in place; "" where each file has its length."""
    for file in published.files if published else ():
        local = path if path.is_file() else path / file.name
        if not local.is_file():
            return f"{local} is missing"
        if local.stat().st_size != file.size:
            return f"{local} has {local.stat().st_size} bytes instead of {file.size}; delete it and fetch it again"
    return ""


class ModelFetch:
    """Fetches the missing models of a choice, one fetch at a time, and goes on while no page looks at it.

    Stopped or broken off, it keeps what has come, and the next one goes on from there.
    """

    def __init__(self, fetch: Callable[[str, Path, Progress], Path] = checkpoints.fetch_checkpoint) -> None:
        self._fetch = fetch
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None
        self.line = ""
        """What is being done, or how it ended."""

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, choice: Choice) -> None:
        """Begin, where none is under way."""
        with self._lock:
            if self.is_running:
                return
            self._stop.clear()
            self.line = "looking for what is missing"
            self._thread = Thread(target=self._run, args=(choice,), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End a fetch that is under way at its next block of bytes."""
        self._stop.set()

    def follow(self) -> Iterator[str]:
        """The line, again and again until the fetch is over."""
        while self.is_running:
            yield self.line
            assert self._thread is not None
            self._thread.join(INTERVAL)
        yield self.line

    def _run(self, choice: Choice) -> None:
        try:
            for state in list_states(choice):
                if not state.ready and state.can_fetch:
                    self._fetch(state.name, choice.folders[0], self._report)
            left = [state.problem for state in list_states(choice) if not state.ready]
            self.line = "; ".join(left) if left else "all models are in place"
        except Interrupted:
            self.line = "stopped; what has come is kept, and the next fetch goes on from there"
        except Exception as error:  # a thread's error would be seen by nobody
            self.line = str(error) or type(error).__name__

    def _report(self, stage: str, share: float) -> None:
        if self._stop.is_set():
            raise Interrupted("stopped")
        name = stage.removeprefix("fetching ")
        size = BY_NAME[name].size if name in BY_NAME else 0
        done = f", {share * size / 1e6:.0f} of {size / 1e6:.0f} MB" if size else ""
        self.line = f"{stage}: {share:.0%}{done}"
