"""The data that flows through automask, each record checked when it is made.

Pictures are ``uint8[H, W, 3]`` RGB, masks ``bool[H, W]`` at the size of the picture, boxes XYXY in pixels without the
right and bottom edge, scores 0–1. Other forms are converted once, at the border to the host or to a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, cast, get_args

import numpy as np
import numpy.typing as npt

from lib_automask.errors import InputError
from lib_automask.options import Options, check_text

Image = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Heat = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float32]  # [H, W] in 0–1: how likely each pixel belongs to something

Progress = Callable[[str, float], None]
"""Called with (stage, share of it that is done, 0–1) between small pieces of work; it may raise ``Interrupted``."""
Presence = Callable[[Sequence[str]], Sequence[float]]  # phrases → the probability (0–1) that the picture shows each

EditKind = Literal["replace", "modify", "add", "remove", "background", "restyle"]
EDIT_KINDS: tuple[EditKind, ...] = get_args(EditKind)
Outcome = Literal["mask", "nothing", "unsure"]
EvidenceSource = Literal["caption", "own prompt", "both", "target", "by hand"]


class Box(NamedTuple):
    """A rectangle, XYXY in pixels; ``right`` and ``bottom`` are excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the middle, in pixels."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


class Size(NamedTuple):
    """Height and width in pixels, in the order of numpy's shapes."""

    height: int
    width: int

    @classmethod
    def of(cls, array: npt.NDArray[Any]) -> Size:
        """The size of a picture [H, W, C] or of a mask [H, W]."""
        return cls(array.shape[0], array.shape[1])

    @property
    def shorter(self) -> int:
        return min(self)

    @property
    def longer(self) -> int:
        return max(self)

    @property
    def pixels(self) -> int:
        return self.height * self.width

    def scaled(self, by: float) -> Size:
        """Both sides times ``by``, rounded, at least 1."""
        return Size(max(1, round(self.height * by)), max(1, round(self.width * by)))

    def __str__(self) -> str:
        """Width x height, as the hosts write it."""
        return f"{self.width}x{self.height}"


def bounding_box(mask: Mask) -> Box | None:
    """The tightest box round the mask, or None where it is empty."""
    rows, cols = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return None
    return Box(int(cols[0]), int(rows[0]), int(cols[-1]) + 1, int(rows[-1]) + 1)


@dataclass(frozen=True, eq=False)
class Segment:
    """One region that SAM found: ``mask`` bool[H, W], not empty; both qualities in 0–1."""

    mask: Mask
    predicted_iou: float
    stability_score: float

    def __post_init__(self) -> None:
        check_mask(self.mask, "a segment")
        if not self.mask.any():
            raise InputError("a segment must cover at least one pixel")

    @property
    def area(self) -> int:
        """Covered pixels."""
        return int(self.mask.sum())

    @property
    def box(self) -> Box:
        """The tightest box round the segment, XYXY."""
        return cast(Box, bounding_box(self.mask))  # never None, as a segment is not empty


@dataclass(frozen=True, eq=False)
class ScoredSegment:
    """A segment with its score (0–1) for each phrase it was compared with."""

    segment: Segment
    scores: Mapping[str, float]
    selected: bool = False


@dataclass(frozen=True)
class Edit:
    """One change that the prompt asks for.

    Args:
        kind: one of ``EDIT_KINDS``.
        target: what is there now and gets repainted; for ``add`` the anchor, or "", for ``restyle`` "whole image".
        replacement: what should be there afterwards; None for ``remove``.
        relation: for ``add``, how the new thing lies to its anchor ("on", "wearing", "left of"); else None.
        score: how sure the plan is of this edit, 0–1.
    """

    kind: EditKind
    target: str
    replacement: str | None = None
    relation: str | None = None
    score: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in EDIT_KINDS:
            raise InputError(f"unknown kind of edit {self.kind!r}; use one of {', '.join(EDIT_KINDS)}")

    def __str__(self) -> str:
        """As people read it: "replace red ball → blue star (0.97)"."""
        if self.kind == "add":
            place = f"{self.relation or 'at'} {self.target}" if self.target else self.relation or ""
            text = f"add {self.replacement} {place}".rstrip()
        elif self.kind == "restyle":
            text = f"restyle the whole picture as {self.replacement}"
        else:
            text = f"{self.kind} {self.target}" + (f" → {self.replacement}" if self.replacement else "")
        return f"{text} ({self.score:.2f})"


@dataclass(frozen=True)
class EditPlan:
    """What should change, what stays, and how sure that is.

    Args:
        edits: empty where nothing changes.
        keep: phrases that caption and prompt share, or that the picture shows.
        residue: words of the prompt that the grammar could not place; any of them makes the plan unsure.
        confidence: 0–1, over the whole plan.
        setting: those of ``keep`` that name a place or a time rather than something in the picture.
    """

    edits: tuple[Edit, ...] = ()
    keep: tuple[str, ...] = ()
    residue: tuple[str, ...] = ()
    confidence: float = 1.0
    setting: tuple[str, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """The things that stay: ``keep`` without the setting."""
        return tuple(phrase for phrase in self.keep if phrase not in self.setting)

    def __str__(self) -> str:
        changes = "; ".join(map(str, self.edits)) or "nothing to change"
        return f"{changes}, keep {', '.join(self.keep)}" if self.keep else changes


@dataclass(frozen=True, eq=False)
class MaskRequest:
    """Everything the mask depends on: equal requests give equal results. Raises InputError if it is malformed.

    Args:
        image: uint8[H, W, 3] RGB.
        prompt: as typed, A1111 syntax, styles expanded.
        user_mask: bool[H, W] that the user painted, or None, which an empty one becomes: no page can tell them apart.
        options: see ``lib_automask.options``.
        own_prompt: the prompt that the picture was made with, "" if unknown; see ``imaging.infotext_metadata``.
    """

    image: Image
    prompt: str
    user_mask: Mask | None = None
    options: Options = field(default_factory=Options)
    own_prompt: str = ""

    def __post_init__(self) -> None:
        if self.image.dtype != np.uint8 or self.image.ndim != 3 or self.image.shape[2] != 3 or not self.image.size:
            found = f"uint8[H, W, 3] RGB, but is {self.image.dtype}{list(self.image.shape)}"
            raise InputError(f"the picture must be {found}; convert it with PIL.Image.convert('RGB')")
        if self.user_mask is not None:
            check_mask(self.user_mask, "the user's mask")
            if Size.of(self.user_mask) != self.size:
                sizes = f"{Size.of(self.user_mask)} and the picture {self.size}"
                raise InputError(f"the user's mask is {sizes} (width x height); give both the same size")
            if not self.user_mask.any():
                object.__setattr__(self, "user_mask", None)
        check_text(self.prompt, "the prompt")
        check_text(self.own_prompt, "the picture's own prompt")

    @property
    def size(self) -> Size:
        """Of the picture."""
        return Size.of(self.image)

    @property
    def key(self) -> str:
        """Digest of the whole content; equal requests have equal keys."""
        mask = b"" if self.user_mask is None else np.packbits(self.user_mask).tobytes()
        texts = (self.prompt.encode(), self.own_prompt.encode(), mask, repr(self.options).encode())
        return digest_image(self.image, *texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MaskRequest) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Confidence:
    """How sure the plan and the least certain place are, 0–1; ``signals`` are the raw values behind both."""

    plan: float = 1.0
    place: float = 1.0
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class MaskResult:
    """The mask and the reasons for it; everything shown to people is drawn from this record.

    Args:
        outcome: "mask", or "nothing" if the prompt changes nothing, "unsure" if what or where is not certain.
        mask: bool[H, W]; empty unless the outcome is "mask".
        caption: BLIP's caption of the picture; "" if none was needed.
        plan: the edits.
        candidates: every segment that was considered, with its scores.
        why: one sentence for people.
        timings: seconds by stage.
        witness: where the plan comes from: the caption, the own prompt, both, the user's target, or edits by hand.
        parts: bool[H, W] of each edit of the plan, in its order, if there are several; ``mask`` is all of them.
        confidence: how sure plan and place are.
        grown: pixels by which the mask was grown, by the user or by the kind of edit; negative if it was shrunk.
        hottest: (x, y) in pixels where each target that was not found is likeliest.
    """

    outcome: Outcome
    mask: Mask
    caption: str
    plan: EditPlan
    candidates: tuple[ScoredSegment, ...]
    why: str
    timings: Mapping[str, float]
    witness: EvidenceSource = "caption"
    parts: tuple[Mask, ...] = ()
    confidence: Confidence = Confidence()
    grown: int = 0
    hottest: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def coverage(self) -> float:
        """Share of the picture that is repainted, 0–1."""
        return float(self.mask.mean())


def check_mask(mask: Any, name: str) -> None:
    """Raises InputError unless ``mask`` is bool[H, W]."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.ndim != 2:
        found = f"{mask.dtype}{list(mask.shape)}" if isinstance(mask, np.ndarray) else type(mask).__name__
        raise InputError(f"the mask of {name} must be bool[H, W], but is {found}; compare with a threshold first")


def digest_image(image: Image, *parts: bytes) -> str:
    """Hex digest of a picture's pixels and size, and of ``parts``."""
    state = hashlib.blake2b(repr(image.shape).encode(), digest_size=16)
    state.update(cast(Any, np.ascontiguousarray(image)))
    for part in parts:
        state.update(len(part).to_bytes(8, "little") + part)
    return state.hexdigest()
