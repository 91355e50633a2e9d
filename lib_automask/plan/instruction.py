"""Instructions: "make her hair red", "remove the cup", "change the background to a beach".

A clause is an instruction when one of the patterns below fits it from its first word on. Each pattern gives the thing
meant and what becomes of it, as text; ``commands`` then finds the thing in the caption.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lib_automask.plan import lexicon, verbs

Verb = Literal["become", "replace", "remove", "add", "make", "background", "restyle", "keep", "unknown"]

POLITE = re.compile(
    r"^(?:please|pls|can you|could you|would you|will you|i want you to|i want to|i want|we want|i'd love|i wish|i'd like to|i would like to|i'd like you to|"
    r"i would like you to|i'd like|i would like|let's|lets|now|just|then|and|also|only|hey|ok|okay|kindly|but|so|i need you to|we need to|try to|go ahead and)\s+"
)
WHOLE = r"(?:it|this|that|everything|(?:the |this |my )?(?:whole |entire )?(?:image|picture|photo|photograph|scene|pic|thing))"
BACKDROP = r"(?:the |its |his |her |their )?(?:background|backdrop|setting|scenery|surroundings|environment|location|place|scene)"
CHANGE = r"(?:change|turn|transform|convert|morph|alter|modify|switch|set|adjust|edit)"
SURE = r"(?=(?:the|an?|his|her|its|their|some|all|this|that|these|those|it|him|them|more|another|every|everything|both|two|three|four|five|several|\d+)\b)"
"""What has to follow a verb that could be a noun or adjective: "clear the table", but not "clear sky"."""
TAKE = rf"(?:remove|delete|erase|get rid of|take away|take out|take off|eliminate|clear away|cut out|wipe out|crop out|edit out|photoshop out|omit|leave out|do away with|strip away|discard|(?:clear|drop|lose|hide|ditch|clean up|take|cut) {SURE})"
GIVE = rf"(?:add|insert|include|draw in|throw in|bring in|introduce|paint in|photoshop in|put in|stick in|(?:place|put|hang|set|stick|lay|park|plant|seat|sit|position|draw|drop|throw) {SURE})"
DYE = rf"(?:paint|dye|color|colour|recolor|recolour|tint|repaint|spray paint) {SURE}"
END = r"(?: instead| please| now| thanks| thank you| too)*$"

INSTEAD = re.compile(r"\s*\b(?:instead of|rather than|in place of)\s+((?:the |an? |his |her |its )?[\w' -]+)$")

PATTERNS: tuple[tuple[Verb, re.Pattern[str]], ...] = tuple(
    (verb, re.compile("^" + pattern + END))
    for verb, pattern in (
        ("keep", r"(?:keep|leave|preserve|maintain|retain)\s+(?P<old>.+?)(?:\s+(?:as is|as it is|as they are|alone|the same|unchanged|untouched|intact|in place|there))?"),
        ("keep", r"(?:don't|do not|dont|without|never) (?:touch|touching|change|changing|alter|altering|modify|modifying|move|moving|edit)\s*(?P<old>.*?)"),
        ("background", rf"(?:{CHANGE}|replace|swap|make|swap out) {BACKDROP} (?:to|into|with|for|be|by|a|an) ?(?P<new>.+?)"),
        ("background", rf"(?:move|relocate|transport|put|place|set|teleport) (?:{WHOLE}|{BACKDROP}|him|her|them) (?:to|in|into|on|onto|at|by|under) (?P<new>.+?)"),
        ("restyle", rf"(?:{CHANGE}|make|render|redraw|repaint|paint|draw|restyle|redo|recreate|reimagine|show|depict) {WHOLE} (?:look like |look |to look like |into |to |in |as if it were |as |like )*(?P<new>.+?)"),
        ("restyle", r"(?:make|do|render|turn) (?:an? )?(?P<new>.+?) (?:version )?(?:of|out of|from) (?:it|this|(?:the|this) (?:image|picture|photo|scene))"),
        ("replace", r"(?:substitute|put|use|place) (?P<new>.+?) (?:for|instead of|in place of|where|rather than|in the place of) (?P<old>.+?)(?: is| was| are)?"),
        ("replace", r"(?:replace|swap|switch|exchange|trade|substitute|swap out|change out|switch out) (?P<old>.+?) (?:with|for|by|to|into) (?P<new>.+?)"),
        ("become", r"(?:reduce|increase|change|set|cut|lower|raise|bring|make) the number of (?P<old>.+?) (?:from .+? )?(?:to|be) (?P<new>.+?)"),
        ("become", rf"{CHANGE} the (?:colou?r|material|texture|size|shape|pattern|fabric) of (?P<old>.+?) (?:from .+? )?(?:to|into) (?P<new>.+?)"),
        ("become", rf"{CHANGE} (?P<old>.+?) (?:from .+? )?(?:into|to be|to|as) (?P<new>.+?)"),
        ("make", rf"{DYE}(?P<old>.+?)"),
        ("add", rf"(?:move|relocate|transport|bring|take|transfer) {SURE}(?P<new>.+? (?:to|into|onto|in|on|under|behind|next to|in front of) .+?)"),
        ("remove", rf"{TAKE} ?(?P<old>.+?)"),
        ("remove", r"(?:no more|there should be no|there should not be(?: an?y?)?|i don't want(?: the| an?y?)?) (?P<old>.+?)"),
        ("add", r"(?:give|get|hand|lend|buy) (?P<old>(?:the |an? |that )?(?:[\w'-]+ ){0,3}?[\w'-]+) (?P<new>(?:an?|some|two|three|four|five|\d+) .+?)"),
        ("add", r"(?:give|get) (?P<old>him|her|it|them) (?P<new>.+?)"),
        ("add", r"(?:fill|cover|top|decorate|stuff|load|sprinkle|coat|wrap|surround|garnish|adorn) (?P<old>.+?) (?:with|in) (?P<new>.+?)"),
        ("add", rf"{GIVE} ?(?P<new>.+?)"),
        ("make", r"(?:make|(?:have|let|get) (?=the|him|her|them|it|his|their)) ?(?P<old>.+?)"),
        ("make", rf"(?:turn|change) {SURE}(?P<old>.+?)"),
        ("make", r"(?P<old>(?:the |her |his |their |its |this |it ).*?(?:should|must|needs? to|has to|have to|ought to|to) (?:be|have|wear|hold|look|become|get|carry|sit|stand|lie|smile|run|jump|fly|sleep|eat|turn) .+?)"),
        ("restyle", rf"{WHOLE} (?:in|as|like) (?P<new>.+?)"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Command:
    """One instruction as text: ``old`` the thing meant ("" for the whole), ``new`` what becomes of it.

    ``instead`` is what goes for it: "let the dog carry a bone instead of a stick".
    """

    verb: Verb
    old: str = ""
    new: str = ""
    instead: str = ""


def read_commands(clauses: list[str]) -> tuple[list[Command], list[str]]:
    """The instructions among the clauses, and the clauses that are none."""
    commands: list[Command] = []
    rest: list[str] = []
    for clause in _instead_last(clauses):
        for part in _split(clause):
            if (command := _read(part)) is not None:
                commands.append(command)
            elif commands and (more := _continued(commands[-1], part)):
                commands.append(more)
            else:
                rest.append(part)
    return commands, rest


def _instead_last(clauses: list[str]) -> list[str]:
    """ "instead of a stick, the dog should ..." → "the dog should ... instead of a stick"."""
    turned: list[str] = []
    for clause in clauses:
        if turned and turned[-1].startswith("instead of ") and is_command(clause):
            turned[-1] = f"{clause} {turned[-1]}"
        else:
            turned.append(clause)
    return turned


def _split(clause: str) -> list[str]:
    """ "remove the cup and make the table red" → two parts; other clauses stay whole."""
    if not is_command(clause):
        return [clause]
    parts = [clause]
    for boundary in re.finditer(r"\s+(?:and then|and|then|but|while)\s+", clause):
        before, after = clause[: boundary.start()], clause[boundary.end() :]
        if is_command(after) and _read(before) is not None:
            return [before, *_split(after)]
        if _is_continuation(_read(before), after):
            return [before, after]
    return parts


def is_command(clause: str) -> bool:
    """Whether a clause tells what to do."""
    return _read(clause) is not None


def _read(part: str) -> Command | None:
    part = part.strip()
    while (shorter := POLITE.sub("", part)) != part:
        part = shorter
    whole, instead = part, ""
    if (match := INSTEAD.search(part)) and not re.match(r"(?:substitute|put|use|place)\b", part):
        part, instead = INSTEAD.sub("", part).strip(), match[1]
    for verb, pattern in PATTERNS:
        if match := pattern.match(part):
            found = match.groupdict()
            return Command(verb, (found.get("old") or "").strip(), (found.get("new") or "").strip(), instead)
    part = whole
    return _made(part) or _unknown(part)


def _made(part: str) -> Command | None:
    """ "shorten the cat's tail": the verb says what becomes of it."""
    for verb, result in lexicon.mapping("idioms", "makes").items():
        if match := re.match(rf"{verb} (?:up )?{SURE}(.+?){END}", part):
            return Command("become", match[1], result)
    return None


def _unknown(part: str) -> Command | None:
    """A verb that no pattern knows, before an article: nothing is done, and nothing is guessed."""
    first, _, rest = part.partition(" ")
    opens = re.match(r"(?:the|his|her|its|their|him|them|it)\b", rest)
    return Command("unknown", part) if opens and verbs.is_verb(first) and not first.endswith("ing") else None


def _is_continuation(command: Command | None, text: str) -> bool:
    """ "(change the car to red) and the house to blue"."""
    pattern = {"become": r"(.+?) (?:to|into) .+", "replace": r"(.+?) (?:with|for|by|to) .+"}.get(command.verb if command else "")
    return pattern is not None and re.match(pattern, text) is not None


def _continued(last: Command, text: str) -> Command | None:
    if not _is_continuation(last, text):
        return None
    match = re.match(r"(.+?) (?:to|into|with|for|by) (.+)", text)
    return Command(last.verb, match[1], match[2]) if match else None
