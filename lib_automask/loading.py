"""The models that a run needs, made from names or paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lib_automask.blip.captioner import BlipCaptioner
from lib_automask.blip.matcher import BlipMatcher
from lib_automask.errors import InputError, ModelMissing
from lib_automask.interfaces import Captioner, Matcher, Models, Segmenter
from lib_automask.runtime import checkpoints
from lib_automask.runtime.cache import ByteCache, CachedCaptioner, CachedMatcher, fingerprint_model
from lib_automask.runtime.device import Device
from lib_automask.runtime.registry import BY_NAME, CHECKPOINTS, DEFAULTS, KINDS, Kind
from lib_automask.sam.segmenter import SamSegmenter

Progress = Callable[[str, float], None]
DEMO = "demo"
LOADING = "loading models"
"""The stage that is told while files are read."""

CACHE_BYTES = 256 * 2**20
"""Enough for about ten pictures of 768 × 512 with BLIP base and SAM vit_b."""


def load_models(
    *sources: str | Path,
    captioner: str | Path | Captioner = "",
    matcher: str | Path = "",
    segmenter: str | Path = "",
    folders: Sequence[str | Path] = ("models",),
    device: str | Device = "cpu",
    fetch: bool = False,
    progress: Progress = lambda _stage, _share: None,
    cache: ByteCache[Any] | None = None,
) -> Models:
    """Load captioner, matcher and segmenter.

    >>> load_models("demo")
    >>> load_models(segmenter="sam-vit-h", folders=["stable-diffusion-webui/models"], device="cuda")

    Args:
        sources: "demo" for the three small models that come with automask, or names or paths of models, each of which
            is known by its files as captioner, matcher or segmenter.
        captioner, matcher, segmenter: the same by kind: "demo", a name of the table in ``published``, a repository on
            Hugging Face, a file or folder. What is not named is the first of the table that is in ``folders``.
            A captioner may also be given ready-made; then none is loaded.
        folders: of models, with SAM files in ``sam/`` and BLIP folders in ``BLIP/``.
        device: as torch names it: "cpu", "cuda:0", "mps"; or a ``Device``, which says whether models stay there.
        fetch: whether what is missing may be fetched, into the first of ``folders``.
        progress: told (stage, share done 0–1) while loading and by the models while they work; may raise
            ``Interrupted`` to end the run.
        cache: where what the models make of pictures is kept, in main memory; one of 256 MB that goes with the models,
            if none is given. A captioner given ready-made is not remembered: its answers may depend on other things.

    Raises:
        InputError: two models of one kind are named, or there is no such device.
        ModelMissing: files are not there; the message says where they belong and how to get them.
        ModelCorrupt: files are there and wrong.
    """
    device = Device.of(device)
    check_device(device.name)
    places = [Path(folder) for folder in folders]
    ready = None if isinstance(captioner, (str, Path)) else captioner
    named: dict[Kind, str | Path] = {"matcher": matcher, "segmenter": segmenter}
    if isinstance(captioner, (str, Path)):
        named["captioner"] = captioner
    names = _by_kind(sources, places, named)
    paths = {}
    for kind in KINDS:
        if ready is None or kind != "captioner":
            paths[kind] = _path(names.get(kind) or _first(kind, places), places, fetch, progress)
    progress(LOADING, 0.0)
    cache = ByteCache(CACHE_BYTES) if cache is None else cache
    loaded_captioner = ready or _captioner(paths["captioner"], device, cache, progress)
    loaded_matcher = _matcher(paths["matcher"], device, cache, progress)
    loaded_segmenter = _segmenter(paths["segmenter"], device, cache, progress)
    return Models(loaded_captioner, loaded_matcher, loaded_segmenter, progress, device.clear)


def load_captioner(
    *sources: str | Path,
    folders: Sequence[str | Path] = ("models",),
    device: str = "cpu",
    progress: Progress = lambda _stage, _share: None,
) -> Captioner:
    """The captioner alone; arguments and errors as those of ``load_models``."""
    path = _alone("captioner", sources, folders, device)
    progress(LOADING, 0.0)
    return BlipCaptioner(path, device, loading=_part(progress, 0.0, 1.0))


def load_segmenter(
    *sources: str | Path,
    folders: Sequence[str | Path] = ("models",),
    device: str = "cpu",
    progress: Progress = lambda _stage, _share: None,
) -> Segmenter:
    """The segmenter alone; arguments and errors as those of ``load_models``."""
    path = _alone("segmenter", sources, folders, device)
    progress(LOADING, 0.0)
    return SamSegmenter(path, device, lambda share: progress("segments", share), loading=_part(progress, 0.0, 1.0))


def _captioner(path: Path, device: Device, cache: ByteCache[Any], progress: Progress) -> Captioner:
    loading = _part(progress, 0.0, 0.4)
    captioner = BlipCaptioner(path, device, lambda share: progress("caption", share), loading)
    return CachedCaptioner(captioner, fingerprint_model(path), cache)


def _matcher(path: Path, device: Device, cache: ByteCache[Any], progress: Progress) -> Matcher:
    loading = _part(progress, 0.4, 0.8)
    matcher = BlipMatcher(path, device, cache, lambda share: progress("scores", share), loading)
    return CachedMatcher(matcher, fingerprint_model(path), cache)


def _segmenter(path: Path, device: Device, cache: ByteCache[Any], progress: Progress) -> Segmenter:
    loading = _part(progress, 0.8, 1.0)
    return SamSegmenter(path, device, lambda share: progress("segments", share), cache=cache, loading=loading)


def _part(progress: Progress, begin: float, end: float) -> Callable[[float], None]:
    """Tells the share of all loading that is done by the share of one model, which begins and ends there."""
    return lambda share: progress(LOADING, begin + share * (end - begin))


def check_device(device: str) -> None:
    """Raises InputError, with those that there are, where torch has no such device."""
    if device == "cpu":
        return
    import torch

    try:
        torch.ones(1, device=device).cpu()
    except (RuntimeError, AssertionError) as error:
        cards = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
        apple = ["mps"] if torch.backends.mps.is_available() else []
        there = ", ".join(["cpu", *cards, *apple])
        raise InputError(f"torch cannot use the device {device!r} here; choose one of {there}") from error


def _alone(kind: Kind, sources: Sequence[str | Path], folders: Sequence[str | Path], device: str) -> Path:
    """Where the one model of a kind is, that a command needs."""
    check_device(device)
    places = [Path(folder) for folder in folders]
    return checkpoints.find_checkpoint(_by_kind(sources, places, {}).get(kind) or _first(kind, places), places)


def _by_kind(sources: Sequence[str | Path], folders: Sequence[Path], named: dict[Kind, str | Path]) -> dict[Kind, str]:
    """Names by kind, "demo" replaced by the name of the demo model of that kind."""
    names = {kind: _demo(kind, str(name)) for kind, name in named.items() if str(name)}
    for source in map(str, sources):
        kinds = KINDS if source == DEMO else (_kind(source, folders),)
        for kind in kinds:
            if kind in names:
                raise InputError(f"both {names[kind]} and {source} are given as the {kind}; give one")
            names[kind] = _demo(kind, source)
    return names


def _demo(kind: Kind, name: str) -> str:
    return f"demo-{kind}" if name == DEMO else name


def _kind(source: str, folders: Sequence[Path]) -> Kind:
    known = BY_NAME.get(source)
    return known.kind if known else checkpoints.model_kind_of(checkpoints.find_checkpoint(source, folders))


def _first(kind: Kind, folders: Sequence[Path]) -> str:
    """The first published model of a kind that is in place, else the one that can be fetched."""
    published = [one.name for one in CHECKPOINTS if one.kind == kind and one.files]
    there = [found.name for found in checkpoints.list_available(folders)]
    return next((name for name in published if name in there), DEFAULTS[kind])


def _path(name: str, folders: Sequence[Path], fetch: bool, progress: Progress) -> Path:
    """Where a model is; fetched if it may be. What is in place never asks the network."""
    try:
        return checkpoints.find_checkpoint(name, folders)
    except ModelMissing:
        if not fetch or not folders:
            raise
        return checkpoints.fetch_checkpoint(
            name, folders[0], lambda done, whole: progress(f"fetching {name}", done / whole)
        )
