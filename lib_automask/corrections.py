"""What a person corrected in a found mask: regions taken and left out, brush strokes, the plan by hand.

The options ``picked``, ``left_out``, ``strokes`` and ``edits`` are text, so that page, API, command line and infotext
carry them alike. Here they are read, and turned into masks of one picture. A point means the region under it: of those
that hold it the smallest is level 0, the next larger one level 1, and so on; where none holds it, SAM is asked there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import cv2
import numpy as np

from lib_automask.errors import InputError
from lib_automask.imaging import masks
from lib_automask.interfaces import Matcher
from lib_automask.locate.extent import refine_outline
from lib_automask.locate.scene_view import GROUND
from lib_automask.locate.selection import FOUND
from lib_automask.options import Options
from lib_automask.referring_expressions import RELATED
from lib_automask.sampling_defaults import choose_grow
from lib_automask.types import (
    EDIT_KINDS,
    Edit,
    EditKind,
    EditPlan,
    Mask,
    MaskRequest,
    Segment,
    Size,
    digest_image,
)

NAMES = ("picked", "left_out", "strokes", "edits")
FORMS = {
    "picked": '"x,y" or "x,y,level", as in "120,80; 300,44,1"',
    "left_out": '"x,y" or "x,y,level", as in "120,80; 300,44,1"',
    "strokes": '"+radius:x,y x,y" or "-radius:x,y", as in "+12:30,40 60,45; -8:10,10"',
    "edits": '"kind: what" or "kind: what -> what instead", as in "replace: red ball -> blue star; remove: cup"',
}
POINT = re.compile(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*(?:,\s*(\d+)\s*)?")
STROKE = re.compile(r"\s*([+-])\s*(\d+)\s*:((?:\s*-?\d+\s*,\s*-?\d+)+)\s*")
PLACE = re.compile(r"(-?\d+)\s*,\s*(-?\d+)")
EDIT = re.compile(rf"\s*({'|'.join(EDIT_KINDS)})\s*:\s*(.+?)\s*", re.I)
FARTHEST = 16000
"""Pixels: OpenCV draws with 16 bits; larger than any picture that is read."""
WITH_TWO = ("replace", "modify")
"""Kinds of edit that need words for before and after."""


class RegionPoint(NamedTuple):
    """A point in pixels of the picture, and which of the regions that hold it is meant, from small to large."""

    x: int
    y: int
    level: int = 0


@dataclass(frozen=True)
class Stroke:
    """A line with round ends: ``adds`` or takes away; ``radius`` and ``points`` (x, y) in pixels."""

    adds: bool
    radius: int
    points: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Corrections:
    """All corrections of one picture, read from its options. ``foreign``: there are some, made for another picture."""

    picked: tuple[RegionPoint, ...] = ()
    left_out: tuple[RegionPoint, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    plan: EditPlan | None = None
    foreign: bool = False

    @property
    def adds(self) -> bool:
        """Whether the person said what is to be repainted, so that it need not be found."""
        return bool(self.picked) or any(stroke.adds for stroke in self.strokes)

    @property
    def changes_mask(self) -> bool:
        return bool(self.picked or self.left_out or self.strokes)

    def __str__(self) -> str:
        """For the sentence of why; "" where there are none."""
        if self.foreign:
            return "corrections of another picture or prompt are not used"
        counts = ((len(self.picked), "taken"), (len(self.left_out), "left out"), (len(self.strokes), "painted"))
        parts = ", ".join(f"{count} {name}" for count, name in counts if count)
        return f"by hand: {parts}" if parts else ""


@dataclass(frozen=True, eq=False)
class CorrectedRegions:
    """The corrections as masks bool[H, W]: regions taken, everything left out, and regions of SAM that are new."""

    picked: tuple[Mask, ...]
    left_out: Mask
    asked: tuple[Segment, ...]


def digest_request(request: MaskRequest) -> str:
    """What ``Options.corrected`` must be, or "", for the corrections to count: picture and prompt."""
    return digest_image(request.image, request.prompt.encode())


def read_corrections(request: MaskRequest) -> Corrections:
    """The corrections among the options of a request. Raises InputError if one is not written as it should be."""
    options = request.options
    if not any(getattr(options, name).strip() for name in NAMES):
        return Corrections()
    if options.corrected and options.corrected != digest_request(request):
        return Corrections(foreign=True)
    return Corrections(
        parse_points("picked", options.picked, request.size),
        parse_points("left_out", options.left_out, request.size),
        parse_strokes(options.strokes),
        parse_edits(options),
    )


def split_entries(text: str) -> list[str]:
    """What stands between semicolons or on lines of their own."""
    return [part for part in re.split(r"[;\n]", text) if part.strip()]


def explain_form(name: str, entry: str) -> InputError:
    """The error about an entry that is not written as it should be."""
    return InputError(f"automask: {name} cannot read {entry.strip()!r}; write {FORMS[name]}")


def parse_points(name: str, text: str, size: Size) -> tuple[RegionPoint, ...]:
    """The points of an option, all inside the picture. Raises InputError."""
    points = []
    for entry in split_entries(text):
        match = POINT.fullmatch(entry)
        if not match:
            raise explain_form(name, entry)
        point = RegionPoint(int(match[1]), int(match[2]), int(match[3] or 0))
        if not (0 <= point.x < size.width and 0 <= point.y < size.height):
            raise InputError(f"automask: {name} has {entry.strip()}, which lies outside the picture of {size}")
        points.append(point)
    return tuple(points)


def parse_strokes(text: str) -> tuple[Stroke, ...]:
    """Brush and eraser, in their order. Raises InputError."""
    strokes = []
    for entry in split_entries(text):
        match = STROKE.fullmatch(entry)
        if not match:
            raise explain_form("strokes", entry)
        points = tuple((int(x), int(y)) for x, y in PLACE.findall(match[3]))
        if max(int(match[2]), *(abs(value) for point in points for value in point)) > FARTHEST:
            raise InputError(f"automask: strokes has a number above {FARTHEST}; write {FORMS['strokes']}")
        strokes.append(Stroke(match[1] == "+", max(1, int(match[2])), points))
    return tuple(strokes)


def parse_edits(options: Options) -> EditPlan | None:
    """The plan by hand; None where there is none. Raises InputError."""
    edits = tuple(parse_edit(entry) for entry in split_entries(options.edits))
    return EditPlan(edits) if edits else None


def parse_edit(entry: str) -> Edit:
    """One edit by hand, of which the person is certain. Raises InputError."""
    match = EDIT.fullmatch(entry)
    if not match:
        raise explain_form("edits", entry)
    kind, (before, *rest) = cast(EditKind, match[1].lower()), re.split(r"\s*(?:->|→)\s*", match[2], maxsplit=1)
    after = rest[0] if rest else ""
    if not before or (kind in WITH_TWO) != bool(after):
        raise explain_form("edits", entry)
    if kind in WITH_TWO:
        return Edit(kind, before, after)
    if kind == "remove":
        return Edit(kind, before)
    if kind == "add":
        place = RELATED.match(before)
        return Edit(kind, place["anchor"], place["rest"], place["relation"]) if place else Edit(kind, "", before)
    return Edit(kind, "background" if kind == "background" else "whole image", before)


def find_regions(
    corrections: Corrections, segments: Sequence[Segment], size: Size, ask: Callable[[int, int], Segment]
) -> CorrectedRegions:
    """The regions that the points mean.

    Args:
        corrections: of this picture.
        segments: that were found in it.
        size: of the picture.
        ask: called with x and y where no segment is.
    """
    by_area = sorted(segments, key=lambda segment: segment.area)
    asked: list[Segment] = []

    def region_at(point: RegionPoint) -> Mask:
        under = [segment for segment in by_area if segment.mask[point.y, point.x]]
        if under:
            return under[min(point.level, len(under) - 1)].mask
        asked.append(ask(point.x, point.y))
        return asked[-1].mask

    picked = tuple(region_at(point) for point in corrections.picked)
    left_out = np.zeros(size, np.bool_)
    for point in corrections.left_out:
        left_out |= region_at(point)
    return CorrectedRegions(picked, left_out, tuple(asked))


def paint_strokes(mask: Mask, strokes: Sequence[Stroke]) -> Mask:
    """The mask bool[H, W] with brush and eraser applied in their order."""
    painted = mask.astype(np.uint8)
    for stroke in strokes:
        value = int(stroke.adds)
        points = np.array(stroke.points, np.int32)
        for point in stroke.points:
            cv2.circle(painted, point, stroke.radius, value, -1)
        cv2.polylines(painted, [points], False, value, 2 * stroke.radius + 1)
    return painted.astype(np.bool_)


def compose_corrected(mask: Mask, regions: CorrectedRegions, corrections: Corrections, request: MaskRequest) -> Mask:
    """The mask with the regions that were taken, then the strokes; what is left out wins."""
    for region in regions.picked:
        mask = mask | shape_region(region, regions.left_out, request)
    return paint_strokes(mask, corrections.strokes) & ~regions.left_out


def shape_region(region: Mask, left_out: Mask, request: MaskRequest) -> Mask:
    """A region that was taken, as that of an edit: outline refined, holes filled, grown; a ground only grown."""
    options = request.options
    if masks.count_sides_touched(region) < GROUND:
        region = refine_outline(request.image, region, left_out)
        region = masks.fill_holes(region) if options.fill_holes else region
    return masks.grow_mask(region, choose_grow("replace", region, options) + options.grow)


def find_avoided(request: MaskRequest, segments: Sequence[Segment], matcher: Matcher) -> tuple[Mask, tuple[str, ...]]:
    """(bool[H, W]: the segments that show what the words of the option ``avoid`` mean; the words that none shows)."""
    phrases = [phrase.strip() for phrase in request.options.avoid.split(",") if phrase.strip()]
    if not phrases or not segments:
        return np.zeros(request.size, np.bool_), tuple(phrases)
    found = matcher.score_segments(request.image, segments, phrases) >= FOUND
    chosen = [segment.mask for segment, row in zip(segments, found) if row.any()]
    missing = tuple(phrase for phrase, column in zip(phrases, found.T) if not column.any())
    return masks.unite_masks(chosen, request.size), missing
