"""The models that a run needs, made from names or paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lib_automask.blip.captioner import BlipCaptioner
from lib_automask.blip.matcher import BlipMatcher
from lib_automask.blip.model import MatchingModel
from lib_automask.errors import InputError, ModelMissing
from lib_automask.interfaces import Captioner, Models, Segmenter, ignore_progress, scale_progress
from lib_automask.runtime import checkpoints
from lib_automask.runtime.cache import ByteCache, CachedCaptioner, CachedMatcher, fingerprint_model
from lib_automask.runtime.device import Device
from lib_automask.runtime.registry import BY_NAME, KINDS, Kind
from lib_automask.sam.segmenter import SamSegmenter
from lib_automask.types import Progress
from lib_automask.vitmatte import VitMatte

DEMO = "demo"
LOADING = "loading models"
"""The stage that is reported while files are read."""
CACHE_BYTES = 256 * 2**20
"""Enough for about ten pictures of 768 × 512 with BLIP base and SAM vit_b (``python -m benchmarks.speed_cached``)."""


def load_models(
    *sources: str | Path,
    captioner: str | Path | Captioner = "",
    matcher: str | Path = "",
    segmenter: str | Path = "",
    folders: Sequence[str | Path] = ("models",),
    device: str | Device = "cpu",
    fetch: bool = False,
    progress: Progress = ignore_progress,
    cache: ByteCache[Any] | None = None,
    matting: str = "",
) -> Models:
    """Load captioner, matcher and segmenter.

    >>> load_models("demo")
    >>> load_models(segmenter="sam-vit-h", folders=["stable-diffusion-webui/models"], device="cuda")

    Args:
        sources: "demo" for the three small models that come with automask, or names or paths of models; the files of
            each show whether it is a captioner, a matcher or a segmenter.
        captioner, matcher, segmenter: the same by kind: "demo", a name of ``runtime.registry``, a repository on
            Hugging Face, a file or folder. A model that is not named is the first of the registry that is in
            ``folders``. A captioner may also be given ready-made; then none is loaded.
        folders: of models, with SAM files in ``sam/`` and BLIP folders in ``BLIP/``.
        device: as torch names it: "cpu", "cuda:0", "mps"; or a ``Device``, which also says whether models stay there.
        fetch: whether a missing model may be fetched, into the first of ``folders``.
        progress: of loading, and of the models while they work; may raise ``Interrupted`` to end the run.
        cache: for the models' results, in main memory; one of 256 MB that goes with the models, if none is given. The
            answers of a captioner given ready-made are not kept: they may depend on other things than the picture.
        matting: of a ViTMatte for the edges of cutouts: a folder, or its name in ``matting`` below one of ``folders``;
            left empty, edges are found by colour.

    Raises:
        InputError: two models of one kind are named, or there is no such device.
        ModelMissing: files are not there; the message says where they belong and how to get them.
        ModelCorrupt: files are there and wrong.
    """
    device = Device.of(device)
    check_device(device.name)
    places = [Path(folder) for folder in folders]
    named: dict[Kind, str | Path] = {"matcher": matcher, "segmenter": segmenter}
    if isinstance(captioner, (str, Path)):
        named["captioner"] = captioner
    names = _names_by_kind(sources, places, named)
    kinds = [kind for kind in KINDS if kind != "captioner" or "captioner" in named]
    paths = {
        kind: _find_or_fetch(names.get(kind) or checkpoints.find_default_name(kind, places), places, fetch, progress)
        for kind in kinds
    }
    progress(LOADING, 0.0)
    cache = ByteCache(CACHE_BYTES) if cache is None else cache
    # Each model's share of the whole is roughly its share of the time.
    if isinstance(captioner, (str, Path)):
        loading = scale_progress(progress, 0.0, 0.4, LOADING)
        path = paths["captioner"]
        captioner = CachedCaptioner(BlipCaptioner(path, device, progress, loading), fingerprint_model(path), cache)
    model = MatchingModel(paths["matcher"], cache, progress, scale_progress(progress, 0.4, 0.8, LOADING))
    loading = scale_progress(progress, 0.8, 1.0, LOADING)
    return Models(
        captioner,
        CachedMatcher(BlipMatcher(model, device), model.name, cache),
        SamSegmenter(paths["segmenter"], device, progress, cache=cache, loading=loading),
        progress,
        device.clear,
        VitMatte(matting, places, device, progress) if matting else None,
    )


def load_captioner(
    *sources: str | Path,
    folders: Sequence[str | Path] = ("models",),
    device: str = "cpu",
    progress: Progress = ignore_progress,
) -> Captioner:
    """The captioner alone; arguments and errors as those of ``load_models``."""
    path = _find_one("captioner", sources, folders, device, progress)
    return BlipCaptioner(path, device, progress, scale_progress(progress, 0.0, 1.0, LOADING))


def load_segmenter(
    *sources: str | Path,
    folders: Sequence[str | Path] = ("models",),
    device: str = "cpu",
    progress: Progress = ignore_progress,
) -> Segmenter:
    """The segmenter alone; arguments and errors as those of ``load_models``."""
    path = _find_one("segmenter", sources, folders, device, progress)
    return SamSegmenter(path, device, progress, loading=scale_progress(progress, 0.0, 1.0, LOADING))


def check_device(device: str) -> None:
    """Raises InputError, with the devices that there are, if torch has no such device."""
    if device == "cpu":
        return
    import torch

    try:
        torch.ones(1, device=device).cpu()
    except (RuntimeError, AssertionError) as error:
        cards = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
        apple = ["mps"] if torch.backends.mps.is_available() else []
        known = ", ".join(["cpu", *cards, *apple])
        raise InputError(f"torch cannot use the device {device!r} here; choose one of {known}") from error


def _find_one(
    kind: Kind, sources: Sequence[str | Path], folders: Sequence[str | Path], device: str, progress: Progress
) -> Path:
    """Where the one model is that a command needs; its loading begins."""
    check_device(device)
    places = [Path(folder) for folder in folders]
    name = _names_by_kind(sources, places, {}).get(kind) or checkpoints.find_default_name(kind, places)
    path = checkpoints.find_checkpoint(name, places)
    progress(LOADING, 0.0)
    return path


def _names_by_kind(
    sources: Sequence[str | Path], folders: Sequence[Path], named: dict[Kind, str | Path]
) -> dict[Kind, str]:
    """Names by kind, "demo" replaced by the name of the demo model of that kind."""
    names = {kind: _demo_name(kind, str(name)) for kind, name in named.items() if str(name)}
    for source in map(str, sources):
        kinds = KINDS if source == DEMO else (_kind_of(source, folders),)
        for kind in kinds:
            if kind in names:
                raise InputError(f"both {names[kind]} and {source} are given as the {kind}; give one")
            names[kind] = _demo_name(kind, source)
    return names


def _demo_name(kind: Kind, name: str) -> str:
    return f"demo-{kind}" if name == DEMO else name


def _kind_of(source: str, folders: Sequence[Path]) -> Kind:
    known = BY_NAME.get(source)
    return known.kind if known else checkpoints.model_kind_of(checkpoints.find_checkpoint(source, folders))


def _find_or_fetch(name: str, folders: Sequence[Path], fetch: bool, progress: Progress) -> Path:
    """Where a model is; fetched if it may be. A model that is in place needs no network."""
    try:
        return checkpoints.find_checkpoint(name, folders)
    except ModelMissing:
        if not fetch or not folders:
            raise
        return checkpoints.fetch_checkpoint(name, folders[0], progress)
