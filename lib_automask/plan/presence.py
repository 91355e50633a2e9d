"""The second witness: what the texts say, checked against the picture.

The text proposes, the picture decides. All questions go to the picture in one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lib_automask.plan.scene import Change
from lib_automask.types import Edit, Presence

SHOWN = 0.5
"""From this probability on the picture counts as showing a phrase."""


def ask_picture(changes: list[Change], presence: Presence | None) -> tuple[list[Edit], list[str]]:
    """The edits that stand, and the phrases that the picture already shows and that are therefore kept.

    Args:
        changes: what the texts say, each with the phrases to ask about.
        presence: answers for a list of phrases with probabilities 0–1; None where there is no picture. Then
            only what the caption contradicts is an edit.
    """
    if presence is None:
        return [change.edit for change in changes if not change.unsaid], []
    shown = _ask(changes, presence)
    edits: list[Edit] = []
    kept: list[str] = []
    found = [_found(change, shown) for change in changes]
    # A caption that overlooked something in the picture has miscounted as well: "two cars" for a cat and a car.
    miscounted = any(change.edit.kind == "add" and not _stands(change, shown) for change in found)
    for change in found:
        if miscounted and change.counted:
            continue
        if _stands(change, shown):
            edits.append(replace(change.edit, score=_score(change, shown)))
        elif change.new:
            kept.append(change.edit.replacement or change.new)
    return edits, kept


def _ask(changes: Sequence[Change], presence: Presence) -> dict[str, float]:
    asked = (phrase for change in changes for phrase in (change.new, change.old, *change.others) if phrase)
    phrases = list(dict.fromkeys(asked))
    answers = presence(phrases) if phrases else []
    return {phrase: float(answer) for phrase, answer in zip(phrases, answers, strict=True)}


def _found(change: Change, shown: dict[str, float]) -> Change:
    """With a target that the picture shows, where it does not show the caption's."""
    done = bool(change.new) and shown[change.new] >= SHOWN
    if not change.others or done or shown[change.old] >= SHOWN:
        return change
    name = next((phrase for phrase in change.others if shown[phrase] >= SHOWN), None)
    return replace(change, edit=replace(change.edit, target=name), old=name) if name else change


def _stands(change: Change, shown: dict[str, float]) -> bool:
    """Whether a change is still one, now that the picture has been asked."""
    old = shown.get(change.old, 0.0)
    if not change.new:
        return not change.old or old >= SHOWN
    new = shown[change.new]
    if new < SHOWN:
        return True
    return not change.unsaid and bool(change.old) and old > new


def _score(change: Change, shown: dict[str, float]) -> float:
    """The text's score, lifted or lowered by how clearly the picture agrees that something is to do."""
    if not change.new:
        return (change.edit.score + shown.get(change.old, change.edit.score)) / 2
    return (change.edit.score + 1 - shown[change.new]) / 2
