"""Things that one hand calls by another word than before: a hat that shall be a cap.

Of a caption and a prompt such words are one thing told by two people. Of a picture's own prompt and the new one they
are what the user has typed anew.
"""

from __future__ import annotations

from dataclasses import replace

from lib_automask.plan import lexicon
from lib_automask.plan.meaning import things_in
from lib_automask.types import Edit, EditKind, EditPlan

SURE = 0.9
"""Of an edit that is only another word."""


def with_renamed(plan: EditPlan, before: str, after: str) -> EditPlan:
    """The plan from ``before`` to ``after``, two prompts in plain words, with what only got another name replaced."""
    old, new = things_in(before), things_in(after)
    gone = [thing for thing in old if thing.key not in {other.key for other in new}]
    come = [thing for thing in new if thing.key not in {other.key for other in old}]
    edits = list(plan.edits)
    for thing in gone:
        other = next((one for one in come if lexicon.same_concept(thing.key, one.key)), None)
        if other is None or any(thing.phrase in edit.target for edit in edits):
            continue
        kind: EditKind = "background" if thing.is_setting and other.is_setting else "replace"
        edits.append(Edit(kind, thing.phrase, other.phrase, score=SURE))
        come.remove(other)
    keep = tuple(phrase for phrase in plan.keep if not any(phrase == edit.target for edit in edits))
    confidence = min([plan.confidence, *(edit.score for edit in edits)])
    return replace(plan, edits=tuple(edits), keep=keep, confidence=confidence)
