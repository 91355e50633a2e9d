"""What should change: a caption compared with the user's prompt, as text alone.

    syntax        A1111 prompt syntax → plain text
    narrative     a story told round a change → the change (telling)
    boosters      plain text → clauses, without quality tags and artists
    instruction   "make her hair red": clauses → commands, by the templates of words/instructions.txt (roundabout)
    styles        medium and style of the whole picture are taken out of the other clauses
    tokens        a clause → words, the closed classes of English tagged
    tagging       nouns told from verbs, by their place (spot, finite)
    phrases       words → a scene of things (idioms, noun_phrase, clause, placing, describing, saying, doing, hanging,
                  endings)
    doubles       two alike, which the caption only counts, are told apart
    alignment     which thing of the prompt is which thing of the caption (roles, substitution, vessels)
    changes       scenes and alignment → changes (differences, acting, arriving, body, leaving, naming)
    commands      commands and the caption's scene → changes (becoming, putting, making, meaning, singling)
    presence      what the picture says to that → edits

``retelling`` and ``renaming`` serve those who hold several texts about one picture: a caption told anew by its things,
and two prompts of one hand.

Every stage is one file and takes what the stage before it gives; in brackets the files that help it. ``lexicon`` and
``verbs`` answer from the word lists in ``words/``, which ``wordlists`` reads; ``scene`` holds the records that go from
stage to stage.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from lib_automask.plan import lexicon
from lib_automask.plan.alignment import align
from lib_automask.plan.boosters import drop_boosters, split_clauses
from lib_automask.plan.changes import find_changes, restyled, speaks_of_part
from lib_automask.plan.commands import in_place_of, obey
from lib_automask.plan.doubles import miscounted, tell_apart
from lib_automask.plan.idioms import rewrite_idioms, tag_of_action
from lib_automask.plan.instruction import Command, read_commands
from lib_automask.plan.making import hand, make, points_at
from lib_automask.plan.meaning import bare
from lib_automask.plan.narrative import only_change
from lib_automask.plan.phrases import read_scene
from lib_automask.plan.presence import ask_picture
from lib_automask.plan.roundabout import keeps_rest, set_right
from lib_automask.plan.scene import Change, Scene
from lib_automask.plan.singling import counted_at_side, put_back, split_place, take_out
from lib_automask.plan.styles import take_styles
from lib_automask.plan.syntax import read_syntax
from lib_automask.types import Edit, EditPlan, Presence

__all__ = ["plan_edits", "plan_target"]

WEAK = 0.5
"""Confidence where caption and prompt share no thing at all."""
UNREAD = 0.7
"""Confidence where words of the prompt could not be placed."""


def plan_edits(caption: str, prompt: str, presence: Presence | None = None) -> EditPlan:
    """Compare what the picture shows with what the user typed.

    Args:
        caption: one sentence about the picture, as BLIP says it.
        prompt: as typed, A1111 syntax, styles expanded; a description of the wanted picture or an instruction.
        presence: asks the picture whether it shows a phrase; None where there is no picture.

    Returns:
        The plan; without edits when nothing changes. Never fails on a string, whatever it holds.
    """
    said, typed = split_clauses(read_syntax(caption).text), read_syntax(prompt)
    told = only_change(typed.text)
    commands, descriptions = read_commands([*map(counted_at_side, drop_boosters(split_clauses(set_right(told.text))))])
    if any(command.verb != "keep" for command in commands) or not descriptions:
        return _plan_commands(commands, descriptions, _without_echoes(_read_scene(said)), presence)
    doubles = tell_apart(said, descriptions)
    shown = _without_echoes(_read_scene(doubles.caption))
    spelled = {word for clause in said for word in clause.split()}
    wanted = _read_scene(doubles.prompt, _nouns(shown), _doing(shown), spelled)
    wanted.partial = (
        bool(commands) or told.partial or keeps_rest(typed.text) or _speaks_of_part(typed.text, shown, wanted)
    )
    unwanted = read_scene(drop_boosters(split_clauses(typed.unwanted)))
    if not (wanted.things or wanted.styles or wanted.absent or unwanted.things):
        return _plan([], [thing.phrase for thing in shown.things], wanted.residue, 1.0, shown)
    alignment = align(shown, wanted)
    changes = doubles.doubt(find_changes(shown, wanted, alignment, unwanted))
    edits, kept = ask_picture(miscounted(said, changes, presence), presence)
    same = [old.phrase for old, _ in alignment.same]
    sure = 1.0 if same or len(shown.things) < 2 else WEAK
    return doubles.name(_plan(edits, [*_unchanged(same, edits), *kept], wanted.residue, sure, shown, wanted))


def plan_target(target: str, prompt: str) -> EditPlan:
    """The plan for a user who names what is to be repainted: ``target`` becomes what the prompt says.

    The replacement is the prompt's phrase for a thing of the same kind where there is one, else the whole prompt.
    """
    clauses, _ = take_styles(drop_boosters(split_clauses(read_syntax(prompt).text)))
    things = read_scene(clauses).things
    key = lexicon.concept(target.lower().split() or [""])[0]
    alike = [thing for thing in things if lexicon.same_concept(thing.key, key)]
    alike += [thing for thing in things if thing.kind & lexicon.kinds(key)]
    replacement = alike[0].phrase if alike else bare(", ".join(clauses))
    return EditPlan((Edit("replace", target.strip(), replacement or None),))


def _plan_commands(commands: list[Command], rest: list[str], shown: Scene, presence: Presence | None) -> EditPlan:
    """The plan for instructions; of what stands beside them only a style is understood."""
    beside = _read_scene(rest, _nouns(shown))
    changes = [change for command in commands for change in _obeyed_on_one(command, shown)]
    edits, kept = ask_picture([*changes, *restyled(shown, beside)], presence)
    unknown = [command.old for command in commands if command.verb == "unknown"]
    unread = [*unknown, *(thing.phrase for thing in beside.things), *beside.residue]
    here = [thing.phrase for thing in shown.things]
    return _plan(edits, [*_unchanged(here, edits), *kept], unread, 1.0, shown)


def _obeyed_on_one(command: Command, shown: Scene) -> list[Change]:
    """The changes, where the instruction means one of several of that one."""
    before, named = ("", command.old) if command.old else split_place(command.new)
    text, singled = take_out(named, shown)
    plain = replace(command, old=text) if command.old else replace(command, new=f"{before}{text}")
    changes = _obeyed(plain if named else command, shown)
    return [put_back(change, singled, shown) for change in changes] if singled else changes


def _obeyed(command: Command, shown: Scene) -> list[Change]:
    if command.verb == "restyle" and points_at(command.new, shown):
        command = Command("make", f"the {command.new}", instead=command.instead)
    if command.verb in ("make", "give"):
        swaps = bool(command.instead)
        changes = make(command.old, shown, swaps) if command.verb == "make" else hand(command.old, shown)
    else:
        changes = obey(command, shown)
    return in_place_of(changes, command.instead, shown) if command.instead else changes


def _read_scene(
    clauses: list[str],
    subjects: Collection[str] = (),
    doing: Collection[str] = (),
    spelled: Collection[str] = (),
) -> Scene:
    # "wave" is no gesture where the caption has a wave, be it one that somebody rides.
    acted = (clause if clause in {*subjects, *spelled} else tag_of_action(clause) for clause in clauses)
    clauses, styles = take_styles([text for text in map(rewrite_idioms, acted) if text], subjects, doing)
    scene = read_scene(clauses)
    scene.styles = styles
    return scene


def _without_echoes(caption: Scene) -> Scene:
    """BLIP says a thing twice at times, "a yellow cat and a yellow cat"; two it would call "two yellow cats"."""
    once = {(thing.phrase, thing.place): thing for thing in reversed(caption.things) if not thing.relation}
    named = {id(thing.anchor) for thing in caption.things}
    caption.things = [
        thing
        for thing in caption.things
        if thing.relation or id(thing) in named or once[thing.phrase, thing.place] is thing
    ]
    return caption


def _nouns(scene: Scene) -> frozenset[str]:
    """The nouns of a scene, as typed and in the singular."""
    heads = [thing.words[-1] for thing in scene.things]
    return frozenset((*heads, *map(lexicon.singular, heads)))


def _doing(scene: Scene) -> frozenset[str]:
    """What is done in a scene, as typed: "painting"."""
    return frozenset(action.text for thing in scene.things for action in thing.actions)


def _speaks_of_part(text: str, shown: Scene, wanted: Scene) -> bool:
    """ "the tie is navy" leaves the rest as it is; "only the foal is in the paddock" does not."""
    return speaks_of_part(shown, wanted) and not text.startswith(("only ", "just "))


def _unchanged(phrases: list[str], edits: list[Edit]) -> list[str]:
    changed = {edit.target for edit in edits if edit.kind != "add"}
    return [phrase for phrase in phrases if not any(target.endswith(phrase) for target in changed)]


def _plan(edits: list[Edit], keep: list[str], residue: list[str], sure: float, *scenes: Scene) -> EditPlan:
    """The plan with its confidence: the weakest edit's, lowered by what was left unread and by a weak alignment."""
    confidence = min((edit.score for edit in edits), default=1.0) * sure * (UNREAD if residue else 1.0)
    kept = tuple(dict.fromkeys(keep))
    places = [thing for scene in scenes for thing in scene.things if thing.is_setting]
    settings = {form for thing in places for form in (thing.phrase, thing.located)}
    setting = tuple(phrase for phrase in kept if phrase in settings)
    return EditPlan(tuple(edits), kept, tuple(residue), round(confidence, 3), setting)
