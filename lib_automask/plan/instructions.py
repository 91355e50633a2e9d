"""Instructions: "make her hair red", "remove the cup", "change the background to a beach".

A clause is an instruction when a pattern of ``words/instructions.txt`` fits it. Each pattern gives the thing meant and
what becomes of it, as text; ``instruction_edits`` then finds the thing in the caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from lib_automask.plan import predicates, vocabulary
from lib_automask.plan.prompt_filters import asks_for_quality
from lib_automask.plan.tokens import is_closed
from lib_automask.plan.word_lists import list_groups, map_entries

SURE = (
    r"(?=(?:the|an?|his|her|its|their|some|all|this|that|these|those|it|him|them|more|another|every|everything|both|"
    r"two|three|four|five|several|\d+)\b)"
)
"""What has to follow a verb that could be a noun or an adjective: "clear the table", but not "clear sky"."""
INSTEAD = re.compile(
    r"\s*\b(?:instead of|rather than|in place of|(?<=\w )than)\s+((?:the |an? |his |her |its )?[\w' -]+)$"
)
WANTED = re.compile(
    r"(?:i|i'd|we|we'd|show me|please|imagine|let there be|how about|what about|maybe|perhaps|it would be|time to|"
    r"it's time|why not|all i want|what i want|nice to|great to) "
)
"""What opens a wish that only describes: "I'd like a cat on the bench"."""
GOES_ON = re.compile(r"\b(?:is|are) now (?:\w+ly )?(?!\w*thing\b)\w{2,}ing (?:an?|the|his|her|its|their|at|on|in) ")
""" "the dog is now chasing a chicken" describes."""
WISH = re.compile(
    r"(?:the|her|his|their|its|this|it|he|she|they)\b.*\b(?:should|must|needs? to|has to|have to|ought to|"
    r"(?<!appears )(?<!appear )(?<!seems )(?<!able )to) "
    r"(?:be|have|wear|hold|look|become|get|carry|sit|stand|lie|smile|run|jump|fly|sleep|eat|turn) .+"
)
"""A wish without a verb of its own: "the cat should be black", "(I want) the chairs to be yellow"."""
PLACING = re.compile(
    r"(\w+) ((?:an?|some|two|three|four|five) [\w' -]+? (?:on|onto|over|around|round|in|into|inside|under|behind|"
    r"beside|near|next to|in front of|above|across|against|to) (?:the|an?|his|her|its|their) [\w' -]+)"
)


LONGEST = 300
"""Characters of an instruction; longer clauses are no commands, and the patterns take time on them."""


@dataclass(frozen=True)
class Command:
    """One instruction as text.

    Args:
        verb: become, replace, remove, add, should, make, give, background, restyle, keep; "unknown" where no pattern
            fits although it is an instruction.
        old: the thing meant; "" for the whole picture.
        new: what becomes of it.
        instead: what goes for it: "let the dog carry a bone instead of a stick".
    """

    verb: str
    old: str = ""
    new: str = ""
    instead: str = ""


def read_commands(clauses: list[str]) -> tuple[list[Command], list[str]]:
    """The instructions among the clauses, and the clauses that are none."""
    commands: list[Command] = []
    rest: list[str] = []
    parts = (part for clause in clauses for part in (_split(clause) if len(clause) < LONGEST else [clause]))
    for part in parts:
        if asks_for_quality(part):  # "make it sharper (and add a dog)"
            continue
        short = len(part) < LONGEST
        command = (_read(part) or (_continue(commands[-1], part) if commands else None)) if short else None
        if command is None:
            rest.append(_politeness().sub("", part) if WANTED.match(part) else part)
        else:
            commands.append(_resolve(command, commands))
    return commands, rest


def _resolve(command: Command, before: list[Command]) -> Command:
    """ "I don't like the rug, take it out": the rug."""
    spoken_of = before[-1].old if before else ""
    return replace(command, old=spoken_of) if spoken_of and command.old in ("it", "them") else command


def _split(clause: str) -> Iterator[str]:
    """ "remove the cup and make the table red" → two parts; a clause that is no instruction stays whole."""
    start = 0
    for boundary in re.finditer(r"\s+(?:and then|and|then|but|while)\s+", clause):
        before, after = _read(clause[start : boundary.start()]), clause[boundary.end() :]
        if before is not None and (_read(after) is not None or _continue(before, after) is not None):
            yield clause[start : boundary.start()]
            start = boundary.end()
    yield clause[start:]


@cache
def _read(part: str) -> Command | None:
    part = re.sub(r"\b(?:only|just) ", "", part.strip())
    part = re.sub(r",? (?:so that|ensuring|making sure) .*$", "", part)
    part = re.sub(r"^(?:slightly|please|subtly|gently|completely|fully|carefully|simply) ", "", part)
    while (shorter := _politeness().sub("", part).strip()) != part:
        part = shorter
    instead = INSTEAD.search(part)
    if instead and (command := _match(INSTEAD.sub("", part).strip())):
        return replace(command, instead=instead[1])
    return _match(part) or _read_making(part) or _read_placing(part) or _read_unknown(part)


def _match(part: str) -> Command | None:
    for verb, pattern in _patterns():
        match = pattern.fullmatch(part)
        if match and verb == "unknown":
            return Command(verb, part)
        if match and not GOES_ON.search(part):
            found = match.groupdict(default="")
            return Command(verb, found.get("old", "").strip(), found.get("new", "").strip())
    return Command("make", part) if WISH.fullmatch(part) else None


def _read_making(part: str) -> Command | None:
    """ "shorten the cat's tail": the verb says what becomes of it."""
    match = re.fullmatch(rf"(\w+)(?: up)? {SURE}(.+)", part)
    result = map_entries("instructions", "makes").get(match[1]) if match else None
    return Command("become", match[2], result) if match and result else None


def _read_placing(part: str) -> Command | None:
    """ "drape a quilt over her knees": an unlisted verb before "a ..." and a place puts something there."""
    match = PLACING.fullmatch(part)
    if match is None or match[1].endswith(("ing", "ed", "s")) or is_closed(match[1]):
        return None
    noun = vocabulary.kinds_of(match[1]) or predicates.is_attribute(match[1])
    return Command("add", new=match[2]) if predicates.is_verb(match[1]) or not noun else None


def _read_unknown(part: str) -> Command | None:
    """A verb that no pattern knows, before an article: nothing is done, and nothing is guessed."""
    match = re.match(r"(\w+)( (?:up|down|out|off|away|back))? (?:the|his|her|its|their|him|them|it)\b", part)
    if match is None or match[1].endswith(("ing", "ed")) or is_closed(match[1]):
        return None
    known = (
        (predicates.is_verb(match[1]) or vocabulary.is_verb_too(match[1]))
        and not vocabulary.kinds_of(match[1])
        and not match[1].endswith("s")
    )
    return Command("unknown", part) if known else None


def _continue(last: Command, text: str) -> Command | None:
    """ "(change the car to red) and the house to blue"."""
    named = re.match(r"(?:the|his|her|its|their) \S+ ", text)
    if last.verb in ("make", "give") and len(last.old.split()) > 2 and named:
        return Command(last.verb, text)
    links = {"become": "to|into", "replace": "with|for|by|to"}.get(last.verb)
    match = re.fullmatch(rf"(.+?) (?:{links}) (.+)", text) if links else None
    return Command(last.verb, match[1], match[2]) if match else None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(what is meant, its pattern), in the order of the file."""
    lines = [line for (line,) in list_groups("instructions", "patterns")]
    pairs = [line.split(": ") for line in lines]
    return tuple((verb, re.compile(_regex(template))) for verb, template in pairs)


@cache
def _politeness() -> re.Pattern[str]:
    return re.compile(f"^{_regex('POLITE')}|{_regex('CLOSING')}$")


def _regex(template: str) -> str:
    """A template of instructions.txt as a regular expression; every item takes the spaces behind it."""
    return "".join(map(_item, re.findall(r"\[[^\]]*\]|\S+", template)))


def _item(item: str) -> str:
    if item == "!":
        return SURE
    if item == "...":
        return r".+?\s*"
    if item.startswith("["):
        return f"(?:{_regex(item[1:-1])})?"
    if match := re.fullmatch(r"<(\w+)(?::(\S+))?>", item):
        words = _choice(match[2]) if match[2] else r"\S.*?"
        return rf"(?P<{match[1]}>{words})\s*"
    return _choice(item)


def _choice(words: str) -> str:
    """ "to/into/STEAD": one of several words, or of the forms of a set."""
    return f"(?:{'|'.join(map(_form, words.split('/')))})"


def _form(word: str) -> str:
    for name, *forms in list_groups("instructions", "sets"):
        if name == word:
            return "|".join(map(_regex, forms))
    if word == "to":
        return r"(?<!\bnext )(?<!\bclose )\bto\b\s*"  # "the piano next to the lamp" names one thing
    return rf"\b{re.escape(word.replace('_', ' '))}\b\s*"
