"""What should change: a caption compared with the user's prompt, as text alone.

    syntax       A1111 prompt syntax → plain clauses
    boosters     quality tags and artists go
    styles       medium and style of the whole picture are taken out
    instruction  "make her hair red": the patterns of an instruction
    tagging      words with their part of speech, by their place
    phrases      noun phrases with head, attributes, relation → a scene
    alignment    which thing of the prompt is which of the caption
    changes      scenes and alignment → changes
    commands     instructions and the caption's scene → changes
    presence     what the picture says to that

Every stage is one file and takes what the stage before it gives. ``words/`` holds the word lists.
"""

from __future__ import annotations

from lib_automask.plan import lexicon
from lib_automask.plan.alignment import Alignment, align
from lib_automask.plan.boosters import drop_boosters, split_clauses
from lib_automask.plan.changes import find_changes
from lib_automask.plan.clause import rewrite_idioms
from lib_automask.plan.commands import in_place_of, obey
from lib_automask.plan.instruction import Command, read_commands
from lib_automask.plan.making import make
from lib_automask.plan.phrases import read_scene
from lib_automask.plan.presence import ask_picture
from lib_automask.plan.scene import Change, Scene
from lib_automask.plan.styles import take_styles
from lib_automask.plan.syntax import read_syntax
from lib_automask.structures import Edit, EditPlan, Presence

__all__ = ["plan_edits", "plan_target"]


def plan_edits(caption: str, prompt: str, presence: Presence | None = None) -> EditPlan:
    """Compare what the picture shows with what the user typed.

    Args:
        caption: one sentence about the picture, as BLIP says it.
        prompt: as typed, A1111 syntax, styles expanded; a description of the wanted picture or an instruction.
        presence: asks the picture whether it shows a phrase; None where there is no picture.

    Returns:
        The plan; without edits when nothing changes. Never fails on a string, whatever it holds.
    """
    shown = _read(caption, ())
    typed = read_syntax(prompt)
    clauses = drop_boosters(split_clauses(typed.text))
    commands, descriptions = read_commands(clauses)
    if commands:
        changes = [change for command in commands for change in _obeyed(command, shown)]
        edits, kept = ask_picture(changes, presence)
        keep = [command.old for command in commands if command.verb == "keep"]
        unknown = [command.old for command in commands if command.verb == "unknown"]
        return _plan(edits, [*keep, *kept, *_untouched(shown, edits)], [*unknown, *descriptions], shown)
    wanted = _read_clauses(descriptions, _subjects(shown))
    if not wanted.things and not wanted.styles and not wanted.absent:
        return _plan([], [thing.phrase for thing in shown.things], wanted.residue, shown)
    alignment = align(shown, wanted)
    unwanted = read_scene(drop_boosters(split_clauses(typed.unwanted)))
    edits, kept = ask_picture(find_changes(shown, wanted, alignment, unwanted), presence)
    return _plan(edits, [*_shared(alignment, edits), *kept], wanted.residue, shown, wanted)


def _obeyed(command: Command, shown: Scene) -> list[Change]:
    changes = make(command.old, shown) if command.verb == "make" else obey(command, shown)
    return in_place_of(changes, command.instead, shown) if command.instead else changes


def plan_target(target: str, prompt: str) -> EditPlan:
    """The plan for a user who names what is to be repainted: ``target`` becomes what the prompt says.

    The replacement is the prompt's phrase for a thing of the same kind where there is one, else the whole prompt.
    """
    typed = read_syntax(prompt)
    clauses, _ = take_styles(drop_boosters(split_clauses(typed.text)))
    scene = read_scene(clauses)
    key = lexicon.concept(target.lower().split() or [""])[0]
    alike = [thing for thing in scene.things if lexicon.same_concept(thing.key, key)]
    alike += [thing for thing in scene.things if lexicon.kinds(thing.key) & lexicon.kinds(key)]
    replacement = alike[0].phrase if alike else ", ".join(clauses)
    return EditPlan((Edit("replace", target.strip(), replacement or None),))


def _read(text: str, subjects: tuple[str, ...]) -> Scene:
    return _read_clauses(split_clauses(read_syntax(text).text), subjects)


def _read_clauses(clauses: list[str], subjects: tuple[str, ...]) -> Scene:
    clauses, styles = take_styles([text for text in map(rewrite_idioms, clauses) if text], subjects)
    scene = read_scene(clauses)
    scene.styles = styles
    return scene


def _subjects(scene: Scene) -> tuple[str, ...]:
    """The nouns of a scene, as typed and in the singular."""
    return tuple({form for thing in scene.things for form in (thing.words[-1], lexicon.singular(thing.words[-1]))})


def _shared(alignment: Alignment, edits: list[Edit]) -> list[str]:
    changed = {edit.target for edit in edits if edit.kind != "add"}
    return [old.phrase for old, _ in alignment.same if old.phrase not in changed]


def _untouched(scene: Scene, edits: list[Edit]) -> list[str]:
    changed = {edit.target for edit in edits if edit.kind != "add"}
    return [thing.phrase for thing in scene.things if thing.phrase not in changed]


def _plan(edits: list[Edit], keep: list[str], residue: list[str], *scenes: Scene) -> EditPlan:
    """The plan with its confidence: the weakest edit's, lowered by what was left unread."""
    confidence = min((edit.score for edit in edits), default=1.0) * (0.7 if residue else 1.0)
    kept = tuple(dict.fromkeys(keep))
    settings = {
        form for scene in scenes for thing in scene.things if thing.is_setting for form in (thing.phrase, thing.located)
    }
    setting = tuple(phrase for phrase in kept if phrase in settings)
    return EditPlan(tuple(edits), kept, tuple(residue), round(confidence, 3), setting)
