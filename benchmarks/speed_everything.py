"""How fast every region of a picture is found, compared with segment-anything's generator in the same process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.blobs import Blobs, make_blobs, replace_decoder_masks, replace_reference_masks
from benchmarks.icon_world.scenes import draw, make_scene
from benchmarks.measuring import Measured, measure
from benchmarks.speed_rows import Row
from lib_automask.sam import grid_search
from lib_automask.sam.encoder import ENCODE
from lib_automask.sam.grid_search import GeneratorSettings, embed_image, find_all_regions, grid_of_points
from lib_automask.sam.model import VIT_B, SamShape, build_sam, load_sam, read_generator_settings
from lib_automask.types import Image, Mask, Size

DEMO = Path(__file__).parents[1] / "models" / "demo" / "sam"
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
DEFAULT_BATCH, TUNED_BATCH = 64, 4


class Everything:
    """A SAM with random weights, prompted with a grid of ``side`` × ``side`` points."""

    def __init__(self, side: int, shape: SamShape = VIT_B) -> None:
        torch.manual_seed(0)
        self.sam = build_sam(shape).requires_grad_(False)
        self.side = side
        self.measured: dict[Size, tuple[Measured[Any], Measured[Any]]] = {}

    def rows(self, size: Size) -> list[Row]:
        """The whole work on a picture of a size, in both precisions."""
        image, blobs = make_picture(size), self.blobs(size)
        default, tuned = self.references(size)
        found = [reference_row(name, one) for name, one in (("reference", default), ("reference-tuned", tuned))]
        for name, dtype in DTYPES.items():
            found.append(compare_rows(f"exact-{name}", self.quick(image, blobs, dtype), default, tuned))
        return found

    def alone(self, size: Size, name: str) -> list[Row]:
        """The whole work in both precisions, compared with nothing."""
        image, blobs, found = make_picture(size), self.blobs(size), []
        for dtype_name, dtype in DTYPES.items():
            ours = self.quick(image, blobs, dtype)
            masks, stages = ours.value
            row = Row(f"{name}-{dtype_name}", ours.seconds, memory=ours.bytes, count=len(masks), stages=dict(stages))
            found.append(row)
        return found

    def references(self, size: Size) -> tuple[Measured[Any], Measured[Any]]:
        """Segment-anything's generator on a picture, at its defaults and at its best batch size; each measured once."""
        if size not in self.measured:
            image, blobs = make_picture(size), self.blobs(size)
            default, tuned = (self.reference(image, blobs, batch) for batch in (DEFAULT_BATCH, TUNED_BATCH))
            self.measured[size] = default, tuned
        return self.measured[size]

    def after_network(self, sizes: Sequence[Size], compare: Sequence[Size]) -> list[Row]:
        """What follows the networks alone, by size of the picture; the reference only for ``compare``."""
        found = []
        for size in sizes:
            image, blobs = make_picture(size), self.blobs(size)
            ours = self.quick(image, blobs, torch.float32, idle=True)
            name = f"masks-{size[1]}x{size[0]}"
            if size in compare:
                theirs = self.reference(image, blobs, DEFAULT_BATCH, idle=True)
                found += [reference_row(f"reference-{name}", theirs), compare_rows(name, ours, theirs)]
            else:
                found.append(Row(name, ours.seconds, count=len(ours.value[0]), memory=ours.bytes))
        return found

    def network_agreement(self, points: int = 64) -> Row:
        """How alike the masks of the random network are in bfloat16 and in float32, mask by mask."""
        from lib_automask.sam.decoder import PictureDecoder

        image, masks = make_picture(Size(512, 768)), []
        places = torch.rand(points, 1, 2, generator=torch.Generator().manual_seed(1)) * 1024
        for dtype in DTYPES.values():
            embedding = embed_image(self.sam, image, dtype)
            with torch.inference_mode():
                prompts, _ = self.sam.prompt_encoder((places, torch.ones(points, 1)), None, None)
                decoder = PictureDecoder(self.sam, embedding.values, dtype)
                batches = [decoder.draw(decoder.decode(batch), range(len(batch)), 43) for batch in prompts.split(8)]
            masks.append(torch.cat(batches).flatten(0, 1).numpy() > 0)
        return Row("network-bf16", 0.0, iou=float(np.mean([iou(*pair) for pair in zip(*masks)])), count=3 * points)

    def blobs(self, size: Size) -> Blobs:
        shown = np.array(size[::-1]) / max(size)
        return make_blobs(grid_of_points(self.side, Size(1, 1)) * shown, 256)

    def quick(self, image: Image, blobs: Blobs, dtype: torch.dtype, idle: bool = False) -> Measured[Any]:
        stages = Stages()

        def work() -> tuple[list[Mask], dict[str, float]]:
            embedding = embed_image(self.sam, image, dtype, stages.report)
            settings = GeneratorSettings(points_per_side=self.side)
            segments = find_all_regions(self.sam, embedding, dtype, settings, stages.report)
            stages.end()
            return [segment.mask for segment in segments], stages.seconds

        with replace_decoder_masks(blobs, idle), self.encoder(idle):
            return measure(work)

    def reference(self, image: Image, blobs: Blobs, batch: int, idle: bool = False) -> Measured[Any]:
        from segment_anything import SamAutomaticMaskGenerator

        generator = SamAutomaticMaskGenerator(self.sam, points_per_side=self.side, points_per_batch=batch)

        def work() -> tuple[list[Mask], dict[str, float]]:
            with torch.inference_mode(), timed_parts(self.sam) as seconds:
                return [record["segmentation"] for record in generator.generate(image)], seconds

        with replace_reference_masks(self.sam, blobs, idle), self.encoder(idle):
            return measure(work)

    @contextmanager
    def encoder(self, idle: bool) -> Iterator[None]:
        """A context in which the image encoder runs, or returns zeros at once."""
        zeros = torch.zeros(1, 256, 64, 64)
        if not idle:
            yield
            return
        theirs = patch.object(self.sam.image_encoder, "forward", lambda _pixels: zeros)
        with theirs, patch.object(grid_search, "encode_image", lambda *_: zeros):
            yield


class Stages:
    """CPU seconds by stage; ``report`` is a ``Progress``."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.now, self.since = "", 0.0

    def report(self, stage: str, _share: float) -> None:
        if stage != self.now:
            self.end()
            self.now, self.since = stage, process_time()

    def end(self) -> None:
        if self.now:
            self.seconds[self.now] += process_time() - self.since
        self.now = ""


@contextmanager
def timed_parts(sam: Any) -> Iterator[dict[str, float]]:
    """CPU seconds in the parts of ``sam`` in this context, by the names of automask's stages where there is one."""
    seconds: defaultdict[str, float] = defaultdict(float)

    def timed(name: str, part: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **more: Any) -> Any:
            began = process_time()
            try:
                return part(*args, **more)
            finally:
                seconds[name] += process_time() - began

        return run

    encoder, decoder = sam.image_encoder, sam.mask_decoder
    with (
        patch.object(encoder, "forward", timed(ENCODE, encoder.forward)),
        patch.object(decoder, "forward", timed("decode", decoder.forward)),
        patch.object(sam, "postprocess_masks", timed("enlarge masks", sam.postprocess_masks)),
    ):
        yield seconds


def make_picture(size: Size) -> Image:
    """Noise; what a picture shows changes neither time nor masks."""
    return np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)


def iou(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


def mean_agreement(ours: Sequence[Mask], theirs: Sequence[Mask]) -> float:
    """Mean IoU of each mask with the one most like it, in the worse of both directions."""
    if not ours or not theirs:
        return float(len(ours) == len(theirs))
    table = np.array([[iou(one, other) for other in theirs] for one in ours])
    return float(min(table.max(0).mean(), table.max(1).mean()))


def reference_row(name: str, one: Measured[Any]) -> Row:
    masks, stages = one.value
    return Row(name, one.seconds, count=len(masks), memory=one.bytes, stages=dict(stages))


def compare_rows(name: str, ours: Measured[Any], default: Measured[Any], tuned: Measured[Any] | None = None) -> Row:
    masks, stages = ours.value
    return Row(
        name,
        ours.seconds,
        ratio=default.seconds / ours.seconds,
        ratio_tuned=tuned.seconds / ours.seconds if tuned else None,
        iou=mean_agreement(masks, default.value[0]),
        memory=ours.bytes,
        memory_ratio=ours.bytes / default.bytes if default.bytes else None,
        count=len(masks),
        count_reference=len(default.value[0]),
        stages=dict(stages),
    )


def demo_agreement(scenes: int = 8) -> list[Row]:
    """The trained SAM of the demo on scenes of the icon world, end to end; nothing where it is not there."""
    if not DEMO.is_dir():
        return []
    from segment_anything import SamAutomaticMaskGenerator

    sam, settings = load_sam(DEMO), read_generator_settings(DEMO)
    generator = SamAutomaticMaskGenerator(sam, **settings)
    images = [draw(make_scene(np.random.default_rng(seed))) for seed in range(scenes)]
    theirs = measure(lambda: [[one["segmentation"] for one in generator.generate(image)] for image in images])
    found = []
    for name, dtype in DTYPES.items():

        def work(dtype: torch.dtype = dtype) -> list[list[Mask]]:
            known = GeneratorSettings.from_mapping(settings)
            answers = [find_all_regions(sam, embed_image(sam, image, dtype), dtype, known) for image in images]
            return [[segment.mask for segment in segments] for segments in answers]

        ours = measure(work)
        found.append(
            Row(
                f"demo-{name}",
                ours.seconds,
                ratio=theirs.seconds / ours.seconds,
                iou=float(np.mean([mean_agreement(*pair) for pair in zip(ours.value, theirs.value)])),
                count=sum(map(len, ours.value)),
                count_reference=sum(map(len, theirs.value)),
            )
        )
    return found
