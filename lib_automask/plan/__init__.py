"""What should change: a caption compared with the user's prompt. The stages, and what they hand on:

    prompt_syntax      A1111 prompt syntax → plain text                                         PromptText
    prompt_filters     plain text → clauses, without quality tags and artists
    prompt_styles      medium and style of the whole picture are taken out of the clauses
    tokens             a clause → words with the part they play (tagger)
    noun_phrases       words → noun phrases
    parser             phrases → things, what they do and how they hang together (scene_builder) Scene
    instances          two alike, which the caption only counts, are told apart
    alignment          which thing of the prompt is which thing of the caption                  Alignment
    scene_diff         scenes and alignment → candidates (attribute_diff, removal_diff, naming) Changes
    instructions       "make her hair red": clauses → commands, by words/instructions.txt
    instruction_edits  commands and the caption's scene → candidates (instruction_results)
    scorer             what the picture and the learned scorer say to the candidates → edits    EditPlan

``vocabulary`` says what nouns mean, ``predicates`` what is said of them, by ``lexicon``, ``tags`` and the
short lists in ``words/``; ``scene`` the records; ``recaption`` serves those who hold several texts of one picture.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from lib_automask.plan import scorer, vocabulary
from lib_automask.plan.alignment import align_scenes
from lib_automask.plan.instances import (
    correct_miscount,
    extract_selector,
    normalize_ordinals,
    restore_selector,
    separate_doubles,
    split_place,
)
from lib_automask.plan.instruction_edits import obey_command
from lib_automask.plan.instructions import Command, read_commands
from lib_automask.plan.naming import bare_phrase
from lib_automask.plan.parser import parse_scene
from lib_automask.plan.prompt_filters import drop_boosters, is_english, join_adjectives, split_clauses, split_sentences
from lib_automask.plan.prompt_styles import is_photo, take_styles
from lib_automask.plan.prompt_syntax import PromptText, read_prompt
from lib_automask.plan.scene import Change, Scene
from lib_automask.plan.scene_diff import compare_styles, list_changes
from lib_automask.plan.scorer import verify_changes
from lib_automask.types import Edit, EditPlan, Presence

__all__ = ["plan_edits", "plan_target"]

UNREAD, DOUBTED = 0.05, 0.6
"""Confidence where nothing was understood, and what it is multiplied with where a part was not; guesses."""
STRANGE = 0.45
"""Confidence at most where caption and prompt have nothing in common: the user may mean another picture."""
SHOWN_OF_UNREAD = 80
"""Characters of a prompt that was not understood that people get to read."""


def plan_edits(caption: str, prompt: str, presence: Presence | None = None) -> EditPlan:
    """Compare what the picture shows with what the user typed.

    Args:
        caption: one sentence or several about the picture, as BLIP says it.
        prompt: as typed, A1111 syntax, styles expanded; a description of the wanted picture or an instruction.
        presence: asks the picture whether it shows a phrase; None where there is no picture.

    Returns:
        The plan; without edits when nothing changes. Never fails on a string, whatever it holds.
    """
    typed = read_prompt(prompt)
    if not is_english(typed.text) or len(" ".join(typed.residue)) > len(typed.text):
        return EditPlan((), (), (prompt.strip()[:SHOWN_OF_UNREAD],), UNREAD)
    said = read_prompt(caption).text
    shown = describe_scene(said)
    clauses = [*map(normalize_ordinals, drop_boosters(split_clauses(join_adjectives(typed.text))))]
    commands, rest = read_commands(clauses)
    if _is_instruction(commands, rest, clauses):
        return _plan_commands(commands, rest, shown, typed)
    wish = bool(commands) or (rest != clauses and len(rest) <= 2)
    nouns = frozenset(thing.noun.split()[-1] for thing in shown.things)
    doing = frozenset(action.text for thing in shown.things for action in thing.actions)
    text = ". ".join(rest) if wish and not commands else typed.text
    doubles = separate_doubles(split_clauses(said), clauses)
    if doubles.one:
        shown, text = describe_scene(", ".join(doubles.caption)), ", ".join(doubles.prompt)
    wanted = describe_scene(text, nouns, doing)
    wanted.partial = wish
    unwanted = parse_scene(drop_boosters(split_clauses(typed.unwanted)))
    found = align_scenes(shown, wanted)
    changes = doubles.doubt(list_changes(shown, wanted, found, unwanted))
    changes = correct_miscount(split_clauses(said), changes, presence)
    standing, dropped, kept = verify_changes(changes, found, presence)
    residue = [*typed.residue, *wanted.residue]
    scores = [change.edit.score for change in standing]
    sure = scorer.judge_plan(scorer.describe_plan(scores, dropped, found, len(residue), presence is not None))
    sure *= DOUBTED if typed.residue else 1.0
    if not found.same and len(shown.things) > 1:
        sure = min(sure, STRANGE)
    same = [old.phrase for old, _ in found.same]
    edits = [change.edit for change in standing]
    return doubles.name_sides(_make_plan(edits, [*same, *kept], residue, sure, shown, wanted))


def plan_target(target: str, prompt: str) -> EditPlan:
    """The plan for a user who names what is to be repainted: ``target`` becomes what the prompt says.

    Several targets parted by commas each get an edit. The replacement is the prompt's phrase for a thing of the same
    kind where there is one, else the whole prompt.
    """
    names = [name for name in map(clean_target, target.split(",")) if name]
    clauses, _ = take_styles(drop_boosters(split_clauses(read_prompt(prompt).text)))
    things = parse_scene(clauses).things
    edits = []
    for name in dict.fromkeys(names):
        key, _ = vocabulary.find_concept(name.lower().split())
        alike = [
            thing
            for thing in things
            if vocabulary.relate_nouns(key, thing.key) in ("same", "narrower", "broader", "near")
        ]
        alike += [thing for thing in things if thing.kinds & vocabulary.kinds_of(key)]
        replacement = alike[0].phrase if alike else bare_phrase(", ".join(clauses))
        edits.append(Edit("replace", name, replacement or None))
    return EditPlan(tuple(edits))


def clean_target(name: str) -> str:
    """A target without article, control characters and punctuation at its ends; "" where nothing is left."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in name).split()).strip(" .;:!?\"'")
    return "" if plain.lower() in ("the", "a", "an") else bare_phrase(plain)


def describe_scene(text: str, subjects: Collection[str] = (), doing: Collection[str] = ()) -> Scene:
    """The scene that plain text describes, its styles taken out.

    Args:
        text: in lower case.
        subjects: nouns of the caption's things: "⟨anything⟩ of ⟨one of them⟩" names a medium.
        doing: what is done in the caption: "painting", of a painter, is no style.
    """
    kept: list[str] = []
    styles: list[str] = []
    for sentence in split_sentences(text):
        clauses, found = take_styles(drop_boosters(split_clauses(sentence)), subjects, doing)
        styles += found
        if clauses:
            kept.append(", ".join(clauses))
    scene = parse_scene(kept)
    scene.styles = [style for style in styles if not is_photo(style) or len(style.split()) > 2]
    return scene


def _is_instruction(commands: Sequence[Command], rest: Sequence[str], clauses: Sequence[str]) -> bool:
    """One tag that sounds like a command does not make an instruction of a whole prompt."""
    if not rest:
        return True
    if not any(command.verb != "keep" for command in commands):
        return False
    return len(commands) >= len(rest) or clauses[0] != rest[0]


def _plan_commands(commands: Sequence[Command], rest: list[str], shown: Scene, typed: PromptText) -> EditPlan:
    """The plan for instructions; of what stands beside them only a style is understood."""
    beside = describe_scene(". ".join(rest))
    changes = [change for command in commands for change in _obey_on_one(command, shown)]
    changes += compare_styles(shown, beside)
    unread = [command.old for command in commands if command.verb == "unknown"]
    unread += [thing.phrase for thing in beside.things] + typed.residue
    idle = not changes and not any(command.verb == "keep" for command in commands) and bool(commands)
    sure = scorer.judge_plan(scorer.describe_plan([1.0] * len(changes), [1.0] * idle, None, len(unread) + idle, False))
    here = [thing.phrase for thing in shown.things]
    return _make_plan([change.edit for change in changes], here, unread, sure, shown)


def _obey_on_one(command: Command, shown: Scene) -> list[Change]:
    """The changes, where the instruction means one of several of that one."""
    before, named = ("", command.old) if command.old else split_place(command.new)
    text, selector = extract_selector(named, shown) if named else (named, None)
    if selector is None:
        return obey_command(command, shown)
    plain = replace(command, old=text) if command.old else replace(command, new=f"{before}{text}")
    return [restore_selector(change, selector, shown) for change in obey_command(plain, shown)]


def _make_plan(
    edits: Sequence[Edit], keep: Sequence[str], residue: Sequence[str], sure: float, *scenes: Scene
) -> EditPlan:
    once = tuple(dict.fromkeys(edits))
    changed = {edit.target for edit in once if edit.kind != "add"}
    kept = tuple(phrase for phrase in dict.fromkeys(keep) if not any(target.endswith(phrase) for target in changed))
    places = {thing.phrase for scene in scenes for thing in scene.things if thing.is_setting}
    setting = tuple(phrase for phrase in kept if phrase in places)
    return EditPlan(once, kept, tuple(residue), round(sure, 3), setting)
