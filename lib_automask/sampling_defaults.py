"""What suits an edit of a kind and size: where the sampler starts, its strength, how far the mask grows, its padding.

The user's own setting always wins; what is chosen here only takes the place of a setting left at "auto". The reasons:

- What disappears or becomes something else has to be forgotten first: noise or the colours around it, a high strength.
- What stays and only looks different has to be remembered: the picture itself, and a medium strength.
- An outline that is replaced or removed leaves a rim behind unless the mask is a little larger.
- The smaller the mask, the more of its surroundings the sampler has to see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib_automask.options import Options
from lib_automask.types import EditKind, Mask, MaskResult, bounding_box


@dataclass(frozen=True)
class KindDefaults:
    """What suits one kind of edit.

    Args:
        start: what the sampler starts from, as in ``Options.masked_content``.
        weakest, strongest: denoising strengths that suit it, 0–1.
        too_weak, too_strong: what becomes of it beyond them.
        grow: of the mask, in sizes of the thing (the root of its area).
        padding: in longer sides of the mask, where only the masked part is sampled.
    """

    start: str
    weakest: float
    strongest: float
    too_weak: str
    too_strong: str = "the picture is forgotten"
    grow: float = 0.0
    padding: float = 0.25


KIND_DEFAULTS: dict[EditKind, KindDefaults] = {
    "background": KindDefaults("latent noise", 0.75, 1, "the old background shows through"),
    "add": KindDefaults("latent noise", 0.75, 1, "noise is left where the new thing should be", padding=0.5),
    "replace": KindDefaults("latent noise", 0.7, 1, "the old thing shows through", grow=0.01),
    "remove": KindDefaults("fill", 0.6, 1, "a smear of the colours around it is left", grow=0.01, padding=0.5),
    "modify": KindDefaults("original", 0.35, 0.85, "it stays as it is", "its shape and its place are forgotten"),
    "restyle": KindDefaults("original", 0.35, 0.8, "the picture stays as it is", "what it shows is forgotten"),
}
"""By kind; of several kinds in one prompt the first here decides."""

SMALL = 0.02
"""Below this share of the picture a replacement starts from the colours around it: little noise stays noise."""
LARGEST_GROW = 16
LEAST_PADDING, MOST_PADDING = 32, 256


def leading_kind(result: MaskResult) -> EditKind:
    """The kind that decides for the whole run."""
    kinds = [edit.kind for edit in result.plan.edits]
    return next((kind for kind in KIND_DEFAULTS if kind in kinds), "modify")


def choose_masked_content(result: MaskResult, options: Options) -> str:
    """What the sampler starts from: the user's choice, "auto" by kind and size."""
    if options.masked_content != "auto":
        return options.masked_content
    kind = leading_kind(result)
    if kind == "replace" and result.coverage < SMALL:
        return "fill"
    return KIND_DEFAULTS[kind].start


def choose_grow(kind: EditKind, mask: Mask, options: Options) -> int:
    """Pixels by which the place of one edit grows by itself: none where the user set it, or takes it as set."""
    if options.margins != "auto" or options.grow != type(options)().grow:
        return 0
    return min(LARGEST_GROW, int(KIND_DEFAULTS[kind].grow * np.sqrt(mask.sum())))


def choose_padding(result: MaskResult, options: Options) -> int:
    """Pixels of surroundings: the user's number, or where that was left at auto, by kind and size of the mask."""
    box = bounding_box(result.mask)
    if options.margins != "auto" or options.padding != type(options)().padding or box is None:
        return options.padding
    share = KIND_DEFAULTS[leading_kind(result)].padding
    return round(min(MOST_PADDING, max(LEAST_PADDING, share * max(box.width, box.height))))


def explain_strength(result: MaskResult, options: Options, strength: float) -> str:
    """A sentence for a denoising strength (0–1) that does not suit the edit; "" where it does. Never a change of it."""
    kind = leading_kind(result)
    advice = KIND_DEFAULTS[kind]
    if advice.weakest <= strength <= advice.strongest:
        return ""
    # Whoever starts from the picture itself, or from the host's setting, has chosen how much of it is to stay.
    if choose_masked_content(result, options) in ("original", "host") and advice.start != "original":
        return ""
    low = strength < advice.weakest
    outcome = advice.too_weak if low else advice.too_strong
    suits = f"{advice.weakest:g} to {advice.strongest:g}"
    return (
        f"a denoising strength of {strength:g} is {'little' if low else 'much'} for {kind}: {outcome}; {suits} suits it"
    )


def describe_defaults(result: MaskResult, options: Options) -> str:
    """What was really used, for the infotext: "masked content fill, grow 3, padding 48"."""
    parts = [f"masked content {choose_masked_content(result, options)}", f"grow {result.grown}"]
    if options.area == "only masked":
        parts.append(f"padding {choose_padding(result, options)}")
    return ", ".join(parts)
