"""Why: the sentence that every result carries, and what makes a run unsure."""

from __future__ import annotations

from lib_automask.selection import Place
from lib_automask.structures import Confidence, Edit, EditPlan, Mask, MaskRequest
from lib_automask.witnesses import Testimony


def said(request: MaskRequest, heard: Testimony) -> str:
    """The first half of the sentence of why: what was compared."""
    if heard.witness == "target":
        return f"target: {request.options.target.strip()}"
    own = [f"made with: {shortened(heard.own_prompt)}"] if heard.own_prompt else []
    looked = "picture, at a closer look" if heard.closer else "picture"
    caption = [f"{looked}: {heard.caption}"] if heard.caption else []
    prompt = "prompt: the same" if heard.same else f"prompt: {shortened(request.prompt)}"
    return "; ".join([*own, *caption, prompt])


def nothing(heard: Testimony) -> str:
    """The second half where no edit was found."""
    return "nothing to change" + ("; change a word of the prompt, or name the target" if heard.same else "")


def shortened(prompt: str, length: int = 160) -> str:
    """The prompt on one line, cut at a word."""
    line = " ".join(prompt.split())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + " …"


def doubts(plan: EditPlan, places: list[Place], mask: Mask, sure: Confidence, least: float) -> str:
    """Why the result is not certain enough, in words; "" where it is. ``least`` is the certainty (0–1) asked for."""
    for edit, place in zip(plan.edits, places):
        if not place.mask.any():
            return _not_found(edit, plan)
    if sure.place < least:
        weakest = min(zip(plan.edits, places), key=lambda pair: pair[1].score)[0]
        where = weakest.target or weakest.replacement
        return f"the place of {where} is not certain ({sure.place:.2f} < {least:.2f}); name the target"
    if sure.plan < least:
        return f"what changes is not certain ({sure.plan:.2f} < {least:.2f}); name the target"
    if not mask.any():
        return "the mask is empty after it was combined and shrunk; shrink it less, or change your own mask"
    return ""


def _not_found(edit: Edit, plan: EditPlan) -> str:
    if edit.kind == "background":
        subjects = ", ".join(plan.subjects) or "what stays"
        return f"{subjects} was not found, so the background cannot be told from it; name the target"
    what = edit.target or edit.replacement
    return f"{what} was not found in the picture; name the target, or paint the mask by hand"
