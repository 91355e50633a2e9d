"""What suits an edit of a kind and size: masked content, denoising strength, growth of the mask, and padding.

The user's own setting always wins; these defaults only take the place of a setting left at "auto". The reasons:

- What disappears or becomes something else has to be forgotten first: noise or the colours around it, a high strength.
- What stays and only looks different has to be remembered: the picture itself, and a medium strength.
- An outline that is replaced or removed leaves a rim behind unless the mask is a little larger.
- The smaller the mask, the more of its surroundings the sampler has to see.

The numbers are guesses from those reasons; no benchmark here paints with a real sampler.
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
        weakest, strongest: the denoising strengths that suit it, 0–1.
        too_weak, too_strong: what a strength beyond them does to the picture.
        grow: how far the mask grows, in sizes of the thing (the root of its area).
        padding: of the part that is sampled where only the masked part is, in longer sides of the mask.
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
"""Of several kinds in one prompt, the first in this table decides."""

SMALL_COVERAGE = 0.02
"""Below this share of the picture a replacement starts from the colours around it: a spot of noise stays noise."""
LARGEST_GROW = 16
"""Pixels by which a mask grows by itself at most."""
LEAST_PADDING, MOST_PADDING = 32, 256
"""Pixels; the least is the default of the hosts."""


def leading_kind(result: MaskResult) -> EditKind:
    """The kind of edit that decides for the whole run; "modify" for a plan without edits."""
    kinds = [edit.kind for edit in result.plan.edits]
    return next((kind for kind in KIND_DEFAULTS if kind in kinds), "modify")


def choose_masked_content(result: MaskResult, options: Options) -> str:
    """What the sampler starts from: the user's choice, "auto" by kind and size."""
    if options.masked_content != "auto":
        return options.masked_content
    kind = leading_kind(result)
    if kind == "replace" and result.coverage < SMALL_COVERAGE:
        return "fill"
    return KIND_DEFAULTS[kind].start


def choose_grow(kind: EditKind, mask: Mask, options: Options) -> int:
    """Pixels by which ``mask`` bool[H, W] of one edit grows by itself; 0 where grow is set, or margins "as set"."""
    if options.margins != "auto" or options.grow != type(options)().grow:
        return 0
    return min(LARGEST_GROW, int(KIND_DEFAULTS[kind].grow * np.sqrt(mask.sum())))


def choose_padding(result: MaskResult, options: Options) -> int:
    """Pixels of surroundings: the user's number, or by kind and size of the mask where it was left at its default."""
    box = bounding_box(result.mask)
    if options.margins != "auto" or options.padding != type(options)().padding or box is None:
        return options.padding
    share = KIND_DEFAULTS[leading_kind(result)].padding
    return round(min(MOST_PADDING, max(LEAST_PADDING, share * max(box.width, box.height))))


def explain_strength(result: MaskResult, options: Options, strength: float) -> str:
    """A sentence on a denoising strength (0–1) that does not suit the edit; "" where it does. The strength is kept."""
    kind = leading_kind(result)
    defaults = KIND_DEFAULTS[kind]
    if defaults.weakest <= strength <= defaults.strongest:
        return ""
    # A user who starts from the picture itself, or from the host's setting, has chosen how much of it stays.
    if choose_masked_content(result, options) in ("original", "host") and defaults.start != "original":
        return ""
    low = strength < defaults.weakest
    amount, effect = ("little", defaults.too_weak) if low else ("much", defaults.too_strong)
    suitable = f"{defaults.weakest:g} to {defaults.strongest:g}"
    return f"a denoising strength of {strength:g} is {amount} for {kind}: {effect}; {suitable} suits it"


def describe_defaults(result: MaskResult, options: Options) -> str:
    """What is used, chosen or by default, for the infotext: "masked content fill, grow 3, padding 48"."""
    parts = [f"masked content {choose_masked_content(result, options)}", f"grow {result.grown}"]
    if options.area == "only masked":
        parts.append(f"padding {choose_padding(result, options)}")
    return ", ".join(parts)
