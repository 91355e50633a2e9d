"""Instructions → candidates: what is to become of the things that the caption names."""

from __future__ import annotations

import re

from lib_automask.plan import predicates, vocabulary
from lib_automask.plan.instruction_results import (
    FILLING,
    MADE,
    add_things,
    become_thing,
    give_things,
    is_description,
    modify_thing,
    move_to,
    restyle_whole,
)
from lib_automask.plan.instructions import Command
from lib_automask.plan.naming import (
    bare_phrase,
    find_subject,
    find_thing,
    name_target,
    name_thing,
    parse_phrase,
    resolve_phrase,
    with_owner,
)
from lib_automask.plan.parser import parse_scene
from lib_automask.plan.prompt_styles import names_style
from lib_automask.plan.scene import Change, Scene
from lib_automask.plan.tokens import is_closed
from lib_automask.types import Edit

PRONOUNS = frozenset(("it", "him", "her", "them", "he", "she", "they"))
WISHED = re.compile(
    r"\s+(?:should|must|needs? to|has to|have to|ought to|to(?! (?:the|his|her|its|their|an?)\b))\s+(?:be )?"
)
HAS = re.compile(
    r"^(?:be |to )?(wear|wearing|hold|holding|have|having|with|carry|carrying|ride|riding|eat|eating|drink|drinking) "
    r"(.+)$"
)
PLACED = re.compile(
    r"^(?:be |sit |stand |lie |be (?:sitting|standing|lying|parked|placed|located|put|moved|set|shown|seen) )?"
    r"(?:in front of|in|on|at|inside|under|by) (.+)$"
)
FALLING = {"snowing": "snow", "raining": "rain", "hailing": "hail", "storming": "storm", "pouring": "rain"}
OPENS_RESULT = frozenset(("a", "an", "look", "be", "wear", "hold", "have", "into", "to", "more", "appear"))
BACKDROPS = frozenset(("background", "backdrop", "setting", "scene"))


def obey_command(command: Command, caption: Scene) -> list[Change]:
    """The candidates that an instruction asks for; none for "keep" and "unknown"."""
    changes = _obey(command, caption)
    return _in_place_of(changes, command.instead, caption) if command.instead else changes


def _obey(command: Command, caption: Scene) -> list[Change]:
    old, new = command.old.removesuffix("'s"), command.new
    if command.verb in ("replace", "become"):
        if _is_time(old):
            return [move_to(new, caption, "weather")]
        if not bare_phrase(old):
            return []  # "convert 's to …" names nothing
        return [become_thing(resolve_phrase(old, caption), old, new, caption)]
    if command.verb == "remove":
        return _remove(old, caption)
    if command.verb == "add":
        return give_things(old, new, caption) if old else add_things(new, caption)
    if command.verb == "should":
        asked = parse_phrase(new)
        known = find_thing(asked, caption) if asked else None
        if asked and known and asked.number:
            return [modify_thing(name_thing(known, caption), f"{asked.number} {asked.noun}")]
        return add_things(new, caption)
    if command.verb == "background":
        return [move_to(new, caption)]
    if command.verb == "restyle":
        return _turn_whole(new, caption)
    if command.verb == "make":
        return _make(old, caption)
    return _hand(old, caption) if command.verb == "give" else []


def _is_time(text: str) -> bool:
    """ "turn day into night", "change the weather to rain"."""
    asked = parse_phrase(text)
    mood = (
        asked is not None
        and vocabulary.is_of_kind(asked.key, "weather")
        and not vocabulary.is_of_kind(asked.key, "place")
    )
    return bare_phrase(text) in ("weather", "time", "time of day", "season") or mood


def _turn_whole(text: str, caption: Scene) -> list[Change]:
    """What becomes of "it" or "the picture": a style, another time or place, or another subject."""
    text = re.sub(r" (?:would|might|did|had)(?: have)?(?: (?:painted|drawn|done|made|paint|draw))?(?: it)?$", "", text)
    style = bare_phrase(re.sub(r"^(?:the )?(?:style|manner|look) of (?:an? )?|[ -]style$", "", bare_phrase(text)))
    thing, about = parse_phrase(text), find_subject(caption)
    if thing is not None and thing.number and (counted := find_thing(thing, caption)) is not None:
        return [modify_thing(name_thing(counted, caption), thing.counted)]  # "make it four pillows"
    if names_style(style) or text.endswith("style"):
        return [restyle_whole(style)]
    named = _split_known(style.split(), caption)
    if named[1] and is_description(named[1]) and resolve_phrase(named[0], caption):
        return _make(style, caption)  # "make this car red"
    if "weather" in predicates.attribute_kinds(style) or (thing is not None and vocabulary.is_scenery(thing.key)):
        return [move_to(style, caption)]
    if about is not None and (is_description(style) or (thing is not None and thing.kinds)):
        return [become_thing(about, "it", text, caption)]
    return [restyle_whole(style)]


def _remove(text: str, caption: Scene) -> list[Change]:
    if re.fullmatch(r"the \S+ ones?", text) and (one := resolve_phrase(text, caption)) is not None:
        return [Change(Edit("remove", name_thing(one, caption)), old=one.phrase, reading="asked")]
    text = re.sub(r"\bboth (?=the|an?|his|her)", "", text)
    wanted = [thing for thing in parse_scene([text]).things if thing.anchor is None]
    called = [name_target(find_thing(asked, caption), with_owner(asked), caption) for asked in wanted]
    return [Change(Edit("remove", name), old=name, reading="asked") for name in called]


def _hand(text: str, caption: Scene) -> list[Change]:
    """ "give ``text``": "the man a hat", "her red hair"."""
    first, _, rest = text.partition(" ")
    old, new = (first, rest) if first in PRONOUNS else _split_known(text.split(), caption)
    if old in PRONOUNS and re.search(r" (?:look|style|feel|vibe|aesthetic)$", new):
        return _turn_whole(f"{new.rsplit(' ', 1)[0]} style", caption)
    return give_things(old, new, caption) if new else []


def _in_place_of(changes: list[Change], gone: str, caption: Scene) -> list[Change]:
    """What would have been added replaces what it is to be there instead of."""
    asked = parse_phrase(gone)
    old = find_thing(asked, caption) if asked is not None else None
    if old is None:
        return changes
    return [
        Change(Edit("replace", name_thing(old, caption), one.edit.replacement), one.new, old.phrase, "asked")
        if one.edit.kind == "add"
        else one
        for one in changes
    ]


def _make(text: str, caption: Scene) -> list[Change]:
    """ "make ⟨thing⟩ ⟨what⟩": "make her hair red", "make the duck fly", "make him wear a hat"."""
    if found := WISHED.search(text):
        old, new = text[: found.start()], f"be {text[found.end() :]}"
    else:
        old, new = _split_known(text.split(), caption)
    if not new or (is_closed(old.split(" ")[0]) and old not in PRONOUNS and bare_phrase(old) == old):
        return []
    if bare_phrase(old) in BACKDROPS:
        return [move_to(re.sub(r"^(?:be )?(?:in |on |at )?", "", new), caption)]
    match = None if HAS.match(new) else PLACED.match(new)
    place = parse_phrase(match[1]) if match else None
    if match and is_description(match[1]):
        return [become_thing(resolve_phrase(old, caption), old, match[1], caption)]
    if match and place is not None and (vocabulary.is_scenery(place.key) or not place.kinds):
        return [move_to(match[1], caption)]
    weather = FALLING.get(_plain(new), _plain(new))
    if old == "it" and ("weather" in predicates.attribute_kinds(weather) or weather in FALLING.values()):
        return [move_to(weather, caption)]
    if match := HAS.match(new):
        if is_description(match[2]):
            return [modify_thing(name_target(resolve_phrase(old, caption), old, caption), f"{match[2]} clothes")]
        relation = (
            match[1]
            if match[1] == "with"
            else predicates.gerund_of(f"{match[1]}s")
            if not match[1].endswith("ing")
            else match[1]
        )
        return give_things(old, match[2], caption, relation)
    return [_make_thing(old, new, caption)]


def _make_thing(old: str, new: str, caption: Scene) -> Change:
    """A thing that does something else, looks otherwise, or is another."""
    what, thing = _plain(new), resolve_phrase(old, caption)
    called = name_target(thing, old, caption)
    if MADE.match(new):
        return become_thing(thing, old, new, caption)
    if not is_description(what) and _opens_deed(what):
        return modify_thing(called, _doing(what))
    if is_description(what):
        return become_thing(thing, old, what, caption)
    if len(what.split()) == 1 and not vocabulary.kinds_of(vocabulary.singular_of(what)) and not re.match(r"an?\b", new):
        return modify_thing(called, f"{what} {thing.noun if thing else called.split()[-1]}")
    return become_thing(thing, old, what, caption)


def _plain(new: str) -> str:
    return FILLING.sub("", new)


def _opens_deed(what: str) -> bool:
    first = what.split()[0]
    return not re.match(r"an?\b|the\b", what) and (predicates.is_verb(first) and not predicates.is_attribute(first))


def _doing(what: str) -> str:
    """ "run on the beach" → "running", "do a split" → "doing a split"."""
    verb, _, rest = what.partition(" ")
    doing = verb if verb.endswith(("ing", "ed")) else predicates.gerund_of(verb if verb.endswith("s") else verb + "s")
    keeps = re.match(r"(?:his|her|its|their) |an? |at |up\b|down\b|away\b", rest)
    return f"{doing} {rest}".strip() if keeps or verb.endswith("ing") else doing


def _split_known(words: list[str], caption: Scene) -> tuple[str, str]:
    """(the thing, what becomes of it): "the man's jacket red" → ("the man's jacket", "red")."""
    if words and words[0] in PRONOUNS and not _is_possessive(words):
        return words[0], " ".join(words[1:])
    end = _end_of_known(words, caption) or _end_of_unknown(words)
    return " ".join(words[:end]), " ".join(words[end:])


def _is_possessive(words: list[str]) -> bool:
    """ "her hair red" against "her smile" and "her a hat"."""
    if words[0] != "her" or len(words) < 3 or words[1] in OPENS_RESULT:
        return False
    return bool(vocabulary.kinds_of(vocabulary.singular_of(words[1]))) or not predicates.is_verb(words[1])


def _end_of_known(words: list[str], caption: Scene) -> int:
    """Where the phrase for a thing of the caption ends, with its owner, side or place; 0 where it names none."""
    ends = [index + 1 for index, word in enumerate(words) if _is_noun(word, caption)]
    if not ends:
        return 0
    end = ends[0]
    if words[end : end + 2] == ["on", "the"] and words[end + 2 : end + 3] in (["left"], ["right"]):
        return end + 3
    while end < len(words) - 1 and (words[end - 1].endswith("'s") or end + 1 in ends):
        end += 1
    if end + 2 < len(words) and words[end] in ("on", "of", "in", "with"):
        return next((later for later in ends if later > end), end)
    return end


def _end_of_unknown(words: list[str]) -> int:
    """The same for a thing that the caption does not name: before what can only be the result."""
    for index in range(1, len(words)):
        opens = predicates.is_attribute(words[index]) or (
            predicates.is_verb(words[index]) and not vocabulary.kinds_of(words[index])
        )
        if words[index] in OPENS_RESULT or (index > 1 and opens):
            return index
    return max(len(words) - 1, 1)


def _is_noun(word: str, caption: Scene) -> bool:
    """Whether a word is the noun of a thing of the caption, rather than an attribute."""
    if word in ("one", "ones"):
        return True
    if predicates.attribute_kinds(word) - {"nature", "material"}:
        return False
    noun = word.removesuffix("'s")
    key, last = vocabulary.find_concept([noun])[0], vocabulary.singular_of(noun)
    return any(
        vocabulary.relate_nouns(thing.key, key) in ("same", "narrower", "broader", "near")
        or vocabulary.singular_of(thing.noun.split()[-1]) == last
        for thing in caption.things
    )
