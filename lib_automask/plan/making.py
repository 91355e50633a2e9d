""" "make ⟨thing⟩ ⟨what⟩": "make her hair red", "make the cat a dog", "make the duck fly", "make him wear a hat"."""

from __future__ import annotations

import re

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.becoming import FILLING, MADE, become, is_description, modify, noun_for
from lib_automask.plan.commands import obey
from lib_automask.plan.idioms import rewrite_idioms
from lib_automask.plan.instruction import Command
from lib_automask.plan.meaning import bare, meant, target, thing_in
from lib_automask.plan.putting import give, move_to
from lib_automask.plan.scene import Change, Scene
from lib_automask.plan.tagging import tag_words

WISHED = re.compile(
    r"\s+(?:should|must|needs? to|has to|have to|ought to|to(?! (?:the|his|her|its|their|an?)\b))\s+(?:be )?"
)
HAS = re.compile(
    r"^(?:be |to )?(wear|wearing|hold|holding|have|having|with|carry|carrying|ride|riding|eat|eating|drink|drinking) "
    r"(.+)$"
)
HANDLES = re.compile(r"^(?!be )(\w+) (an? .+)$")
PLACED = re.compile(
    r"^(?:be |sit |stand |lie |be (?:sitting|standing|lying|parked|placed|located|put|moved|set|shown|seen) )?"
    r"(?:in front of|in|on|at|inside|under|by) (.+)$"
)
ON_OWN = re.compile(r"(\w+) ((?:his|her|its|their) .+)$")
""" "(make him) close his eyes"."""
FALLING = {"snowing": "snow", "raining": "rain", "hailing": "hail", "storming": "storm", "pouring": "rain",
           "snow": "snow", "rain": "rain", "hail": "hail", "storm": "storm", "pour": "rain"}  # fmt: skip
OPENS_RESULT = ("a", "an", "look", "be", "wear", "hold", "have", "into", "to", "more", "appear")
PRONOUNS = ("it", "him", "her", "them", "he", "she", "they")


def make(text: str, caption: Scene, instead: bool = False) -> list[Change]:
    """The changes that "make ``text``" asks for; ``instead``: it ends with "instead of ..."."""
    if added := _newcomer(text, caption):
        return obey(Command("add", new=added), caption)
    old, new = _halves(text, caption)
    if not new:
        return []
    return _elsewhere(old, new, caption) or _handed(old, new, caption, instead) or [_made(old, new, caption)]


def points_at(text: str, caption: Scene) -> bool:
    """Whether what follows "make this" or "make that" names a thing of the caption, and then how it is to be."""
    words = text.split()
    splits = ((words[:end], " ".join(words[end:])) for end in range(1, len(words)))
    return any(_is_noun(named[-1:], caption) and is_description(rest) for named, rest in splits)


def _halves(text: str, caption: Scene) -> tuple[str, str]:
    """(the thing, what becomes of it); "should" stands between the two, where it is said."""
    if found := WISHED.search(text):
        return text[: found.start()], rewrite_idioms(f"be {text[found.end() :]}")
    return _split(rewrite_idioms(text).split(), caption)


def _elsewhere(old: str, new: str, caption: Scene) -> list[Change]:
    """Everything put into another place, or other weather; [] where it is not about that."""
    if bare(old) in ("background", "backdrop", "setting", "scene"):
        return [move_to(re.sub(r"^(?:be )?(?:in |on |at )?", "", new), caption)]
    match = None if HAS.match(new) else PLACED.match(new)
    place = thing_in(match[1]) if match else None
    if match and place is not None and lexicon.is_place(place.key):
        return [move_to(match[1], caption)]
    weather = _plain(new)
    if old == "it" and ("weather" in lexicon.attribute_kinds(weather) or weather in FALLING):
        return [move_to(FALLING.get(weather, weather), caption)]
    return []


def _handed(old: str, new: str, caption: Scene, instead: bool) -> list[Change]:
    """What somebody is to wear, hold or ride; [] where it is not about that."""
    if match := HAS.match(new):
        if is_description(match[2]):
            return [modify(target(meant(old, caption), old, caption), f"{match[2]} clothes")]
        return give(old, match[2], caption, relation=_relation(match[1]))
    if instead and (match := HANDLES.match(new)) and verbs.is_verb(match[1]):
        return give(old, match[2], caption, relation=_relation(match[1]))
    return []


def _relation(verb: str) -> str:
    """ "hold" and "holding" → "holding"."""
    return verb if verb == "with" or verb.endswith("ing") else verbs.gerund(f"{verb}s")


def _made(old: str, new: str, caption: Scene) -> Change:
    """A thing that does something else, looks otherwise, or is another."""
    what, thing = _plain(new), meant(old, caption)
    called = target(thing, old, caption)
    if MADE.match(new):
        return become(thing, old, new, caption)
    if (match := ON_OWN.match(what)) and (state := wordlists.mapping("idioms", "makes").get(match[1])):
        return become(meant(match[2], caption), match[2], state, caption)
    if _is_action(what):
        return modify(called, _doing(what))
    unlisted = len(what.split()) == 1 and not lexicon.kinds(lexicon.singular(what))
    if unlisted and not re.match(r"an?\b", new):
        what = wordlists.mapping("idioms", "compared").get(what, what)
        return modify(called, f"{what} {noun_for(thing, old, called)}")
    return become(thing, old, what, caption)


def _plain(new: str) -> str:
    return FILLING.sub("", re.sub(r"^like ", "", FILLING.sub("", new)))


def _newcomer(text: str, caption: Scene) -> str:
    """ "a tiger lie in front of the throne" → "a tiger lying in ...", where the caption has none; else "".

    Without an article it is "smoke rise from the chimney".
    """
    words = text.split()
    opened = words[0] in ("a", "an", "some", "two", "three")
    spots = range(1 + opened, len(words))
    verb = next((i for i in spots if verbs.is_verb(words[i]) and not lexicon.kinds(words[i])), 0)
    named = opened or (words[0] not in PRONOUNS and tag_words(words[0])[0].tag == "noun" and verb == 1)
    if not named or not verb or meant(" ".join(words[:verb]), caption):
        return ""
    return " ".join([*words[:verb], _doing(words[verb]), *words[verb + 1 :]])


def hand(text: str, caption: Scene) -> list[Change]:
    """The changes that "give ``text``" asks for: "the man a hat", "her red hair"."""
    first, _, rest = text.partition(" ")
    old, new = (first, rest) if first in PRONOUNS else _split(text.split(), caption)
    if old in PRONOUNS and re.search(r" (?:look|style|feel|vibe|aesthetic)$", new):
        return obey(Command("restyle", new=f"{new.rsplit(' ', 1)[0]} style"), caption)
    return give(old, new, caption) if new else []


def _is_action(what: str) -> bool:
    words = tag_words(f"the thing {what}")[2:]
    if is_description(what) or not words:
        return False
    return words[0].tag == "verb" or verbs.is_verb(words[0].text)


def _doing(what: str) -> str:
    """ "run on the beach" → "running", "do a split" → "doing a split"."""
    verb, _, rest = what.partition(" ")
    doing = verb if verb.endswith(("ing", "ed")) else verbs.gerund(verb if verb.endswith("s") else verb + "s")
    part = re.match(r"(?:his|her|its|their) (?:\w+ )?(\w+)$", rest)
    moved = part is not None and lexicon.is_kind(lexicon.singular(part[1]), "body")  # "cross her arms"
    whole = moved or verb.endswith("ing") or verbs.stem(verb) in {*verbs.stems("done"), verbs.stem("look")}
    return f"{doing} {rest}".strip() if whole else doing


def _split(words: list[str], caption: Scene) -> tuple[str, str]:
    """(the thing, what becomes of it): "the man's jacket red" → ("the man's jacket", "red")."""
    if words and words[0] in PRONOUNS and not _is_possessive(words):
        return words[0], " ".join(words[1:])
    end = _end_of_known(words, caption) or _end_of_unknown(words)
    return " ".join(words[:end]), " ".join(words[end:])


def _is_possessive(words: list[str]) -> bool:
    """ "her hair red" against "her smile" and "her a hat"."""
    if words[0] != "her" or len(words) < 3 or words[1] in OPENS_RESULT:
        return False
    return bool(lexicon.kinds(lexicon.singular(words[1]))) or not verbs.is_verb(words[1])


def _end_of_known(words: list[str], caption: Scene) -> int:
    """Where the phrase for a thing of the caption ends, with its owner, side or place; 0 where it names none."""
    ends = [index + 1 for index in range(len(words)) if _is_noun(words[index : index + 1], caption)]
    if not ends:
        return 0
    end = ends[0]
    if words[end : end + 3] in (["on", "the", "left"], ["on", "the", "right"]):
        return end + 3
    while end < len(words) - 1 and (words[end - 1].endswith("'s") or end + 1 in ends):
        end += 1
    if end + 2 < len(words) and words[end] in ("on", "of", "in", "with"):
        return next((later for later in ends if later > end), end)
    return end


def _end_of_unknown(words: list[str]) -> int:
    """The same for a thing that the caption does not name: before what can only be the result."""
    for index in range(1, len(words)):
        if words[index] in OPENS_RESULT or (index > 1 and _opens_result(words[index])):
            return index
    return max(len(words) - 1, 1)


def _opens_result(word: str) -> bool:
    return lexicon.is_attribute(word) or (verbs.is_verb(word) and not lexicon.kinds(word))


def _is_noun(words: list[str], caption: Scene) -> bool:
    """Whether a word is the noun of a thing of the caption, rather than an attribute."""
    if words in (["one"], ["ones"]):
        return True
    if not words or lexicon.attribute_kinds(words[0]) - {"nature", "material"}:
        return False
    noun = words[0].removesuffix("'s")
    key, last = lexicon.concept([noun])[0], lexicon.singular(noun)
    return any(
        lexicon.same_concept(thing.key, key) or lexicon.singular(thing.words[-1]) == last for thing in caption.things
    )
