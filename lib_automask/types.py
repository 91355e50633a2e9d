"""The data that flows through automask, each record checked when it is made.

Conventions, the same everywhere inside the package: pictures are ``uint8[H, W, 3]`` RGB, masks are
``bool[H, W]`` at the size of the picture, boxes are XYXY in pixels with the right and bottom edge
excluded, scores lie in 0–1. Conversions happen once, at the border to the host or to a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, cast, get_args

import numpy as np
import numpy.typing as npt

from lib_automask.errors import InputError
from lib_automask.options import Options

Image = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Heat = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float32]
"""float32[H, W] in 0–1: how likely each pixel belongs to something."""

EditKind = Literal["replace", "modify", "add", "remove", "background", "restyle"]
Outcome = Literal["mask", "nothing", "unsure"]
EvidenceSource = Literal["caption", "own prompt", "both", "target"]
Progress = Callable[[str, float], None]
"""Called with (stage, share of it that is done, 0–1) between small pieces of work; it may raise ``Interrupted``."""
EDIT_KINDS: tuple[EditKind, ...] = get_args(EditKind)
Presence = Callable[[Sequence[str]], Sequence[float]]
"""Asked with phrases, answers with the probability (0–1) that the picture shows each."""


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
        box = bounding_box(self.mask)
        assert box is not None, "a segment is never empty"
        return box


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
        target: the phrase of what is there now and gets repainted. For ``add`` the anchor ("" where
            the prompt states none), for ``restyle`` "whole image".
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
            where = f" {self.relation or 'at'} {self.target}" if self.target else f" {self.relation or ''}".rstrip()
            text = f"add {self.replacement}{where}"
        elif self.kind == "restyle":
            text = f"restyle the whole picture as {self.replacement}"
        elif self.replacement:
            text = f"{self.kind} {self.target} → {self.replacement}"
        else:
            text = f"{self.kind} {self.target}"
        return f"{text} ({self.score:.2f})"


@dataclass(frozen=True)
class EditPlan:
    """What should change, what stays, and how sure that is.

    Args:
        edits: empty where nothing changes.
        keep: phrases that caption and prompt share, or that the picture shows.
        setting: those of ``keep`` that say where or when it is, rather than name something in the picture.
        residue: words of the prompt that the grammar could not place; not empty makes the plan unsure.
        confidence: 0–1, over the whole plan.
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
    """Everything the mask depends on: equal requests give equal results.

    Args:
        image: uint8[H, W, 3] RGB.
        prompt: as typed, A1111 syntax, styles expanded.
        user_mask: bool[H, W] that the user painted, or None.
        options: see ``lib_automask.options``.
        own_prompt: the prompt that the picture itself was made with, "" where that is not known; see
            ``lib_automask.imaging.infotext_metadata``.
    """

    image: Image
    prompt: str
    user_mask: Mask | None = None
    options: Options = field(default_factory=Options)
    own_prompt: str = ""

    def __post_init__(self) -> None:
        if self.image.dtype != np.uint8 or self.image.ndim != 3 or self.image.shape[2] != 3 or not self.image.size:
            raise InputError(
                f"the picture must be uint8[H, W, 3] RGB, but is {self.image.dtype}{list(self.image.shape)}; "
                "convert it with PIL.Image.convert('RGB')"
            )
        if self.user_mask is not None:
            check_mask(self.user_mask, "the user's mask")
            if self.user_mask.shape != self.image.shape[:2]:
                raise InputError(
                    f"the user's mask is {self.user_mask.shape[::-1]} and the picture {self.image.shape[1::-1]} "
                    "(width, height); give both the same size"
                )

    @property
    def size(self) -> Size:
        """Of the picture."""
        return Size.of(self.image)

    @property
    def key(self) -> str:
        """Digest of the whole content; equal requests have equal keys."""
        mask = b"" if self.user_mask is None else np.packbits(self.user_mask).tobytes()
        texts = (self.prompt.encode(), self.own_prompt.encode())
        return digest_image(self.image, *texts, mask, repr(self.options).encode())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MaskRequest) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Confidence:
    """How sure a result is, each 0–1: that the plan is right, and that the least certain place is.

    ``signals`` are the raw values that both were judged by, see ``lib_automask.confidence``.
    """

    plan: float = 1.0
    place: float = 1.0
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class MaskResult:
    """The mask and the reasons for it; everything shown to people is drawn from this record.

    Args:
        outcome: "mask" when there is something to repaint, "nothing" when the prompt changes nothing,
            "unsure" when what or where is not certain.
        mask: bool[H, W]; empty unless the outcome is "mask".
        caption: what BLIP says of the picture; "" where it was not asked.
        plan: the edits.
        candidates: every segment that was considered, with its scores.
        why: one sentence for people.
        timings: seconds by stage.
        witness: who said what changes: the caption of the picture, the picture's own prompt, both of them, or the user
            who named the target.
        parts: bool[H, W] of each edit of the plan, in its order, where there are several; ``mask`` is all of them.
        confidence: how sure plan and place are.
        grown: pixels that were added round what was found, by the user or by the kind of edit; less than 0 if taken.
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

    @property
    def coverage(self) -> float:
        """Share of the picture that is repainted, 0–1."""
        return float(self.mask.mean())


def check_mask(mask: Any, name: str) -> None:
    """Raise InputError unless ``mask`` is bool[H, W]."""
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
