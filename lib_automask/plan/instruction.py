"""Instructions: "make her hair red", "remove the cup", "change the background to a beach".

A clause is an instruction when a pattern of ``words/instructions.txt`` fits it. Each pattern gives the thing meant and
what becomes of it, as text; ``commands`` then finds the thing in the caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.boosters import is_request
from lib_automask.plan.roundabout import straighten, told
from lib_automask.plan.tokens import tokenize

SURE = (
    r"(?=(?:the|an?|his|her|its|their|some|all|this|that|these|those|it|him|them|more|another|every|everything|both|"
    r"two|three|four|five|several|\d+)\b)"
)
"""What has to follow a verb that could be a noun or an adjective: "clear the table", but not "clear sky"."""
INSTEAD = re.compile(r"\s*\b(?:instead of|rather than|in place of)\s+((?:the |an? |his |her |its )?[\w' -]+)$")
WANTED = re.compile(
    r"(?:i|i'd|we|we'd|show me|please|imagine|let there be|how about|what about|maybe|perhaps|it would be|time to|"
    r"it's time|why not|all i want|what i want|nice to|great to) "
)
"""What opens a wish that only describes: "I'd like a cat on the bench"."""
DRAWN = re.compile(r"(?:paint|draw|sketch|spray|print|carve|engrave|embroider|write|stitch) an? ")
"""These dye what is there ("paint the door red"), or put something new there ("paint a cat on the door")."""
PLACING = re.compile(
    r"(\w+) ((?:an?|some|two|three|four|five) [\w' -]+? (?:on|onto|over|around|round|in|into|inside|under|behind|"
    r"beside|near|next to|in front of|above|across|against|to) "
    r"(?:the|an?|his|her|its|their) [\w' -]+)"
)
GOES_ON = re.compile(r"\b(?:is|are) now (?:\w+ly )?(?!\w*thing\b)\w{2,}ing (?:an?|the|his|her|its|their|at|on|in) ")
""" "the dog is now chasing a chicken" describes."""
WISH = re.compile(
    r"(?:the|her|his|their|its|this|it|he|she|they)\b.*\b(?:should|must|needs? to|has to|have to|ought to|to) "
    r"(?:be|have|wear|hold|look|become|get|carry|sit|stand|lie|smile|run|jump|fly|sleep|eat|turn) .+"
)
"""A wish without a verb of its own: "the cat should be black", "(I want) the chairs to be yellow"."""


@dataclass(frozen=True)
class Command:
    """One instruction as text.

    Args:
        verb: become, replace, remove, add, should, make, background, restyle, keep; "unknown" where no pattern fits.
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
    parts = [part for clause in _instead_last(clauses) for part in _split(clause)]
    for part in (part for part in parts if not is_request(part)):  # "make it sharper (and add a dog)"
        command = _read(part) or (_continued(commands[-1], part) if commands else None)
        if command is None:
            rest.append(_politeness().sub("", part) if WANTED.match(part) else part)
        else:
            commands.append(_resolved(command, commands))
    return commands, rest


def _resolved(command: Command, before: list[Command]) -> Command:
    """ "I don't like the rug, take it out": the rug."""
    spoken_of = before[-1].old if before else ""
    return replace(command, old=spoken_of) if spoken_of and command.old in ("it", "them") else command


def _instead_last(clauses: list[str]) -> list[str]:
    """ "instead of a stick, the dog should ..." → "the dog should ... instead of a stick"."""
    turned: list[str] = []
    for clause in map(straighten, clauses):
        if turned and turned[-1].startswith("instead of ") and _read(clause) is not None:
            turned[-1] = f"{clause} {turned[-1]}"
        else:
            turned.append(clause)
    return turned


def _split(clause: str) -> Iterator[str]:
    """ "remove the cup and make the table red" → two parts; a clause that is no instruction stays whole."""
    start = 0
    for boundary in re.finditer(r"\s+(?:and then|and|then|but|while)\s+", clause):
        before, after = _read(clause[start : boundary.start()]), clause[boundary.end() :]
        if before is not None and (_read(after) is not None or _continued(before, after) is not None):
            yield clause[start : boundary.start()]
            start = boundary.end()
    yield clause[start:]


@cache
def _read(part: str) -> Command | None:
    part = re.sub(r"\b(?:only|just) ", "", part.strip())
    while (shorter := _politeness().sub("", part).strip()) != part:
        part = shorter
    instead = INSTEAD.search(part)
    if DRAWN.match(part) and (drawn := _placed(INSTEAD.sub("", part).strip())):
        return replace(drawn, instead=instead[1] if instead else "")
    if instead and (command := _match(INSTEAD.sub("", part).strip())):
        return Command(command.verb, command.old, command.new, instead[1])
    done = (command for spelled in told(part) if (command := _match(spelled)))
    return _match(part) or next(done, None) or _made(part) or _placed(part) or _unknown(part)


def _match(part: str) -> Command | None:
    for verb, pattern in _patterns():
        if (match := pattern.fullmatch(part)) and verb == "unknown":
            return Command(verb, part)
        if match and not GOES_ON.search(part):
            found = match.groupdict(default="")
            return Command(verb, found.get("old", "").strip(), found.get("new", "").strip())
    return Command("make", part) if WISH.fullmatch(part) else None


def _made(part: str) -> Command | None:
    """ "shorten the cat's tail": the verb says what becomes of it."""
    match = re.fullmatch(rf"(\w+)(?: up)? {SURE}(.+)", part)
    result = wordlists.mapping("idioms", "makes").get(match[1]) if match else None
    return Command("become", match[2], result) if match and result else None


def _placed(part: str) -> Command | None:
    """ "drape a quilt over her knees": an unlisted verb before "a ..." and a place puts something there."""
    match = PLACING.fullmatch(part)
    if match is None or match[1].endswith(("ing", "ed", "s")) or tokenize(match[1])[0].tag is not None:
        return None
    noun = lexicon.kinds(match[1]) or lexicon.is_attribute(match[1])
    return Command("add", new=match[2]) if verbs.is_verb(match[1]) or not noun else None


def _unknown(part: str) -> Command | None:
    """A verb that no pattern knows, before an article: nothing is done, and nothing is guessed."""
    match = re.match(r"(\w+)( (?:up|down|out|off|away|back))? (?:the|his|her|its|their|him|them|it)\b", part)
    if match is None or match[1].endswith(("ing", "ed")) or tokenize(match[1])[0].tag is not None:
        return None
    known = verbs.is_verb(match[1]) or not (lexicon.kinds(match[1]) or match[1].endswith("s"))
    return Command("unknown", part) if known else None


def _continued(last: Command, text: str) -> Command | None:
    """ "(change the car to red) and the house to blue"."""
    if (
        last.verb in ("make", "give")
        and len(last.old.split()) > 2
        and re.match(r"(?:the|his|her|its|their) \S+ ", text)
    ):
        return Command(last.verb, text)
    links = {"become": "to|into", "replace": "with|for|by|to"}.get(last.verb)
    match = re.fullmatch(rf"(.+?) (?:{links}) (.+)", text) if links else None
    return Command(last.verb, match[1], match[2]) if match else None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(what is meant, its pattern), in the order of the file."""
    lines = [line for (line,) in wordlists.groups("instructions", "patterns")]
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
    for name, *forms in wordlists.groups("instructions", "sets"):
        if name == word:
            return "|".join(map(_regex, forms))
    if word == "to":
        return r"(?<!\bnext )(?<!\bclose )\bto\b\s*"  # "the piano next to the lamp" names one thing
    return rf"\b{re.escape(word.replace('_', ' '))}\b\s*"
